"""Searches under way: each in a process of its own, listened to and steered on the console's loop."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pbtui.console.optimize.form import SEEDS, SearchForm
from pbtui.console.optimize.view import OptimizeView, SearchJob
from pbtui.console.text import safe
from pbtui.console.work.processes import Processes
from pbtui.core.errors import ExitCode
from pbtui.jobs.events import Done, Event, Failed, FrontPoints, Note, SearchState

if TYPE_CHECKING:
    from pbtui.console.optimize.desk import OptimizeDesk

_PAUSABLE = "the search has not begun yet"


class Searches(Processes[SearchJob]):
    """Searches under way; they can be paused, too."""

    WORD = "search"
    PATIENCE_S = 86_400.0  # a running evaluation may take its time; asked again, it is killed

    def __init__(self, desk: OptimizeDesk) -> None:
        super().__init__(desk)
        self._desk = desk

    def _module(self) -> str:
        from pbtui.optimize.job import CHILD

        return CHILD

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
            return lambda: self._begin(search, request, job.seed)

        self._desk.start("search", work, lambda why: self._end(search, Failed(why, int(ExitCode.USAGE))))
        return search

    def _begin(self, search: SearchJob, request: Mapping[str, Any], seed: int) -> None:
        if search.state != "stopping":
            search.seed = seed
        self._launch(search, request)

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
        self._end_badly(search, event)
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
