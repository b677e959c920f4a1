"""Stepping through a backtest on the screen: fills, changes, moments, coins, the reason of an order."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from replay_home import day_of
from textual.pilot import Pilot

from pbtui.backtest.replay import Replay
from pbtui.console.app import ConsoleExit
from pbtui.console.dialogs.words import WordsDialog
from pbtui.console.screens.backtest import BacktestScreen
from pbtui.console.screens.replay import ReplayScreen
from pbtui.console.widgets.grid import GridTable

from .backtest_support import at_rest as backtests_at_rest
from .backtest_support import backtests, keys
from .replay_support import alone, at_rest, opened, press, view_of
from .sample import ScriptedLink, snapshot
from .support import LARGE, SMALL, Desk, VirtualClock, make_app


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    desk, folder = day_of(tmp_path_factory.mktemp("day"))
    return desk.base, folder


def replay_of(d: Desk) -> Replay:
    replay = view_of(d).replay
    assert replay is not None
    return replay


async def test_to_the_first_fill_and_why(day: tuple[Path, Path]) -> None:
    async with alone(day[1], day[0]) as d:
        view = view_of(d)
        assert "the folder's fills came out the same" in d.text
        first = replay_of(d).fills_of(view.coin)[0]
        assert view.shown is not None
        assert view.shown.step.time_ms == first.time_ms - 60_000
        assert "▸" in d.text  # the order that the next minute fills
        await press(d, "enter")
        assert isinstance(d.app.screen, WordsDialog)
        assert "Formula" in d.text
        assert "entry_initial_ema_dist" in d.text
        await press(d, "escape", "n")
        assert view.shown.step.time_ms == first.time_ms
        assert first in view.shown.step.fills
        assert "filled buy" in d.text
        assert "Why · long" in d.text


async def test_changes_minutes_hours_days_and_ends(day: tuple[Path, Path]) -> None:
    async with alone(day[1], day[0], coin="XRP") as d:
        view, replay = view_of(d), replay_of(d)
        start = view.bar
        await press(d, "right")
        assert view.bar == replay.next_change(start, "XRP")
        await press(d, "left")
        assert view.bar == start
        steps = {"full_stop": 1, "pagedown": 60, "comma": -1}
        for key, by in steps.items():
            before = view.bar
            await press(d, key)
            assert view.bar == max(replay.first_bar, before + by)
        await press(d, "end")
        assert view.bar == replay.last_bar
        await press(d, "right")
        assert "no change of XRP's orders that way" in d.text
        await press(d, "left_square_bracket", "home")
        assert view.bar == replay.first_bar
        await press(d, "N")
        assert "no fill of XRP that way" in d.text


async def test_moments_and_coins_are_asked_for(day: tuple[Path, Path]) -> None:
    async with alone(day[1], day[0]) as d:
        view, replay = view_of(d), replay_of(d)
        await press(d, "g")
        await d.type("nonsense")
        await press(d, "enter")
        assert "is no date or time" in d.text
        await press(d, "escape", "g")
        await d.pilot.press("1", "2", "colon", "3", "4")  # over the moment that stands there
        await press(d, "enter")
        assert "2025-05-11 12:34Z" in d.text
        expected = replay.next_fill(view.bar)
        await press(d, "m")
        assert expected is not None
        assert view.bar == expected
        assert view.coin in {replay.coins[int(replay.ledger.fills.coin[row])] for row in replay.ledger.rows(expected)}
        other = next(coin for coin in replay.coins if coin != view.coin)
        await press(d, "c")
        await d.type(other[:2].lower())
        await press(d, "enter")
        assert view.shown is not None
        assert view.coin == view.shown.coin == other
        assert view.bar == expected


async def test_whole_ladders_and_a_fill_in_the_list(day: tuple[Path, Path]) -> None:
    async with alone(day[1], day[0]) as d:
        view = view_of(d)
        await press(d, "n", "full_stop")
        some = len(view.orders)
        await press(d, "f")
        assert "whole ladders" in d.text
        assert len(view.orders) > some
        table = d.app.screen.query_one("#replay-fills", GridTable)
        table.focus()
        await d.settle()
        await press(d, "down", "down", "down", "enter")
        assert view.shown is not None
        assert any(fill.row == table.cursor_key for fill in view.shown.step.fills)


async def test_from_a_fill_of_the_backtest_screen_and_back(day: tuple[Path, Path]) -> None:
    async with backtests(day[0]) as d:
        await keys(d, "]", "]", "]")
        table = d.app.screen.query_one("#run-fills", GridTable)
        table.focus()
        await backtests_at_rest(d)
        await keys(d, "down", "down", "m")
        await opened(d)
        assert isinstance(d.app.screen, ReplayScreen)
        view, result = view_of(d), d.app.state.backtest.result()
        assert result is not None
        assert result.fills is not None
        place = int(str(table.cursor_key))
        assert view.shown is not None
        assert view.coin == result.fills.coin[place]
        assert view.shown.step.time_ms == int(result.fills.ts_ms[place])
        assert "PAPER" in d.text  # the bot's own header stays
        await press(d, "escape")
        assert isinstance(d.app.screen, BacktestScreen)


async def test_what_cannot_be_replayed_says_why(day: tuple[Path, Path], tmp_path: Path) -> None:
    foreign = tmp_path / "foreign"
    shutil.copytree(day[1], foreign)
    (foreign / "run.json").unlink()
    async with alone(foreign, day[0]) as d:
        assert "was not written by this program" in d.text
        await press(d, "n", "g")
        assert isinstance(d.app.screen, ReplayScreen)


async def test_leaving_a_console_without_a_bot_asks_nothing(day: tuple[Path, Path]) -> None:
    async with alone(day[1], day[0]) as d:
        await press(d, "escape")
        assert "no bot runs in this console" in d.text
        await d.press("q")
        assert d.exit == ConsoleExit("link_closed")


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "120x36"])
def test_picture(size: tuple[int, int], day: tuple[Path, Path], snap_compare: Callable[..., bool]) -> None:
    clock = VirtualClock(1_747_224_224_000)
    app = make_app(ScriptedLink(snapshot(warnings=())), clock, base_dir=day[0])
    app.tick = lambda: None  # type: ignore[method-assign]

    async def play(pilot: Pilot[ConsoleExit]) -> None:
        d = Desk(app, app.link, clock, pilot)  # type: ignore[arg-type]
        await d.settle()
        app.replays.show(day[1], coin="SOL", at_ms=1_746_943_200_000)  # 2025-05-11 06:00Z
        await opened(d)
        await press(d, "n")
        view = view_of(d)
        assert view.bar == replay_of(d).next_fill(replay_of(d).bar_at(1_746_943_200_000), "SOL")
        app.notes.take_undo(clock.monotonic())
        await at_rest(d)
        for word in ("SOL", "filled", "Orders wanted now", "Why · "):
            assert word in d.text
        assert app.draw_fault == ""

    assert snap_compare(app, terminal_size=size, run_before=play)
