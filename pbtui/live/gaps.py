"""Candles made contiguous: every missing minute becomes a flat candle of the last close (backtest.md 4.2)."""

from __future__ import annotations

import numpy as np

from pbtui.core.clock import MINUTE_MS
from pbtui.exchange.port import Candles


def without_gaps(candles: Candles, *, after: tuple[int, float] | None, until_ms: int | None) -> Candles:
    """Return consecutive 1-minute candles.

    `after` is (open time, close) of the candle before the first wanted one, so that a gap at the start is filled;
    without it the result starts with the first candle there is. `until_ms` fills up to that minute (exclusive).
    """
    n = len(candles)
    if n == 0 and (after is None or until_ms is None):
        return candles
    start = int(candles.ts_ms[0]) if after is None else after[0] + MINUTE_MS
    end = int(candles.ts_ms[-1]) + MINUTE_MS if n else start
    end = end if until_ms is None else max(end, until_ms)
    count = max(0, (end - start) // MINUTE_MS)
    if count == n and (n == 0 or int(candles.ts_ms[0]) == start):
        return candles
    ts = start + MINUTE_MS * np.arange(count, dtype=np.int64)
    return _spread(candles, ts, after[1] if after else float("nan"))


def _spread(candles: Candles, ts: np.ndarray, close_before: float) -> Candles:
    """Place the candles on the grid `ts`; empty places repeat the close before them with volume 0."""
    place = np.searchsorted(candles.ts_ms, ts, side="right") - 1
    inside = place >= 0
    safe = np.where(inside, place, 0)
    if len(candles) == 0:
        flat = np.full(len(ts), close_before)
        return Candles(ts, flat, flat, flat, flat, np.zeros(len(ts)))
    real = inside & (candles.ts_ms[safe] == ts)
    last_close = np.where(inside, candles.close[safe], close_before)
    return Candles(
        ts_ms=ts,
        open=np.where(real, candles.open[safe], last_close),
        high=np.where(real, candles.high[safe], last_close),
        low=np.where(real, candles.low[safe], last_close),
        close=last_close,
        volume=np.where(real, candles.volume[safe], 0.0),
    )
