"""Crossover and mutation of gene vectors in index space (optimizer.md 9)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pbtui.optimize.bounds import Bound, clamp
from pbtui.optimize.genes import Genes

_ALIKE = 1e-14


@dataclass(frozen=True, slots=True)
class Variation:
    """How children differ from their parents; probabilities are those of a gene, an `eta` narrows the spread."""

    crossover_eta: float
    mutation_eta: float
    mutation_indpb: float

    def cross(self, first: Genes, second: Genes, bounds: Sequence[Bound], random: np.random.Generator) -> list[float]:
        """Return the first child of a bounded simulated binary crossover; not yet on grid or rounded."""
        draws = random.random((len(bounds), 3))
        child: list[float] = []
        for mine, other, bound, (chance, spread, swap) in zip(first, second, bounds, draws.tolist(), strict=True):
            if bound.fixed or chance > 0.5:
                child.append(mine)
                continue
            a, b = bound.to_index(mine), bound.to_index(other)
            if abs(a - b) <= _ALIKE:
                child.append(mine)
                continue
            low, high = self._children(min(a, b), max(a, b), bound.span, spread)
            child.append(bound.from_index(high if swap <= 0.5 else low))
        return child

    def mutate(self, parent: Genes, bounds: Sequence[Bound], random: np.random.Generator) -> list[float]:
        """Return a child by bounded polynomial mutation; not yet on grid or rounded."""
        draws = random.random((len(bounds), 2))
        child: list[float] = []
        for value, bound, (chance, r) in zip(parent, bounds, draws.tolist(), strict=True):
            low, high = bound.span
            if bound.fixed or chance > self.mutation_indpb or high <= low:
                child.append(value)
                continue
            index = bound.to_index(value)
            # Rounding may leave an index a hair outside its range.
            at = clamp((index - low) / (high - low), 0.0, 1.0)
            child.append(bound.from_index(clamp(index + self._shift(at, r) * (high - low), low, high)))
        return child

    def _children(self, low: float, high: float, span: tuple[float, float], r: float) -> tuple[float, float]:
        middle, distance = low + high, high - low
        below = _spread(1.0 + 2.0 * max(0.0, low - span[0]) / distance, self.crossover_eta, r)
        above = _spread(1.0 + 2.0 * max(0.0, span[1] - high) / distance, self.crossover_eta, r)
        return clamp(0.5 * (middle - below * distance), *span), clamp(0.5 * (middle + above * distance), *span)

    def _shift(self, at: float, r: float) -> float:
        power = self.mutation_eta + 1.0
        if r < 0.5:
            return (2.0 * r + (1.0 - 2.0 * r) * (1.0 - at) ** power) ** (1.0 / power) - 1.0
        return 1.0 - (2.0 * (1.0 - r) + 2.0 * (r - 0.5) * at**power) ** (1.0 / power)


def _spread(beta: float, eta: float, r: float) -> float:
    alpha = 2.0 - beta ** -(eta + 1.0)
    share = r * alpha if r <= 1.0 / alpha else 1.0 / (2.0 - r * alpha)
    return share ** (1.0 / (eta + 1.0))
