"""Candles of made-up markets, and clocks that do not keep a test waiting."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import numpy as np

from pbtui.core.clock import DAY_MS, MINUTE_MS, RealClock
from pbtui.market.store.rows import MINUTE, Rows


def at(text: str) -> int:
    """Return an ISO moment (UTC) in epoch ms."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1000


def walk(start: str, days: float, *, seed: int = 1, price: float = 100.0, quiet: float = 0.0) -> Rows:
    """Return minutes of a seeded walk; a share `quiet` of them has no volume and does not move."""
    rng = np.random.default_rng(seed)
    count = round(days * 1440)
    move = rng.normal(0, 2e-4, count)
    silent = rng.uniform(size=count) < quiet
    silent[0] = False
    move[silent] = 0.0
    close = np.round(price * np.exp(np.cumsum(move)), 3)
    opened = np.concatenate([[price], close[:-1]])
    rows = np.empty(count, dtype=MINUTE)
    rows["ts"] = at(start) + np.arange(count) * MINUTE_MS
    rows["o"], rows["c"] = opened, close
    wide = np.where(silent, 0.0, np.round(np.abs(rng.normal(0, 0.02, count)), 3))
    rows["h"] = np.round(np.maximum(opened, close) + wide, 3)
    rows["l"] = np.round(np.minimum(opened, close) - wide, 3)
    rows["bv"] = np.where(silent, 0.0, np.round(rng.uniform(1, 50, count), 3))
    return rows


def day_of(rows: Rows, day_ms: int) -> Rows:
    """Return the rows of one UTC day."""
    return rows[(rows["ts"] >= day_ms) & (rows["ts"] < day_ms + DAY_MS)]


def same(found: Rows | None, expected: Rows, *, volume: float = 0.0) -> bool:
    """Return whether two sets of rows are equal, volumes within a relative tolerance of the format they came in."""
    if found is None or len(found) != len(expected):
        return False
    exact = all(np.array_equal(found[name], expected[name]) for name in ("ts", "o", "h", "l", "c"))
    return exact and bool(np.allclose(found["bv"], expected["bv"], rtol=volume, atol=0.0))


class InstantClock(RealClock):
    """The machine's time, except that sleeping takes none and is noted."""

    def __init__(self) -> None:
        super().__init__(seed=1)
        self.slept: list[float] = []
        self._ahead_s = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self._ahead_s

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self._ahead_s += seconds
        await asyncio.sleep(0)


def line_of(error: Any) -> str:
    """Return the line a user would see, which must be one."""
    line = error.value.line() if hasattr(error, "value") else error.line()
    assert "\n" not in line
    assert len(line) < 300
    return line


# 2024-03-25 → 2024-05-04: over the change of one venue's addresses, one whole month inside.
ROWS = walk("2024-03-25", 40, quiet=0.1)
CODES = {"binance": "SOLUSDT", "bitget": "SOLUSDT", "kucoin": "SOLUSDTM", "bybit": "SOLUSDT"}
