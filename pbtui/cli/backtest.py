"""`pbtui backtest`: run a configuration over recorded candles in a process of its own, and tell how it went."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import Mapping
from typing import Any

from pbtui.backtest.job import CHILD, BacktestJob
from pbtui.cli.backtest_args import BacktestOptions, parse
from pbtui.cli.backtest_show import show_for, speaks_unicode
from pbtui.cli.backtest_summary import metric_lines, run_line, suite_lines
from pbtui.cli.child_run import complain, run_child
from pbtui.cli.narrate import say
from pbtui.core.clock import RealClock
from pbtui.core.errors import ExitCode
from pbtui.core.sanitize import sanitize_line
from pbtui.jobs.events import EquitySample, Event, Failed

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
    return BacktestJob(
        config=options.config,
        flags=options.all_flags(),
        base_dir=options.base_dir,
        now_ms=RealClock().now_ms(),
        fill_plots=options.fill_plots,
        offline=options.offline,
        refetch_gaps=options.refetch_gaps,
        repeat=options.repeat,
    )


async def _run(options: BacktestOptions, job: BacktestJob) -> int:
    samples: list[EquitySample] = []

    def keep(event: Event) -> None:
        if isinstance(event, EquitySample):
            samples.append(event)

    show = show_for(json=options.json, quiet=options.quiet)
    end = await run_child(CHILD, job.to_request(), show, grace_s=_STOP_S, stopping="stopping; again to kill", take=keep)
    if isinstance(end, Failed):
        return complain(end)
    if not options.json:
        _report(end.result, samples, quiet=options.quiet)
    return _verdict(end.result)


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
