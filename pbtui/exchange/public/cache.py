"""Finished candles held in memory, so that the venue is asked only for what it has not told yet."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pbtui.exchange.port import TIMEFRAME_MS, Candles, Timeframe

Ask = Callable[[int, int], Awaitable[Candles]]
"""Asks the venue for start_ms ≤ open < end_ms; raises ExchangeError."""

SETTLED_MS = 10_000  # a venue may still correct a candle in the first seconds after its end
_MOST_ROWS = 400_000  # 20 bytes each
_MOST_ROWS_EACH = 20_000


class Shelf(Protocol):
    """Candles kept beyond this process, between the memory and the venue."""

    async def fill(
        self, symbol: str, timeframe: Timeframe, start_ms: int, end_ms: int, *, now_ms: float, ask: Ask
    ) -> Candles:
        """Return the candles of a range, asking only for what is not kept; raises ExchangeError when asking fails."""
        ...

    async def close(self) -> None:
        """Keep what is not kept yet."""
        ...


@dataclass(frozen=True, slots=True)
class _Held:
    """Consecutive candles from `start_ms` on, as float32 columns open to volume: what a candle is rounded to anyway."""

    start_ms: int
    step_ms: int
    table: NDArray[np.float32]

    @property
    def end_ms(self) -> int:
        return self.start_ms + len(self.table) * self.step_ms

    def cut(self, start_ms: int, end_ms: int) -> Candles:
        """Return the part with start_ms ≤ open < end_ms."""
        first = max(0, -(-(start_ms - self.start_ms) // self.step_ms))
        last = max(first, min(len(self.table), -(-(end_ms - self.start_ms) // self.step_ms)))
        ts = self.start_ms + self.step_ms * np.arange(first, last, dtype=np.int64)
        columns = (np.ascontiguousarray(self.table[first:last, i], dtype=np.float64) for i in range(5))
        return Candles(ts, *columns)


class CandleCache:
    """Per symbol and timeframe the newest run of consecutive candles that were really received.

    A missing candle ends a run: it is asked for again whenever its place is needed, so no gap is ever taken for an
    answer. What was asked least lately is dropped first.
    """

    def __init__(
        self, *, most_rows: int = _MOST_ROWS, most_rows_each: int = _MOST_ROWS_EACH, settled_ms: int = SETTLED_MS
    ) -> None:
        self._most_rows = most_rows
        self._most_rows_each = most_rows_each
        self._settled_ms = settled_ms
        self._held: OrderedDict[tuple[str, Timeframe], _Held] = OrderedDict()

    @property
    def rows(self) -> int:
        """How many candles are held."""
        return sum(len(held.table) for held in self._held.values())

    async def read(
        self, symbol: str, timeframe: Timeframe, start_ms: int, end_ms: int, *, now_ms: float, ask: Ask
    ) -> Candles:
        """Return the finished candles with start_ms ≤ open < end_ms; raises ExchangeError when asking fails.

        `now_ms` is the venue's time, `end_ms` must not lie after its last finished candle.
        """
        key = (symbol, timeframe)
        held = self._held.get(key)
        if held is None or start_ms >= held.end_ms or end_ms <= held.start_ms:
            return await self._asked(key, start_ms, end_ms, now_ms, ask)
        self._held.move_to_end(key)
        parts = [held.cut(start_ms, end_ms)]
        if start_ms < held.start_ms:
            parts.insert(0, await self._asked(key, start_ms, held.start_ms, now_ms, ask))
        if end_ms > held.end_ms:
            parts.append(await self._asked(key, held.end_ms, end_ms, now_ms, ask))
        return _joined(parts)

    async def _asked(self, key: tuple[str, Timeframe], start_ms: int, end_ms: int, now_ms: float, ask: Ask) -> Candles:
        found = await ask(start_ms, end_ms)
        self._keep(key, found, now_ms)
        return found

    def _keep(self, key: tuple[str, Timeframe], found: Candles, now_ms: float) -> None:
        """Hold what has settled: joined to the run it touches, or in place of an older one."""
        step = TIMEFRAME_MS[key[1]]
        new = _last_run(found, step, settled_by_ms=now_ms - self._settled_ms)
        if new is None:
            return
        old = self._held.get(key)
        if old is not None:
            new = _united(old, new)
        if len(new.table) > self._most_rows_each:
            excess = len(new.table) - self._most_rows_each
            new = _Held(new.start_ms + excess * step, step, new.table[excess:].copy())
        self._held[key] = new
        self._held.move_to_end(key)
        while self.rows > self._most_rows and len(self._held) > 1:
            self._held.popitem(last=False)


def _last_run(candles: Candles, step: int, *, settled_by_ms: float) -> _Held | None:
    """Return the last run of consecutive candles that had ended by `settled_by_ms`; None when there is none."""
    n = int(np.searchsorted(candles.ts_ms, settled_by_ms - step, side="right"))
    if n == 0:
        return None
    breaks = np.flatnonzero(np.diff(candles.ts_ms[:n]) != step)
    first = int(breaks[-1]) + 1 if len(breaks) else 0
    c = candles
    table = np.column_stack([column[first:n] for column in (c.open, c.high, c.low, c.close, c.volume)])
    return _Held(int(c.ts_ms[first]), step, table.astype(np.float32))


def _united(old: _Held, new: _Held) -> _Held:
    """Return both runs as one where they touch or overlap, else the later one."""
    first, second = (old, new) if old.start_ms <= new.start_ms else (new, old)
    if second.start_ms > first.end_ms:
        return second
    if second.end_ms <= first.end_ms:
        return first
    known = (first.end_ms - second.start_ms) // first.step_ms
    return _Held(first.start_ms, first.step_ms, np.concatenate([first.table, second.table[known:]]))


def _joined(parts: list[Candles]) -> Candles:
    if len(parts) == 1:
        return parts[0]
    return Candles(
        np.concatenate([part.ts_ms for part in parts]),
        np.concatenate([part.open for part in parts]),
        np.concatenate([part.high for part in parts]),
        np.concatenate([part.low for part in parts]),
        np.concatenate([part.close for part in parts]),
        np.concatenate([part.volume for part in parts]),
    )
