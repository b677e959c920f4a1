"""Candles as a venue holds them: longer ones made of minutes, the running one unfinished."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

MINUTE = 60_000
Bar = tuple[int, float, float, float, float, float]


class Refused(Exception):
    """A question the venue does not answer."""


class Book:
    """Candles by coin up to `now_ms`, the venue's time."""

    def __init__(self, rows: Mapping[str, NDArray[Any]], now_ms: int) -> None:
        self.now_ms = now_ms
        self._bars: dict[tuple[str, int], tuple[NDArray[np.int64], list[Bar]]] = {}
        self.coins = tuple(rows)
        for coin, each in rows.items():
            for period in (MINUTE, 60 * MINUTE, 1440 * MINUTE):
                self._bars[coin, period] = _bars(each, period)

    def first_ms(self, coin: str) -> int:
        """Return when the first candle of a coin opened."""
        return int(self._bars[coin, MINUTE][0][0])

    def bars(
        self, coin: str, period: int, start: float, end: float, *, most: int | None = None, newest: bool = False
    ) -> list[Bar]:
        """Return candles with start ≤ open ≤ end, ascending; of more than `most` the oldest, or the newest."""
        if coin not in self.coins:
            raise Refused(f"no market {coin}")
        stamps, bars = self._bars[coin, period]
        running = self.now_ms // period * period
        first = int(np.searchsorted(stamps, start, side="left"))
        last = int(np.searchsorted(stamps, min(end, running), side="right"))
        if most is not None and last - first > most:
            first, last = (last - most, last) if newest else (first, first + most)
        found = bars[first:last]
        if found and found[-1][0] == running:
            ts, opened, *_ = found[-1]
            found = [*found[:-1], (ts, opened, opened, opened, opened, 0.001)]
        return found


def _bars(rows: NDArray[Any], period: int) -> tuple[NDArray[np.int64], list[Bar]]:
    opens = rows["ts"] - rows["ts"] % period
    starts = np.flatnonzero(np.concatenate(([True], np.diff(opens) > 0)))
    ends = np.append(starts[1:], len(rows)) - 1
    columns = [
        rows["o"][starts],
        np.maximum.reduceat(rows["h"], starts),
        np.minimum.reduceat(rows["l"], starts),
        rows["c"][ends],
        np.add.reduceat(rows["bv"].astype(np.float64), starts),
    ]
    rounded = [[round(float(value), 10) for value in column] for column in columns]
    stamps = opens[starts].astype(np.int64)
    return stamps, list(zip(stamps.tolist(), *rounded, strict=True))
