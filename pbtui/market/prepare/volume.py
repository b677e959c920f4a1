"""The best feed of each coin, and volumes of several exchanges made comparable (backtest.md 4.4, 4.5)."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

from pbtui.core.errors import DataError
from pbtui.market.prepare.series import Survey

Daily = Mapping[int, float]  # base volume by epoch day


def best_feed(surveys: Mapping[str, Survey]) -> str:
    """Return the exchange whose candles begin first, then the one with the larger volume, then the first by name."""
    return min(sorted(surveys), key=lambda name: (surveys[name].first_ms, -surveys[name].volume))


def reference_exchange(source_of: Mapping[str, str]) -> str:
    """Return the exchange that supplies the most coins; in a tie the one whose first coin comes last."""
    first: dict[str, str] = {}
    count: dict[str, int] = {}
    for coin in sorted(source_of):
        first.setdefault(source_of[coin], coin)
        count[source_of[coin]] = count.get(source_of[coin], 0) + 1
    return max(count, key=lambda name: (count[name], first[name]))


def volume_factors(source_of: Mapping[str, str], daily: Mapping[str, Mapping[str, Daily]]) -> dict[str, float]:
    """Return the factor of each data exchange that makes its volumes comparable to the reference exchange's.

    `daily` holds, by coin and exchange, the volumes of the days compared (of every coin and data exchange that has
    any). Raises DataError when two exchanges share no coin, or one of them traded nothing of what they share.
    """
    exchanges = sorted(set(source_of.values()))
    reference = reference_exchange(source_of)
    shared = [volumes for _, volumes in sorted(daily.items()) if all(name in volumes for name in exchanges)]
    ratios = {(a, b): _ratio(a, b, exchanges, shared) for a, b in combinations(exchanges, 2) if reference in (a, b)}
    factors: dict[str, float] = {}
    for name in exchanges:
        if name == reference:
            factors[name] = 1.0
        elif reference < name:
            factors[name] = ratios[reference, name]
        else:
            factors[name] = 1.0 / ratios[name, reference]
    return factors


def _ratio(a: str, b: str, exchanges: list[str], shared: list[Mapping[str, Daily]]) -> float:
    """Return the mean over coins of a's volume per unit of b's, on the days all exchanges have."""
    ratios: list[float] = []
    for volumes in shared:
        days = sorted(set.intersection(*(set(volumes[name]) for name in exchanges)))
        of_a, of_b = (sum(volumes[name][day] for day in days) for name in (a, b))
        ratios.append(of_a / of_b if of_b > 0 else 0.0)
    mean = sum(ratios) / len(ratios) if ratios else 0.0
    if mean > 0:
        return mean
    why = "no coin traded there in common" if not ratios else "one of them traded nothing of what both list"
    raise DataError(
        f"volumes of {a} and {b} cannot be compared: {why} in the last 60 days of the window",
        hint="run on one exchange, or take every coin from one with backtest.coin_sources",
    )
