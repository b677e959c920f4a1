"""The screens of searches and fronts at five sizes, and a panel of them that fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from pbtui.console.optimize.view import SearchJob
from pbtui.console.screens.optimize import OptimizeScreen
from pbtui.console.screens.pareto import ParetoScreen
from pbtui.jobs.events import FrontPoints, SearchState, Stage

from .optimize_support import at_rest, fronts, keys, looking, pareto_of, search_config, searching, view_of
from .panels_support import fails_and_starts_again
from .sizes_support import SIZES, check, compare, resize
from .sizes_support import pictures as taken
from .support import Desk


@pytest.fixture
def update(pytestconfig: pytest.Config) -> bool:
    return bool(pytestconfig.getoption("--snapshot-update"))


def under_way(d: Desk) -> SearchJob:
    """Put a search in the middle of its way on the screen, the same in every run."""
    search = SearchJob(1, "configs/search.json", "running", seed=7)
    search.standing.take(Stage("searching"))
    for n in range(1, 9):
        state = SearchState(
            evaluations=100 * n, total=2_000, generation=n, generations=20, rate=12.5, left_s=96.0, front=12,
            feasible=0.875, hypervolume=1.0 + 0.05 * n, bests={"adg_usd": 0.00123, "drawdown_worst_usd": 0.0456},
        )  # fmt: skip
        search.standing.take(state)
        search.heard(state)
    members = tuple(
        {"id": f"{n:04x}", "number": n, "values": (0.001 + 0.0001 * n, 0.02 + 0.001 * n * n), "violation": 0.0}
        for n in range(12)
    )
    search.points = FrontPoints(("adg_usd", "drawdown_worst_usd"), (-1, 1), members)
    for _ in range(3):  # each stage that reads candles tells it again
        search.note("1 candle gap was filled")
    assert search.notes == ["1 candle gap was filled"]
    view_of(d).searches[1], view_of(d).current = search, 1
    return search


async def pages(d: Desk, name: str, update: bool) -> None:
    """Compare each page of the narrowest layout at every size."""
    screen = d.app.screen
    await resize(d, 40, 20)
    for number in range(len(screen.pages)):  # type: ignore[attr-defined]
        screen.page = number  # type: ignore[attr-defined]
        screen.changed()  # type: ignore[attr-defined]
        await d.settle()
        compare(f"{name}_{number}", await taken(d, f"{name} {number}"), update=update)


async def test_a_search_at_every_size(tmp_path: Path, update: bool) -> None:
    search_config(tmp_path)
    async with searching(tmp_path) as d:
        d.app.tick = lambda: None  # type: ignore[method-assign]
        search = under_way(d)
        await pages(d, "optimize", update)
        search.state, search.line = "done", "12 on the front"


async def test_fronts_at_every_size(tmp_path: Path, update: bool) -> None:
    fronts(tmp_path)
    async with looking(tmp_path) as d:
        d.app.tick = lambda: None  # type: ignore[method-assign]
        await pages(d, "pareto", update)
        for view in (pareto_of(d),):
            view.fronts[view.current] = "a front that cannot be read " * 6  # type: ignore[index]
        for columns, rows in SIZES:
            await resize(d, columns, rows)
            check(d, f"unread at {columns}×{rows}")
        await keys(d, "r")
        await at_rest(d)


async def test_each_panel_fails_alone(tmp_path: Path) -> None:
    fronts(tmp_path)
    async with looking(tmp_path, size=(200, 60)) as d:
        for panel, method in (
            ("fronts", "_draw_fronts"),
            ("members", "_draw_members"),
            ("pareto-front", "_draw_cloud"),
            ("parameters", "_draw_parameters"),
        ):
            await fails_and_starts_again(d, panel, ParetoScreen, method)
        await d.press("3")
        await at_rest(d)
        under_way(d).state = "done"
        for panel, method in (
            ("search-form", "_draw_form"),
            ("searches", "_draw_searches"),
            ("search", "_draw_search"),
            ("search-front", "_draw_front"),
        ):
            await fails_and_starts_again(d, panel, OptimizeScreen, method)
        d.app.draw_fault = ""
