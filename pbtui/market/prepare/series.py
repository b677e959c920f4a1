"""One coin's minutes: what is there, how wide the holes are, and the gapless series made of it (backtest.md 4.2).

Everything works on chunks of about a month, so that memory does not grow with the length of the window.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from pbtui.core.clock import DAY_MS, MINUTE_MS
from pbtui.market.store.rows import Rows

Block = NDArray[np.float64]  # (minutes, 4): high, low, close, volume
HIGH, LOW, CLOSE, VOLUME = range(4)


def months(start_ms: int, end_ms: int, grid_ms: int = MINUTE_MS) -> Iterator[tuple[int, int]]:
    """Yield [from, to) pieces of [start, end) cut at the beginnings of months, rounded down to a grid."""
    cuts = [start_ms]
    moment = datetime.fromtimestamp(start_ms // 1000, UTC)
    year, month = moment.year, moment.month
    while True:
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
        cut = int(datetime(year, month, 1, tzinfo=UTC).timestamp()) * 1000 // grid_ms * grid_ms
        if cut >= end_ms:
            break
        if cut > cuts[-1]:
            cuts.append(cut)
    if end_ms > start_ms:
        yield from zip(cuts, [*cuts[1:], end_ms], strict=True)


@dataclass(frozen=True, slots=True)
class Survey:
    """What a pass over a feed found: number of real candles, first and last open time, widest step, base volume."""

    count: int = 0
    first_ms: int = 0
    last_ms: int = 0
    widest_minutes: int = 0  # largest distance between two neighbours
    widest_from_ms: int = 0  # the candle before it
    volume: float = 0.0


def survey(chunks: Iterable[Rows]) -> Survey:
    """Return the facts of a feed given chunk by chunk."""
    found = Survey()
    for rows in chunks:
        if len(rows):
            found = _extended(found, rows)
    return found


def _extended(found: Survey, rows: Rows) -> Survey:
    ts: NDArray[np.int64] = rows["ts"]
    before = np.concatenate(([found.last_ms if found.count else ts[0]], ts[:-1]))
    steps = ts - before
    widest = int(np.argmax(steps))
    wider = int(steps[widest]) // MINUTE_MS > found.widest_minutes
    return Survey(
        count=found.count + len(rows),
        first_ms=found.first_ms if found.count else int(ts[0]),
        last_ms=int(ts[-1]),
        widest_minutes=int(steps[widest]) // MINUTE_MS if wider else found.widest_minutes,
        widest_from_ms=int(before[widest]) if wider else found.widest_from_ms,
        volume=found.volume + float(np.sum(rows["bv"], dtype=np.float64)),
    )


class Filler:
    """Fills holes of one coin: each missing minute is flat at the close before it, with no volume.

    Nothing (NaN) stands before the first real candle. Blocks must be asked for in order, without holes between them.
    """

    def __init__(self) -> None:
        self._close = np.nan
        self.first_close = np.nan  # of the first real candle met

    def block(self, rows: Rows, start_ms: int, end_ms: int) -> Block:
        """Return every minute of [start, end) from the real rows within it and the close before it."""
        block = np.empty(((end_ms - start_ms) // MINUTE_MS, 4))
        at = (rows["ts"] - start_ms) // MINUTE_MS
        closes = rows["c"].astype(np.float64)
        head = int(at[0]) if len(at) else len(block)
        runs = np.diff(np.append(at, len(block)))
        line = np.concatenate((np.full(head, self._close), np.repeat(closes, runs)))
        for field in (HIGH, LOW, CLOSE):
            block[:, field] = line
        block[:, VOLUME] = 0.0
        if np.isnan(self._close):
            block[:head, VOLUME] = np.nan
        for field, name in ((HIGH, "h"), (LOW, "l"), (VOLUME, "bv")):
            block[at, field] = rows[name]
        if len(closes):
            self._close = closes[-1]
            self.first_close = closes[0] if np.isnan(self.first_close) else self.first_close
        return block


def daily_volumes(chunks: Iterable[Rows], end_ms: int) -> dict[int, float]:
    """Return the base volume of each UTC day (epoch days) from the first real candle to `end_ms`, itself included."""
    totals: dict[int, float] = {}
    for rows in chunks:
        if not len(rows):
            continue
        day = rows["ts"] // DAY_MS
        first = int(day[0])
        sums = np.bincount(day - first, weights=rows["bv"].astype(np.float64))
        for offset, volume in enumerate(sums.tolist()):
            totals[first + offset] = totals.get(first + offset, 0.0) + volume
    if not totals:
        return {}
    return {day: totals.get(day, 0.0) for day in range(min(totals), end_ms // DAY_MS + 1)}
