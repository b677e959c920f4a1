"""Work in processes of their own, each started, followed and stopped on the console's loop."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from typing import Any, ClassVar, Generic, TypeVar

from pbtui.console.asking import FormDesk
from pbtui.console.text import safe
from pbtui.console.work.started import StartedJob
from pbtui.core.errors import ExitCode
from pbtui.jobs.events import Done, Event, Failed
from pbtui.jobs.job import GRACE_S, Job, JobFailed

J = TypeVar("J", bound=StartedJob)


class Processes(Generic[J]):
    """Starts, follows and stops jobs of one kind, `WORD` for people; leaving the screen touches none of them.

    Sub-classes name the module that runs, and take what it tells.
    """

    WORD: ClassVar[str]
    PATIENCE_S: ClassVar[float] = GRACE_S  # until whoever was asked to end is killed

    def __init__(self, desk: FormDesk) -> None:
        self._talk = desk
        self._processes: dict[int, Job] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def _module(self) -> str:
        raise NotImplementedError

    def _take(self, job: J, event: Event, /) -> None:
        raise NotImplementedError

    def _end(self, job: J, event: Done | Failed, /) -> None:
        raise NotImplementedError

    def _launch(self, job: J, request: Mapping[str, Any]) -> None:
        if job.state == "stopping":
            self._end(job, Failed("stopped", int(ExitCode.INTERRUPTED)))
        else:
            self._keep(self._run(job, request))

    async def _run(self, job: J, request: Mapping[str, Any]) -> None:
        try:
            process = await Job.start(self._module(), request)
        except JobFailed as error:
            self._end(job, error.failed)
            return
        self._processes[job.number] = process
        if job.state == "stopping":
            self._keep(process.stop(grace_s=self.PATIENCE_S))
        else:
            job.state = "running"
        async for event in process.events():
            self._take(job, event)
            self._talk.touch()
        self._processes.pop(job.number, None)

    def _end_badly(self, job: J, event: Failed) -> None:
        stopped = event.exit_code == ExitCode.INTERRUPTED
        job.state, job.line = ("stopped" if stopped else "failed"), safe(event.line)
        job.last_lines = () if stopped or event.exit_code != ExitCode.FAILED else event.last_lines
        self._talk.say(f"{self.WORD} {job.name}: {job.line}", "warn" if stopped else "bad")

    def stop(self, job: J) -> str:
        """Ask a job to end in order; asked again, kill it. Returns what was done."""
        process = self._processes.get(job.number)
        if job.state == "stopping":
            if process is not None:
                process.kill()
            return "killing"
        job.state = "stopping"
        job.changes += 1
        if process is not None:
            self._keep(process.stop(grace_s=self.PATIENCE_S))
        return "stopping"

    async def let_go(self) -> None:
        """Let all go on without us."""
        for process in list(self._processes.values()):
            await process.let_go()

    def _keep(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
