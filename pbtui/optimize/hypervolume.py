"""How much of the space of objectives a front dominates: one number for the progress of a search."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pbtui.optimize.scoring import WORST, Score

Floats = NDArray[np.float64]
_SAMPLES = 8_192
_SEED = 20_250_510
_BLOCK = 512


class Hypervolume:
    """Measures fronts against one fixed corner: the worst of the feasible in the first generation that has any.

    The unit is the box of that generation, so its own front lies below 1 and later ones may pass it. An objective in
    which that generation has no width counts from one unit behind it: what all share would else make every front 0.
    Exact for two objectives, sampled with the same points every time above. None while nothing is feasible.
    """

    def __init__(self) -> None:
        self._corner: Floats | None = None
        self._unit: Floats = np.empty(0)

    def begin(self, generation: Sequence[Score]) -> None:
        """Fix the corner, when it is not yet and this generation has feasible members."""
        feasible = _feasible(generation)
        if self._corner is None and len(feasible):
            worst = feasible.max(axis=0)
            spread = worst - feasible.min(axis=0)
            self._unit = np.where(spread > 0.0, spread, np.maximum(np.abs(worst), 1.0) * 1e-3)
            self._corner = np.where(spread > 0.0, worst, worst + self._unit)

    def of(self, front: Sequence[Score]) -> float | None:
        """Return what a front dominates."""
        points = _feasible(front)
        if self._corner is None or not len(points):
            return None
        # Counted from the corner, in units of the box: 0 is no gain.
        gains = np.maximum((self._corner - points) / self._unit, 0.0)
        gains = gains[(gains > 0.0).all(axis=1)]
        if not len(gains):
            return 0.0
        return _area(gains) if gains.shape[1] == 2 else _sampled(gains)


def _feasible(scores: Sequence[Score]) -> Floats:
    good = [score.objectives for score in scores if score.violation == 0.0 and max(score.objectives) < WORST]
    return np.array(good, dtype=float)


def _area(gains: Floats) -> float:
    total = height = 0.0
    for x, y in gains[np.argsort(-gains[:, 0], kind="stable")].tolist():
        if y > height:
            total += x * (y - height)
            height = y
    return total


def _sampled(gains: Floats) -> float:
    top = gains.max(axis=0)
    points = np.random.default_rng(_SEED).random((_SAMPLES, gains.shape[1])) * top
    inside = 0
    for first in range(0, _SAMPLES, _BLOCK):
        block = points[first : first + _BLOCK]
        inside += int((gains[None, :, :] >= block[:, None, :]).all(axis=2).any(axis=1).sum())
    return float(np.prod(top)) * inside / _SAMPLES
