"""What the screens of searches and fronts show, and every choice of view on it. Changed on the loop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pbtui.console.optimize.form import SearchForm
from pbtui.console.work.started import StartedJob

if TYPE_CHECKING:
    from pbtui.console.optimize.reading import Front
    from pbtui.console.state import Sort
    from pbtui.jobs.events import FrontPoints, SearchState
    from pbtui.optimize.results import Stored

Axes = tuple[int, int]  # which objective lies across, which upwards
MOST_SAMPLES = 4_000
_MOST_FRONTS = 3  # kept in memory


@dataclass(slots=True)
class SearchJob(StartedJob):
    """A search started here; `curve` holds (evaluations, hypervolume)."""

    last: SearchState | None = None  # the newest state, kept after its stage
    points: FrontPoints | None = None
    curve: list[tuple[int, float]] = field(default_factory=list[tuple[int, float]])
    seed: int | None = None

    @property
    def paused(self) -> bool:
        """Tell whether it rests."""
        return self.running and self.last is not None and self.last.paused

    def heard(self, state: SearchState) -> None:
        """Take a state; a long curve is thinned."""
        self.last = state
        if state.hypervolume is None or (self.curve and self.curve[-1] == (state.evaluations, state.hypervolume)):
            return
        self.curve.append((state.evaluations, state.hypervolume))
        if len(self.curve) > MOST_SAMPLES:
            self.curve = self.curve[:-1:2] + self.curve[-1:]


@dataclass(slots=True)
class OptimizeView:
    """Everything the screen of searches is drawn from."""

    form: SearchForm = field(default_factory=SearchForm)
    searches: dict[int, SearchJob] = field(default_factory=dict[int, SearchJob])
    current: int | None = None
    axes: Axes = (0, 1)
    page: int = 0

    def search(self) -> SearchJob | None:
        """Return the search looked at."""
        return self.searches.get(self.current) if self.current is not None else None

    def running(self) -> list[SearchJob]:
        """Return the searches that have not ended."""
        return [search for search in self.searches.values() if search.running]

    def steered(self) -> SearchJob | None:
        """Return the search that keys steer: the one looked at while it runs, else the newest that does."""
        search = self.search()
        running = self.running()
        return search if search is not None and search.running else running[-1] if running else None

    def turn(self, axis: int) -> None:
        """Take the next objective for an axis."""
        search = self.search()
        if search is not None and search.points is not None:
            self.axes = turned(self.axes, axis, len(search.points.names))


@dataclass(frozen=True, slots=True)
class FrontRun:
    """The folder of a search, ours or Passivbot's."""

    folder: Path
    name: str
    when_ms: int
    members: int
    ended: bool | None  # None where it is not told: Passivbot's


@dataclass(slots=True)
class ParetoView:
    """Everything the screen of fronts is drawn from."""

    root: str = ""
    runs: dict[Path, FrontRun] = field(default_factory=dict[Path, FrontRun])  # newest first
    asked: bool = False
    reading: bool = False
    problem: str = ""
    current: Path | None = None
    fronts: dict[Path, Front | str] = field(default_factory=dict[Path, "Front | str"])  # a text says why not
    opening: set[Path] = field(default_factory=set[Path])
    member: dict[Path, str] = field(default_factory=dict[Path, str])  # which one is looked at, by run
    axes: Axes = (0, 1)
    metric: str = ""  # shown and sorted by, besides the objectives
    page: int = 0
    arranged: tuple[Front | None, tuple[object, ...], list[Stored], str] = (None, (), [], "")
    changes: int = 0  # grows whenever the members in view are others

    def front(self) -> Front | None:
        """Return the front looked at, None while it is not read."""
        found = self.fronts.get(self.current) if self.current is not None else None
        return None if isinstance(found, str) else found

    def chosen(self) -> Stored | None:
        """Return the member looked at."""
        front = self.front()
        if front is None or self.current is None:
            return None
        return front.by_id.get(self.member.get(self.current, front.picked))

    def names(self) -> tuple[str, ...]:
        """Return what can lie along an axis: the objectives, what is known of unseen days, the metric asked for."""
        front = self.front()
        if front is None:
            return ()
        known = (*front.results.objectives, *front.results.unseen_keys)
        return (*known, *((self.metric,) if self.metric and self.metric not in known else ()))

    def turn(self, axis: int) -> None:
        """Take the next objective for an axis."""
        self.axes = turned(self.axes, axis, len(self.names()))

    def shown(self, wanted: str, sort: Sort) -> tuple[Sequence[Stored], str]:
        """Return the members that pass a filter, in order, and what is wrong with the filter."""
        front = self.front()
        asked = (wanted, sort, self.metric)
        if front is not None and (self.arranged[0] is not front or self.arranged[1] != asked):
            from pbtui.console.optimize.arranging import arranged

            self.arranged = (front, asked, *arranged(front, wanted, sort))
            self.changes += 1
        return self.arranged[2:] if front is not None else ((), "")

    def take_runs(self, found: Mapping[Path, FrontRun]) -> None:
        """Use a new list of runs; those that changed are read again."""
        for folder, run in found.items():
            if self.runs.get(folder, run) != run:
                self.fronts.pop(folder, None)
        self.runs, self.asked = dict(found), True
        if self.current not in self.runs:
            self.current = next(iter(self.runs), None)

    def keep(self, folder: Path, found: Front | str) -> None:
        """Keep what was read of a folder; forgets the oldest."""
        self.opening.discard(folder)
        self.fronts.pop(folder, None)
        self.fronts[folder] = found
        for old in [each for each in self.fronts if each not in (folder, self.current)]:
            if len(self.fronts) > _MOST_FRONTS:
                del self.fronts[old]


def turned(axes: Axes, axis: int, count: int) -> Axes:
    """Return axes with the next of `count` names on one of them; of two names both change places."""
    if count < 2:
        return (0, 0)
    across, upwards = (min(place, count - 1) for place in axes)
    if count == 2:
        return upwards, across
    here, other = (across, upwards) if axis == 0 else (upwards, across)
    here = next(place for place in ((here + 1) % count, (here + 2) % count) if place != other)
    return (here, other) if axis == 0 else (other, here)
