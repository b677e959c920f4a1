"""Many symbols at once within each venue's budget: one that fails does not stop the others."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from pbtui.core.clock import Clock
from pbtui.core.errors import PbtuiError
from pbtui.exchange.port import TIMEFRAME_MS, Timeframe
from pbtui.market.sources.archives import Archive
from pbtui.market.sources.asking import CandleFeed
from pbtui.market.sources.fetch import Ensured, ensure
from pbtui.market.sources.holes import wanted
from pbtui.market.sources.keeping import Store
from pbtui.market.sources.progress import Meter, OnProgress
from pbtui.market.store.spans import length

_AT_ONCE = 4  # the feed itself bounds how many questions are on their way to its venue


@dataclass(frozen=True, slots=True)
class Job:
    """A range of one symbol that a store shall hold."""

    store: Store
    feed: CandleFeed
    archive: Archive | None
    symbol: str
    start_ms: int
    end_ms: int
    timeframe: Timeframe = "1m"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a job: the facts, or the error that ended it; what it had stored until then stays."""

    job: Job
    ensured: Ensured | None = None
    error: PbtuiError | None = None


async def ensure_many(
    jobs: Sequence[Job],
    *,
    clock: Clock,
    on_progress: OnProgress | None = None,
    refetch_gaps: bool = False,
    at_once: int = _AT_ONCE,
) -> list[Outcome]:
    """Run the jobs, `at_once` at a time, and return their outcomes in the same sequence.

    `on_progress` is called on the event loop; totals cover all jobs from the beginning.
    """
    meter = Meter(clock, on_progress) if on_progress is not None else None
    if meter is not None:
        for job, count in zip(jobs, await asyncio.to_thread(_missing, jobs, refetch_gaps), strict=True):
            meter.expect(job.store.exchange, job.symbol, job.timeframe, count)
    slots = asyncio.Semaphore(at_once)

    async def run(job: Job) -> Outcome:
        async with slots:
            try:
                done = await ensure(
                    job.store,
                    job.feed,
                    job.archive,
                    job.symbol,
                    job.start_ms,
                    job.end_ms,
                    job.timeframe,
                    clock=clock,
                    meter=meter,
                    refetch_gaps=refetch_gaps,
                )
            except PbtuiError as error:
                return Outcome(job, error=error)
            return Outcome(job, done)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(run(job)) for job in jobs]
    return [task.result() for task in tasks]


def _missing(jobs: Sequence[Job], refetch_gaps: bool) -> list[int]:
    counts: list[int] = []
    for job in jobs:
        end = min(job.end_ms, job.feed.now_ms())
        spans = wanted(job.store, job.symbol, job.start_ms, end, job.timeframe, refetch_gaps=refetch_gaps)
        counts.append(length(spans, TIMEFRAME_MS[job.timeframe]))
    return counts
