"""Bars wider than a minute, and where a coin's valid range lies in them (backtest.md 1.7, 1.8)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pbtui.core.clock import MINUTE_MS
from pbtui.market.prepare.series import CLOSE, HIGH, LOW, VOLUME, Block


@dataclass(frozen=True, slots=True)
class Axis:
    """The time axis of a dataset: `bars` bars of `interval_minutes`, the first opening at `first_ms`.

    `trimmed_minutes` are the leading minutes of the candles that were dropped to begin on a multiple of the interval.
    """

    first_ms: int
    bars: int
    interval_minutes: int
    trimmed_minutes: int

    @property
    def bar_ms(self) -> int:
        """Length of a bar."""
        return self.interval_minutes * MINUTE_MS

    @property
    def end_ms(self) -> int:
        """Close of the last bar."""
        return self.first_ms + self.bars * self.bar_ms

    def timestamps(self) -> NDArray[np.int64]:
        """Return the open time of every bar."""
        return self.first_ms + np.arange(self.bars, dtype=np.int64) * self.bar_ms

    def valid_bars(self, first_minute: int, last_minute: int) -> tuple[int, int]:
        """Map a coin's first and last minute (counted from the first candle of all, both included) to bars (1.7)."""
        minutes = self.bars * self.interval_minutes
        first = min(max(first_minute - self.trimmed_minutes, 0), minutes)
        last = min(max(last_minute - self.trimmed_minutes, 0), minutes - 1)
        return min(-(-first // self.interval_minutes), self.bars), min(last // self.interval_minutes, self.bars - 1)


def axis_of(first_ms: int, last_ms: int, interval_minutes: int) -> Axis:
    """Return the axis over the minutes first … last: whole bars on multiples of the interval; `bars` may be 0."""
    bar_ms = interval_minutes * MINUTE_MS
    start = -(-first_ms // bar_ms) * bar_ms
    bars = max(0, (last_ms + MINUTE_MS - start) // bar_ms)
    return Axis(start, bars, interval_minutes, (start - first_ms) // MINUTE_MS)


def bars_of(minutes: Block, interval: int) -> Block:
    """Return bars of `interval` minutes each: highest high, lowest low, last close, summed volume; NaN spreads.

    Volumes are added minute by minute in order, which decides their last digit. The incomplete tail is dropped.
    """
    if interval == 1:
        return minutes
    groups = minutes[: len(minutes) // interval * interval].reshape(-1, interval, 4)
    bars = np.empty((len(groups), 4))
    bars[:, HIGH] = groups[:, :, HIGH].max(axis=1)
    bars[:, LOW] = groups[:, :, LOW].min(axis=1)
    bars[:, CLOSE] = groups[:, -1, CLOSE]
    bars[:, VOLUME] = groups[:, 0, VOLUME]
    for minute in range(1, interval):
        bars[:, VOLUME] += groups[:, minute, VOLUME]
    return bars
