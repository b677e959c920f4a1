"""The process an optimisation runs in: `python -m pbtui.optimize.child`, fed and heard by `pbtui.jobs.job.Job`."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from typing import Any

from pbtui.backtest.sourcing import Sourcing
from pbtui.core.clock import RealClock
from pbtui.engine import build
from pbtui.jobs.child import Context, leave, serve, stoppable
from pbtui.jobs.events import Note, Stage
from pbtui.optimize.cluster import Fleet
from pbtui.optimize.folder import Opened, Plan, begin, reopen, write_summary
from pbtui.optimize.genes import GeneSpace
from pbtui.optimize.ground import Ground, ground_of
from pbtui.optimize.job import OptimizeJob
from pbtui.optimize.rounds import Rounds, rounds_of
from pbtui.optimize.scoring import Scoring
from pbtui.optimize.search import Search
from pbtui.optimize.starts import starting_genes
from pbtui.optimize.validation.split import splits_of


def work(context: Context) -> Mapping[str, Any]:
    """Do the job of a request and return its result; raises PbtuiError, Stopped."""
    build.assert_fresh()
    clock = RealClock()
    job = OptimizeJob.of_request(context.request)
    run = asyncio.run(stoppable(_prepare(job, context), context))
    began = clock.monotonic()
    try:
        told = {**run.run(), "elapsed_s": round(clock.monotonic() - began, 3)}
    finally:
        if run.fleet is not None:
            run.fleet.close()
    write_summary(run.folder, told)
    return {"kind": "optimize", "folder": str(run.folder), **told}


async def _prepare(job: OptimizeJob, context: Context) -> Rounds:
    def say(line: str) -> None:
        context.emit(Note(line, "warning"))

    clock = RealClock()
    sourcing = Sourcing(base_dir=job.base_dir, clock=clock, say=say, offline=job.offline, refetch_gaps=job.refetch_gaps)
    opened = reopen(job.resume, base_dir=job.base_dir) if job.resume is not None else None
    config = opened.config if opened is not None else job.load()
    rounds = rounds_of(config, splits_of(config), base_dir=job.base_dir)
    fine_tune = opened.plan.fine_tune if opened is not None else job.fine_tune
    space, scoring = GeneSpace.of(rounds[-1].config, fine_tune), Scoring.of(config)
    plan = opened.plan if opened is not None else _plan(job, space, say)
    for each in rounds:  # what is wrong with their settings is said before candles are fetched
        Search(space, each.config.optimize, seed=plan.seed)
    ground = await ground_of(space, scoring, sourcing, context.emit)
    if opened is None:
        ground.require_trade()
    fleet = None if job.cluster is None else _fleet(job.cluster, context, say)
    if opened is not None:
        _check(opened, ground, say)
        folder = opened.folder
    else:
        folder = begin(
            config, plan, scoring, ground.datasets, ground.coins,
            base_dir=job.base_dir, now_ms=clock.now_ms(), suite=ground.suite,
        )  # fmt: skip
    threads = _threads(job.cpus or config.optimize.n_cpus, context) if fleet is None else 0
    return Rounds(config, rounds, plan, folder, ground, sourcing, threads, context, fleet)


def _fleet(address: str, context: Context, say: Any) -> Fleet:
    """Join a cluster before anything is written; Ray is only loaded here."""
    from pbtui.optimize.ray_fleet import RayFleet

    context.emit(Stage(f"joining the cluster {address}"))
    return RayFleet(address, RealClock(), say, lambda: context.stopping)


def _plan(job: OptimizeJob, space: GeneSpace, say: Any) -> Plan:
    starts = starting_genes(job.start, space, base_dir=job.base_dir, say=say) if job.start is not None else []
    return Plan(job.seed, job.fine_tune, tuple(starts))


def _check(opened: Opened, ground: Ground, say: Any) -> None:
    opened.check(ground.datasets)
    if opened.engine != build.build_hash():
        say("the run was begun with another build of the engine: its end may differ from that of an unbroken run")


def _threads(asked: int, context: Context) -> int:
    there = os.cpu_count() or 1
    if asked > there:
        context.tell(Note(f"{asked} CPUs asked for, {there} used: there are no more"))
    return min(asked, there)


if __name__ == "__main__":
    leave(serve(work))
