"""A plain candle store on real files: one array a symbol and timeframe, replaced whole under a lock."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import threading
from collections.abc import Generator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from pbtui.exchange.port import TIMEFRAME_MS, Timeframe
from pbtui.market.sources.rows import Rows, last_of_each, no_rows
from pbtui.market.sources.spans import SpanLike, Stretch


@dataclass(frozen=True)
class PlainGap:
    start_ms: int
    end_ms: int
    reason: str
    retry_count: int


class PlainStore:
    """See `pbtui.market.sources.keeping.Store`."""

    def __init__(self, folder: Path, exchange: str) -> None:
        self.exchange = exchange
        self.writes = 0
        self._folder = folder / exchange
        self._folder.mkdir(parents=True, exist_ok=True)
        self._locks: dict[str, threading.Lock] = {}

    def read(self, symbol: str, start_ms: int, end_ms: int, timeframe: Timeframe = "1m") -> Rows:
        path = self._path(symbol, timeframe, "npy")
        rows: Rows = np.load(path) if path.exists() else no_rows()
        return rows[(rows["ts"] >= start_ms) & (rows["ts"] < end_ms)]

    def write(self, symbol: str, rows: Rows, timeframe: Timeframe = "1m") -> None:
        merged = last_of_each(np.concatenate([self.read(symbol, 0, 1 << 62, timeframe), rows]))
        path = self._path(symbol, timeframe, "npy")
        beside = path.with_suffix(f".{os.getpid()}.tmp")
        with beside.open("wb") as file:
            np.save(file, merged)
        beside.replace(path)
        self.writes += 1

    def missing(self, symbol: str, start_ms: int, end_ms: int, timeframe: Timeframe = "1m") -> list[Stretch]:
        step = TIMEFRAME_MS[timeframe]
        first, last = -(-start_ms // step) * step, -(-end_ms // step) * step
        edges = np.concatenate([[first - step], self.read(symbol, first, last, timeframe)["ts"], [last]])
        at = np.flatnonzero(np.diff(edges) > step)
        return [Stretch(int(edges[i]) + step, int(edges[i + 1])) for i in at]

    @contextlib.contextmanager
    def fetch_lock(self, symbol: str, timeframe: Timeframe = "1m") -> Generator[None]:
        path = self._path(symbol, timeframe, "lock")
        with self._locks.setdefault(path.name, threading.Lock()), path.open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def known_gaps(self, symbol: str, timeframe: Timeframe = "1m") -> list[PlainGap]:
        return [PlainGap(**each) for each in self._facts(symbol).get(f"gaps {timeframe}", [])]

    def note_gap(
        self,
        symbol: str,
        span: SpanLike,
        reason: str,
        timeframe: Timeframe = "1m",
        *,
        retry_count: int | None = None,
    ) -> None:
        gaps = self.known_gaps(symbol, timeframe)
        for i, gap in enumerate(gaps):
            if gap.start_ms <= span.end_ms and gap.end_ms >= span.start_ms:
                start, end = min(gap.start_ms, span.start_ms), max(gap.end_ms, span.end_ms)
                count = min(3, gap.retry_count + 1) if retry_count is None else retry_count
                gaps[i] = replace(gap, start_ms=start, end_ms=end, retry_count=count, reason=reason)
                break
        else:
            gaps.append(PlainGap(span.start_ms, span.end_ms, reason, retry_count or 1))
        self._note(symbol, f"gaps {timeframe}", [asdict(gap) for gap in gaps])

    def listing(self, symbol: str) -> int | None:
        return self._facts(symbol).get("listing")

    def note_listing(self, symbol: str, first_ms: int) -> None:
        self._note(symbol, "listing", first_ms)

    def _facts(self, symbol: str) -> dict:
        path = self._path(symbol, "1m", "json")
        return json.loads(path.read_text()) if path.exists() else {}

    def _note(self, symbol: str, name: str, value: object) -> None:
        self._path(symbol, "1m", "json").write_text(json.dumps(self._facts(symbol) | {name: value}))

    def _path(self, symbol: str, timeframe: str, suffix: str) -> Path:
        return self._folder / f"{symbol.replace('/', '_')}.{timeframe}.{suffix}"
