"""Searches and fronts to look at: the recorded case with bounds to search, and folders of fronts alike in every run."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from pbtui.console.optimize.view import OptimizeView, ParetoView, SearchJob
from pbtui.console.screens.optimize import OptimizeScreen
from pbtui.console.screens.pareto import ParetoScreen

from .backtest_support import CASE, at_rest, home, keys
from .backtest_support import field as on_field
from .support import LARGE, Desk, desk, until

RUN = "2024-04-02T10_00_00_binance_8days_BTC_SYNB_1a2b3c4d"
OLDER = "2024-03-20T08_00_00_bybit_30days_5_coins_00ff00ff"
BOUNDS: dict[str, Any] = {
    "long_entry_grid_spacing_pct": [0.005, 0.05],
    "long_entry_initial_qty_pct": [0.01, 0.03],
    "long_close_grid_markup_start": [0.002, 0.012],
    "long_ema_span_0": [200, 1400, 100],
    "short_n_positions": [0, 0],
    "short_total_wallet_exposure_limit": [0, 0],
}


def search_config(base: Path, **optimize: Any) -> Path:
    """Put the case below a base folder with a config to search from; returns that file."""
    home(base)
    raw = json.loads((CASE / "config.json").read_text())
    raw["optimize"] = {
        "bounds": BOUNDS,
        "scoring": ["adg", "drawdown_worst"],
        "limits": [],
        "population_size": 8,
        "iters": 24,
        "n_cpus": 1,
        "crossover_probability": 0.64,
        "mutation_probability": 0.34,
        **optimize,
    }
    path = base / "configs" / "search.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(raw))
    return path


def front(base: Path, name: str = RUN, count: int = 12, *, ours: bool = True) -> Path:
    """Put the folder of a search below a base folder; its last member breaks a limit."""
    folder = base / "optimize_results" / name
    (folder / "pareto").mkdir(parents=True)
    raw = json.loads((CASE / "config.json").read_text())
    for n in range(count):
        adg, fall = 0.001 + 0.0001 * n, 0.02 + 0.001 * n * n
        bot = json.loads(json.dumps(raw["bot"]))
        bot["long"]["entry_grid_spacing_pct"] = 0.005 + (0.045 / (count - 1)) * n
        broken = n == count - 1
        stats = {"adg_usd": adg, "drawdown_worst_usd": fall, "sharpe_ratio_usd": 0.1 * ((n * 7) % count)}
        document = {
            **raw,
            "bot": bot,
            "optimize": {"bounds": BOUNDS, "scoring": ["adg", "drawdown_worst"]},
            "metrics": {
                "objectives": {"w_0": 1e6 if broken else -adg, "w_1": 1e6 if broken else fall},
                "constraint_violation": 2.5 if broken else 0.0,
                "stats": {key: {"mean": value, "min": value, "max": value, "std": 0.0} for key, value in stats.items()},
            },
        }
        (folder / "pareto" / f"0.{n:03d}_{n:04x}00000000.json").write_text(json.dumps(document))
    if ours:
        (folder / "run.json").write_text("{}")
        (folder / "summary.json").write_text("{}")
    return folder


def fronts(base: Path) -> Path:
    """Put two fronts and the case below a base folder."""
    search_config(base)
    front(base)
    front(base, OLDER, 3, ours=False)
    return base


async def field(d: Desk, name: str) -> None:
    """Put the cursor on a field of the form."""
    await on_field(d, name, "search-form")


async def fill(d: Desk, name: str, text: str) -> None:
    """Type a text into a field of the form."""
    await field(d, name)
    await keys(d, "enter")
    await d.type(text)
    await keys(d, "enter")


def view_of(d: Desk) -> OptimizeView:
    return d.app.state.optimize


def pareto_of(d: Desk) -> ParetoView:
    return d.app.state.pareto


async def reached(d: Desk, condition: Callable[[], bool]) -> None:
    """Wait for what a search does, and draw it."""
    await until(condition)
    await at_rest(d)


async def ended(d: Desk, number: int = 1) -> SearchJob:
    """Wait for the end of a search."""
    search = view_of(d).searches[number]
    await reached(d, lambda: not search.running)
    return search


@asynccontextmanager
async def searching(base: Path, size: tuple[int, int] = LARGE, **options: object) -> AsyncIterator[Desk]:
    """Run a console with the searches in front."""
    async with desk(size=size, base_dir=base, config=base / "configs" / "search.json", **options) as d:
        await d.press("3")
        await at_rest(d)
        assert isinstance(d.app.screen, OptimizeScreen)
        yield d
        for search in view_of(d).running():
            d.app.optimizer.searches.stop(search)
            d.app.optimizer.searches.stop(search)
            await ended(d, search.number)
        await at_rest(d)


@asynccontextmanager
async def looking(base: Path, size: tuple[int, int] = LARGE, **options: object) -> AsyncIterator[Desk]:
    """Run a console with the fronts in front."""
    async with desk(size=size, base_dir=base, **options) as d:
        await d.press("4")
        await at_rest(d)
        assert isinstance(d.app.screen, ParetoScreen)
        yield d
        await at_rest(d)
