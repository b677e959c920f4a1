"""Limits on metrics and what breaking them costs (optimizer.md 7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pbtui.config.limits import LimitError, canonical_limits
from pbtui.core.errors import ConfigError
from pbtui.optimize.metrics import METRICS, WEIGHTS, resolve

_KEY = "optimize.limits"
_UNIT = 1e6  # penalty for a violation by 1
_USUAL_STAT = {"greater_than": "max", "less_than": "min"}


@dataclass(frozen=True, slots=True)
class Limit:
    """One check of a statistic of a metric; a single bound is both `low` and `high`."""

    name: str
    """The metric as configured; decides which objective pays."""
    metric: str
    stat: str
    mode: str
    low: float
    high: float

    def penalty(self, value: float) -> float:
        """Return what the value costs, 0 where it is allowed (7.3)."""
        if self.mode == "inside_range":
            over = min(value - self.low, self.high - value)
        else:
            below = self.low - value if self.mode in ("less_than", "outside_range") else 0.0
            above = value - self.high if self.mode in ("greater_than", "outside_range") else 0.0
            over = max(below, above)
        return over * _UNIT if over > 0.0 else 0.0


def limits_of(value: Any) -> tuple[Limit, ...]:
    """Return the checks of limits in any accepted form; raises ConfigError.

    An `auto` limit on a metric of no known direction checks nothing, as with the reference.
    """
    try:
        entries: Sequence[Mapping[str, Any]] = canonical_limits(value)
    except LimitError as error:
        raise ConfigError(f"{_KEY}: {error}") from None
    return tuple(limit for entry in entries for limit in _checks(entry))


def _checks(entry: Mapping[str, Any]) -> list[Limit]:
    name, mode = entry["metric"], entry["penalize_if"]
    if mode == "auto":
        direction = WEIGHTS.get(name)
        if direction is None:
            resolve(name, _KEY)
            return []
        mode = "less_than" if direction < 0 else "greater_than"
    low, high = entry.get("range") or (entry["value"], entry["value"])
    metric = name if name in METRICS else resolve(name, _KEY)
    return [Limit(name, metric, entry.get("stat") or _USUAL_STAT.get(mode, "mean"), mode, float(low), float(high))]
