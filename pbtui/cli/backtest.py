"""`pbtui backtest`: run a configuration over recorded candles in a process of its own, and tell how it went."""

from __future__ import annotations

import asyncio
import shutil
import signal
import sys
from collections.abc import Mapping
from typing import Any

from pbtui.backtest.job import CHILD, BacktestJob, suite_flags
from pbtui.cli.backtest_args import BacktestOptions, parse
from pbtui.cli.backtest_show import Show, show_for, speaks_unicode
from pbtui.cli.backtest_summary import metric_lines, run_line, suite_lines
from pbtui.cli.narrate import say
from pbtui.core.clock import RealClock
from pbtui.core.errors import ExitCode
from pbtui.core.sanitize import sanitize_line
from pbtui.jobs.events import Done, EquitySample, Failed
from pbtui.jobs.job import Job

_STOP_S = 10.0
_SKETCH_ROWS = 8


def main(argv: list[str]) -> int:
    """Run `pbtui backtest …`; returns the exit code. The result goes to stdout, narration to stderr."""
    try:
        options = parse(argv)
    except SystemExit as stop:
        return int(stop.code or 0)
    job = plan(options)
    if job.repeat is None:
        for warning in job.load().warnings:  # a wrong configuration ends here, before anything is started
            if not options.json:
                say(f"warning: {warning}")
    return asyncio.run(_run(options, job))


def plan(options: BacktestOptions) -> BacktestJob:
    """Return the job that was asked for; raises ConfigError."""
    flags = suite_flags(
        options.config,
        options.flags,
        base_dir=options.base_dir,
        suite=options.suite,
        labels=options.scenarios,
        suite_config=options.suite_config,
    )
    return BacktestJob(
        config=options.config,
        flags=flags,
        base_dir=options.base_dir,
        now_ms=RealClock().now_ms(),
        fill_plots=options.fill_plots,
        offline=options.offline,
        refetch_gaps=options.refetch_gaps,
        repeat=options.repeat,
    )


async def _run(options: BacktestOptions, job: BacktestJob) -> int:
    process = await Job.start(CHILD, job.to_request())
    _stop_on_signals(process)
    show = show_for(json=options.json, quiet=options.quiet)
    try:
        samples = await _follow(process, show)
    finally:
        show.close()
        await process.stop(grace_s=_STOP_S)
    if isinstance(process.end, Done):
        if not options.json:
            _report(process.end.result, samples, quiet=options.quiet)
        return _verdict(process.end.result)
    return _complain(process.end or Failed("the backtest ended without a result"))


async def _follow(process: Job, show: Show) -> list[EquitySample]:
    samples: list[EquitySample] = []
    async for event in process.events():
        if isinstance(event, EquitySample):
            samples.append(event)
        show.take(event)
    return samples


def _stop_on_signals(process: Job) -> None:
    """Let the first Ctrl+C (or SIGTERM) end the job in order and the second at once."""
    stopping: list[asyncio.Task[None]] = []

    def stop() -> None:
        if stopping:
            process.kill()
            return
        say("stopping; again to kill")
        stopping.append(asyncio.get_running_loop().create_task(process.stop(grace_s=_STOP_S)))

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop)


def _report(result: Mapping[str, Any], samples: list[EquitySample], *, quiet: bool) -> None:
    folder = sanitize_line(result.get("folder", ""), limit=2_000)
    lines: list[str] = []
    match result.get("kind"):
        case "repeat":
            lines += [f"differs: {sanitize_line(text, limit=500)}" for text in result.get("differences", ())]
            lines.append("the same, bit for bit" if result.get("same") else "not the same")
        case "suite" if not quiet:
            lines += suite_lines(result.get("summary") or {})
        case _ if not quiet:
            lines += [*_sketch(samples), run_line(result), *metric_lines(result.get("analysis") or {})]
        case _:
            pass
    for line in [*lines, folder]:
        print(line)


def _sketch(samples: list[EquitySample]) -> list[str]:
    """Return equity over time as a small chart, where it is worth one."""
    if len(samples) < 2:
        return []
    from pbtui.backtest.pictures_text import chart

    columns = min(shutil.get_terminal_size().columns, 100)
    plain = not speaks_unicode(sys.stdout)
    values = [sample.equity for sample in samples]
    lines = chart([sample.ts_ms for sample in samples], values, columns, _SKETCH_ROWS, plain=plain)
    return [f"equity, USD ({len(samples):,} samples)", *lines, ""] if lines else []


def _verdict(result: Mapping[str, Any]) -> int:
    return int(ExitCode.FAILED if result.get("kind") == "repeat" and not result.get("same") else ExitCode.OK)


def _complain(failed: Failed) -> int:
    if failed.exit_code == ExitCode.FAILED:
        for line in failed.last_lines:
            say(f"| {line}")
    say(f"pbtui: {failed.line}")
    return failed.exit_code
