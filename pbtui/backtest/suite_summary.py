"""A suite's metrics over its scenarios (backtest.md 5.4, 5.5)."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from pbtui.backtest.analysis import Metrics

Stats = dict[str, float]
MODES = ("mean", "min", "max", "std", "median")


def scenario_stats(analyses: Sequence[Metrics]) -> dict[str, Stats]:
    """Return mean, min, max and std of every metric over a scenario's runs; 0 where none is finite."""
    names = dict.fromkeys(name for analysis in analyses for name in analysis)
    found: dict[str, Stats] = {}
    for name in names:
        values = [value for analysis in analyses if (value := analysis.get(name)) is not None and math.isfinite(value)]
        found[name] = stats_of(values)
    return found


def suite_metrics(by_label: Mapping[str, Mapping[str, Stats]], aggregate: Mapping[str, str]) -> dict[str, Any]:
    """Return each metric's means by scenario, their statistics, and the one number they are aggregated to."""
    names = sorted({name for stats in by_label.values() for name in stats})
    metrics: dict[str, Any] = {}
    for name in names:
        means = {label: stats[name]["mean"] for label, stats in by_label.items() if name in stats}
        values = list(means.values())
        metrics[name] = {
            "stats": stats_of(values),
            "aggregated": aggregated(values, mode_of(name, aggregate)),
            "scenarios": means,
        }
    return {"metrics": metrics, "scenario_labels": list(by_label)}


def mode_of(name: str, aggregate: Mapping[str, str]) -> str:
    """Return how a metric is aggregated: by its own name, by its name without the unit, else by the default."""
    return aggregate.get(name) or aggregate.get(name.rpartition("_")[0]) or aggregate.get("default") or "mean"


def aggregated(values: Sequence[float], mode: str) -> float:
    """Return one number for many; raises KeyError for an unknown mode."""
    if mode == "median":
        return statistics.median(values) if values else 0.0
    return stats_of(values)[mode]


def stats_of(values: Sequence[float]) -> Stats:
    """Return mean, min, max and population standard deviation; all 0 for no values."""
    if not values:
        return {"mean": 0.0, "min": 0.0, "max": 0.0, "std": 0.0}
    mean = math.fsum(values) / len(values)
    spread = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / len(values))
    return {"mean": mean, "min": min(values), "max": max(values), "std": spread}
