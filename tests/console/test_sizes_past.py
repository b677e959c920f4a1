"""The candles and backtest screens and their dialogs at five sizes: nothing cut; each panel fails alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from pbtui.console.screens.backtest import PANEL_OF, BacktestScreen
from pbtui.console.screens.candles import CandlesScreen
from pbtui.console.widgets.curve_panel import CurvePanel

from . import backtest_support, candles_support
from .panels_support import failing, fails_and_starts_again
from .sizes_support import check, compare, pictures, resize
from .support import desk, until


@pytest.fixture
def update(pytestconfig: pytest.Config) -> bool:
    return bool(pytestconfig.getoption("--snapshot-update"))


@pytest.fixture(scope="module")
def stocked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("candles")
    candles_support.fill(base)
    candles_support.write_config(base)
    return base


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return backtest_support.full(tmp_path_factory.mktemp("backtests"))


async def test_each_view_of_the_candles_screen(stocked: Path, monkeypatch: pytest.MonkeyPatch, update: bool) -> None:
    monkeypatch.chdir(stocked)
    async with desk(size=(40, 20), base_dir=Path()) as d:
        d.app.tick = lambda: None  # type: ignore[method-assign]
        await d.press("5")
        await candles_support.at_rest(d)
        for name in ("coverage", "gaps", "findings", "downloads"):
            await resize(d, 40, 20)
            assert d.app.screen.query_one(f"#{name}").display, name
            compare(f"candles_{name}", await pictures(d, name), update=update)
            await resize(d, 40, 20)
            await d.press("v")
        await resize(d, 120, 40)
        await d.press("X")
        await pictures(d, "delete")
        await d.press("escape", "w")
        await candles_support.at_rest(d)
        await pictures(d, "pick")


async def test_each_view_of_the_backtest_screen(tried: Path, monkeypatch: pytest.MonkeyPatch, update: bool) -> None:
    monkeypatch.chdir(tried)
    async with desk(size=(40, 20), base_dir=Path()) as d:
        d.app.tick = lambda: None  # type: ignore[method-assign]
        await d.press("2")
        await backtest_support.at_rest(d)
        for name in ("runs", *PANEL_OF.values(), "form"):
            await resize(d, 40, 20)
            assert d.app.screen.query_one(f"#{name}").display, name
            compare(f"backtest_{name}", await pictures(d, name), update=update)
            await resize(d, 40, 20)
            await backtest_support.keys(d, "v")
        await resize(d, 120, 40)
        await backtest_support.keys(d, "d")
        await until(lambda: d.app.screen.adoption is not None)  # type: ignore[attr-defined]
        await pictures(d, "adopt")
        await backtest_support.keys(d, "escape", "]", "]", "]", "enter")
        for columns, rows in ((40, 20), (60, 18), (200, 60)):
            await resize(d, columns, rows)
            await backtest_support.at_rest(d)
            check(d, "a fill")


async def test_each_panel_of_the_candles_screen_fails_alone(stocked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(stocked)
    async with failing(size=(200, 50), base_dir=Path()) as d:
        await d.press("5")
        await candles_support.at_rest(d)
        methods = {"coverage": "_draw_map", "cell": "_draw_cell", "gaps": "_draw_gaps", "findings": "_draw_findings",
                   "downloads": "_draw_downloads"}  # fmt: skip
        for panel, method in methods.items():
            await fails_and_starts_again(d, panel, CandlesScreen, method)


async def test_each_panel_of_the_backtest_screen_fails_alone(tried: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tried)
    async with failing(size=(200, 50), base_dir=Path()) as d:
        await d.press("2")
        await backtest_support.at_rest(d)
        for panel, method in {"form": "_draw_form", "runs": "_draw_runs", "summary": "_draw_result"}.items():
            await fails_and_starts_again(d, panel, BacktestScreen, method)
        await backtest_support.keys(d, "]")
        await fails_and_starts_again(d, "equity", CurvePanel, "_draw")


async def test_without_utf8_every_screen_and_dialog_is_ascii(tried: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tried)
    async with desk(size=(160, 45), base_dir=Path(), ascii_only=True) as d:
        for keys in (("v",), ("enter",), ("v",), ("escape", "6"), ("escape", "7"), ("escape", "5"), ("escape", "2")):
            await d.press(*keys)
            await backtest_support.at_rest(d)
            assert d.text.isascii(), (keys, {char for char in d.text if not char.isascii()})
        for _ in PANEL_OF:
            await backtest_support.keys(d, "]")
            assert d.text.isascii(), {char for char in d.text if not char.isascii()}
        await d.press("1")
        for key in ("question_mark", "ctrl+p", "ctrl+t", "w", "p", "t", "r", "q"):
            await d.press(key)
            assert d.text.isascii(), (key, {char for char in d.text if not char.isascii()})
            await d.press("escape")
