"""How an invented coin moves within a day: regimes, jumps, flat stretches, gaps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pbtui.core.clock import DAY_MS, MINUTE_MS

DAY_MINUTES = DAY_MS // MINUTE_MS
_REGIME_VOLATILITY = (0.3, 1.0, 1.0, 3.0)  # quiet, usual, usual, wild; times the coin's own
_SHARED_PART = 0.6  # of a move that all coins make together
_PULL = 0.15  # a day's pull back to the coin's usual price, as a part of the distance (log)


@dataclass(frozen=True, slots=True)
class CoinModel:
    """An invented coin: usual price in quote, minute volatility (log), tick, lot, usual minute volume in coins."""

    coin: str
    price: float
    volatility: float
    tick: float
    lot: float
    volume: float


COINS = (
    CoinModel("BTC", 65_000.0, 0.0006, 0.1, 0.0001, 60.0),
    CoinModel("ETH", 2_600.0, 0.0008, 0.01, 0.001, 900.0),
    CoinModel("SOL", 150.0, 0.0010, 0.01, 0.01, 9_000.0),
    CoinModel("XRP", 0.60, 0.0009, 0.0001, 0.1, 1_500_000.0),
    CoinModel("ADA", 0.45, 0.0010, 0.0001, 1.0, 1_200_000.0),
    CoinModel("DOGE", 0.12, 0.0012, 0.00001, 1.0, 6_000_000.0),
)


def shared_moves(rng: np.random.Generator) -> NDArray[np.float64]:
    """Return the moves (standard normal, with rare jumps of 10–40) that all coins of a day share."""
    moves = rng.standard_normal(DAY_MINUTES)
    if rng.random() < 0.25:
        moves[rng.integers(DAY_MINUTES)] += rng.choice((-1.0, 1.0)) * rng.uniform(10.0, 40.0)
    return moves


def day_of(
    model: CoinModel, level: float, shared: NDArray[np.float64], rng: np.random.Generator
) -> tuple[NDArray[np.float32], float]:
    """Return a day of candles from `level` (log price at 00:00) as grid rows, gaps NaN, and the level at its end."""
    sigma = model.volatility * _regimes(rng)
    moves = sigma * (_SHARED_PART * shared + np.sqrt(1 - _SHARED_PART**2) * rng.standard_normal(DAY_MINUTES))
    for at in rng.integers(DAY_MINUTES, size=rng.poisson(1.0)):
        moves[at] += rng.choice((-1.0, 1.0)) * rng.uniform(0.005, 0.05)
    moves += _PULL * (np.log(model.price) - level) / DAY_MINUTES
    flat = _stretches(rng, rate=0.7, shortest=5, longest=60)
    moves[flat] = 0.0
    path = level + np.cumsum(moves)
    rows = _candles(model, level, path, np.where(flat, 0.0, sigma), rng)
    rows[flat, 4] = 0.0
    rows[_stretches(rng, rate=0.4, shortest=1, longest=12)] = np.nan
    return rows, float(path[-1])


def _regimes(rng: np.random.Generator) -> NDArray[np.float64]:
    """Return the volatility of each minute relative to the coin's own, changing a few times a day."""
    hours = rng.choice(_REGIME_VOLATILITY, size=8)
    return np.repeat(hours, DAY_MINUTES // 8)


def _stretches(rng: np.random.Generator, *, rate: float, shortest: int, longest: int) -> NDArray[np.bool_]:
    """Return which minutes lie in stretches that begin `rate` times a day."""
    inside = np.zeros(DAY_MINUTES, dtype=np.bool_)
    for start in rng.integers(DAY_MINUTES, size=rng.poisson(rate)):
        inside[start : start + rng.integers(shortest, longest + 1)] = True
    return inside


def _candles(
    model: CoinModel,
    level: float,
    path: NDArray[np.float64],
    sigma: NDArray[np.float64],
    rng: np.random.Generator,
) -> NDArray[np.float32]:
    def on_tick(log_price: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.maximum(np.round(np.exp(log_price) / model.tick), 1.0) * model.tick

    opens = np.concatenate(([level], path[:-1]))
    wicks = np.abs(rng.standard_normal((2, DAY_MINUTES))) * sigma * 0.6
    high = np.maximum(opens, path) + wicks[0]
    low = np.minimum(opens, path) - wicks[1]
    volume = model.volume * rng.lognormal(0.0, 0.6, DAY_MINUTES)
    rows = np.stack(
        [on_tick(opens), on_tick(high), on_tick(low), on_tick(path), np.round(volume / model.lot) * model.lot]
    )
    return np.ascontiguousarray(rows.T.astype(np.float32))
