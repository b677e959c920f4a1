"""Minutes of a made-up market: a random walk on a price grid, the same for the same seed."""

from __future__ import annotations

import numpy as np

from pbtui.core.clock import MINUTE_MS
from pbtui.market.store.rows import MINUTE, Rows

FIRST = 1_746_835_200_000  # 2025-05-10


def walk(price: float, seed: int, minutes: int) -> Rows:
    """Return minutes from `FIRST` on that begin at a price."""
    random = np.random.default_rng(seed)
    tick = 10.0 ** np.floor(np.log10(price) - 3)
    close = np.round(price * np.exp(np.cumsum(random.normal(0, 0.001, minutes))) / tick) * tick
    rows = np.empty(minutes, dtype=MINUTE)
    rows["ts"] = FIRST + np.arange(minutes) * MINUTE_MS
    rows["c"], rows["o"] = close, np.concatenate([[price], close[:-1]])
    rows["h"] = np.maximum(rows["o"], rows["c"]) + np.float32(tick)
    rows["l"] = np.minimum(rows["o"], rows["c"]) - np.float32(tick)
    rows["bv"] = random.uniform(10, 100, minutes)
    return rows
