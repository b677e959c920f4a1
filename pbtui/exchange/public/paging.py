"""Candles page by page, in each venue's manner (candles.md 5)."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pbtui.core.errors import VenueUnreachable
from pbtui.exchange.port import TIMEFRAME_MS, Candles, Timeframe
from pbtui.exchange.public.venues import Venue

Row = tuple[int, float, float, float, float, float]
Page = Callable[[int, int, dict[str, Any]], Awaitable[Sequence[Sequence[Any]]]]
"""Asks for one page: since (ms), limit, extra parameters; raises ExchangeError."""


async def fetch_pages(
    ask: Page, venue: Venue, timeframe: Timeframe, start_ms: int, end_ms: int, *, volume_unit: float = 1.0
) -> Candles:
    """Return the finished candles with start_ms ≤ open < end_ms, prices rounded to float32 (candles.md 5.4).

    `end_ms` must not lie after the last finished candle. `volume_unit` turns the venue's volumes into base units.
    An empty page ends the history, unless the venue answers only for the time span of one page. A page that fails, or
    holds nothing but nonsense, raises ExchangeError, so that an outage never looks like no data.
    """
    step = TIMEFRAME_MS[timeframe]
    start_ms = -(-start_ms // step) * step
    rows: dict[int, Row] = {}
    since = start_ms - venue.overlap * step
    while since < end_ms:
        params = {"until": end_ms - 1} if venue.until else {}
        limit = min(venue.page, (end_ms - since) // step + 1 + venue.overlap)
        raw = await ask(since, limit, params)
        page = _clean(raw, step)
        if raw and not page:
            raise VenueUnreachable(f"{venue.name} gives candles that make no sense")
        # What was not asked for is left out: it must neither move the next page back nor end the history.
        page = [row for row in page if since <= row[0] < end_ms]
        if not page and not venue.windowed:
            break
        if not page:
            since += limit * step
            continue
        rows.update((row[0], row) for row in page)
        last = page[-1][0]
        if last + step >= end_ms:
            break
        since = max(last - venue.overlap * step, since + step) if venue.overlap else last + step
    return _columns([rows[ts] for ts in sorted(rows) if ts >= start_ms], volume_unit)


def _clean(page: Sequence[Sequence[Any]], step: int) -> list[Row]:
    """Return the sound rows of a page, oldest first, opening on the grid; malformed rows are left out."""
    sound = (row for raw in page if (row := _row(raw, step)) is not None)
    return sorted(sound, key=lambda row: row[0])


def _row(raw: Sequence[Any], step: int) -> Row | None:
    try:
        ts = int(raw[0])
        opened, high, low, close = (float(raw[i]) for i in range(1, 5))
        volume = float(raw[5] or 0.0)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    prices = (opened, high, low, close)
    if not all(math.isfinite(price) and price > 0.0 for price in prices) or not math.isfinite(volume):
        return None
    if low > min(prices) or high < max(prices):
        return None
    return ts - ts % step, opened, high, low, close, max(volume, 0.0)


def _columns(rows: list[Row], volume_unit: float) -> Candles:
    if not rows:
        return Candles.empty()
    table = np.array([row[1:] for row in rows], dtype=np.float64)
    table[:, 4] *= volume_unit
    rounded: NDArray[np.float64] = table.astype(np.float32).astype(np.float64)
    stamps = np.array([row[0] for row in rows], dtype=np.int64)
    opened, high, low, close, volume = (np.ascontiguousarray(rounded[:, i]) for i in range(5))
    return Candles(stamps, opened, high, low, close, volume)
