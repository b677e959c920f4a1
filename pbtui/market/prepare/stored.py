"""The candle store as preparation sees it: its rows, and cheap facts of the files they lie in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from pbtui.core.clock import DAY_MS
from pbtui.exchange.port import Timeframe
from pbtui.market.store.rows import Rows

_PERIOD = re.compile(r"(\d{4})-(\d{2})(?:-(\d{2}))?\.(?:parquet|npy)")


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
            paths = sorted((self.folder / "1m" / symbol.replace("/", "_")).iterdir())
        except OSError:
            return []
        for path in paths:
            period = _period(path.name)
            if period is None or period[0] >= end_ms or period[1] <= start_ms:
                continue
            try:
                stat = path.stat()
            except OSError:
                continue
            found.append((path.name, stat.st_size, stat.st_mtime_ns, stat.st_ino))
        return found


def _period(name: str) -> tuple[int, int] | None:
    """Return the [start, end) that a segment of this name covers; None for other files."""
    match = _PERIOD.fullmatch(name)
    if match is None:
        return None
    year, month, day = (int(part) if part else None for part in match.groups())
    if year is None or month is None:
        return None
    try:
        start = _ms(year, month, day or 1)
        if day is not None:
            return start, start + DAY_MS
        return start, _ms(year + month // 12, month % 12 + 1, 1)
    except ValueError:
        return None


def _ms(year: int, month: int, day: int) -> int:
    return int(datetime(year, month, day, tzinfo=UTC).timestamp()) * 1000
