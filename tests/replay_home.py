"""A small backtest to step through: a day of two coins on a made-up market, in a base folder of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.backtest.backtest_desk import SIDE, Desk

GRID = {"entry_trailing_grid_ratio": 0.0, "close_trailing_grid_ratio": 0.0, "entry_grid_double_down_factor": 0.9}
SHORT = {**SIDE, **GRID}
DAY = {"backtest__start_date": "2025-05-11", "backtest__end_date": "2025-05-12"}


def day_of(base: Path, **changes: Any) -> tuple[Desk, Path]:
    """Return a base folder and the result folder of a day's run in it, grids on both sides unless changed."""
    desk = Desk(base)
    desk.keep()
    values = {"bot__long": {**SIDE, **GRID}, "bot__short": SHORT, **DAY, **changes}
    return desk, desk.put(desk.run(desk.config(**values)))
