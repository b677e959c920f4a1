"""A session around the bot: shown from its first moment, restarted after a crash, within a daily budget."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from pbtui.core.actions import Action, ActionResult, BacklogQuery, HealthQuery, Query, StopBot, StopChoice
from pbtui.core.clock import Clock
from pbtui.core.errors import (
    AccountRefused,
    ConfigError,
    DataError,
    EngineStale,
    ExitCode,
    LinkClosed,
    PbtuiError,
    SafetyRefusal,
    StateError,
)
from pbtui.core.fill_pages import FillsPage
from pbtui.core.history import Backlog, HealthReport
from pbtui.core.record import record
from pbtui.core.sanitize import sanitize_line
from pbtui.core.snapshot import (
    AccountHead,
    Chart,
    CoinFacts,
    ConfigFacts,
    LoopHealth,
    ModeEffect,
    PanicPreview,
    ReadyItem,
    ReloadPreview,
    RunState,
    Snapshot,
)
from pbtui.live.board import Board
from pbtui.live.equity import EquityTrail
from pbtui.live.errors import ErrorBudgetSpent
from pbtui.live.journal import Journal
from pbtui.live.lag import LagMeter

if TYPE_CHECKING:
    from pbtui.live.bot import Bot, Outcome, Summary

_FATAL = (ConfigError, SafetyRefusal, StateError, DataError, AccountRefused, EngineStale)
_FIRST_PAUSE_S = 5.0
_LONGEST_PAUSE_S = 61.0  # the reference's pause before each restart (live.md 1)
_DAY_S = 86_400.0

Reply = Chart | PanicPreview | ModeEffect | ReloadPreview | ConfigFacts | CoinFacts | HealthReport | Backlog | FillsPage


@record
class Opened:
    """A bot whose venue is connected, and how to let go of the venue."""

    bot: Bot
    head: AccountHead
    close: Callable[[], Awaitable[None]]


@record
class Ending:
    """How a session ended: the bot's outcome, or the error nothing could be done about."""

    outcome: Outcome | None
    error: PbtuiError | None = None
    summary: Summary | None = None

    @property
    def exit_code(self) -> ExitCode:
        """The process exit code it deserves."""
        if self.error is not None:
            return self.error.exit_code
        return self.outcome.exit_code if self.outcome is not None else ExitCode.OK


class Supervisor:
    """Implements `link.base.BotPort` for a whole session; `opener` makes a bot and may report progress with `ready`.

    A bot that crashes is made anew after a growing pause, at most `max_restarts` times within 24 hours; after an outage
    of its venue as often as need be, for nobody else looks after what it holds. Errors that an operator must solve
    (config, account, state) end the session at once. With `linger`, a market whose data have ended stays on show until
    a stop is asked for. A `meter` that beats on the same loop adds its lag to the health.
    """

    def __init__(
        self,
        opener: Callable[[Supervisor], Awaitable[Opened]],
        head: AccountHead,
        clock: Clock,
        *,
        max_restarts: int,
        linger: bool = False,
        meter: LagMeter | None = None,
    ) -> None:
        self.journal = Journal(clock.now_ms)
        self.restarts = 0
        self._linger = linger
        self._meter = meter
        self._opener = opener
        self._head = head
        self._clock = clock
        self._max_restarts = max_restarts
        self._crashes: list[float] = []
        self._board = Board()
        self._equity = EquityTrail()
        self._seq = 0
        self._bot: Bot | None = None
        self._ready: dict[str, ReadyItem] = {}
        self._stop: StopChoice | None = None
        self._stopping = asyncio.Event()
        self._lingering = False
        self._over = False
        self._publish("starting")

    @property
    def latest(self) -> Snapshot | None:
        """The newest snapshot."""
        return self._board.latest

    async def next_snapshot(self, after_seq: int) -> Snapshot | None:
        """Wait for a snapshot newer than `after_seq`; None once the session has ended."""
        return await self._board.after(after_seq)

    async def act(self, action: Action) -> ActionResult:
        """Take an action; a stop is always taken, anything else needs a running bot. Raises LinkClosed at the end."""
        if self._over:
            raise LinkClosed("the bot has stopped")
        if isinstance(action, StopBot):
            self.journal.say("action", f"{action.by}: stop, {action.choice.replace('_', ' ')}")
            self.request_stop(action.choice)
            return ActionResult(ok=True, text=f"stopping: {action.choice.replace('_', ' ')}")
        if self._bot is None:
            return ActionResult(ok=False, text="the bot is starting; try again in a moment")
        return await self._bot.act(action)

    async def ask(self, query: Query) -> Reply:
        """Answer a question; raises PbtuiError while there is no bot to answer."""
        if isinstance(query, BacklogQuery):
            return self._backlog(query)
        if isinstance(query, HealthQuery):
            return await self._report(query)
        if self._bot is None:
            raise PbtuiError("the bot is starting")
        return await self._bot.ask(query)

    def _backlog(self, query: BacklogQuery) -> Backlog:
        """Return what happened since the session began."""
        events = self.journal.last(query.events)
        return Backlog(events, self._equity.curve(query.points), more=len(events) < self.journal.said)

    async def _report(self, query: HealthQuery) -> HealthReport:
        """Return the loop's health, of a bot that has not begun too."""
        latest = self.latest
        found = await self._bot.ask(query) if self._bot is not None else None
        if not isinstance(found, HealthReport):
            found = HealthReport(latest.health if latest is not None else LoopHealth())
        if self._meter is None:
            return found
        health = self._meter.fill(found.health)
        return replace(found, health=health, lag_max_ms=self._meter.worst_ms, stalls=self._meter.stalls)

    def _measured(self, health: LoopHealth) -> LoopHealth:
        return self._meter.fill(health) if self._meter is not None else health

    def request_stop(self, choice: StopChoice | None = None) -> None:
        """End the session in order; None treats orders as `live.on_stop` says."""
        self._stop = self._stop or choice
        self._stopping.set()
        if self._bot is not None:
            self._bot.request_stop(self._stop)

    def watch_no_more(self) -> None:
        """Nobody looks any longer: a market whose data have ended need not stay on show."""
        self._linger = False
        if self._lingering:
            self._stopping.set()

    def ready(self, name: str, *, done: bool, detail: str = "") -> None:
        """Put a line on the start-up checklist and publish it."""
        self._ready[name] = ReadyItem(name, done, sanitize_line(detail))
        self._publish("starting")

    def relabel(self, head: AccountHead) -> None:
        """Change who trades where: the market turned out to be another one."""
        self._head = head
        self._publish("starting")

    async def run(self) -> Ending:
        """Run the session to its end; never raises for what a bot does."""
        ending = Ending(None)
        try:
            while not self._stopping.is_set():
                ending = await self._life()
                if ending.error is None or isinstance(ending.error, _FATAL):
                    break
                if not await self._pause_after(ending.error):
                    break
        finally:
            self._over = True
            if self._stopping.is_set() and self.latest is not None and self.latest.health.state == "starting":
                self._publish("stopped", "before the bot had started")
            self._board.end()
        return ending

    async def _life(self) -> Ending:
        """Open a bot, run it, close its venue."""
        opened: Opened | None = None
        pump: asyncio.Task[None] | None = None
        try:
            opened = await self._open()
            if opened is None:
                return Ending(None)
            self._bot, self._head = opened.bot, opened.head
            opened.bot.events.subscribe(self.journal.take)
            pump = asyncio.create_task(self._pump(opened.bot))
            if self._stopping.is_set():
                opened.bot.request_stop(self._stop)
            outcome = await opened.bot.run()
            await pump
            if self._linger and outcome.reason != "stopped":
                self._lingering = True
                await self._stopping.wait()
            return Ending(outcome, summary=outcome.summary)
        except PbtuiError as error:
            return self._failed(error, opened)
        except Exception as error:  # noqa: BLE001 (whatever broke, the session shows it and starts the bot afresh)
            self.journal.trace("crash", traceback.format_exc(limit=-6))
            return self._failed(PbtuiError(f"{type(error).__name__}: {sanitize_line(error)}"), opened)
        finally:
            self._bot = None
            if pump is not None:
                pump.cancel()
            if opened is not None:
                with suppress(PbtuiError):
                    await opened.close()

    async def _open(self) -> Opened | None:
        """Let the opener work, unless a stop comes first."""
        work = asyncio.ensure_future(self._opener(self))
        stop = asyncio.ensure_future(self._stopping.wait())
        await asyncio.wait({work, stop}, return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        if work.done():
            return work.result()
        work.cancel()
        with suppress(asyncio.CancelledError, PbtuiError):
            late = await work
            await late.close()
        return None

    def _failed(self, error: PbtuiError, opened: Opened | None) -> Ending:
        # A wrong folder or a damaged ledger is said once, by whoever renders the ending.
        if opened is not None or not isinstance(error, _FATAL):
            self.journal.say("error", error.line(), level=0, is_error=True)
        self._publish("error", error.line())
        return Ending(None, error, opened.bot.summary() if opened is not None else None)

    async def _pause_after(self, error: PbtuiError | None) -> bool:
        """Wait before the next life; False when there will be none."""
        now = self._clock.monotonic()
        outage = isinstance(error, ErrorBudgetSpent) and error.outage
        self._crashes = [at for at in self._crashes if now - at < _DAY_S] + ([] if outage else [now])
        if len(self._crashes) > self._max_restarts:
            self.journal.say("error", f"{self._max_restarts} restarts within a day: giving up", level=0, is_error=True)
            return False
        self.restarts += 1
        pause = min(_FIRST_PAUSE_S * 2 ** max(0, len(self._crashes) - 1), _LONGEST_PAUSE_S)
        text = error.line() if error is not None else "the bot ended"
        count = "the venue was away" if outage else f"{len(self._crashes)} of {self._max_restarts}"
        self.journal.say("restart", f"starting afresh in {pause:.0f} s ({count})")
        self._publish("error", f"{text} · starting afresh in {pause:.0f} s")
        timer = asyncio.ensure_future(self._clock.sleep(pause))
        stop = asyncio.ensure_future(self._stopping.wait())
        await asyncio.wait({timer, stop}, return_when=asyncio.FIRST_COMPLETED)
        timer.cancel()
        stop.cancel()
        return not self._stopping.is_set()

    async def _pump(self, bot: Bot) -> None:
        """Republish a bot's snapshots under the session's numbers and with the session's rows."""
        seq = -1
        while (found := await bot.next_snapshot(seq)) is not None:
            seq = found.seq
            self._seq += 1
            self._equity.take(found)
            health = self._measured(found.health)
            self._board.put(replace(found, seq=self._seq, health=health, events=self.journal.tail()))

    def _publish(self, state: RunState, reason: str = "") -> None:
        """Publish what there is to say without a bot: the last picture of the former one, or an empty one."""
        self._seq += 1
        latest = self._board.latest
        health = replace(
            latest.health if latest is not None else LoopHealth(), state=state, reason=reason, restarts=self.restarts
        )
        now = self._clock.now_ms()
        base = latest or Snapshot(0, now, now, self._head)
        self._board.put(
            replace(
                base,
                seq=self._seq,
                wall_ms=now,
                account=self._head,
                health=health,
                readiness=tuple(self._ready.values()),
                events=self.journal.tail(),
            )
        )
