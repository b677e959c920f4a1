"""Metrics of evaluations that may still be needed: those of the front and of the present generation."""

from __future__ import annotations

from collections.abc import Callable, Collection

from pbtui.optimize.evaluate import Evaluated


class Details:
    """What came of evaluations by their number in the run; `recall` finds those of the journal by their line."""

    def __init__(self, recall: Callable[[int], Evaluated]) -> None:
        self._recall = recall
        self._lines: dict[int, int] = {}
        self._kept: dict[int, Evaluated] = {}

    def lies_at(self, number: int, line: int) -> None:
        """Note the line of the journal where an evaluation lies."""
        self._lines[number] = line

    def keep(self, number: int, found: Evaluated) -> None:
        """Remember an evaluation."""
        self._kept[number] = found

    def of(self, number: int) -> Evaluated:
        """Return what came of an evaluation; raises what an evaluation raises where it must be made again."""
        if number not in self._kept:
            self._kept[number] = self._recall(self._lines[number])
        return self._kept[number]

    def only(self, numbers: Collection[int]) -> None:
        """Forget all others."""
        self._kept = {number: found for number, found in self._kept.items() if number in numbers}
