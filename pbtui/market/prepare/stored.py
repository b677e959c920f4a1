"""The candle store as preparation sees it: its rows, and cheap facts of the files they lie in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pbtui.exchange.port import Timeframe
from pbtui.market.store.layout import folder_of, segment_of
from pbtui.market.store.rows import Rows


class CandleReader(Protocol):
    """The store of one exchange, as far as it is read here."""

    def read(self, symbol: str, start_ms: int, end_ms: int, timeframe: Timeframe = "1m") -> Rows:
        """Return the real candles held of [start, end), verified."""
        ...


@dataclass(frozen=True, slots=True)
class StoreRows:
    """Minutes of a candle store; `folder` is where it keeps the exchange: `caches/ohlcv/EXCHANGE`."""

    store: CandleReader
    folder: Path

    def read(self, symbol: str, start_ms: int, end_ms: int) -> Rows:
        """Return the real minutes held of [start, end)."""
        return self.store.read(symbol, start_ms, end_ms)

    def facts(self, symbol: str, start_ms: int, end_ms: int) -> list[tuple[str, int, int, int]]:
        """Return name, size, time of change and number of every segment that may hold minutes of [start, end).

        A segment is replaced whole, never changed in place, so that new content always shows; the same content
        written anew shows too, and costs no more than preparing it once more.
        """
        found: list[tuple[str, int, int, int]] = []
        try:
            paths = sorted((self.folder / "1m" / folder_of(symbol)).iterdir())
        except OSError:
            return []
        for path in paths:
            segment = segment_of(path.name)
            if segment is None or segment.start_ms >= end_ms or segment.end_ms <= start_ms:
                continue
            try:
                stat = path.stat()
            except OSError:
                continue
            found.append((path.name, stat.st_size, stat.st_mtime_ns, stat.st_ino))
        return found
