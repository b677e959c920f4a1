"""Candle rows from tables of doubtful origin: only what is sound, inside its range, once, is kept."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pbtui.core.clock import MINUTE_MS
from pbtui.core.errors import DataError
from pbtui.exchange.port import Candles
from pbtui.market.store.rows import FIELDS, MINUTE, Rows, last_of_each

_SECONDS_BELOW = 1e11  # smaller stamps count seconds
_MICROSECONDS_FROM = 1e14  # greater ones count microseconds
_NANOSECONDS_FROM = 1e17  # and these nanoseconds


class BadBody(DataError):
    """An answer of an archive that cannot be used: truncated, garbled, of another day, no archive at all."""


def rows_of_candles(candles: Candles) -> Rows:
    """Return the candles of a feed as rows."""
    rows = np.empty(len(candles), dtype=MINUTE)
    columns = (candles.open, candles.high, candles.low, candles.close, candles.volume)
    rows["ts"] = candles.ts_ms
    for name, column in zip(FIELDS, columns, strict=True):
        rows[name] = column
    return rows


def stamps_ms(stamps: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return stamps in milliseconds, whether they count seconds, milliseconds or less (candles.md 11)."""
    known = stamps[np.isfinite(stamps)]
    largest = float(known.max()) if len(known) else 0.0
    if largest < _SECONDS_BELOW:
        return stamps * 1000.0
    if largest >= _NANOSECONDS_FROM:
        return stamps / 1e6
    return stamps / 1000.0 if largest >= _MICROSECONDS_FROM else stamps


def sound_rows(table: NDArray[np.float64], start_ms: int, end_ms: int, *, volume_unit: float = 1.0) -> Rows:
    """Return the sound candles with start_ms ≤ open < end_ms of a table ts, open, high, low, close, volume.

    Unsound rows are left out, as a page of a venue leaves them out; of two rows of one minute the later one counts
    (candles.md 5.4). `volume_unit` turns the volumes into base units. Raises BadBody for a table without a sound row,
    and for one whose rows all lie outside the range.
    """
    ts, prices, volume = stamps_ms(table[:, 0]), table[:, 1:5], table[:, 5] * volume_unit
    with np.errstate(invalid="ignore"):
        good = np.isfinite(ts) & np.isfinite(prices).all(axis=1) & np.isfinite(volume)
        good &= (prices > 0.0).all(axis=1) & (prices <= np.finfo(np.float32).max).all(axis=1)
        good &= (volume >= 0.0) & (volume <= np.finfo(np.float32).max)
        good &= (prices[:, 1] >= prices.max(axis=1)) & (prices[:, 2] <= prices.min(axis=1))
    if not good.any():
        raise BadBody("holds no candle")
    minutes = (np.clip(ts[good], 0, end_ms) // MINUTE_MS).astype(np.int64) * MINUTE_MS
    inside = (minutes >= start_ms) & (minutes < end_ms)
    if not inside.any():
        raise BadBody("holds candles of another time")
    rows = np.empty(int(inside.sum()), dtype=MINUTE)
    rows["ts"] = minutes[inside]
    for i, name in enumerate(FIELDS[:4]):
        rows[name] = prices[good][inside, i]
    rows["bv"] = volume[good][inside]
    return last_of_each(rows[rows["c"] > 0.0])  # a price too small for float32 is none
