"""What the backtest screen shows: form, runs of this console, past runs, one or two results. Changed on the loop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pbtui.console.backtest.form import Form
from pbtui.console.work.started import StartedJob
from pbtui.core.record import record

if TYPE_CHECKING:
    from pbtui.backtest.metric_groups import Unit
    from pbtui.console.backtest.reading import Result

Tab = Literal["summary", "equity", "coins", "fills", "exposure"]
TABS: tuple[Tab, ...] = ("summary", "equity", "coins", "fills", "exposure")
MOST_SAMPLES = 4_000
MOST_RESULTS = 4  # kept in memory


@dataclass(slots=True)
class RunJob(StartedJob):
    """A backtest started here; `samples` are (time, balance, equity) of its present run."""

    samples: list[tuple[int, float, float]] = field(default_factory=list[tuple[int, float, float]])
    run: str = ""  # whose samples they are: suites have many runs

    def sample(self, run: str, ts_ms: int, balance: float, equity: float) -> None:
        """Take a sample; a new run of a suite begins a new curve, a long one is thinned."""
        if run != self.run:
            self.run, self.samples = run, []
        self.samples.append((ts_ms, balance, equity))
        self.changes += 1
        if len(self.samples) > MOST_SAMPLES:
            self.samples = self.samples[:-1:2] + self.samples[-1:]


@record
class PastRun:
    """A result folder; figures are None where they are not told."""

    folder: Path
    name: str  # below the folder of results, without its time
    when_ms: int
    kind: Literal["run", "suite"] = "run"
    ours: bool = False
    gain: float | None = None
    adg: float | None = None
    drawdown: float | None = None
    problem: str = ""


RunKey = Path | int  # a result folder, or the number of a run of this console


@dataclass(slots=True)
class FillsOrder:
    """Which fills are shown in which order; made in a thread, for there may be very many."""

    wanted: tuple[object, ...] = ()  # what was asked for: folder, filter, sort
    made: tuple[object, ...] = ()  # what `rows` is the answer to
    rows: list[int] = field(default_factory=list[int])


@dataclass(slots=True)
class BacktestView:
    """Everything the backtest screen is drawn from, and every choice of view on it."""

    root: str = ""  # where results lie
    form: Form = field(default_factory=Form)
    jobs: dict[int, RunJob] = field(default_factory=dict[int, RunJob])
    runs: dict[Path, PastRun] = field(default_factory=dict[Path, PastRun])  # newest first
    asked: bool = False
    reading: bool = False
    problem: str = ""
    current: RunKey | None = None
    second: Path | None = None  # what the current one is compared with
    results: dict[Path, Result | str] = field(default_factory=dict[Path, "Result | str"])  # a text says why not
    opening: set[Path] = field(default_factory=set[Path])
    tab: Tab = "summary"
    page: int = 0  # on narrow terminals: the lists, or the result
    logarithmic: bool = False
    unit: Unit = "usd"
    order: FillsOrder = field(default_factory=FillsOrder)

    def job(self) -> RunJob | None:
        """Return the run of this console that is looked at, None when a result is."""
        return self.jobs.get(self.current) if isinstance(self.current, int) else None

    def folder(self) -> Path | None:
        """Return the result folder looked at."""
        job = self.job()
        return job.folder if job is not None else self.current if isinstance(self.current, Path) else None

    def result(self, folder: Path | None = None) -> Result | None:
        """Return a result that is read, by default the one looked at."""
        found = self.results.get(folder or self.folder() or Path())
        return None if isinstance(found, str) else found

    def other(self) -> Result | None:
        """Return the result to compare with."""
        return self.result(self.second) if self.second is not None and self.second != self.folder() else None

    def running(self) -> list[RunJob]:
        """Return the runs that have not ended."""
        return [job for job in self.jobs.values() if job.running]

    def shown_jobs(self) -> list[RunJob]:
        """Return the runs that have no result folder in the list, newest first."""
        return [job for job in reversed(self.jobs.values()) if job.folder is None or job.folder not in self.runs]

    def take_runs(self, found: Mapping[Path, PastRun]) -> None:
        """Use a new list of past runs; the cursor stays where it was, and follows a run into its folder."""
        self.runs, self.asked = dict(found), True
        job = self.job()
        if job is not None and job.folder in self.runs:
            self.current = job.folder
        if isinstance(self.current, Path) and self.current not in self.runs:
            self.current = None
        if self.current is None:
            self.current = next(iter(self.runs), None)
        if self.second not in self.runs:
            self.second = None

    def keep(self, folder: Path, found: Result | str) -> None:
        """Keep what was read of a folder; forgets the oldest that is not looked at."""
        self.opening.discard(folder)
        self.results.pop(folder, None)
        self.results[folder] = found
        wanted = {folder, self.folder(), self.second}
        for old in [each for each in self.results if each not in wanted]:
            if len(self.results) > MOST_RESULTS:
                del self.results[old]


def keys_of(view: BacktestView) -> list[RunKey]:
    """Return the keys of the list of runs: those of this console, then the past."""
    return [*(job.number for job in view.shown_jobs()), *view.runs]
