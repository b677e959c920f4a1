"""What the console does while things change: staleness, endings, leaving, views, filters, sizes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pbtui.console.app import ConsoleApp, ConsoleExit, ConsoleOptions, run_console
from pbtui.console.dialogs.quit import QuitDialog, StoppingDialog
from pbtui.console.screens.coin import CoinScreen
from pbtui.console.screens.live import LiveScreen
from pbtui.core.actions import ChartQuery, CoinQuery, SetMode, StopBot, Target
from pbtui.core.clock import VirtualClock
from pbtui.core.snapshot import EventRow, LoopHealth, ReadyItem
from pbtui.core.types import Pside

from .sample import NOW_MS, ScriptedLink, snapshot, starting, symbol_of
from .support import SMALL, desk


async def test_a_bot_without_a_good_tick_is_stale_after_three_intervals() -> None:
    async with desk() as d:
        await d.clock.advance(5)
        d.app.refresh_views()
        await d.settle()
        assert "STALE" not in d.text
        await d.clock.advance(1)
        d.app.refresh_views()
        await d.settle()
        assert "STALE" in d.text
        assert "no good tick for 6.9s" in d.message


async def test_the_checklist_gives_way_to_positions() -> None:
    async with desk(starting()) as d:
        assert "waiting for balance, positions, orders" in d.message
        await d.give(snapshot(2))
        assert "Positions 4" in d.text
        assert d.app.focused is d.app.screen.query_one("#positions")


async def test_what_is_still_awaited_is_said_while_running() -> None:
    async with desk(snapshot(readiness=(ReadyItem("entries", False, "3/5 coins have averages"),))) as d:
        assert d.message == "○ waiting for entries: 3/5 coins have averages"


@pytest.mark.parametrize("state", ["blocked", "error"])
async def test_a_blocked_bot_says_why(state: str) -> None:
    base = snapshot()
    async with desk(replace(base, health=replace(base.health, state=state, reason="order off its tick"))) as d:
        assert state.upper() in d.lines[0]
        assert f"{state}: order off its tick" in d.message


async def test_a_position_nothing_protects_is_said() -> None:
    base = snapshot()
    rows = (replace(base.positions[0], danger=True, flags=("off",)), *base.positions[1:])
    async with desk(replace(base, positions=rows)) as d:
        assert "nothing protects SOL long" in d.message
        assert any("SOL  L" in line and "OFF" in line for line in d.lines)


async def test_a_link_that_breaks_is_said_and_leaving_returns_it() -> None:
    async with desk() as d:
        d.link.end("connection reset")
        await d.settle()
        assert "GONE" in d.text
        assert "the bot is gone: connection reset" in d.message
        await d.press("g", "q")
        assert d.exit == ConsoleExit("link_closed")


async def test_detaching_leaves_the_bot_alone() -> None:
    async with desk() as d:
        await d.press("q")
        assert isinstance(d.app.screen, QuitDialog)
        assert d.app.focused is not None
        assert "Cancel" in "".join(text for text, _ in d.app.focused.lines[0])  # type: ignore[attr-defined]
        await d.press("enter")
        assert d.exit is None
        await d.press("ctrl+c", "d")
        assert d.exit == ConsoleExit("detach")
        assert d.link.actions == []


@pytest.mark.parametrize(("key", "choice"), [("e", "cancel_entries"), ("l", "keep"), ("a", "cancel_all")])
async def test_stopping_waits_until_the_bot_has_stopped(key: str, choice: str) -> None:
    async with desk() as d:
        await d.press("q", key)
        assert d.link.actions == [StopBot(choice)]  # type: ignore[arg-type]
        assert isinstance(d.app.screen, StoppingDialog)
        base = snapshot(2)
        await d.give(replace(base, health=LoopHealth("stopping", "cancelling 3 orders", last_tick_ms=NOW_MS)))
        assert "stopping: cancelling 3 orders" in d.text
        d.link.give(replace(snapshot(3), health=LoopHealth("stopped")))
        d.link.end()
        await d.settle()
        assert d.exit == ConsoleExit("stopped")


async def test_a_stop_can_be_left_to_itself() -> None:
    async with desk() as d:
        await d.press("q", "e", "d")
        assert d.exit == ConsoleExit("detach")


async def test_a_viewer_can_only_detach() -> None:
    async with desk(role="viewer", attached=True) as d:
        await d.press("q", "e")
        assert isinstance(d.app.screen, QuitDialog)
        assert "Stop" not in d.text
        await d.press("d")
        assert d.exit == ConsoleExit("detach")


async def test_a_finished_replay_stays_on_the_screen() -> None:
    base = snapshot()
    async with desk(replace(base, health=replace(base.health, state="finished"))) as d:
        d.link.end()
        await d.settle()
        assert d.exit is None
        assert "FINISHED" in d.text
        await d.press("q")
        assert d.exit is not None


async def test_views_and_panels_at_80_columns() -> None:
    async with desk(size=SMALL) as d:
        seen = []
        for _ in range(5):
            seen.append([panel.id for panel in d.app.live.panels()])
            await d.press("v")
        assert seen == [["positions", "orders"], ["modes"], ["chart"], ["events"], ["equity"]]
        await d.press("tab")
        assert d.app.state.panel == "orders"
        await d.press("shift+tab")
        assert d.app.state.panel == "positions"


async def test_moving_between_panels_side_by_side() -> None:
    async with desk() as d:
        await d.press("l")
        assert d.app.state.panel == "chart"
        await d.press("h")
        assert d.app.state.panel == "orders"
        await d.press("shift+tab", "j", "j", "k")
        assert d.app.state.current == (symbol_of("ETH"), "long")
        await d.press("end")
        assert d.app.state.current == (symbol_of("DOGE"), "long")
        await d.press("home", "pagedown", "pageup")
        assert d.app.state.current == (symbol_of("SOL"), "long")


async def test_the_cursor_stays_on_its_coin_while_rows_come_and_go() -> None:
    async with desk() as d:
        await d.press("down", "down")
        assert d.app.state.current == (symbol_of("XRP"), "long")
        base = snapshot(2)
        await d.give(replace(base, positions=base.positions[::-1]))
        assert d.app.state.current == (symbol_of("XRP"), "long")
        row = next(line for line in d.lines if "XRP  L" in line)
        assert "›" in row


async def test_keys_act_on_the_row_that_the_cursor_shows_when_its_coin_has_left() -> None:
    async with desk() as d:
        await d.press("down", "down")
        assert d.app.state.current == (symbol_of("XRP"), "long")
        base = snapshot(2)
        without = replace(base, positions=tuple(row for row in base.positions if row.coin != "XRP"))
        await d.give(without)
        row = next(line for line in d.lines if "›" in line)
        assert "BTC" in row
        assert d.app.state.current == (symbol_of("BTC"), "short")
        assert "Orders: BTC" in d.text
        await d.press("g", rest=False)
        assert d.link.actions == [], "a key on its way was meant for XRP"
        await d.press("v")
        d.app.choose((symbol_of("XRP"), "long"))
        await d.give(replace(without, seq=3))
        assert d.app.state.current == (symbol_of("XRP"), "long"), "the modes panel knows coins without a position"


async def test_filters_apply_while_typed_and_escape_drops_them() -> None:
    async with desk() as d:
        await d.press("slash")
        await d.type("side:short")
        assert "DOGE" not in d.text
        await d.press("enter")
        assert "Positions 4 /side:short" in d.text
        await d.press("escape")
        assert "DOGE" in d.text


async def test_sorting_turns_through_the_columns() -> None:
    async with desk() as d:
        await d.press("s", "s", "s", "s", "s", "s")
        assert "positions sorted by upnl" in d.message
        first = next(line for line in d.lines if "▼-74.40" in line)
        assert d.lines.index(first) == 4
        await d.press("S")
        assert "uPnL▾" in d.text


async def test_an_event_opens_in_full() -> None:
    long_text = "word " * 60 + "the end"
    async with desk(snapshot(events=(EventRow(NOW_MS, 1, "note", "", long_text, 1),))) as d:
        await d.press("tab", "tab", "enter")
        assert d.app.state.panel == "events"
        assert "the end" in d.text


async def test_the_coin_screen_explains_flags_and_changes_candles() -> None:
    async with desk() as d:
        await d.press("down", "down", "enter")
        assert isinstance(d.app.screen, CoinScreen)
        assert "stuck: the position is stuck" in d.text
        await d.press("full_stop")
        assert "XRP long · 15m" in d.text
        assert any(isinstance(query, ChartQuery) and query.timeframe == "15m" for query in d.link.queries)
        await d.press("1")
        assert isinstance(d.app.screen, LiveScreen)


async def test_the_coin_screen_shows_fills_and_where_parameters_come_from() -> None:
    async with desk() as d:
        await d.press("enter")
        for words in ("Fills · newest first · 2", "11:03Z", "1,148.020", "▲+1.91", "-0.0330"):
            assert words in d.text
        await d.press("v")
        for words in ("Parameters · 1 of this coin only", "close_grid_qty_pct", "coin override", "paper.hjson"):
            assert words in d.text
        assert CoinQuery(symbol_of("SOL"), "long") in d.link.queries


async def test_mode_keys_act_on_the_coin_in_front_not_on_rows_selected_elsewhere() -> None:
    async with desk() as d:
        await d.press("space", "space", "end", "enter", "g")
        assert [action.targets for action in d.link.actions if isinstance(action, SetMode)] == [
            (Target(symbol_of("DOGE"), "long"),)
        ]


async def test_a_chart_that_fails_says_why() -> None:
    clock = VirtualClock(NOW_MS)
    link = ScriptedLink(snapshot())
    link.no_chart = True
    app = ConsoleApp(link, ConsoleOptions(clock=clock, theme="dark", ascii_only=False))
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        await pilot.pause()
        assert app.live.query_one("#chart").problem == "no candles here"  # type: ignore[attr-defined]


async def test_a_fault_while_drawing_is_shown_and_ends_nothing() -> None:
    clock = VirtualClock(NOW_MS)
    broken = replace(snapshot(), orders=(replace(snapshot().orders[0], state="no such state"),))  # type: ignore[arg-type]
    app = ConsoleApp(ScriptedLink(broken), ConsoleOptions(clock=clock, theme="dark", ascii_only=False))
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        await pilot.pause()
        assert "KeyError" in app.draw_fault
        assert app.is_running


async def test_run_console_returns_why_it_was_left() -> None:
    link = ScriptedLink(snapshot())

    def leave_soon(app: ConsoleApp) -> None:
        app.call_later(app.hang_up)

    left = await run_console(link, ConsoleOptions(theme="dark"), on_app=leave_soon)
    assert left == ConsoleExit("detach")


async def test_the_mouse_chooses_rows_sorts_and_clicks_hints() -> None:
    async with desk() as d:
        table = d.app.live.query_one("#positions")
        await d.pilot.click(table, offset=(6, 4))
        await d.settle()
        assert d.app.state.current == (symbol_of("XRP"), "long")
        await d.pilot.click(table, offset=(4, 1))
        await d.settle()
        assert d.app.state.sorts["positions"].column == "coin"
        await d.clock.advance(1)
        place = d.lines[-1].index("g graceful")
        await d.pilot.click("#footer", offset=(place, 0))
        await d.settle()
        assert len(d.link.actions) == 1


async def test_a_second_press_on_a_row_opens_its_coin() -> None:
    async with desk() as d:
        await d.pilot.double_click(d.app.live.query_one("#positions"), offset=(6, 3))
        await d.settle()
        assert isinstance(d.app.screen, CoinScreen)


@pytest.mark.parametrize(
    ("coin", "pside", "found"),
    [("btc", "short", 1), ("BTC", None, 1), ("btc/usdt:usdt", "short", 1), ("btc", "long", 0)],
)
async def test_commands_find_coins_in_any_spelling(coin: str, pside: Pside | None, found: int) -> None:
    from pbtui.console.commands import find_keys
    from pbtui.console.state import ViewState

    state = ViewState()
    state.take(snapshot())
    assert len(find_keys(state, coin, pside)) == found
