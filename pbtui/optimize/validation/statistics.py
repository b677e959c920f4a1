"""What is left of a result once one knows how many were tried."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

_EULER = 0.5772156649015329
_NORMAL = NormalDist()
_LEAST_PAIRS, _LEAST_DAYS = 3, 3


def rank_correlation(first: Sequence[float], second: Sequence[float]) -> float | None:
    """Return Spearman's ρ of two series, ties by their mean rank; None for fewer than three pairs or a constant one."""
    if len(first) < _LEAST_PAIRS:
        return None
    ranks = np.array([_ranks(first), _ranks(second)])
    if (ranks.std(axis=1) == 0.0).any():
        return None
    return float(np.corrcoef(ranks)[0, 1])


def _ranks(values: Sequence[float]) -> list[float]:
    ordered = sorted(values)
    return [(bisect_left(ordered, value) + bisect_right(ordered, value) + 1) / 2.0 for value in values]


@dataclass(frozen=True, slots=True)
class Deflated:
    """A Sharpe ratio a day, the one that luck alone would show as the best of all trials, and what is left."""

    sharpe: float
    expected_best: float
    probability: float
    """That the true ratio is above 0 after all trials are counted: 0.95 is a common bar."""


def deflated_sharpe(daily_returns: Sequence[float], trials: int, trials_variance: float) -> Deflated | None:
    """Return the deflated Sharpe ratio of a series that is the best of `trials`; None where it is not defined.

    `trials_variance` is the variance of the trials' daily Sharpe ratios. Source: Bailey and López de Prado, "The
    Deflated Sharpe Ratio: Correcting for Selection Bias, Backtest Overfitting and Non-Normality", Journal of Portfolio
    Management 40(5), 2014, equations 1 and 2.
    """
    returns = np.asarray(daily_returns, dtype=float)
    if len(returns) < _LEAST_DAYS or trials < 1 or not np.isfinite(returns).all():
        return None
    spread = float(returns.std())
    if spread == 0.0 or not trials_variance >= 0.0:
        return None
    sharpe = float(returns.mean()) / spread
    scaled = (returns - returns.mean()) / spread
    skew, kurtosis = float((scaled**3).mean()), float((scaled**4).mean())
    best = expected_best_sharpe(trials, trials_variance)
    probability = probability_of_skill(sharpe - best, sharpe, len(returns), skew, kurtosis)
    return None if probability is None else Deflated(sharpe, best, probability)


def probability_of_skill(above: float, sharpe: float, days: int, skew: float, kurtosis: float) -> float | None:
    """Return the chance that a true ratio lies above what `sharpe` exceeds by `above`; None where it is undefined."""
    spread = 1.0 - skew * sharpe + (kurtosis - 1.0) / 4.0 * sharpe**2
    return _NORMAL.cdf(above * math.sqrt(days - 1) / math.sqrt(spread)) if spread > 0.0 else None


def expected_best_sharpe(trials: int, variance: float) -> float:
    """Return the largest Sharpe ratio to be expected among trials without any skill (same source)."""
    if trials < 2:
        return 0.0
    first = _NORMAL.inv_cdf(1.0 - 1.0 / trials)
    second = _NORMAL.inv_cdf(1.0 - 1.0 / (trials * math.e))
    return math.sqrt(variance) * ((1.0 - _EULER) * first + _EULER * second)
