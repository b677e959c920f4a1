"""The best of everything evaluated: the non-dominated candidates of a run (optimizer.md 7.5, 12.5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pbtui.optimize.genes import Genes
from pbtui.optimize.scoring import Score

Floats = NDArray[np.float64]
_SAME = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """An evaluated vector; `number` counts all those of the run in the order they were asked for."""

    number: int
    genes: Genes
    score: Score


class Front:
    """The members so far, at most `most` of them. What it holds depends on the order of the offers."""

    def __init__(self, most: int) -> None:
        self.most = max(1, most)
        self.members: list[Candidate] = []
        self._objectives: Floats = np.empty((0, 0))
        self._violations: Floats = np.empty(0)

    def offer(self, found: Candidate) -> bool:
        """Take a candidate in unless a member is as good or better; what it outdoes leaves. Return whether it is in."""
        if self.members and not self._keep(found):
            return False
        self.members.append(found)
        self._index()
        while len(self.members) > self.most:
            least = self._least_needed()
            if least is None:
                break
            del self.members[least]
            self._index()
        return found in self.members

    def _keep(self, found: Candidate) -> bool:
        """Remove what the candidate outdoes; return False, nothing removed, where it is outdone itself."""
        objectives, violation = np.array(found.score.objectives), found.score.violation
        same = (self._objectives == objectives).all(axis=1)
        if bool((same & (violation >= self._violations - _SAME)).any()):
            return False
        alike = np.abs(self._violations - violation) <= _SAME
        worse = (self._objectives >= objectives).all(axis=1) & ~same
        better = (self._objectives <= objectives).all(axis=1) & ~same
        if bool(np.where(alike, better, self._violations < violation).any()):
            return False
        gone = np.where(alike, worse, self._violations > violation) | same
        self.members = [member for member, out in zip(self.members, gone.tolist(), strict=True) if not out]
        return True

    def _index(self) -> None:
        self._objectives = np.array([member.score.objectives for member in self.members], dtype=float)
        self._violations = np.array([member.score.violation for member in self.members], dtype=float)

    def _least_needed(self) -> int | None:
        """Return the member in the densest place; the best and worst of each objective are never it."""
        kept = {int(self._objectives[:, n].argmin()) for n in range(self._objectives.shape[1])}
        kept |= {int(self._objectives[:, n].argmax()) for n in range(self._objectives.shape[1])}
        crowding = crowding_of(self._objectives)
        free = [place for place in range(len(self.members)) if place not in kept]
        return min(free, key=lambda place: (float(crowding[place]), place)) if free else None


def crowding_of(objectives: Floats) -> Floats:
    """Return how much room each row has: gaps between its neighbours over the range, summed; the ends have all."""
    found = np.zeros(len(objectives))
    if len(objectives) <= 2:
        return np.full(len(objectives), np.inf)
    for column in objectives.T:
        order = np.argsort(column, kind="stable")
        spread = float(column[order[-1]] - column[order[0]])
        if spread > 0.0:
            found[order[1:-1]] += (column[order[2:]] - column[order[:-2]]) / spread
            found[order[[0, -1]]] = np.inf
    return found


def distances(scores: Sequence[Score]) -> list[float]:
    """Return how far each is from the best in all objectives at once; each counts from 0 (best) to 1 (worst)."""
    if not scores:
        return []
    objectives = np.array([score.objectives for score in scores], dtype=float)
    low, high = objectives.min(axis=0), objectives.max(axis=0)
    spread = np.where(high > low, high - low, 1.0)
    return [float(value) for value in np.sqrt((((objectives - low) / spread) ** 2).sum(axis=1))]
