"""Pictures of every screen and dialog at both sizes; the words in them are asserted too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from textual.pilot import Pilot

from pbtui.console.app import ConsoleExit
from pbtui.core.clock import VirtualClock
from pbtui.core.snapshot import Snapshot

from .sample import NOW_MS, ScriptedLink, snapshot, starting
from .support import LARGE, SMALL, Desk, make_app

SIZES = pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "120x36"])
# name -> (keys, snapshot, words that must be there)
SCENES: dict[str, tuple[tuple[str, ...], Callable[[], Snapshot], tuple[str, ...]]] = {
    "live": ((), snapshot, ("PAPER", "1,012.44", "1.42/1.50", "Positions 4", "▼-74.40", "…91c0", "entry_grid_cropped")),
    "real_money": (
        (),
        lambda: replace(snapshot(), account=replace(snapshot().account, kind="live", badge="LIVE", user="main")),
        ("● LIVE",),
    ),
    "starting": ((), starting, ("STARTING", "✓ markets", "○ balance, positions, orders", "212 known")),
    "modes": (("v",), snapshot, ("Modes · 1 by hand *", "gs*", "new positions", "operator")),
    "chart": (("v", "v"), snapshot, ("SOL · 1m", "149.655 mark", "148.210 pos")),
    "all_orders": (("a", "tab"), snapshot, ("Orders: all 8", "close_grid ", "103,102.0")),
    "selection": (("space", "space", "s"), snapshot, ("●", "coin▴")),
    "coin": (("enter",), snapshot, ("SOL long · 1m", "4.2 @ 148.210", "Now and why")),
    "coin_fills": (("enter", "v"), snapshot, ("Orders: SOL 6", "close_grid")),
    "coin_parameters": (
        ("enter", "v", "v", "v", "v", "v"),
        snapshot,
        ("Parameters · 1 of this coin only", "close_grid_qty_pct", "coin override", "paper.hjson"),
    ),
    "help": (("question_mark",), snapshot, ("Help: live", "PANIC", "[type the coin]")),
    "palette": (("ctrl+p",), snapshot, ("Palette", "normal", "trade as configured")),
    "mode_dialog": (("t",), snapshot, ("SOL long: tp_only", "cancels 2 resting", "y set the mode", "esc Cancel")),
    "panic": (("p",), snapshot, ("PANIC SOL long", "149.630", "628.45", "realised", "type SOL")),
    "panic_all": (("P",), snapshot, ("PANIC: close everything", "type PANIC")),
    "reload": (("r",), snapshot, ("Reload the config", "bot.long.n_positions", "raises risk")),
    "quit": (("q",), snapshot, ("Detach", "Stop: cancel entries", "Stop: cancel all orders", "esc Cancel")),
    "unlock": (("R", "R"), snapshot, ("Read-only lock", "account name (paper)", "READ-ONLY")),
    "warnings": (("w",), snapshot, ("Warnings and checklist", "max_realized_loss_pct is 0", "212 known")),
}  # fmt: skip


@SIZES
@pytest.mark.parametrize("scene", SCENES)
def test_picture(scene: str, size: tuple[int, int], snap_compare: Callable[..., bool]) -> None:
    keys, make, words = SCENES[scene]
    clock = VirtualClock(NOW_MS)
    link = ScriptedLink(make())
    app = make_app(link, clock)
    app.tick = lambda: None  # type: ignore[method-assign]

    async def play(pilot: Pilot[ConsoleExit]) -> None:
        found = Desk(app, link, clock, pilot)
        await found.settle()
        await found.press(*keys)
        await found.settle()
        for word in words:
            assert word in found.text, f"{word!r} is not on the screen:\n{found.text}"
        assert app.draw_fault == ""

    assert snap_compare(app, terminal_size=size, run_before=play)
