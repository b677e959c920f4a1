"""Running the console without a terminal: a frozen clock, keys, and what is on the screen as text."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from textual.pilot import Pilot
from textual.widgets import Input
from textual.worker import WorkerCancelled, WorkerState

from pbtui.console.app import ConsoleApp, ConsoleExit, ConsoleOptions
from pbtui.core.clock import VirtualClock
from pbtui.core.snapshot import Snapshot
from pbtui.link.base import Role

from .sample import NOW_MS, ScriptedLink, snapshot

SMALL, LARGE = (80, 24), (120, 36)
TURNS = 40  # of the event loop: Textual takes a process that gets no processor for one that is done


@dataclass
class Desk:
    """A console under test."""

    app: ConsoleApp
    link: ScriptedLink
    clock: VirtualClock
    pilot: Pilot[ConsoleExit]

    async def settle(self) -> None:
        """Let workers and messages finish; on a busy machine what was sent may take a few more rounds to arrive."""
        rounds = 0
        while rounds < 50:
            for _ in range(TURNS):
                await asyncio.sleep(0)
            await self.pilot.pause()
            if self.app._resize_timer is not None:
                continue  # Textual hands a new size on a moment later, by a timer
            rounds += 1
            if rounds > 2 and not self.busy:
                return

    async def ended(self, *groups: str) -> bool:
        """Let workers of these groups and those that took their place meanwhile end; tell whether there were any.

        Raises what one raised.
        """
        over = (WorkerState.SUCCESS, WorkerState.CANCELLED)
        any_at_all = any(each.group in groups for each in self.app.workers)
        while left := [each for each in self.app.workers if each.group in groups and each.state not in over]:
            await asyncio.sleep(0)  # one that has not begun can't be waited for
            with suppress(WorkerCancelled):
                await left[0].wait()
        return any_at_all

    @property
    def busy(self) -> bool:
        """Whether any part of the console has messages or callbacks before it."""
        parts = [self.app, *self.app._registry]
        return any(part.message_queue_size or part._next_callbacks for part in parts) or bool(
            self.app._screen_stack and self.app.screen._callbacks
        )

    async def press(self, *keys: str, rest: bool = True) -> None:
        """Press keys one after the other; `rest`: wait out the rest of dangerous keys before each."""
        for key in keys:
            if rest:
                await self.clock.advance(0.5)
            await self.pilot.press(key)
            await self.settle()

    async def type(self, text: str) -> None:
        """Put text into the input that has the focus."""
        await self.clock.advance(0.5)
        assert isinstance(self.app.focused, Input)
        self.app.focused.insert_text_at_cursor(text)
        await self.settle()

    async def give(self, snap: Snapshot) -> None:
        """Publish a snapshot and let the console draw it."""
        self.link.give(snap)
        await self.settle()
        self.app.refresh_views()
        await self.settle()

    @property
    def text(self) -> str:
        """What is on the screen."""
        return "\n".join(self.lines)

    @property
    def lines(self) -> list[str]:
        """What is on the screen, line by line."""
        strips = self.app.screen._compositor.render_strips()
        return ["".join(segment.text for segment in strip) for strip in strips]

    @property
    def message(self) -> str:
        """The line above the footer."""
        return self.lines[-2].strip()

    @property
    def exit(self) -> ConsoleExit | None:
        """How the console was left."""
        return self.app.return_value


async def until(condition: Callable[[], bool], seconds: float = 120.0) -> None:
    """Wait for what other threads and processes do."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.02)


def make_app(link: ScriptedLink, clock: VirtualClock, **options: object) -> ConsoleApp:
    """Return a console with frozen time, the dark theme and UTF-8."""
    settings: dict = {"theme": "dark", "ascii_only": False, **options}
    return ConsoleApp(link, ConsoleOptions(clock=clock, **settings))


@asynccontextmanager
async def desk(
    snap: Snapshot | None = None, size: tuple[int, int] = LARGE, role: Role = "controller", **options: object
) -> AsyncIterator[Desk]:
    """Run a console on a scripted link."""
    clock = VirtualClock(NOW_MS)
    link = ScriptedLink(snap or snapshot(), role=role)
    app = make_app(link, clock, **options)
    async with app.run_test(size=size) as pilot:
        found = Desk(app, link, clock, pilot)
        await found.settle()
        await clock.advance(0.5)
        yield found
        assert app.draw_fault == ""
