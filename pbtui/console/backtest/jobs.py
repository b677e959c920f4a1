"""Backtests under way: each in a process of its own, listened to on the console's loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pbtui.console.backtest.form import Form
from pbtui.console.backtest.view import BacktestView, RunJob
from pbtui.console.text import safe
from pbtui.core.errors import ExitCode
from pbtui.jobs.events import Done, EquitySample, Event, Failed, Note
from pbtui.jobs.job import Job, JobFailed

if TYPE_CHECKING:
    from pbtui.backtest.job import BacktestJob
    from pbtui.console.backtest.desk import BacktestDesk

MODULE = "pbtui.backtest.child"


class Runs:
    """Starts, follows and stops backtests; leaving the screen touches none of them."""

    def __init__(self, desk: BacktestDesk) -> None:
        self._desk = desk
        self._processes: dict[int, Job] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def _view(self) -> BacktestView:
        return self._desk.view

    def start(self, form: Form) -> RunJob:
        """Start what the form asks for and return it; a wrong form is told in it."""
        number = len(self._view.jobs) + 1
        job = RunJob(number, safe(form.name or "template", 80))
        self._view.jobs[number] = job
        asked = (form.config, form.flags(), form.suite, form.scenarios, form.offline)

        def work() -> Callable[[], None]:
            import pbtui.console.backtest.charts  # noqa: F401 - loading it on the loop would hold that up

            planned = self._plan(*asked)
            return lambda: self._launch(job, planned)

        self._desk.start("run", work, lambda why: self._end(job, Failed(why, int(ExitCode.USAGE))))
        return job

    def _plan(
        self,
        config: Path | None,
        flags: Mapping[str, Any],
        suite: bool | None,
        labels: tuple[str, ...],
        offline: bool,
    ) -> Mapping[str, Any]:
        """Return the request of a checked job; raises ConfigError."""
        from pbtui.backtest.job import BacktestJob, suite_flags

        base_dir = self._desk.base_dir
        planned: BacktestJob = BacktestJob(
            config=config,
            flags=suite_flags(config, flags, base_dir=base_dir, suite=suite, labels=labels),
            base_dir=base_dir,
            now_ms=self._desk.clock.now_ms(),
            offline=offline,
        )
        planned.load()
        return planned.to_request()

    def _launch(self, job: RunJob, request: Mapping[str, Any]) -> None:
        if job.state == "stopping":
            self._end(job, Failed("stopped", int(ExitCode.INTERRUPTED)))
            return
        self._keep(self._run(job, request))

    async def _run(self, job: RunJob, request: Mapping[str, Any]) -> None:
        try:
            process = await Job.start(MODULE, request)
        except JobFailed as error:
            self._end(job, error.failed)
            return
        self._processes[job.number] = process
        if job.state == "stopping":
            self._keep(process.stop())
        else:
            job.state = "running"
        async for event in process.events():
            self._take(job, event)
            self._desk.touch()
        self._processes.pop(job.number, None)

    def _take(self, job: RunJob, event: Event) -> None:
        match event:
            case Done() | Failed():
                self._end(job, event)
            case EquitySample():
                job.standing.take(event)
                job.sample(event.run, event.ts_ms, event.balance, event.equity)
            case Note():
                job.note(event.text)
            case _:
                job.standing.take(event)

    def _end(self, job: RunJob, event: Done | Failed) -> None:
        if isinstance(event, Done):
            job.state, job.line = "done", "done"
            job.folder = Path(str(event.result.get("folder", "")))
            self._desk.say(f"backtest {job.name}: done", "up")
            self._desk.add_results(job.folder.parent.parent)
            self._desk.look()
            return
        stopped = event.exit_code == ExitCode.INTERRUPTED
        job.state, job.line = ("stopped" if stopped else "failed"), safe(event.line)
        job.last_lines = () if stopped or event.exit_code != ExitCode.FAILED else event.last_lines
        self._desk.say(f"backtest {job.name}: {job.line}", "warn" if stopped else "bad")

    def stop(self, job: RunJob) -> str:
        """Ask a run to end; asked again, kill it. Returns what was done."""
        process = self._processes.get(job.number)
        if job.state == "stopping":
            if process is not None:
                process.kill()
            return "killing"
        job.state = "stopping"
        if process is not None:
            self._keep(process.stop())
        return "stopping"

    async def let_go(self) -> None:
        """Let all go on without us."""
        for process in list(self._processes.values()):
            await process.let_go()

    def _keep(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
