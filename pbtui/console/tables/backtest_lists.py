"""The lists at the left of the backtest screen: the form, and the runs of now and before."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from pbtui.console.actions import label_of
from pbtui.console.backtest.view import BacktestView, PastRun, RunJob
from pbtui.console.numbers import NOTHING, gain_ink, pct, utc
from pbtui.console.state import Sort
from pbtui.console.tables.select import Value, filtered, matches, ordered
from pbtui.console.text import safe
from pbtui.console.widgets.columns import Column, Row, Rows, cell

RUN_COLUMNS: tuple[Column, ...] = (
    Column("when", "when"),
    Column("name", "run", least=8),
    Column("gain", "gain", ">"),
    Column("drawdown", "dd", ">", rank=2),
    Column("adg", "a day", ">", rank=3),
)
RUN_SORTABLE: list[str] = ["when", "name", "gain", "drawdown", "adg"]
_LOWEST = float("-inf")
_VALUES: Mapping[str, Callable[[PastRun], Value]] = {
    "when": lambda run: run.when_ms,
    "name": lambda run: run.name.casefold(),
    "gain": lambda run: _LOWEST if run.gain is None else run.gain,
    "drawdown": lambda run: _LOWEST if run.drawdown is None else run.drawdown,
    "adg": lambda run: _LOWEST if run.adg is None else run.adg,
}


def run_words(run: PastRun) -> dict[str, str]:
    """Return what a filter can look for in a past run."""
    whose = "suite" if run.kind == "suite" else "pbtui" if run.ours else "passivbot"
    return {"name": run.name, "when": utc(run.when_ms, "%Y-%m-%d %H:%M"), "kind": whose}


def run_rows(view: BacktestView, wanted: str, sort: Sort) -> Rows:
    """Return the runs: those under way or failed first, then the results, newest first."""
    jobs = [job for job in view.shown_jobs() if matches({"name": job.name}, wanted)]
    runs = ordered(filtered(list(view.runs.values()), wanted, run_words), sort, _VALUES)

    def make(index: int) -> Row:
        if index < len(jobs):
            return _job_row(jobs[index])
        return _run_row(runs[index - len(jobs)], second=view.second)

    return Rows([*(job.number for job in jobs), *(run.folder for run in runs)], make)


def _job_row(job: RunJob) -> Row:
    share = job.standing.share
    state = {"failed": "✗ failed", "stopped": "● stopped", "done": "✓ done", "stopping": "stopping"}.get(job.state, "")
    ink = {"failed": "bad", "stopped": "warn", "done": "up"}.get(job.state, "accent")
    word = f"{share:.0%}" if share is not None and job.running else ""
    blank = cell("")
    return Row(job.number, (cell(state or "running", ink), cell(job.name, "strong"), cell(word, ink), blank, blank))


def _run_row(run: PastRun, *, second: Path | None) -> Row:
    name = f"≈ {run.name}" if run.folder == second else run.name
    ink = "accent" if run.folder == second else "text"
    if run.problem:
        gained = cell("damaged", "bad")
    elif run.kind == "suite":
        gained = cell("suite", "accent")
    elif run.gain is None:
        gained = cell(NOTHING, "dim")
    else:
        gained = cell(pct(run.gain - 1.0, 1), gain_ink((run.gain - 1.0) * 100, 1))
    fallen = cell(pct(-run.drawdown, 1) if run.drawdown is not None else "", "dim")
    daily = cell(pct(run.adg, 3) if run.adg is not None else "", "dim")
    return Row(run.folder, (cell(utc(run.when_ms, "%y-%m-%d %H:%M"), "dim"), cell(name, ink), gained, fallen, daily))


def runs_title(view: BacktestView, wanted: str) -> str:
    """Return what the frame of the list says."""
    busy = len(view.running())
    parts = [f"Runs {len(view.runs)}"]
    if busy:
        parts.append(f"{busy} running")
    if view.reading and not view.asked:
        parts.append("reading…")
    if wanted:
        parts.append(f"/{safe(wanted, 30)}")
    return " · ".join(parts)


def runs_empty(view: BacktestView, wanted: str) -> tuple[str, ...]:
    """Return the words for a list without rows."""
    if view.problem:
        return (view.problem,)
    if wanted:
        return ("no run passes the filter",)
    if not view.asked:
        return ("looking for results…",)
    return ("no results yet in", f" {view.root}", "", f"{label_of('backtest.run'):<5}run what the form says")
