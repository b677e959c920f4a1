"""Choosing the coins a side may open, and which candidates' candles to refresh meanwhile (live.md 11)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pbtui.core.clock import MINUTE_MS
from pbtui.core.types import Mode
from pbtui.engine.indicators import Emas
from pbtui.engine.selection import CoinFeature, select_coin_indices
from pbtui.live.rules import SideRules


def is_forager(side: SideRules, approved: int) -> bool:
    """Tell whether a side has to choose among its coins (live.md 9.4); a forced `normal` leaves the choice open."""
    most = side.max_positions(approved)
    free = side.forced in (None, Mode.NORMAL)
    return side.enabled and free and 0 < most < approved


@dataclass(frozen=True, slots=True)
class Choice:
    """What a side chooses from; `index` of a feature is the place among the candidates.

    A side that need not choose takes every enabled candidate: its scores are all 0.
    """

    candidates: list[str]
    features: list[CoinFeature]
    choosing: bool


def choice_of(
    side: SideRules,
    approved: Sequence[str],
    *,
    old_enough: Callable[[str], bool],
    affordable: Callable[[str], bool],
    emas: Callable[[str], Emas | None],
) -> Choice:
    """Return the candidates of a side and what is known of them (live.md 11.1); `approved` in name order."""
    choosing = is_forager(side, len(approved))
    candidates = [symbol for symbol in approved if not choosing or old_enough(symbol)]
    by_volume = side.params["filter_volume_drop_pct"] > 0
    features: list[CoinFeature] = []
    for index, symbol in enumerate(candidates):
        ok = affordable(symbol)
        if not choosing:
            features.append(CoinFeature(index, ok, 0.0, 0.0))
            continue
        found = emas(symbol)
        volume = _score(found, "volume", side) if by_volume else float(len(candidates) - index)
        features.append(CoinFeature(index, ok, volume, _score(found, "log_range", side)))
    return Choice(candidates, features, choosing)


def ideal_coins(
    side: SideRules,
    approved: Sequence[str],
    *,
    old_enough: Callable[[str], bool],
    affordable: Callable[[str], bool],
    emas: Callable[[str], Emas | None],
) -> list[str]:
    """Return the symbols a side should be in, best first (live.md 11.1); `approved` in name order."""
    if side.forced not in (None, Mode.NORMAL):
        return []
    found = choice_of(side, approved, old_enough=old_enough, affordable=affordable, emas=emas)
    if not found.choosing:
        return [symbol for symbol, coin in zip(found.candidates, found.features, strict=True) if coin.enabled]
    chosen = select_coin_indices(
        found.features,
        side.max_positions(len(approved)),
        side.params["filter_volume_drop_pct"],
        side.params["filter_volatility_drop_pct"],
    )
    return [found.candidates[index] for index in chosen]


def _score(emas: Emas | None, metric: str, side: SideRules) -> float:
    """Return an average of a coin, 0 when it is unknown: such a coin ranks last."""
    span = side.params["filter_volume_ema_span" if metric == "volume" else "filter_volatility_ema_span"]
    for known, value in emas["m1"][metric] if emas else ():
        if abs(known - span) <= max(1e-9, 1e-12 * abs(span)):
            return value if math.isfinite(value) else 0.0
    return 0.0


@dataclass(slots=True)
class FetchBudget:
    """A token bucket over candle refreshes of candidates (live.md 11.2); `per_minute` ≤ 0 = no limit."""

    per_minute: int
    _tokens: float | None = None
    _at_ms: int = 0

    def take(self, now_ms: int) -> int | None:
        """Return how many coins may be refreshed now and spend them; None = all."""
        if self.per_minute <= 0:
            return None
        if self._tokens is None:
            self._tokens = float(self.per_minute)
        else:
            earned = self.per_minute * max(0, now_ms - self._at_ms) / MINUTE_MS
            self._tokens = min(float(self.per_minute), self._tokens + earned)
        self._at_ms = now_ms
        whole = int(self._tokens)
        self._tokens -= whole
        return whole

    def give_back(self, unused: int) -> None:
        """Return tokens that were not needed."""
        if self._tokens is not None:
            self._tokens = min(float(self.per_minute), self._tokens + unused)


def target_age_ms(coins: int, *, per_minute: int, ttl_minutes: float, slots_open: bool) -> int:
    """Return how old the candles of a candidate may become (live.md 11.2)."""
    if coins > 0 and per_minute > 0:
        target = int(max(1.0, coins / per_minute) * MINUTE_MS)
        return max(MINUTE_MS, target) if slots_open else target
    return MINUTE_MS if slots_open else int(ttl_minutes * MINUTE_MS)


def to_refresh(ages_ms: Mapping[str, int | None], *, target_ms: int, budget: int | None) -> list[str]:
    """Return the candidates whose candles are too old, stalest first, unknown ones before all; at most `budget`."""
    stale = [symbol for symbol, age in ages_ms.items() if age is None or age > target_ms]
    stale.sort(reverse=True)
    stale.sort(key=lambda symbol: math.inf if ages_ms[symbol] is None else float(ages_ms[symbol] or 0), reverse=True)
    return stale if budget is None else stale[: max(0, budget)]


def holds_open_slots(side: SideRules, approved: int, held: int) -> bool:
    """Tell whether a side may still open positions."""
    return side.max_positions(approved) > held
