"""A run without a screen: the same session, log lines on stderr, data on stdout."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from typing import Any

from pbtui.cli import figures, signals
from pbtui.cli.output import LineWriter, log_line
from pbtui.cli.plan import RunPlan
from pbtui.cli.session import log_level, open_session
from pbtui.core.clock import Clock
from pbtui.core.errors import ExitCode
from pbtui.core.snapshot import EventRow, Snapshot
from pbtui.live.supervisor import Ending, Supervisor

_STATUS_EVERY_MS = 15 * 60_000
_STATUS_GAP_MS = 1_000


async def run_headless(plan: RunPlan, clock: Clock) -> int:
    """Run a session until it ends, is stopped by a signal, or a limit is reached; returns the exit code."""
    narration, data = LineWriter(2), LineWriter(1)
    code = ExitCode.OK
    try:
        async with open_session(plan, clock, linger=False) as session:
            supervisor = session.supervisor
            _narrate(supervisor, narration, log_level(plan))
            asked = _Signals(supervisor)
            asked.install(asyncio.get_running_loop())
            watcher = asyncio.create_task(_print_status(supervisor, data)) if plan.options.json else None
            ending = await supervisor.run()
            if watcher is not None:
                await watcher
            _finish(plan, ending, supervisor.latest, narration, data)
            code = ExitCode.INTERRUPTED if asked.interrupted and ending.error is None else ending.exit_code
    finally:
        await asyncio.to_thread(narration.close)
        await asyncio.to_thread(data.close)
    return int(code)


class _Signals:
    """SIGTERM and the first SIGINT stop in order, a second SIGINT at once; a hang-up changes nothing."""

    def __init__(self, supervisor: Supervisor) -> None:
        self.interrupted = False
        self._supervisor = supervisor

    def install(self, loop: asyncio.AbstractEventLoop) -> None:
        """Take over the signals of this process."""
        signals.listen(loop, signal.SIGTERM, self._terminate)
        signals.listen(loop, signals.BREAK, self._terminate)
        signals.listen(loop, signal.SIGINT, self._interrupt)
        signals.listen(loop, signals.HANG_UP, self._hang_up)

    def _terminate(self) -> None:
        self._supervisor.journal.say("shutdown", "SIGTERM: stopping in order")
        self._supervisor.request_stop()

    def _interrupt(self) -> None:
        if self.interrupted:
            os._exit(int(ExitCode.INTERRUPTED))
        self.interrupted = True
        self._supervisor.journal.say("shutdown", "interrupted: stopping in order (again to leave at once)")
        self._supervisor.request_stop()

    def _hang_up(self) -> None:
        self._supervisor.journal.say("shutdown", "hang-up: going on without a terminal")


def _narrate(supervisor: Supervisor, writer: LineWriter, level: int) -> None:
    def listen(row: EventRow) -> None:
        if row.level <= level:
            writer.put(log_line(row))

    supervisor.journal.subscribe(listen)


async def _print_status(supervisor: Supervisor, writer: LineWriter) -> None:
    """Print a line at each change of state and every 15 minutes of market time, at most one a second."""
    shown: Snapshot | None = None
    seq = -1
    while (found := await supervisor.next_snapshot(seq)) is not None:
        seq = found.seq
        if shown is None or _worth_a_line(shown, found):
            shown = found
            writer.put(_json(figures.status(found)))


def _worth_a_line(shown: Snapshot, found: Snapshot) -> bool:
    if found.health.state != shown.health.state:
        return True
    new_quarter = found.market_ms // _STATUS_EVERY_MS != shown.market_ms // _STATUS_EVERY_MS
    return new_quarter and found.wall_ms - shown.wall_ms >= _STATUS_GAP_MS


def _finish(plan: RunPlan, ending: Ending, last: Snapshot | None, narration: LineWriter, data: LineWriter) -> None:
    outcome = ending.outcome
    reason = outcome.reason if outcome is not None else "error" if ending.error is not None else "stopped"
    text = outcome.text if outcome is not None else ending.error.line() if ending.error is not None else ""
    if ending.summary is not None:
        narration.put(f"summary: {figures.summary_text(ending.summary)}")
    if ending.error is not None:
        narration.put(f"pbtui: {ending.error.line()}")
    if plan.options.json:
        if ending.summary is not None:
            found = figures.summary(ending.summary, reason=reason, text=text)
        else:
            found = {"type": "summary", "reason": reason, "text": text}
        badge = last.account.badge if last is not None else plan.badge(plan.kind)
        data.put(_json({"user": plan.user, "badge": badge, "exit_code": int(ending.exit_code), **found}))


def _json(value: dict[str, Any]) -> str:
    # A non-finite figure has no JSON form: null says "unknown" as honestly.
    return json.dumps(figures.finite(value), ensure_ascii=True)
