"""A console with a day's backtest to step through, with a bot beside it or without one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from pbtui.console.app import ConsoleApp, ConsoleOptions
from pbtui.console.replay.view import ReplayView
from pbtui.console.screens.replay import ReplayScreen
from pbtui.console.widgets.lines import LineView
from pbtui.core.clock import VirtualClock
from pbtui.link.nobody import NoBot

from .sample import NOW_MS
from .support import LARGE, Desk, until


async def at_rest(d: Desk) -> None:
    """Wait until no thread works for the replay, and what it found is drawn in panels that fit it."""
    await d.pilot.pause()
    await d.app.backtests.idle()
    await d.app.replays.desk.idle()
    d.app.refresh_views()
    await d.settle()
    await until(lambda: _told(view_of(d)) and _fits(d))
    await d.settle()


def _told(view: ReplayView) -> bool:
    """Tell whether what is shown is what is looked at."""
    if view.replay is None:
        return True
    shown = view.shown
    wanted = (view.bar, view.coin, view.whole)
    return shown is not None and not view.looking and (shown.step.bar, shown.coin, shown.whole) == wanted


def _fits(d: Desk) -> bool:
    """Tell whether the lines above the panels have the height they need, and the panels what is left."""
    screen = d.app.screen
    if not isinstance(screen, ReplayScreen):
        return True
    head = screen.query_one("#replay-head", LineView)
    return head.size.height == len(head.lines)


async def press(d: Desk, *keys: str) -> None:
    """Press keys, each after what the last one began is done."""
    for key in keys:
        await d.clock.advance(0.5)
        await d.pilot.press(key)
        await at_rest(d)


def view_of(d: Desk) -> ReplayView:
    return d.app.state.replay


async def opened(d: Desk) -> None:
    """Wait until there is something to see, or a reason why not."""
    view = view_of(d)
    await until(lambda: bool(view.shown or view.problem) and isinstance(d.app.screen, ReplayScreen))
    await at_rest(d)


@asynccontextmanager
async def alone(place: Path, base: Path, size: tuple[int, int] = LARGE, **where: object) -> AsyncIterator[Desk]:
    """Run a console without a bot, opened on a replay."""
    clock = VirtualClock(NOW_MS)
    app = ConsoleApp(NoBot(), ConsoleOptions(clock=clock, theme="dark", ascii_only=False, base_dir=base))
    async with app.run_test(size=size) as pilot:
        d = Desk(app, None, clock, pilot)  # type: ignore[arg-type]
        await d.settle()
        app.replays.show(place, **where)  # type: ignore[arg-type]
        await opened(d)
        yield d
        await at_rest(d)
        assert app.draw_fault == ""
