"""Backtests to look at: a recorded case with its candles, and result folders that are the same in every run."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np

from pbtui.console.backtest.view import BacktestView, RunJob
from pbtui.console.screens.backtest import BacktestScreen
from pbtui.core.clock import MINUTE_MS, VirtualClock
from pbtui.market.holdings import Library
from pbtui.market.store.rows import MINUTE

from .sample import NOW_MS
from .support import LARGE, Desk, desk, until

CASE = Path(__file__).resolve().parents[1] / "vectors" / "data" / "committable" / "e2e" / "s_hedge_two_coins"
EXPECTED = CASE / "expected"
FIRST, SECOND, LAST = "2024-04-01T10_00_00", "2024-04-02T10_00_00", "2024-04-03T10_00_00"
START_MS = 1_709_251_200_000  # 2024-03-01
SUITE = "backtests/suite_runs/2024-03-30T08_00_00"


def home(base: Path) -> Path:
    """Put the case into a base folder: a config, candles of BTC and SYNB from 2024-03-01 to 2024-03-09, markets."""
    shutil.copytree(CASE, base, ignore=shutil.ignore_patterns("expected"), dirs_exist_ok=True)
    for markets in base.glob("caches/*/markets.json"):
        os.utime(markets)
    return base


def result(base: Path, stamp: str = FIRST, *, exchange: str = "binance", ours: bool = False, **figures: float) -> Path:
    """Put a result folder of Passivbot below a base folder, or one like ours; `figures` change its analysis."""
    folder = base / "backtests" / exchange / stamp
    shutil.copytree(EXPECTED, folder)
    told = json.loads((folder / "analysis.json").read_text())
    (folder / "analysis.json").write_text(json.dumps(told | figures))
    if ours:
        facts = {"program": {"version": "0.1.0", "engine": "x"}, "run": {"name": exchange}}
        (folder / "run.json").write_text(json.dumps(facts))
    return folder


def suite(base: Path) -> Path:
    """Put the folder of a suite below a base folder, with one run in it."""
    folder = base / SUITE
    folder.mkdir(parents=True)
    names = ("gain_usd", "adg_usd", "drawdown_worst_usd", "sharpe_ratio_usd")
    table = {
        name: {"aggregated": 0.5 + n, "scenarios": {"base": 0.25 + n, "calm": 0.75 + n}, "stats": {}}
        for n, name in enumerate(names)
    }
    metrics = {"metrics": table, "scenario_labels": ["base", "calm"]}
    (folder / "suite_summary.json").write_text(json.dumps({"suite_metrics": metrics}))
    shutil.copytree(EXPECTED, folder / "calm" / "binance" / "2024-03-30T08_00_00")
    return folder


def candles(base: Path) -> None:
    """Put candles of SYNB into the store, near what its fills cost."""
    count = 9 * 1_440
    steps = np.arange(count)
    made = np.empty(count, dtype=MINUTE)
    made["ts"] = START_MS + steps * MINUTE_MS
    middle = 400.0 + 8.0 * np.sin(steps / 180.0) + 2.0 * np.sin(steps / 7.0)
    made["o"], made["c"] = np.round(middle, 1), np.round(np.roll(middle, -1), 1)
    made["h"], made["l"] = np.maximum(made["o"], made["c"]) + 0.4, np.minimum(made["o"], made["c"]) - 0.4
    made["bv"] = 1.0
    library = Library(base, VirtualClock(NOW_MS), lambda trouble: None)
    library.store("binance").write("SYNB/USDT:USDT", made)


def full(base: Path) -> Path:
    """Put everything below a base folder."""
    home(base)
    result(base)
    result(base, SECOND, ours=True, gain_usd=1.05, drawdown_worst_usd=0.08, adg_usd=0.0021, sharpe_ratio_usd=-0.3405)
    suite(base)
    candles(base)
    return base


async def at_rest(d: Desk) -> None:
    """Wait until the threads are done and all is drawn."""
    await d.pilot.pause()
    await d.app.optimizer.idle()
    await d.app.backtests.idle()
    d.app.refresh_views()
    await d.pilot.pause()
    await d.pilot.pause()
    # Drawing may have asked for more.
    if not all(desk._threads._idle.is_set() for desk in (d.app.optimizer, d.app.backtests)):
        await at_rest(d)


async def keys(d: Desk, *names: str) -> None:
    """Press keys, each after what the last one began is done."""
    for name in names:
        await d.clock.advance(0.5)
        await d.pilot.press(name)
        await at_rest(d)


async def field(d: Desk, name: str, form: str = "form") -> None:
    """Put the cursor on a field of a form."""
    table = d.app.screen.query_one(f"#{form}")
    table.focus()
    await d.settle()
    table.move_to(table.rows.keys.index(name))  # type: ignore[attr-defined]
    await d.settle()


def view_of(d: Desk) -> BacktestView:
    return d.app.state.backtest


async def ended(d: Desk, number: int = 1) -> RunJob:
    """Wait for the end of a run and for its result."""
    job = view_of(d).jobs[number]
    await until(lambda: not job.running)
    await at_rest(d)
    return job


def write_config(base: Path, name: str = "small.json", **backtest: object) -> Path:
    """Write the case's config with other backtest settings."""
    raw = json.loads((CASE / "config.json").read_text())
    raw["backtest"] |= backtest
    path = base / "configs" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(raw))
    return path


@asynccontextmanager
async def backtests(base: Path, size: tuple[int, int] = LARGE, **options: object) -> AsyncIterator[Desk]:
    """Run a console with the backtests in front."""
    async with desk(size=size, base_dir=base, **options) as d:
        await d.press("2")
        await at_rest(d)
        assert isinstance(d.app.screen, BacktestScreen)
        yield d
        for job in view_of(d).running():
            d.app.backtests.runs.stop(job)
            await ended(d, job.number)
        await at_rest(d)
