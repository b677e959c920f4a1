"""Who survives: NSGA-II up to three objectives, NSGA-III above (optimizer.md 9, 7.5)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pbtui.optimize.scoring import Score

_MANY = 3


def survivors(scores: Sequence[Score], keep: int, random: np.random.Generator) -> list[int]:
    """Return the places of those that survive; the feasible first, then the others by violation.

    Nothing is carried from one call to the next, so a search goes on from its population alone.
    """
    if len(scores) <= keep:
        return list(range(len(scores)))
    # Loaded here: it takes a second, and only a search needs it.
    from pymoo.algorithms.moo.nsga3 import ReferenceDirectionSurvival
    from pymoo.core.population import Population
    from pymoo.core.problem import Problem
    from pymoo.operators.survival.rank_and_crowding import RankAndCrowding

    objectives = np.array([score.objectives for score in scores], dtype=float)
    count = objectives.shape[1]
    population = Population.new("X", np.zeros((len(scores), 1)))
    population.set("F", objectives)
    population.set("G", np.array([[score.violation] for score in scores], dtype=float))
    problem = Problem(n_var=1, n_obj=count, n_ieq_constr=1)
    survival = RankAndCrowding() if count <= _MANY else ReferenceDirectionSurvival(_directions(count, keep))
    found = survival.do(problem, population, n_survive=keep, random_state=random, return_indices=True)
    return [int(place) for place in found]


def _directions(objectives: int, most: int) -> np.ndarray:
    """Return evenly spread reference directions, as many as fit but at least those of the axes."""
    from math import comb

    from pymoo.util.ref_dirs import get_reference_directions

    parts = 1
    while comb(parts + objectives, objectives - 1) <= most:
        parts += 1
    return get_reference_directions("das-dennis", objectives, n_partitions=parts)
