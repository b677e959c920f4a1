"""What the events of a job add up to: stage, share done, rate, time left, for whoever shows it."""

from __future__ import annotations

from pbtui.core.sanitize import sanitize_line
from pbtui.jobs.events import (
    Done,
    EquitySample,
    Event,
    Failed,
    FillsCount,
    FrontPoints,
    Note,
    Progress,
    SearchState,
    Stage,
)


class Standing:
    """What the events so far add up to."""

    def __init__(self) -> None:
        self.stage = Stage("starting")
        self.progress = Progress(0.0, 0.0)
        self.fills: int | None = None
        self.equity: float | None = None
        self.search: SearchState | None = None

    def take(self, event: Event) -> None:
        """Take in an event."""
        match event:
            case Stage():
                if event.text != self.stage.text:
                    self.progress, self.fills, self.equity = Progress(0.0, 0.0), None, None
                    self.search = None
                self.stage = event
            case Progress():
                self.progress = event
            case FillsCount():
                self.fills = event.n
            case EquitySample():
                self.equity = event.equity
            case SearchState():
                self.search = event
            case FrontPoints() | Note() | Done() | Failed():
                return

    @property
    def share(self) -> float | None:
        """Return how much of the stage is done, None where that cannot be counted."""
        if self.search is not None:
            return self.search.share
        if self.progress.total > 0:
            return self.progress.share
        return self.stage.done / self.stage.total if self.stage.total > 0 else None

    def title(self) -> str:
        """Return the stage and which part of it."""
        count = f" {self.stage.done}/{self.stage.total}" if self.stage.total > 0 else ""
        return sanitize_line(self.stage.text, limit=60) + count

    def figures(self) -> list[str]:
        """Return rate, time left, fills and equity, or those of an optimisation, as far as they are known."""
        if self.search is not None:
            return _search_figures(self.search)
        found: list[str] = []
        if self.progress.rate > 0:
            found.append(f"{_short(self.progress.rate)} bars/s")
        if self.progress.left_s is not None and self.progress.share < 1:
            found.append(f"{_minutes(self.progress.left_s)} left")
        if self.fills is not None:
            found.append(f"{self.fills:,} fills")
        if self.equity is not None:
            found.append(f"equity {self.equity:,.2f}")
        return found


def _search_figures(search: SearchState) -> list[str]:
    found = [f"{search.evaluations:,}/{search.total:,}"]
    if search.paused:
        found.append("paused")
    elif search.rate > 0:
        found.append(f"{search.rate:.3g}/s")
    if search.left_s is not None and search.share < 1:
        found.append(f"{_minutes(search.left_s)} left")
    found.append(f"{search.front:,} on the front")
    found.append(f"{search.feasible:.0%} feasible")
    return found


def _short(number: float) -> str:
    for unit, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if number >= size:
            return f"{number / size:.1f}{unit}"
    return f"{number:.0f}"


def _minutes(seconds: float) -> str:
    whole = round(min(seconds, 359_999.0))
    hours, rest = divmod(whole, 3_600)
    return f"{hours}:{rest // 60:02d}:{rest % 60:02d}" if hours else f"{rest // 60}:{rest % 60:02d}"
