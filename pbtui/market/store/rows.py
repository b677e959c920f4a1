"""Candle rows: one dtype for store, sources and preparation (candles.md 1), and what makes a row sound."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

MINUTE = np.dtype([("ts", "<i8"), ("o", "<f4"), ("h", "<f4"), ("l", "<f4"), ("c", "<f4"), ("bv", "<f4")])
FIELDS = ("o", "h", "l", "c", "bv")
NAMES = ("ts", *FIELDS)
Rows = NDArray[Any]  # of dtype MINUTE: real candles only, ascending, unique


def no_rows() -> Rows:
    """Return no candles."""
    return np.empty(0, dtype=MINUTE)


def last_of_each(rows: Rows) -> Rows:
    """Return rows ascending and unique; of two with the same time the later one counts."""
    if ascending(rows):
        return rows
    _, first_from_behind = np.unique(rows["ts"][::-1], return_index=True)
    return rows[::-1][first_from_behind]


def ascending(rows: Rows) -> bool:
    """Return whether every row is later than the one before it."""
    return bool((rows["ts"][1:] > rows["ts"][:-1]).all())


def sound(rows: Rows, step_ms: int) -> NDArray[np.bool_]:
    """Return which rows are candles: on the grid of `step_ms`, finite, positive, low ≤ open, close ≤ high."""
    prices = [rows[name] for name in ("o", "h", "l", "c")]
    with np.errstate(invalid="ignore"):
        good = (rows["ts"] % step_ms == 0) & np.isfinite(rows["bv"]) & (rows["bv"] >= 0.0)
        for price in prices:
            good &= np.isfinite(price) & (price > 0.0) & (price <= rows["h"]) & (price >= rows["l"])
    return good


def between(rows: Rows, start_ms: int, end_ms: int) -> Rows:
    """Return the part of ascending rows with start_ms ≤ open < end_ms."""
    low, high = np.searchsorted(rows["ts"], (start_ms, end_ms))
    return rows[low:high]


def crc32_of(rows: Rows) -> int:
    """Return the crc32 of the rows' bytes."""
    return zlib.crc32(np.ascontiguousarray(rows).data)
