"""A part of the console that fails says so in its own place and starts again on a key; all else goes on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from pbtui.console.dialogs.quit import QuitDialog
from pbtui.console.footer import Footer
from pbtui.console.screens import base
from pbtui.console.screens.coin import CoinScreen
from pbtui.console.screens.live import LiveScreen
from pbtui.console.screens.log import LogScreen
from pbtui.console.widgets.chart_panel import ChartPanel
from pbtui.console.widgets.grid import GridTable
from pbtui.console.widgets.lines import LineView

from .panels_support import boom, failing, fails_and_starts_again, panel_text
from .sample import snapshot, starting

WIDE = (200, 50)


LIVE_DRAWS = {"positions": "_draw_positions", "orders": "_draw_orders", "modes": "_draw_modes",
              "chart": "_draw_chart", "events": "_draw_events"}  # fmt: skip


async def test_each_panel_of_the_live_screen_fails_alone() -> None:
    async with failing(size=WIDE) as d:
        for panel, method in LIVE_DRAWS.items():
            await fails_and_starts_again(d, panel, LiveScreen, method)
        await fails_and_starts_again(d, "header", base, "header_lines")
        await fails_and_starts_again(d, "footer", Footer, "update_hints")
        await d.give(snapshot(2, money=replace(snapshot().money, balance=2_222.0)))
        assert "2,222.00" in d.text


async def test_each_panel_of_a_coin_and_of_the_log_fails_alone() -> None:
    draws = {"facts": "_draw_facts", "coin-orders": "_draw_orders", "coin-fills": "_draw_fills",
             "coin-params": "_draw_params"}  # fmt: skip
    async with failing(size=WIDE) as d:
        await d.press("enter")
        for panel, method in draws.items():
            await fails_and_starts_again(d, panel, CoinScreen, method)
        await d.press("escape", "7")
        log = d.app.screen
        assert isinstance(log, LogScreen)
        await fails_and_starts_again(d, str(log.lines.id), LogScreen, "_title")


async def test_the_checklist_of_a_starting_bot_fails_alone() -> None:
    async with failing(starting()) as d:
        await fails_and_starts_again(d, "checklist", LiveScreen, "_draw_checklist")


async def test_a_fault_while_painting_fails_the_panel_alone() -> None:
    async with failing(size=WIDE) as d:
        for panel, where, method in (
            ("positions", GridTable, "_row"),
            ("orders", GridTable, "_titles"),
            ("events", GridTable, "line_style"),
            ("chart", ChartPanel, "line_style"),
        ):
            original = getattr(where, method)

            def only_here(self: LineView, *args: object, name: str = panel, do: Callable = original) -> object:
                return boom() if self.id == name else do(self, *args)

            await fails_and_starts_again(d, panel, where, method, only_here)


async def test_a_fault_in_a_message_handler_fails_its_widget_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    async with failing(size=WIDE) as d:
        orders = d.app.screen.query_one("#orders", GridTable)
        monkeypatch.setattr(GridTable, "_click_title", boom)
        await d.pilot.click(orders, offset=(5, 1))
        await d.settle()
        assert "no such figure" in panel_text(d, "orders")
        monkeypatch.undo()
        await d.press("ctrl+l", "tab")
        assert "149.950" in panel_text(d, "orders")


async def test_a_fault_in_a_handler_of_screen_app_or_action_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async with failing(size=WIDE) as d:
        monkeypatch.setattr(LiveScreen, "table_moved", boom)
        await d.press("down")
        assert "failed (ValueError" in d.message
        monkeypatch.undo()
        monkeypatch.setattr(d.app._look, "handlers", {**d.app._look.handlers, "theme.next": boom})
        await d.press("T")
        assert d.app.is_running
        assert "failed (ValueError" in d.message

        async def broken() -> None:
            boom()

        monkeypatch.setitem(d.app._operate.handlers, "bot.pause", broken)
        await d.press("e")
        assert "bot.pause failed (ValueError" in d.message
        await d.press("escape", "down")
        assert d.app.state.current is not None


async def test_a_dialog_that_fails_closes_and_does_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async with failing() as d:
        monkeypatch.setattr(QuitDialog, "take", boom)
        await d.press("q", "d")
        assert d.app.is_running
        assert "the dialog Leave failed" in d.message
        assert isinstance(d.app.screen, LiveScreen)
        assert d.link.actions == []


def test_faults_are_one_harmless_line() -> None:
    from pbtui.console.faults import fault_lines, reason_of

    reason = reason_of(ValueError("\x1b]0;x\x07 two\nlines " + "long " * 100))
    assert reason.isprintable()
    assert len(reason) <= 160
    assert reason_of(KeyError()) == "KeyError"
    assert any("^l" in text for line in fault_lines(reason) for text, _ in line)
