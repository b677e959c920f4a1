"""What every view and dialog of a trading bot says at two sizes, and pictures of a few."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from pbtui.console.app import ConsoleExit
from pbtui.console.state import Sort
from pbtui.core.clock import VirtualClock
from pbtui.core.snapshot import Snapshot

from .sample import NOW_MS, ScriptedLink, snapshot, starting
from .support import LARGE, SMALL, Desk, desk, make_app

# name -> (keys, words that must be there)
SCENES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "live": ((), ("PAPER", "1,012.44", "1.42/1.50", "Positions 4", "▼-74.40", "…91c0", "entry_grid_cropped")),
    "modes": (("v",), ("Modes · 1 by hand *", "gs*", "new positions", "operator")),
    "chart": (("v", "v"), ("SOL · 1m", "149.655 mark", "148.210 pos")),
    "equity": (("v", "v", "v", "v"), ("Equity since 2025-05-14 02:04Z", "equity 1,029.06", "balance 1,029.98")),
    "all_orders": (("a", "tab"), ("Orders: all 8", "close_grid ", "103,102.0")),
    "selection": (("space", "space", "s"), ("●", "coin▴")),
    "coin": (("enter",), ("SOL long · 1m", "4.2 @ 148.210")),
    "help": (("question_mark",), ("Help: live", "PANIC", "[type the coin]")),
    "palette": (("ctrl+p",), ("Palette", "normal", "trade as configured")),
    "mode_dialog": (("t",), ("SOL long: tp_only", "cancels 2 resting", "y set the mode", "esc Cancel")),
    "panic": (("p",), ("PANIC SOL long", "149.630", "628.45", "realised", "type SOL")),
    "panic_all": (("P",), ("PANIC: close everything", "type PANIC")),
    "reload": (("r",), ("Reload the config", "bot.long.n_positions", "raise risk")),
    "quit": (("q",), ("Detach", "Stop: cancel entries", "Stop: cancel all orders", "esc Cancel")),
    "warnings": (("w",), ("Warnings and checklist", "max_realized_loss_pct is 0", "212 known")),
    "unlock": (("R", "R"), ("Read-only lock", "account name (paper)", "READ-ONLY")),
}
AT_LARGE: dict[str, tuple[str, ...]] = {"chart": (), "equity": ("v", "v")}  # where more is in view at once
# name -> (size, theme, keys, snapshot)
PICTURES: dict[str, tuple[tuple[int, int], str, tuple[str, ...], Callable[[], Snapshot]]] = {
    "live": (LARGE, "dark", (), snapshot),
    "light": (SMALL, "light", (), snapshot),
    "panic": (LARGE, "colourblind", ("p",), snapshot),
    "starting": (SMALL, "mono", (), starting),
    "cards": ((40, 20), "dark", (), snapshot),
}


async def clear(d: Desk) -> None:
    """Go back to the first view of the live screen."""
    await d.press("escape", "escape")
    state = d.app.state
    state.orders_all, state.sorts["positions"] = False, Sort()
    state.selected.clear()
    d.app.live.show_view(0)
    d.app.live.query_one("#positions").focus()
    d.app.choose(("SOL/USDT:USDT", "long"))
    d.app.refresh_views()
    await d.settle()


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "120x36"])
async def test_each_view_and_dialog_says_what_it_must(size: tuple[int, int]) -> None:
    async with desk(size=size) as d:
        for scene, (keys, words) in SCENES.items():
            await d.press(*(AT_LARGE.get(scene, keys) if size == LARGE else keys))
            for word in words:
                assert word in d.text, f"{scene}: {word!r} is not on the screen:\n{d.text}"
            await clear(d)


async def test_real_money_and_a_start_are_unmistakable() -> None:
    real = replace(snapshot(), account=replace(snapshot().account, kind="live", badge="LIVE", user="main"))
    async with desk(real, size=SMALL) as d:
        assert "● LIVE" in d.text
        await d.give(replace(starting(2), account=real.account))
        for word in ("● LIVE", "STARTING", "✓ markets", "○ balance, positions, orders", "212 known"):
            assert word in d.text


@pytest.mark.parametrize("name", PICTURES)
def test_picture(name: str, snap_compare: Callable[..., bool]) -> None:
    size, theme, keys, make = PICTURES[name]
    clock = VirtualClock(NOW_MS)
    link = ScriptedLink(make())
    app = make_app(link, clock, theme=theme)
    app.tick = lambda: None  # type: ignore[method-assign]

    async def play(pilot: Pilot[ConsoleExit]) -> None:
        found = Desk(app, link, clock, pilot)
        await found.settle()
        await found.press(*keys)
        for box in app.screen.query(Input):
            box.cursor_blink = False
        await found.settle()
        assert app.draw_fault == ""

    assert snap_compare(app, terminal_size=size, run_before=play)
