"""The front, its distances and its hypervolume."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbtui.optimize.front import Candidate, Front, crowding_of, distances
from pbtui.optimize.hypervolume import Hypervolume
from pbtui.optimize.scoring import WORST, Score

POINTS = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(0, 5), st.sampled_from([0, 0, 0, 1, 2])), max_size=30
)


def candidate(number: int, *objectives: float, violation: float = 0.0) -> Candidate:
    return Candidate(number, (), Score(tuple(map(float, objectives)), violation))


def dominates(a: Score, b: Score) -> bool:
    if a.violation != b.violation:
        return a.violation < b.violation
    return a != b and all(x <= y for x, y in zip(a.objectives, b.objectives, strict=True))


@given(POINTS)
def test_the_front_is_what_nothing_outdoes(points):
    front = Front(1000)
    offered = [candidate(n, *point[:3], violation=point[3]) for n, point in enumerate(points)]
    for item in offered:
        assert front.offer(item) == (item in front.members)
    scores = {item.score for item in offered}
    best = {score for score in scores if not any(dominates(other, score) for other in scores)}
    # Of equal objectives the first with the smaller violation stays.
    assert {item.score for item in front.members} == best
    assert len(front.members) == len(best)
    assert [item.number for item in front.members] == sorted(item.number for item in front.members)


@given(st.integers(3, 12), st.integers(0, 2**31))
def test_a_full_front_keeps_the_ends_and_drops_where_it_is_dense(most, seed):
    random = np.random.default_rng(seed)
    x = np.sort(random.random(40))
    front = Front(most)
    for n in random.permutation(40).tolist():
        front.offer(candidate(n, x[n], 1 - x[n]))
    kept = {item.number for item in front.members}
    assert len(kept) == most
    assert {0, 39} <= kept


def test_ends_alone_may_exceed_the_limit():
    front = Front(1)
    for n in range(5):
        front.offer(candidate(n, n, 5 - n))
    assert len(front.members) == 2


def test_crowding_and_distances():
    assert crowding_of(np.array([[0.0, 4.0], [1.0, 1.0], [4.0, 0.0]])).tolist() == [math.inf, 2.0, math.inf]
    assert crowding_of(np.array([[0.0], [1.0]])).tolist() == [math.inf, math.inf]
    told = distances([candidate(0, 0, 10, 3).score, candidate(1, 5, 0, 3).score])
    assert told == [1.0, 1.0]
    assert distances([]) == []
    assert distances([candidate(0, 1, 2).score]) == [0.0]


def measure(count: int) -> tuple[Hypervolume, list[Score]]:
    volume = Hypervolume()
    corners = [Score(tuple(float(n == m) for n in range(count)), 0.0) for m in range(count)]
    volume.begin([*corners, Score((9.0,) * count, 5.0), Score((WORST,) * count, 0.0)])
    return volume, corners


def test_the_area_of_two_objectives_is_exact_and_grows():
    volume, _ = measure(2)
    assert volume.of([]) is None
    assert volume.of([Score((0.5, 0.5), 0.0)]) == pytest.approx(0.25)
    assert volume.of([Score((0.5, 0.5), 0.0), Score((0.25, 0.75), 0.0), Score((0.6, 0.6), 0.0)]) == 0.3125
    assert volume.of([Score((-1.0, 0.0), 0.0)]) == 2.0
    assert volume.of([Score((2.0, 0.0), 0.0)]) == 0.0
    assert volume.of([Score((0.0, 0.0), 1.0)]) is None


def test_an_objective_that_is_the_same_for_all_does_not_hide_the_others():
    volume = Hypervolume()
    volume.begin([Score((0.0, 1.0, 7.0), 0.0), Score((1.0, 0.0, 7.0), 0.0)])
    first = volume.of([Score((0.5, 0.5, 7.0), 0.0)])
    assert first == pytest.approx(0.25, abs=0.02)
    better = volume.of([Score((0.25, 0.25, 7.0), 0.0)])
    assert better == pytest.approx(0.5625, abs=0.02)
    assert volume.of([Score((0.25, 0.25, 6.9), 0.0)]) > better
    assert volume.of([Score((0.25, 0.25, 7.1), 0.0)]) == 0.0


@pytest.mark.parametrize("count", [3, 5])
def test_more_objectives_are_sampled_well(count):
    volume, _ = measure(count)
    found = volume.of([Score((0.5,) * count, 0.0), Score((0.2, *(0.8,) * (count - 1)), 0.0)])
    exact = 0.5**count + 0.8 * 0.2 ** (count - 1) - 0.5 * 0.2 ** (count - 1)
    assert found == pytest.approx(exact, rel=0.1)
    assert found == volume.of([Score((0.5,) * count, 0.0), Score((0.2, *(0.8,) * (count - 1)), 0.0)])


def test_without_anything_feasible_there_is_no_measure():
    volume = Hypervolume()
    volume.begin([Score((1.0, 1.0), 2.0)])
    assert volume.of([Score((1.0, 1.0), 0.0)]) is None
