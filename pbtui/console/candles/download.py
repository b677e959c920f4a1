"""A download in a thread with an event loop of its own: its work never holds up the bot's loop or the screen."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pbtui.console.actions import label_of
from pbtui.console.candles.view import Fetch, FetchRow, Pair
from pbtui.console.candles.words import hole_words
from pbtui.console.text import safe
from pbtui.core.clock import Clock

if TYPE_CHECKING:
    from pbtui.console.candles.desk import CandleDesk
    from pbtui.market.sources import Job, Outcome, Progress


class Download:
    """Fetches what a config needs, one config at a time."""

    def __init__(self, desk: CandleDesk, endpoints: Path | None, clock: Clock) -> None:
        self._desk = desk
        self._endpoints = endpoints
        self._clock = clock
        self._stopping = threading.Event()
        self._task: tuple[asyncio.AbstractEventLoop, asyncio.Task[Any]] | None = None

    def start(self, config: Path, name: str) -> None:
        """Fetch what the backtest of a config needs."""
        self._stopping.clear()
        self._desk.view.fetch = Fetch(safe(name, 60), running=True, doing="reading the config")
        self._desk.start("download", lambda: self._run(config), self._failed)
        self._desk.later(self._look_again)

    def stop(self) -> None:
        """Stop; what was fetched stays."""
        self._stopping.set()
        self._desk.view.fetch.doing = "stopping"
        if self._task is not None:
            loop, task = self._task
            if not loop.is_closed():
                loop.call_soon_threadsafe(task.cancel)

    # -- in the thread -------------------------------------------------------------------------------------------

    def _run(self, config: Path) -> Callable[[], None]:
        from pbtui.config import load
        from pbtui.market.fetching import fetch, wishes_of
        from pbtui.market.venue_access import Access, endpoints_in

        desk = self._desk
        wishes = wishes_of(load(config, command="backtest", base_dir=desk.base_dir), base_dir=desk.base_dir)
        endpoints = endpoints_in(desk.base_dir, self._endpoints)
        access = Access(desk.base_dir, self._clock, lambda text: desk.say(text, "warn"), endpoints)
        venues = ", ".join(wish.exchange for wish in wishes)
        self._tell(lambda fetch: setattr(fetch, "doing", f"connecting to {venues}"))
        work = fetch(desk.holdings, wishes, access, on_progress=self._progress, on_jobs=self._jobs)
        try:
            outcomes = asyncio.run(self._cancellable(work))
        except asyncio.CancelledError:
            return self._stopped
        finally:
            self._task = None
        return lambda: self._done(outcomes)

    async def _cancellable(self, work: Coroutine[Any, Any, list[Outcome]]) -> list[Outcome]:
        task = asyncio.ensure_future(work)
        self._task = (asyncio.get_running_loop(), task)
        if self._stopping.is_set():  # asked before there was anything to cancel
            task.cancel()
        return await task

    def _tell(self, change: Callable[[Fetch], None]) -> None:
        fetch = self._desk.view.fetch
        self._desk.post(lambda: change(fetch))

    def _jobs(self, jobs: Sequence[Job]) -> None:
        from pbtui.config.coin_names import coin_of

        rows = {_pair(job): FetchRow(job.store.exchange, job.symbol, coin_of(job.symbol)) for job in jobs}

        def begin(fetch: Fetch) -> None:
            fetch.rows.update(rows)
            fetch.doing = "looking for what is missing"

        self._tell(begin)

    def _progress(self, progress: Progress) -> None:
        self._tell(lambda fetch: take(fetch, progress))

    # -- on the console's loop -----------------------------------------------------------------------------------

    def _look_again(self) -> None:
        if self._desk.view.fetch.running:
            self._desk.look()
            self._desk.later(self._look_again)

    def _done(self, outcomes: Sequence[Outcome]) -> None:
        fetch = self._desk.view.fetch
        added = sum(outcome.ensured.rows_added for outcome in outcomes if outcome.ensured is not None)
        failed = 0
        for outcome in outcomes:
            row = fetch.rows[_pair(outcome.job)]
            if outcome.ensured is not None:
                row.state, row.total = "done", row.done
                row.text = hole_words(outcome.ensured.holes) or next(iter(outcome.ensured.notes), "")
            elif outcome.error is not None:
                row.state, row.text = "failed", safe(outcome.error.line())
                failed += 1
        text = f"{added:,} candles added" + (f", {failed} of {len(outcomes)} coins failed" if failed else "")
        self._end(text, "bad" if failed else "up")

    def _stopped(self) -> None:
        for row in self._desk.view.fetch.rows.values():
            if row.state in ("waiting", "running"):
                row.state = "stopped"
        self._end(f"stopped; what was fetched is kept, {label_of('candles.download')} goes on from there", "warn")

    def _failed(self, why: str) -> None:
        self._end(why, "bad")

    def _end(self, text: str, ink: str) -> None:
        fetch = self._desk.view.fetch
        fetch.running, fetch.doing = False, text
        self._desk.say(f"download of {fetch.name}: {text}", ink)
        self._desk.look()


def take(fetch: Fetch, progress: Progress) -> None:
    """Write what a download says of itself."""
    row = fetch.rows.get((progress.exchange, progress.symbol))
    if row is None:
        return
    row.done, row.total, row.source = progress.done, progress.total, progress.source
    row.state = "done" if progress.done >= progress.total else "running"
    fetch.done, fetch.total = progress.all_done, progress.all_total
    fetch.rate, fetch.seconds_left = progress.rate, progress.seconds_left
    fetch.doing = ""


def _pair(job: Job) -> Pair:
    return job.store.exchange, job.symbol
