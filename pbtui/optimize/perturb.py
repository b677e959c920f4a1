"""Neighbours of a gene vector that was evaluated before (optimizer.md 10)."""

from __future__ import annotations

import math
from collections.abc import Callable, Container

import numpy as np

from pbtui.engine.numerics import round_dynamic
from pbtui.optimize.bounds import Bound
from pbtui.optimize.genes import Genes, GeneSpace

_SHARE = 0.01


def unseen(genes: Genes, seen: Container[Genes], space: GeneSpace, random: np.random.Generator) -> Genes | None:
    """Return the vector itself when it is new, else the first new neighbour of ever wider ones; None: all are known."""
    if genes not in seen:
        return genes
    for perturbed in (_by_percent, _by_unit, _by_normal, _few_steps, _few_redrawn, _all_redrawn):
        found = space.enforce(perturbed(genes, space, random))
        if found not in seen:
            return found
    return None


_Change = Callable[[float, Bound], float]


def _each(genes: Genes, space: GeneSpace, change: _Change) -> list[float]:
    pairs = zip(genes, space.bounds, strict=True)
    return [value if bound.fixed else change(value, bound) for value, bound in pairs]


def _few(genes: Genes, space: GeneSpace, random: np.random.Generator, change: _Change) -> list[float]:
    chosen = random.choice(len(genes), size=max(1, int(0.2 * len(genes))), replace=False).tolist()
    pairs = zip(genes, space.bounds, strict=True)
    return [change(v, bound) if n in chosen and not bound.fixed else v for n, (v, bound) in enumerate(pairs)]


def _by_percent(genes: Genes, space: GeneSpace, random: np.random.Generator) -> list[float]:
    def change(value: float, bound: Bound) -> float:
        moved = value * (1.0 + random.uniform(-_SHARE, _SHARE))
        return moved if bound.step else round_dynamic(moved, space.digits)

    return _each(genes, space, change)


def _by_unit(genes: Genes, space: GeneSpace, random: np.random.Generator) -> list[float]:
    def change(value: float, bound: Bound) -> float:
        if random.random() >= 0.5:
            return value
        sign = 1.0 if random.random() < 0.5 else -1.0
        if bound.step:
            return value + sign * bound.step
        finest = 10.0 ** -(space.digits - 1)
        unit = (10.0 ** math.floor(math.log10(abs(value))) if value else bound.high - bound.low) * finest
        return round_dynamic(value + sign * unit, space.digits)

    return _each(genes, space, change)


def _by_normal(genes: Genes, space: GeneSpace, random: np.random.Generator) -> list[float]:
    def change(value: float, bound: Bound) -> float:
        width = _SHARE * (bound.high - bound.low)
        if bound.step:
            return value + int(random.normal(0.0, width / bound.step) + 0.5) * bound.step
        return value + random.normal(0.0, width)

    return _each(genes, space, change)


def _few_steps(genes: Genes, space: GeneSpace, random: np.random.Generator) -> list[float]:
    def change(value: float, bound: Bound) -> float:
        if bound.step:
            return value + (bound.step if random.random() < 0.5 else -bound.step)
        return value + random.uniform(-1.0, 1.0) * _SHARE * (bound.high - bound.low)

    return _few(genes, space, random, change)


def _few_redrawn(genes: Genes, space: GeneSpace, random: np.random.Generator) -> list[float]:
    return _few(genes, space, random, lambda _, bound: bound.draw(random))


def _all_redrawn(genes: Genes, space: GeneSpace, random: np.random.Generator) -> list[float]:
    return _each(genes, space, lambda _, bound: bound.draw(random))
