"""Backtests under way: each in a process of its own, listened to on the console's loop."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pbtui.console.backtest.form import Form
from pbtui.console.backtest.view import BacktestView, RunJob
from pbtui.console.text import safe
from pbtui.console.work.processes import Processes
from pbtui.core.errors import ExitCode
from pbtui.jobs.events import Done, EquitySample, Event, Failed, Note

if TYPE_CHECKING:
    from pbtui.backtest.job import BacktestJob
    from pbtui.console.backtest.desk import BacktestDesk


class Runs(Processes[RunJob]):
    """Backtests under way."""

    WORD = "backtest"

    def __init__(self, desk: BacktestDesk) -> None:
        super().__init__(desk)
        self._desk = desk

    def _module(self) -> str:
        from pbtui.backtest.job import CHILD

        return CHILD

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
        self._end_badly(job, event)
