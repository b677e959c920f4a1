"""From metrics to objectives and violation: what the search minimises (optimizer.md 5 to 7)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from pbtui.config import Config
from pbtui.config.metric_names import canonical_scoring
from pbtui.core.errors import ConfigError
from pbtui.optimize.limits import Limit, limits_of
from pbtui.optimize.metrics import resolve, weight

WORST = 1e18
"""The objective and the penalty of a metric that is not finite."""

Stats = dict[str, float]
_STATS = ("mean", "min", "max", "std")


@dataclass(frozen=True, slots=True)
class Score:
    """Objectives (less is better) and the constraint violation (0 where all limits are kept)."""

    objectives: tuple[float, ...]
    violation: float


@dataclass(frozen=True, slots=True)
class Objective:
    """One objective: its name as configured, the metric it means, and -1 where more is better."""

    name: str
    metric: str
    weight: int


@dataclass(frozen=True, slots=True)
class Scoring:
    """All objectives, and the limits paid by one of them (`own`, by objective) or by all (`common`)."""

    objectives: tuple[Objective, ...]
    own: tuple[tuple[Limit, ...], ...]
    common: tuple[Limit, ...]

    @classmethod
    def of(cls, config: Config) -> Scoring:
        """Return what a configuration asks for; raises ConfigError for an unknown metric or no objective at all."""
        names = canonical_scoring(config.optimize.scoring)
        if not names:
            raise ConfigError("optimize.scoring names no metric", hint='for instance ["adg", "drawdown_worst"]')
        limits = limits_of(config.optimize.limits)
        return cls(
            objectives=tuple(Objective(name, resolve(name, "optimize.scoring"), weight(name)) for name in names),
            own=tuple(tuple(limit for limit in limits if limit.name == name) for name in names),
            common=tuple(limit for limit in limits if limit.name not in names),
        )

    def score(self, stats: Mapping[str, Stats]) -> Score:
        """Return the score of one candidate; a penalty takes the place of the objective it belongs to (6, 7.4)."""
        common = sum((_penalty(limit, stats) for limit in self.common), 0.0)
        own = [sum((_penalty(limit, stats) for limit in limits), 0.0) for limits in self.own]
        violation = common
        found: list[float] = []
        for objective, mine in zip(self.objectives, own, strict=True):
            violation += mine
            found.append(common + mine or _value(objective, stats))
        return Score(tuple(found), violation)


def stats_of(analyses: list[Mapping[str, float | None]]) -> dict[str, Stats]:
    """Return mean, min, max and population deviation of every metric over datasets (5.4).

    A metric that is not finite anywhere is not finite in its statistics, and scores worst.
    """
    names = sorted({name for analysis in analyses for name in analysis})
    return {name: _stats([analysis.get(name) for analysis in analyses]) for name in names}


def _stats(values: list[float | None]) -> Stats:
    if any(value is None or not math.isfinite(value) for value in values):
        return dict.fromkeys(_STATS, math.nan)
    if len(values) == 1:
        value = float(values[0] or 0.0)
        return {"mean": value, "min": value, "max": value, "std": 0.0}
    numbers = np.array(values, dtype=float)
    return {name: float(getattr(np, name)(numbers)) for name in _STATS}


def _value(objective: Objective, stats: Mapping[str, Stats]) -> float:
    told = stats.get(objective.metric)
    return told["mean"] * objective.weight if told is not None and math.isfinite(told["mean"]) else WORST


def _penalty(limit: Limit, stats: Mapping[str, Stats]) -> float:
    told = stats.get(limit.metric)
    return limit.penalty(told[limit.stat]) if told is not None and math.isfinite(told[limit.stat]) else WORST
