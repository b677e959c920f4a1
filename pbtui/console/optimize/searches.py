"""Searches under way: each in a process of its own, listened to and steered on the console's loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pbtui.console.optimize.form import SEEDS, SearchForm
from pbtui.console.optimize.view import OptimizeView, SearchJob
from pbtui.console.text import safe
from pbtui.core.errors import ExitCode
from pbtui.jobs.events import Done, Event, Failed, FrontPoints, Note, SearchState
from pbtui.jobs.job import Job, JobFailed

if TYPE_CHECKING:
    from pbtui.console.optimize.desk import OptimizeDesk

_PATIENCE_S = 86_400.0  # a running evaluation may take its time; asked again, it is killed
_PAUSABLE = "the search has not begun yet"


class Searches:
    """Starts, pauses and stops searches; leaving the screen touches none of them."""

    def __init__(self, desk: OptimizeDesk) -> None:
        self._desk = desk
        self._processes: dict[int, Job] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def _view(self) -> OptimizeView:
        return self._desk.view

    def start(self, form: SearchForm) -> SearchJob:
        """Start what the form asks for and return it; a wrong form is told in it."""
        number = len(self._view.searches) + 1
        search = SearchJob(number, safe(form.name or "template", 80))
        self._view.searches[number] = search
        asked = form.copy()

        def work() -> Callable[[], None]:
            import secrets

            import pbtui.console.optimize.pictures  # noqa: F401 - loading it on the loop would hold that up
            from pbtui.console.optimize.form import job_of

            desk = self._desk
            drawn = secrets.randbelow(SEEDS)
            job = job_of(asked, base_dir=desk.base_dir, now_ms=desk.clock.now_ms(), drawn=drawn)
            request = job.to_request()
            return lambda: self._launch(search, request, job.seed)

        self._desk.start("search", work, lambda why: self._end(search, Failed(why, int(ExitCode.USAGE))))
        return search

    def _launch(self, search: SearchJob, request: Mapping[str, Any], seed: int) -> None:
        if search.state == "stopping":
            self._end(search, Failed("stopped", int(ExitCode.INTERRUPTED)))
            return
        search.seed = seed
        self._keep(self._run(search, request))

    async def _run(self, search: SearchJob, request: Mapping[str, Any]) -> None:
        from pbtui.optimize.job import CHILD

        try:
            process = await Job.start(CHILD, request)
        except JobFailed as error:
            self._end(search, error.failed)
            return
        self._processes[search.number] = process
        if search.state == "stopping":
            self._keep(process.stop(grace_s=_PATIENCE_S))
        else:
            search.state = "running"
        async for event in process.events():
            self._take(search, event)
            self._desk.touch()
        self._processes.pop(search.number, None)

    def _take(self, search: SearchJob, event: Event) -> None:
        search.changes += 1
        match event:
            case Done() | Failed():
                self._end(search, event)
            case FrontPoints():
                search.points = event
            case Note():
                search.note(event.text)
            case SearchState():
                search.standing.take(event)
                search.heard(event)
            case _:
                search.standing.take(event)

    def _end(self, search: SearchJob, event: Done | Failed) -> None:
        search.changes += 1
        if isinstance(event, Done):
            whole = bool(event.result.get("finished"))
            search.state = "done" if whole else "stopped"
            search.folder = Path(str(event.result.get("folder", "")))
            members = event.result.get("members")
            found = f"{members:,} on the front" if isinstance(members, int) else "done"
            search.line = found if whole else f"stopped, {found}; all is written"
            self._desk.say(f"search {search.name}: {search.line}", "up" if whole else "warn")
            self._desk.look()
            return
        stopped = event.exit_code == ExitCode.INTERRUPTED
        search.state, search.line = ("stopped" if stopped else "failed"), safe(event.line)
        search.last_lines = () if stopped or event.exit_code != ExitCode.FAILED else event.last_lines
        self._desk.say(f"search {search.name}: {search.line}", "warn" if stopped else "bad")
        self._desk.look()

    def pause(self, search: SearchJob) -> str:
        """Let a search rest, or go on. Returns what was done, or why not."""
        process = self._processes.get(search.number)
        if process is None or search.last is None:
            return _PAUSABLE
        if search.state == "stopping":
            return "it is ending already"
        wanted = not search.last.paused
        self._keep(process.pause(wanted))
        return "pausing after the running evaluations" if wanted else "going on"

    def stop(self, search: SearchJob) -> str:
        """Ask a search to end in order; asked again, kill it. Returns what was done."""
        process = self._processes.get(search.number)
        if search.state == "stopping":
            if process is not None:
                process.kill()
            return "killing"
        search.state = "stopping"
        search.changes += 1
        if process is not None:
            self._keep(process.stop(grace_s=_PATIENCE_S))
        return "stopping"

    async def let_go(self) -> None:
        """Let all go on without us."""
        for process in list(self._processes.values()):
            await process.let_go()

    def _keep(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
