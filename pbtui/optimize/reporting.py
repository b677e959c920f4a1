"""Telling how far an optimisation is: counts, rate, time left, the front and how good it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from pbtui.core.clock import Clock
from pbtui.jobs.events import Event, FrontPoints, Note, SearchState, Stage
from pbtui.optimize.front import Candidate, Front
from pbtui.optimize.hypervolume import Hypervolume
from pbtui.optimize.scoring import WORST, Objective, Score
from pbtui.optimize.search import Search

_EVERY_S = 0.5
_ID_DIGITS = 12


class Reporter:
    """Counts evaluations and passes states on, at most twice a second unless the front is told too."""

    def __init__(
        self,
        search: Search,
        objectives: Sequence[Objective],
        front: Front,
        id_of: Callable[[Candidate], str],
        clock: Clock,
        on_event: Callable[[Event], None],
    ) -> None:
        self.evaluations = 0
        self.hypervolume: float | None = None
        self.paused = False
        self._feasible = 0
        self._search = search
        self._objectives = objectives
        self._front = front
        self._id_of = id_of
        self._clock = clock
        self._on_event = on_event
        self._measure = Hypervolume()
        self._here = 0
        self._began_s = self._told_s = clock.monotonic()
        self._total = 0

    @property
    def feasible(self) -> float:
        """Return the share of all evaluations that keeps every limit."""
        return self._feasible / self.evaluations if self.evaluations else 0.0

    def stage(self, text: str) -> None:
        """Tell what is being done."""
        self._on_event(Stage(text))

    def warn(self, text: str) -> None:
        """Tell what should be known."""
        self._on_event(Note(text, "warning"))

    def asked(self, first: int, size: int) -> None:
        """Note a generation's first number and its size."""
        search = self._search
        left = search.generations - search.generation
        self._total = first + size + round(left * search.children * search.share)

    def count(self, score: Score, *, here: bool = True) -> None:
        """Count an evaluation, of this process or of one before it."""
        self.evaluations += 1
        self._feasible += score.violation == 0.0
        self._here += here

    def closed(self, generation: Sequence[Score]) -> None:
        """Note the scores of a whole generation."""
        self._measure.begin(generation)

    def measure(self) -> None:
        """Take the measure of the front."""
        self.hypervolume = self._measure.of([member.score for member in self._front.members])

    def tell(self, *, front: bool = False, now: bool = False) -> None:
        """Pass the state on, and the front where asked for; `now` even if it was told just before."""
        at_s = self._clock.monotonic()
        if not (front or now) and at_s - self._told_s < _EVERY_S:
            return
        self._told_s = at_s
        rate = self._here / (at_s - self._began_s) if at_s > self._began_s else 0.0
        total = max(self._total, self.evaluations)
        self._on_event(
            SearchState(
                evaluations=self.evaluations,
                total=total,
                generation=min(self._search.generation, self._search.generations),
                generations=self._search.generations,
                rate=rate,
                left_s=(total - self.evaluations) / rate if rate > 0 else None,
                front=len(self._front.members),
                feasible=self.feasible,
                hypervolume=self.hypervolume,
                bests=self.bests(),
                paused=self.paused,
            )
        )
        if front:
            self._on_event(self.points())

    def bests(self) -> dict[str, float | None]:
        """Return the best value of each objective among the feasible members, as the metric is told."""
        good = [member.score.objectives for member in self._front.members if member.score.violation == 0.0]
        return {
            objective.name: _value(min(values[n] for values in good), objective) if good else None
            for n, objective in enumerate(self._objectives)
        }

    def points(self) -> FrontPoints:
        """Return the whole front."""
        return FrontPoints(
            names=tuple(objective.name for objective in self._objectives),
            signs=tuple(objective.weight for objective in self._objectives),
            members=tuple(self._point(member) for member in self._front.members),
        )

    def _point(self, member: Candidate) -> dict[str, Any]:
        score = member.score
        pairs = zip(score.objectives, self._objectives, strict=True)
        return {
            "id": self._id_of(member)[:_ID_DIGITS],
            "number": member.number,
            "values": tuple(_value(value, item) if score.violation == 0.0 else None for value, item in pairs),
            "violation": score.violation,
        }


def _value(objective: float, of: Objective) -> float | None:
    return objective * of.weight if objective < WORST else None
