"""The stage of a story: the real bot on a paper account, the real console, and a market that moves when told."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from textual.widgets import Input

from console.support import LARGE, Desk
from pbtui.cli.plan import make_plan
from pbtui.cli.run_args import parse
from pbtui.cli.session import Session, _Opener, open_session
from pbtui.console.app import ConsoleApp, ConsoleOptions
from pbtui.core.actions import SetReplaySpeed
from pbtui.core.clock import VirtualClock
from pbtui.core.snapshot import PositionRow, Snapshot
from pbtui.link.base import Link
from pbtui.link.client import SocketLink
from pbtui.link.local import LocalLink
from pbtui.live.lag import LagMeter
from pbtui.live.supervisor import Ending
from tests.support.faulty_exchange import FaultPlan, FaultyExchange

FAST, WATCHED = 6_000.0, 1.0  # market seconds a second: while a story is prepared, and while it is told
PATIENCE_S = 120.0
_FILLS_IN_PICTURES = 60
_NOON_MS = 1_747_224_000_000  # 2025-05-14 12:00Z on the operator's clock


@dataclass
class Story(Desk):
    """A console at work; everything waits for what it wants to see."""

    session: Session
    faults: FaultPlan
    pictures: Path | None
    bot: asyncio.Task[Ending] | None = None

    def begin(self) -> None:
        """Let the bot begin."""
        self.bot = asyncio.create_task(self.session.supervisor.run())

    @property
    def snap(self) -> Snapshot:
        """What the bot tells now."""
        found = self.app.link.latest
        assert found is not None
        return found

    @property
    def held(self) -> list[PositionRow]:
        """The positions there are."""
        return [row for row in self.snap.positions if row.size]

    async def until(self, wanted: Callable[[], bool], step_s: float = 0.1) -> None:
        """Let time pass for bot and console until something is true."""
        end = time.monotonic() + PATIENCE_S
        while not wanted():
            assert time.monotonic() < end, f"it never came to this:\n{self.text}"
            await self.clock.advance(step_s)
            await asyncio.sleep(0.001)  # for threads and sockets, which know nothing of that clock
        await self.look()

    async def look(self) -> None:
        """Have everything drawn."""
        await self.settle()
        self.app.refresh_views()
        await self.settle()

    async def sees(self, *words: str, step_s: float = 0.1) -> None:
        """Wait until all these words are on the screen."""
        end = time.monotonic() + PATIENCE_S
        await self.look()
        while missing := [word for word in words if word not in self.text]:
            assert time.monotonic() < end, f"never seen: {missing}\n{self.text}"
            await self.clock.advance(step_s)
            await asyncio.sleep(0.001)
            await self.look()

    async def trade(self, fills: int = 12, positions: int = 2) -> None:
        """Let the bot begin, and the market run fast until it holds something, then as a spectator likes it."""
        self.begin()
        await self.until(lambda: self.snap.health.state == "running")
        await self.speed(FAST)
        wanted = fills if self.pictures is None else max(fills, _FILLS_IN_PICTURES)
        await self.until(lambda: len(self.held) >= positions and self.snap.money.n_fills >= wanted)
        await self.speed(WATCHED)

    async def speed(self, speed: float) -> None:
        """Set the pace of the market."""
        assert (await self.app.link.act(SetReplaySpeed(speed))).ok

    async def pose(self, name: str, columns: int = LARGE[0], rows: int = LARGE[1]) -> None:
        """Make a picture of the screen, where pictures are wanted."""
        if self.pictures is None:
            return
        before = self.app.size
        await self.pilot.resize_terminal(columns, rows)
        for box in self.app.screen.query(Input):
            box.cursor_blink = False
        await self.look()
        self.app.ask_chart()
        for _ in range(3):
            await asyncio.sleep(0.01)
            await self.look()
        svg = slim(self.app.export_screenshot())
        (self.pictures / f"{name}-{columns}x{rows}.svg").write_text(svg, encoding="utf-8")
        await self.pilot.resize_terminal(before.width, before.height)
        await self.look()


def slim(svg: str) -> str:
    """Return a picture that loads nothing from anywhere, at half the size."""
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<clipPath id=\"terminal-\d+-line-\d+\">.*?</clipPath>\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r" clip-path=\"url\(#terminal-\d+-line-\d+\)\"", "", svg)
    return re.sub(r"terminal-\d+-", "t", svg).replace("&#160;", "\u00a0")


def words_of(base: Path, candles: Path | None, config: Path | None) -> list[str]:
    """Return the command line of a paper run: on recorded candles where given, else on an invented market."""
    market = ["--replay", str(candles), "--coins", "BTC,ETH,SOL,XRP,ADA"] if candles else ["--synthetic"]
    return [*([str(config)] if config else []), "--base-dir", str(base), "--speed", str(WATCHED), *market]


@asynccontextmanager
async def story(
    base: Path,
    *,
    config: Path | None = None,
    candles: Path | None = None,
    pictures: Path | None = None,
    size: tuple[int, int] = LARGE,
) -> AsyncIterator[Story]:
    """Start the program as `pbtui [CONFIG]` does, but for the terminal and the clock; its locks lie below `base`."""
    clock, faults = VirtualClock(_NOON_MS), FaultPlan(seed=1)
    plan = make_plan(parse(words_of(base, candles, config)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(base / "state"))
        patch.setattr(LagMeter, "start", lambda self: None)  # it would take the clock's jumps for lateness
        make_bot = _Opener._bot
        patch.setattr(
            _Opener, "_bot", lambda self, to, venue, *rest: make_bot(self, to, FaultyExchange(venue, faults), *rest)
        )
        async with open_session(plan, clock, linger=True) as session:
            link = LocalLink(session.supervisor, session.seats)
            async with console(link, clock, session, faults, pictures, size, base_dir=base, config=config) as told:
                yield told
            session.supervisor.request_stop("keep")
            while told.bot is not None and not told.bot.done():
                await clock.advance(0.1)
                await asyncio.sleep(0.001)
            assert told.bot is not None
            assert (await told.bot).exit_code == 0


@asynccontextmanager
async def console(
    link: Link,
    clock: VirtualClock,
    session: Session,
    faults: FaultPlan,
    pictures: Path | None,
    size: tuple[int, int],
    **options: object,
) -> AsyncIterator[Story]:
    """Open a console on a link."""
    app = ConsoleApp(link, ConsoleOptions(clock=clock, theme="dark", ascii_only=False, **options))  # type: ignore[arg-type]
    async with app.run_test(size=size) as pilot:
        told = Story(app, link, clock, pilot, session, faults, pictures)  # type: ignore[arg-type]
        await told.settle()
        yield told
        assert app.draw_fault == ""


@asynccontextmanager
async def visitor(host: Story, who: str = "phone", size: tuple[int, int] = LARGE) -> AsyncIterator[Story]:
    """Open another console on the bot's socket, as `pbtui attach` does."""
    link = await SocketLink.connect(Path(host.session.info.socket), want="controller", who=who)
    try:
        async with console(
            link, host.clock, host.session, host.faults, host.pictures, size, attached=True, operator=who
        ) as told:
            yield told
    finally:
        await link.close()
