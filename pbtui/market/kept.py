"""A venue's finished candles kept in the store, so that the next run asks only for what happened since."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import numpy as np

from pbtui.exchange.port import TIMEFRAME_MS, Candles, Timeframe
from pbtui.exchange.public.cache import SETTLED_MS, Ask
from pbtui.market.sources.rows import rows_of_candles
from pbtui.market.store.rows import Rows, last_of_each
from pbtui.market.store.spans import Stretch, windows
from pbtui.market.store.trouble import StoreBusy, StoreUnwritable

if TYPE_CHECKING:
    from pbtui.market.store import CandleStore

_FEW = 10  # so few candles, and all of them recent, are not looked for on disk
_PAGE = 500  # gaps closer together than this are asked for together
_WRITTEN_TOGETHER = 30
Key = tuple[str, Timeframe]


class KeptCandles:
    """The `Shelf` of a public feed over one exchange's store.

    Newest minutes wait in memory until there are some of them: a crash loses what can be asked for again. When the
    store cannot be written (of which it tells itself) candles come from the venue as if there were none.
    """

    def __init__(self, store: CandleStore) -> None:
        self._store = store
        self._pending: dict[Key, list[Rows]] = {}

    async def fill(
        self, symbol: str, timeframe: Timeframe, start_ms: int, end_ms: int, *, now_ms: float, ask: Ask
    ) -> Candles:
        """Return the candles of a range; what is neither on disk nor waiting is asked for. Raises ExchangeError."""
        step = TIMEFRAME_MS[timeframe]
        if end_ms - start_ms <= _FEW * step and end_ms >= now_ms - (_FEW + 1) * step:
            found = await ask(start_ms, end_ms)
            await self._keep((symbol, timeframe), rows_of_candles(found), now_ms, at_once=False)
            return found
        rows = await asyncio.to_thread(self._held, (symbol, timeframe), start_ms, end_ms)
        gaps = _gaps(rows, start_ms, end_ms, step)
        for span in windows(gaps, near_ms=_PAGE * step, longest_ms=1 << 62):
            fresh = rows_of_candles(await ask(span.start_ms, span.end_ms))
            await self._keep((symbol, timeframe), fresh, now_ms, at_once=True)
            rows = np.concatenate([rows, fresh])
        return _candles(last_of_each(rows))

    async def close(self) -> None:
        """Write what waits."""
        for key in list(self._pending):
            await self._write(key)

    def _held(self, key: Key, start_ms: int, end_ms: int) -> Rows:
        symbol, timeframe = key
        rows = self._store.read(symbol, start_ms, end_ms, timeframe)
        waiting = [part[(part["ts"] >= start_ms) & (part["ts"] < end_ms)] for part in self._pending.get(key, ())]
        return last_of_each(np.concatenate([rows, *waiting])) if waiting else rows

    async def _keep(self, key: Key, rows: Rows, now_ms: float, *, at_once: bool) -> None:
        settled = rows[rows["ts"] <= now_ms - SETTLED_MS - TIMEFRAME_MS[key[1]]]
        if not len(settled):
            return
        waiting = self._pending.setdefault(key, [])
        waiting.append(settled)
        if at_once or sum(map(len, waiting)) >= _WRITTEN_TOGETHER:
            await self._write(key)

    async def _write(self, key: Key) -> None:
        parts = self._pending.pop(key, [])
        if not parts:
            return
        symbol, timeframe = key
        with contextlib.suppress(StoreUnwritable, StoreBusy):
            await asyncio.to_thread(self._store.write, symbol, last_of_each(np.concatenate(parts)), timeframe)


def _gaps(rows: Rows, start_ms: int, end_ms: int, step: int) -> list[Stretch]:
    first, last = -(-start_ms // step) * step, -(-end_ms // step) * step
    edges = np.concatenate([[first - step], rows["ts"], [last]])
    return [Stretch(int(edges[i]) + step, int(edges[i + 1])) for i in np.flatnonzero(np.diff(edges) > step)]


def _candles(rows: Rows) -> Candles:
    columns = (rows[name].astype(np.float64) for name in ("o", "h", "l", "c", "bv"))
    return Candles(np.ascontiguousarray(rows["ts"], dtype=np.int64), *columns)
