"""Following a job's process for a command: its events are shown, signals end it, its failure is told."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Mapping
from typing import Any

from pbtui.cli import signals
from pbtui.cli.backtest_show import Show
from pbtui.cli.narrate import say
from pbtui.core.errors import ExitCode
from pbtui.jobs.events import Done, Event, Failed
from pbtui.jobs.job import Job


async def run_child(
    module: str,
    request: Mapping[str, Any],
    show: Show,
    *,
    grace_s: float,
    stopping: str,
    take: Callable[[Event], None] | None = None,
) -> Done | Failed:
    """Run a job to its end and return that.

    The first Ctrl+C (or SIGTERM) asks it to end within `grace_s` and says `stopping`, the second kills it. `take` gets
    every event before it is shown.
    """
    process = await Job.start(module, request)
    _stop_on_signals(process, grace_s, stopping)
    try:
        async for event in process.events():
            if take is not None:
                take(event)
            show.take(event)
    finally:
        show.close()
        await process.stop(grace_s=grace_s)
    return process.end or Failed("the process ended without a result")


def _stop_on_signals(process: Job, grace_s: float, words: str) -> None:
    stopping: list[asyncio.Task[None]] = []

    def stop() -> None:
        if stopping:
            process.kill()
            return
        say(words)
        stopping.append(asyncio.get_running_loop().create_task(process.stop(grace_s=grace_s)))

    for number in (signal.SIGINT, signal.SIGTERM, signals.BREAK):
        signals.listen(asyncio.get_running_loop(), number, stop)


def complain(failed: Failed) -> int:
    """Tell of a failure, its last lines first where it was unexpected; returns the exit code."""
    if failed.exit_code == ExitCode.FAILED:
        for line in failed.last_lines:
            say(f"| {line}")
    say(f"pbtui: {failed.line}")
    return failed.exit_code
