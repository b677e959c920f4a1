"""Metrics by name: which there are, which way is better, and how a name is looked up (optimizer.md 6)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from difflib import get_close_matches
from itertools import permutations

from pbtui.config.metric_names import CURRENCY, CURRENCY_FREE
from pbtui.core.errors import ConfigError
from pbtui.core.sanitize import sanitize_line
from pbtui.core.types import PSIDES

_EXPOSURE = tuple(f"total_wallet_exposure_{kind}" for kind in ("max", "mean", "median"))
_ENTRY_SIZE = tuple(f"entry_initial_balance_pct_{pside}" for pside in PSIDES)
_VOLUME = ("volume_pct_per_day_avg", "volume_pct_per_day_avg_w")
_PNL = frozenset(name for name in CURRENCY_FREE if "_pnl" in name and not name.startswith("peak_"))

METRICS: frozenset[str] = frozenset(
    {*CURRENCY_FREE, *_EXPOSURE, *_ENTRY_SIZE, *(f"{name}_{unit}" for name in CURRENCY for unit in ("usd", "btc"))}
)
"""Every metric an evaluation tells, under its full name."""

_LESS_SPELT = frozenset(
    {
        *(name for name in CURRENCY if name.startswith(("drawdown_", "equity_", "expected_", "exponential_", "peak_"))),
        *("loss_profit_ratio", "loss_profit_ratio_w"),
        *_EXPOSURE,
    }
)
_LESS = CURRENCY_FREE - _PNL - {*_VOLUME, "peak_recovery_hours_pnl", "loss_profit_ratio", "loss_profit_ratio_w"}
_MORE_SPELT = (CURRENCY - _LESS_SPELT) | {*_VOLUME, *_ENTRY_SIZE}


def _spellings(names: Collection[str]) -> Iterator[str]:
    for name in names:
        yield from (name, f"{name}_usd", f"{name}_btc", f"usd_{name}", f"btc_{name}")


WEIGHTS: dict[str, int] = {
    **dict.fromkeys((*_LESS, *_spellings(_LESS_SPELT)), 1),
    **dict.fromkeys((*_PNL, *_spellings(_MORE_SPELT)), -1),
}
"""1: less is better, -1: more is better; a name that is missing has none of its own."""


def candidates(name: str) -> Iterator[str]:
    """Yield the names a metric may go by, likeliest first (6.3)."""
    first, *rest = name.split("_")
    seen: set[str] = set()
    for order in permutations(rest):
        tokens = [first, *order]
        plain = "_".join(tokens)
        names = [plain]
        for unit in ("usd", "btc"):
            names.append(f"{plain}_{unit}")
            if len(tokens) > 1:
                names.append("_".join([*tokens[:-1], unit, tokens[-1]]))
        for found in names:
            if found not in seen:
                seen.add(found)
                yield found


def resolve(name: str, where: str) -> str:
    """Return the metric a name means; raises ConfigError, which names the key it was read from, when there is none."""
    # Permutations of a long name are many; a metric has at most eight parts.
    found = next((item for item in candidates(name) if item in METRICS), None) if name.count("_") < 8 else None
    if found is None:
        close = get_close_matches(name, [*METRICS, *CURRENCY], n=1, cutoff=0.7)
        hint = f"did you mean {close[0]}?" if close else "`pbtui backtest` lists them in analysis.json"
        raise ConfigError(f"{where}: {sanitize_line(name, limit=80)} is no metric", hint=hint)
    return found


def weight(name: str) -> int:
    """Return 1 where less is better, -1 where more is; 1 for a name without a weight."""
    return next((WEIGHTS[item] for item in candidates(name) if item in WEIGHTS), 1)
