"""Minutes of one coin on a regular grid in float32: constant memory, constant time to any candle."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pbtui.core.clock import MINUTE_MS
from pbtui.exchange.paper.feed import MinuteBar
from pbtui.exchange.port import TIMEFRAME_MS, Candles, Timeframe
from pbtui.market.recordings import Recording

Rows = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Grid:
    """Row i opens at `first_ms` + i minutes: open, high, low, close, volume; a missing minute is NaN.

    Prices are rounded to float32, as the reference stores candles (backtest.md 1.1), and widened when read.
    """

    first_ms: int
    rows: Rows

    @classmethod
    def of(cls, recording: Recording, first_ms: int, last_ms: int) -> Grid:
        """Lay a recording over the minutes first_ms … last_ms."""
        rows = np.full(((last_ms - first_ms) // MINUTE_MS + 1, 5), np.nan, dtype=np.float32)
        inside = (recording.ts_ms >= first_ms) & (recording.ts_ms <= last_ms)
        at = (recording.ts_ms[inside] - first_ms) // MINUTE_MS
        for i, column in enumerate(recording.values):
            rows[at, i] = column[inside].astype(np.float32)
        return cls(first_ms, rows)

    def bar(self, ts_ms: int) -> MinuteBar | None:
        """Return the candle that opens at `ts_ms`; None in a gap and outside."""
        i = (ts_ms - self.first_ms) // MINUTE_MS
        if not 0 <= i < len(self.rows):
            return None
        o, h, l, c, v = self.rows[i].tolist()  # noqa: E741  (the usual names of a candle)
        return MinuteBar(ts_ms, o, h, l, c, v) if c == c else None

    def minutes(self, start_ms: int, end_ms: int) -> Candles:
        """Return the candles with start_ms ≤ open < end_ms, without the missing ones."""
        i = max(0, -((self.first_ms - start_ms) // MINUTE_MS))
        j = max(i, min(len(self.rows), -((self.first_ms - end_ms) // MINUTE_MS)))
        return candles_of(self.first_ms + i * MINUTE_MS, self.rows[i:j])


def candles_of(first_ms: int, rows: Rows) -> Candles:
    """Return the rows of a grid that begins at `first_ms` as candles, the missing ones left out."""
    there = np.flatnonzero(~np.isnan(rows[:, 3]))
    wide = rows[there].astype(np.float64)
    ts = first_ms + there.astype(np.int64) * MINUTE_MS
    return Candles(ts, *(np.ascontiguousarray(wide[:, i]) for i in range(5)))


def candles_between(
    minutes: Callable[[int, int], Candles], timeframe: Timeframe, start_ms: int, end_ms: int
) -> Candles:
    """Return the candles with start_ms ≤ open < end_ms, longer ones made of the minutes there are in their time."""
    if timeframe == "1m":
        return minutes(start_ms, end_ms)
    period = TIMEFRAME_MS[timeframe]
    return _longer(minutes(-(-start_ms // period) * period, -(-end_ms // period) * period), period)


def _longer(minutes: Candles, period: int) -> Candles:
    """Return candles of `period` ms made of what minutes there are; one without any is missing."""
    if not len(minutes):
        return minutes
    opens = minutes.ts_ms - minutes.ts_ms % period
    starts = np.flatnonzero(np.concatenate(([True], np.diff(opens) > 0)))
    ends = np.append(starts[1:], len(opens)) - 1
    return Candles(
        opens[starts],
        minutes.open[starts],
        np.maximum.reduceat(minutes.high, starts),
        np.minimum.reduceat(minutes.low, starts),
        minutes.close[ends],
        np.add.reduceat(minutes.volume, starts),
    )
