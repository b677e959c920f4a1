"""A venue on the loopback and the real client on it, for tests of the public feed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import numpy as np

from pbtui.core.types import Ticker
from pbtui.exchange.paper.feed import Trade
from pbtui.exchange.port import Candles

BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"


def walk(start: float, decimals: int, *, minutes: int = 5_000, seed: int = 1) -> Candles:
    """Return a seeded walk of minutes, written with the given decimals."""
    rng = np.random.default_rng(seed)
    close = np.round(start * np.exp(np.cumsum(rng.normal(0, 3e-4, minutes))), decimals)
    opened = np.concatenate([[start], close[:-1]])
    spread = np.abs(rng.normal(0, 2e-4, minutes)) * start
    high = np.round(np.maximum(opened, close) + spread, decimals)
    low = np.round(np.minimum(opened, close) - spread, decimals)
    volume = np.round(rng.uniform(1, 50, minutes), 3)
    ts = 1_735_689_600_000 + np.arange(minutes, dtype=np.int64) * 60_000
    return Candles(ts, opened, high, low, close, volume)


def two_coins() -> dict[str, Candles]:
    """Return the candles of two coins."""
    return {"BTC": walk(100_000.0, 1, seed=1), "ETH": walk(3_000.0, 2, seed=2)}


class Heard:
    """What the callbacks of a feed were given."""

    def __init__(self) -> None:
        self.trades: list[Trade] = []
        self.tickers: list[Ticker] = []

    def prices(self, symbol: str) -> list[float]:
        return [trade.price for trade in self.trades if trade.symbol == symbol]


async def until(condition: Callable[[], object], seconds: float = 10.0) -> None:
    """Wait until a condition holds; fails when it never does."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "this never came true"
        await asyncio.sleep(0.01)
