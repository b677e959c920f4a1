"""Sessions around real bots on paper, with openers that fail in the ways markets and disks do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from live_support import HEAD, Run, settings, stepped

from pbtui.core.actions import ChartQuery, PauseCreations, StopBot
from pbtui.core.clock import VirtualClock, settle
from pbtui.core.errors import ConfigError, LinkClosed, PbtuiError, VenueUnreachable
from pbtui.core.snapshot import Snapshot
from pbtui.live.supervisor import Opened, Supervisor


class Stand:
    """A supervisor whose opener fails as told and then opens a real bot."""

    def __init__(self, folder: Path, *, linger: bool = False, ticks: int = 5, max_restarts: int = 3) -> None:
        self.clock = VirtualClock()
        self.failures: list[Exception] = []
        self.runs: list[Run] = []
        self.closed = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self._folder, self._ticks = folder, ticks
        self.supervisor = Supervisor(self.open, HEAD, self.clock, max_restarts=max_restarts, linger=linger)

    async def open(self, session: Supervisor) -> Opened:
        session.ready("account", done=False, detail="opening")
        await self.gate.wait()
        if self.failures:
            raise self.failures.pop(0)
        run = await stepped(self._folder, settings(), ticks=self._ticks)
        self.runs.append(run)

        async def close() -> None:
            self.closed += 1
            await run.venue.close()

        return Opened(run.bot, HEAD, close)

    async def until(self, wanted: Callable[[Snapshot], bool]) -> Snapshot:
        seq = -1
        async with asyncio.timeout(20):
            while (found := await self.supervisor.next_snapshot(seq)) is not None:
                seq = found.seq
                if wanted(found):
                    return found
        raise AssertionError("the session ended first")


async def test_a_session_shows_itself_from_its_first_moment(tmp_path: Path) -> None:
    stand = Stand(tmp_path)
    first = stand.supervisor.latest
    assert first is not None
    assert (first.health.state, first.account) == ("starting", HEAD)
    ending = await stand.supervisor.run()
    assert ending.outcome is not None
    assert (ending.outcome.reason, ending.exit_code, stand.closed) == ("limit", 0, 1)
    assert await stand.supervisor.next_snapshot(10_000) is None
    with pytest.raises(LinkClosed):
        await stand.supervisor.act(StopBot("keep"))


async def test_numbers_and_rows_only_grow_over_restarts(tmp_path: Path) -> None:
    stand = Stand(tmp_path)
    stand.failures = [VenueUnreachable("no answer"), RuntimeError("a \x1b[2J bug")]
    task = asyncio.create_task(stand.supervisor.run())
    seen: list[Snapshot] = []
    seq = -1
    for _ in range(200):
        await settle()
        if stand.supervisor.latest is not None and stand.supervisor.latest.seq > seq:
            seen.append(stand.supervisor.latest)
            seq = seen[-1].seq
        await stand.clock.advance(1)
        if task.done():
            break
    ending = await task
    assert ending.outcome is not None
    assert stand.supervisor.restarts == 2
    reasons = [found.health.reason for found in seen]
    assert "no answer · starting afresh in 5 s" in reasons
    assert any("RuntimeError" in reason and "starting afresh in 10 s" in reason for reason in reasons)
    assert not any("\x1b" in reason for reason in reasons)
    numbers = [row.seq for row in seen[-1].events]
    assert numbers == sorted(set(numbers))
    assert any(row.is_error for row in seen[-1].events)


async def test_the_daily_budget_ends_a_session_that_only_crashes(tmp_path: Path) -> None:
    stand = Stand(tmp_path, max_restarts=2)
    stand.failures = [RuntimeError(f"bug {n}") for n in range(9)]
    task = asyncio.create_task(stand.supervisor.run())
    for _ in range(100):
        await stand.clock.advance(5)
        if task.done():
            break
    ending = await task
    assert ending.error is not None
    assert (ending.error.message, ending.exit_code, len(stand.failures)) == ("RuntimeError: bug 2", 1, 6)


async def test_what_an_operator_must_solve_is_not_tried_again(tmp_path: Path) -> None:
    stand = Stand(tmp_path)
    stand.failures = [ConfigError("no folder x")]
    ending = await stand.supervisor.run()
    assert (ending.exit_code, ending.summary, stand.supervisor.restarts) == (2, None, 0)
    assert stand.supervisor.latest is not None
    assert stand.supervisor.latest.health.state == "error"


async def test_a_stop_while_starting_ends_at_once(tmp_path: Path) -> None:
    stand = Stand(tmp_path)
    stand.gate.clear()
    task = asyncio.create_task(stand.supervisor.run())
    await settle()
    refused = await stand.supervisor.act(PauseCreations(True))
    assert (refused.ok, "starting" in refused.text) == (False, True)
    with pytest.raises(PbtuiError, match="starting"):
        await stand.supervisor.ask(ChartQuery("X"))
    assert (await stand.supervisor.act(StopBot("keep"))).ok
    ending = await task
    assert (ending.error, ending.outcome, stand.runs) == (None, None, [])
    assert stand.supervisor.latest is not None
    assert stand.supervisor.latest.health.state == "stopped"


async def test_a_finished_market_stays_on_show_while_somebody_looks(tmp_path: Path) -> None:
    stand = Stand(tmp_path, linger=True)
    task = asyncio.create_task(stand.supervisor.run())
    await stand.until(lambda found: found.health.state == "stopped")
    await settle()
    assert not task.done()
    stand.supervisor.watch_no_more()
    assert (await task).outcome is not None


async def test_a_stop_reaches_the_bot_with_its_choice(tmp_path: Path) -> None:
    stand = Stand(tmp_path, ticks=1_000_000)
    task = asyncio.create_task(stand.supervisor.run())
    await stand.until(lambda found: found.health.tick > 0)
    await stand.supervisor.act(StopBot("cancel_all"))
    ending = await task
    assert ending.outcome is not None
    assert ending.outcome.reason == "stopped"
    assert ending.outcome.summary.open_orders == 0
