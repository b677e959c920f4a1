"""Arrays written from chosen feeds, month by month, so that only the arrays themselves are held (backtest.md 1.1)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pbtui.core.clock import MINUTE_MS
from pbtui.market.prepare.aggregate import Axis, bars_of
from pbtui.market.prepare.feeds import Feed
from pbtui.market.prepare.series import CLOSE, VOLUME, Filler, months


@dataclass(frozen=True, slots=True)
class Column:
    """A coin's feed, and the factor that makes its volumes comparable."""

    feed: Feed
    volume_factor: float = 1.0


def write_columns(
    hlcvs: NDArray[np.float64], axis: Axis, columns: Sequence[Column], tick: Callable[[int, int], None]
) -> None:
    """Fill `hlcvs` (bars, coins, 4) from the columns in their order; `tick` is told pieces done and all."""
    fillers = [_primed(axis, column.feed) for column in columns]
    pieces = list(months(axis.first_ms, axis.end_ms, axis.bar_ms))
    for done, (start, end) in enumerate(pieces):
        rows = slice((start - axis.first_ms) // axis.bar_ms, (end - axis.first_ms) // axis.bar_ms)
        for i, (column, filler) in enumerate(zip(columns, fillers, strict=True)):
            block = filler.block(column.feed.read(start, end), start, end)
            if column.volume_factor != 1.0:
                block[:, VOLUME] *= column.volume_factor
            hlcvs[rows, i] = bars_of(block, axis.interval_minutes)
        tick(done + 1, len(pieces))


def write_btc(btc_usd: NDArray[np.float64], axis: Axis, feed: Feed) -> None:
    """Fill `btc_usd` with the last close of each bar, the first known one standing for all before it (4.6)."""
    filler = _primed(axis, feed)
    for start, end in months(axis.first_ms, axis.end_ms, axis.bar_ms):
        rows = slice((start - axis.first_ms) // axis.bar_ms, (end - axis.first_ms) // axis.bar_ms)
        btc_usd[rows] = bars_of(filler.block(feed.read(start, end), start, end), axis.interval_minutes)[:, CLOSE]
    filler.block(feed.read(axis.end_ms, feed.end_ms), axis.end_ms, feed.end_ms)  # the first price may lie there
    btc_usd[np.isnan(btc_usd)] = filler.first_close


def _primed(axis: Axis, feed: Feed) -> Filler:
    """Return a filler that knows the last close before the axis: among the minutes trimmed from its beginning."""
    filler = Filler()
    start = axis.first_ms - axis.trimmed_minutes * MINUTE_MS
    if start < axis.first_ms:
        filler.block(feed.read(start, axis.first_ms), start, axis.first_ms)
    return filler
