"""Result folders as this program and Passivbot leave them, by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

POINTS = [(-0.003, 0.30), (-0.002, 0.15), (-0.001, 0.10), (-0.0029, 0.20)]
"""Objectives: daily gain (more is better, so negative), worst drawdown."""


def document(n: int, point: tuple[float, float]) -> dict[str, Any]:
    gain, drawdown = point
    return {
        "bot": {"long": {"n_positions": n + 1, "entry_grid_spacing_pct": 0.01}, "short": {"n_positions": 0}},
        "backtest": {"exchanges": ["bybit"], "coins": {"bybit": ["BTC"]}},
        "live": {"approved_coins": ["BTC"]},
        "optimize": {"scoring": ["adg", "drawdown_worst_usd"]},
        "metrics": {
            "stats": {
                "adg_usd": {"mean": -gain, "min": -gain / 2, "max": -gain * 2, "std": 0.0},
                "drawdown_worst_usd": {"mean": drawdown, "min": 0.1, "max": drawdown + 0.1, "std": 0.0},
                "volume_pct_per_day_avg": {"mean": 0.5 if n else None, "min": None, "max": None, "std": None},
            },
            "objectives": {"w_0": gain, "w_1": drawdown},
            "constraint_violation": 0.0,
        },
    }


def name_of(n: int) -> str:
    return f"{n}" * 64


def write_front(folder: Path) -> Path:
    """Write a run as Passivbot's and return its folder."""
    (folder / "pareto").mkdir(parents=True)
    for n, point in enumerate(POINTS):
        (folder / "pareto" / f"{name_of(n)}.json").write_text(json.dumps(document(n, point)))
    return folder


def write_older_front(folder: Path) -> Path:
    """Write members with the distance in their names and all metrics in one flat table."""
    folder.mkdir(parents=True)
    for n, (gain, drawdown) in enumerate(POINTS):
        made = document(n, (gain, drawdown))
        del made["metrics"]
        flat = {"adg_usd_mean": -gain, "adg_usd_max": 1.0, "drawdown_worst_usd_mean": drawdown}
        made["analyses_combined"] = {**flat, "w_0": gain, "w_1": drawdown}
        (folder / f"0.{n}000_{name_of(n)}.json").write_text(json.dumps(made))
    return folder


def write_suite_front(folder: Path) -> Path:
    """Write suite members; those of the second have no aggregate stored."""
    (folder / "pareto").mkdir(parents=True)
    for n, (gain, drawdown) in enumerate(POINTS[:2]):
        made = document(n, (gain, drawdown))
        del made["metrics"]["stats"]
        made["backtest"]["aggregate"] = {"default": "mean", "adg": "max"}
        told: dict[str, Any] = {
            "stats": {"mean": 1.0, "min": -gain, "max": 3.0, "std": 0.0},
            "scenarios": {"a": 1.0, "b": 3.0},
        }
        made["suite_metrics"] = {"metrics": {"adg_usd": told | ({} if n else {"aggregated": 2.5})}}
        (folder / "pareto" / f"{name_of(n)}.json").write_text(json.dumps(made))
    return folder
