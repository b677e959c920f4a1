from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbtui.optimize.validation.statistics import (
    deflated_sharpe,
    expected_best_sharpe,
    probability_of_skill,
    rank_correlation,
)


def test_ranks_agree_or_not() -> None:
    assert rank_correlation([1, 2, 3, 4], [10, 20, 30, 400]) == pytest.approx(1.0)
    assert rank_correlation([1, 2, 3, 4], [4, 3, 2, 1]) == pytest.approx(-1.0)
    # By hand: ranks 1 2 3 4 5 against 2 1 4 3 5; ρ = 1 − 6·4 / (5·24).
    assert rank_correlation([1, 2, 3, 4, 5], [20, 10, 40, 30, 50]) == pytest.approx(0.8)
    # Ties have their mean rank: 1 2.5 2.5 4 against 1 2 3 4.
    assert rank_correlation([1, 2, 2, 4], [1, 2, 3, 4]) == pytest.approx(4.5 / math.sqrt(4.5 * 5))
    assert rank_correlation([1, 2], [1, 2]) is None
    assert rank_correlation([1, 1, 1], [1, 2, 3]) is None


@given(st.lists(st.integers(-1000, 1000), min_size=3, max_size=30, unique=True), st.randoms())
def test_a_rank_correlation_knows_order_alone(values: list[int], rng: random.Random) -> None:
    others = values.copy()
    rng.shuffle(others)
    found = rank_correlation(values, others)
    assert found is not None
    assert -1.0 - 1e-9 <= found <= 1.0 + 1e-9
    assert rank_correlation([value**3 for value in values], others) == pytest.approx(found)


def test_the_best_of_many_without_skill_looks_skilled() -> None:
    # The paper's figure: with a variance of 1, 10 trials are expected to show 1.57 and 1,000 to show 3.26.
    assert expected_best_sharpe(10, 1.0) == pytest.approx(1.5746, abs=1e-3)
    assert expected_best_sharpe(1000, 1.0) == pytest.approx(3.2551, abs=1e-3)
    assert expected_best_sharpe(1, 1.0) == 0.0
    assert expected_best_sharpe(1000, 0.25) == pytest.approx(expected_best_sharpe(1000, 1.0) / 2)


def test_more_trials_deflate_more() -> None:
    rng = random.Random(1)
    returns = [0.001 + 0.01 * rng.gauss(0, 1) for _ in range(365)]
    few, many = (deflated_sharpe(returns, trials, 0.003) for trials in (2, 10_000))
    assert few is not None
    assert many is not None
    assert few.sharpe == many.sharpe
    assert few.expected_best < many.expected_best
    assert 1.0 > few.probability > many.probability > 0.0


def test_the_paper_s_example() -> None:
    # Bailey and López de Prado 2014: 46 or 100 trials of variance 1/2 (annual), T = 1250 days, SR 2.5 a year,
    # skewness -3, kurtosis 10: SR0 = 0.1132 a day and a probability of 0.9004 with 100 trials.
    best, sharpe = expected_best_sharpe(100, 0.5 / 250), 2.5 / math.sqrt(250)
    assert best == pytest.approx(0.1132, abs=2e-4)
    assert probability_of_skill(sharpe - best, sharpe, 1250, -3.0, 10.0) == pytest.approx(0.9004, abs=1e-3)


def test_nothing_is_told_of_what_has_no_ratio() -> None:
    assert deflated_sharpe([0.1, 0.1, 0.1, 0.1], 10, 0.1) is None
    assert deflated_sharpe([0.1, 0.2], 10, 0.1) is None
    assert deflated_sharpe([0.1, math.nan, 0.2, 0.3], 10, 0.1) is None
    assert deflated_sharpe([0.1, 0.3, 0.2, 0.3], 10, math.nan) is None
