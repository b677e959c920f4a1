"""The process a backtest runs in: `python -m pbtui.backtest.child`, fed and heard by `pbtui.jobs.job.Job`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from pbtui.backtest.job import BacktestJob
from pbtui.backtest.repeat import repeat
from pbtui.backtest.result import Pictures, write_result
from pbtui.backtest.run import Run, dataset_of, result_base, simulate
from pbtui.backtest.sourcing import Sourcing
from pbtui.backtest.suite import run_suite
from pbtui.backtest.suite_plan import is_suite
from pbtui.config import Config
from pbtui.core.clock import RealClock
from pbtui.core.sanitize import sanitize_line
from pbtui.engine import build
from pbtui.jobs.child import Context, leave, serve, stoppable
from pbtui.jobs.events import Note, Stage


def work(context: Context) -> Mapping[str, Any]:
    """Do the job of a request and return its result; raises PbtuiError, Stopped."""
    build.assert_fresh()
    job = BacktestJob.of_request(context.request)
    return asyncio.run(stoppable(_do(job, context), context))


async def _do(job: BacktestJob, context: Context) -> Mapping[str, Any]:
    clock = RealClock()

    def say(line: str) -> None:
        context.emit(Note(line, "warning"))

    sourcing = Sourcing(base_dir=job.base_dir, clock=clock, say=say, offline=job.offline, refetch_gaps=job.refetch_gaps)
    if job.repeat is not None:
        done = await repeat(job.repeat, sourcing, context.emit)
        folder = sanitize_line(job.repeat, limit=2_000)
        return {"kind": "repeat", "folder": folder, "same": done.same, "differences": list(done.differences)}
    config = job.load()
    if is_suite(config):
        pictures = Pictures(fills=job.fill_plots)
        done = await run_suite(config, sourcing, context.emit, pictures=pictures)
        return {"kind": "suite", "folder": str(done.folder), "fills": done.fills, "summary": done.summary}
    return await _single(job, config, sourcing, context)


async def _single(job: BacktestJob, config: Config, sourcing: Sourcing, context: Context) -> Mapping[str, Any]:
    began = sourcing.clock.monotonic()
    data = await dataset_of(config, sourcing, context.emit)
    run = simulate(config, data, clock=sourcing.clock, on_event=context.emit)
    context.emit(Stage("writing"))
    folder = write_result(
        run,
        result_base(config, job.base_dir) / run.name,
        now_ms=sourcing.clock.now_ms(),
        base_dir=job.base_dir,
        pictures=Pictures(fills=job.fill_plots),
        on_step=lambda text: context.emit(Stage(text)),
    )
    elapsed = sourcing.clock.monotonic() - began
    return {"kind": "run", "folder": str(folder), **told_of(run), "elapsed_s": round(elapsed, 3)}


def told_of(run: Run) -> dict[str, Any]:
    """Return what is told of a run at its end."""
    return {
        "coins": list(run.inputs.coins),
        "start_ms": run.start_ms,
        "end_ms": run.end_ms,
        "fills": len(run.fills),
        "balance": float(run.curve.usd_total_balance[-1]) if len(run.curve.ts_ms) else None,
        "equity": float(run.equity.usd[-1]) if len(run.equity) else None,
        "analysis": run.analysis,
    }


if __name__ == "__main__":
    leave(serve(work))
