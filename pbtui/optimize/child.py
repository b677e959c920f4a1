"""The process an optimisation runs in: `python -m pbtui.optimize.child`, fed and heard by `pbtui.jobs.job.Job`."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pbtui.backtest.sourcing import Sourcing
from pbtui.core.clock import RealClock
from pbtui.engine import build
from pbtui.jobs.child import Context, leave, serve, stoppable
from pbtui.jobs.events import Note
from pbtui.optimize.campaign import Campaign
from pbtui.optimize.evaluate import Crew
from pbtui.optimize.folder import Opened, Plan, begin, reopen, write_summary
from pbtui.optimize.genes import GeneSpace
from pbtui.optimize.ground import Ground, ground_of
from pbtui.optimize.job import OptimizeJob
from pbtui.optimize.scoring import Scoring
from pbtui.optimize.search import Search
from pbtui.optimize.starts import starting_genes

_LOOK_S = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class _Ready:
    """All that a run needs before its first evaluation."""

    space: GeneSpace
    plan: Plan
    ground: Ground
    folder: Path


def work(context: Context) -> Mapping[str, Any]:
    """Do the job of a request and return its result; raises PbtuiError, Stopped."""
    build.assert_fresh()
    job = OptimizeJob.of_request(context.request)
    ready = asyncio.run(stoppable(_prepare(job, context), context))
    return _search(job, ready, context)


async def _prepare(job: OptimizeJob, context: Context) -> _Ready:
    def say(line: str) -> None:
        context.emit(Note(line, "warning"))

    clock = RealClock()
    sourcing = Sourcing(base_dir=job.base_dir, clock=clock, say=say, offline=job.offline, refetch_gaps=job.refetch_gaps)
    opened = reopen(job.resume, base_dir=job.base_dir) if job.resume is not None else None
    config = opened.config if opened is not None else job.load()
    fine_tune = opened.plan.fine_tune if opened is not None else job.fine_tune
    space, scoring = GeneSpace.of(config, fine_tune), Scoring.of(config)
    plan = opened.plan if opened is not None else _plan(job, space, say)
    Search(space, config.optimize, seed=plan.seed)  # what is wrong with its settings is said before candles are fetched
    ground = await ground_of(space, scoring, sourcing, context.emit)
    if opened is not None:
        _check(opened, ground, say)
        return _Ready(space, plan, ground, opened.folder)
    folder = begin(
        config, plan, scoring, ground.datasets, ground.coins,
        base_dir=job.base_dir, now_ms=clock.now_ms(), suite=ground.suite,
    )  # fmt: skip
    return _Ready(space, plan, ground, folder)


def _plan(job: OptimizeJob, space: GeneSpace, say: Any) -> Plan:
    starts = starting_genes(job.start, space, base_dir=job.base_dir, say=say) if job.start is not None else []
    return Plan(job.seed, job.fine_tune, tuple(starts))


def _check(opened: Opened, ground: Ground, say: Any) -> None:
    opened.check(ground.datasets)
    if opened.engine != build.build_hash():
        say("the run was begun with another build of the engine: its end may differ from that of an unbroken run")


def _search(job: OptimizeJob, ready: _Ready, context: Context) -> Mapping[str, Any]:
    clock = RealClock()
    began = clock.monotonic()
    settings = ready.space.base.optimize
    search = Search(ready.space, settings, seed=ready.plan.seed, starts=ready.plan.starts)
    crew = Crew(ready.ground.evaluate, _threads(job.cpus or settings.n_cpus, context))
    campaign = Campaign(
        ready.folder, ready.ground.evaluate, search, crew,
        coins=ready.ground.listed, clock=clock, on_event=context.tell,
    )  # fmt: skip
    for note in campaign.notes:
        context.tell(Note(note, "warning"))
    over = threading.Event()
    watcher = threading.Thread(target=_obey, args=(context, crew, campaign, over), name="obey", daemon=True)
    watcher.start()
    try:
        outcome = campaign.run()
    finally:
        over.set()
        crew.close()
    told = {
        **asdict(outcome),
        "generations": search.generations,
        "seed": ready.plan.seed,
        "elapsed_s": round(clock.monotonic() - began, 3),
    }
    write_summary(ready.folder, told)
    return {"kind": "optimize", "folder": str(ready.folder), **told}


def _threads(asked: int, context: Context) -> int:
    there = os.cpu_count() or 1
    if asked > there:
        context.tell(Note(f"{asked} CPUs asked for, {there} used: there are no more"))
    return min(asked, there)


def _obey(context: Context, crew: Crew, campaign: Campaign, over: threading.Event) -> None:
    """Pass the wishes of whoever started us on to the crew, until the run is over."""
    while not over.wait(_LOOK_S):
        if context.stopping:
            crew.finish()
            return
        if context.pausing != campaign.reporter.paused:
            campaign.reporter.paused = context.pausing
            if context.pausing:
                crew.pause()
            else:
                crew.go()
            campaign.reporter.tell(now=True)


if __name__ == "__main__":
    leave(serve(work))
