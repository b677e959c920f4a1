"""Candles, clocks and stores for tests of the store."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from pbtui.core.clock import MINUTE_MS, VirtualClock
from pbtui.market.store import CandleStore, Trouble
from pbtui.market.store.rows import MINUTE, Rows

BTC = "BTC/USDT:USDT"
ALL = (0, 1 << 62)


def at(text: str) -> int:
    """Return an ISO moment (UTC) in epoch ms."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1000


NOW = at("2025-06-20T12:00:30")


def rows_at(ts: np.ndarray | list[int], *, seed: int = 0) -> Rows:
    """Return sound candles at these times; their numbers follow from time and seed."""
    ts = np.asarray(ts, dtype=np.int64)
    rows = np.empty(len(ts), dtype=MINUTE)
    rows["ts"] = ts
    rows["o"] = 100 + (ts // MINUTE_MS * 7 + seed * 13) % 997 / 7
    rows["c"] = 100 + (ts // MINUTE_MS * 11 + seed * 17) % 991 / 7
    rows["h"] = np.maximum(rows["o"], rows["c"]) + np.float32(1.5)
    rows["l"] = np.minimum(rows["o"], rows["c"]) - np.float32(2.25)
    rows["bv"] = (ts // MINUTE_MS + seed) % 89
    return rows


def minutes(start: str | int, count: int, *, seed: int = 0, step_ms: int = MINUTE_MS) -> Rows:
    """Return candles without holes."""
    first = at(start) if isinstance(start, str) else start
    return rows_at(first + np.arange(count) * step_ms, seed=seed)


@dataclass
class Kept:
    """A store in a folder, with its clock and its troubles."""

    root: Path
    exchange: str = "binance"
    now_ms: int = NOW
    troubles: list[Trouble] = field(default_factory=list)
    lock_timeout_s: float = 10.0

    def __post_init__(self) -> None:
        self.clock = VirtualClock(self.now_ms)
        self.store = self.fresh()

    def fresh(self) -> CandleStore:
        """Return a store that remembers nothing, as another process would have it."""
        return CandleStore(
            self.root,
            self.exchange,
            clock=self.clock,
            on_trouble=self.troubles.append,
            lock_timeout_s=self.lock_timeout_s,
            fetch_timeout_s=self.lock_timeout_s,
        )

    def folder(self, symbol: str = BTC, timeframe: str = "1m") -> Path:
        return self.root / self.exchange / timeframe / symbol.replace("/", "_")

    def names(self) -> list[str]:
        """Return the files a user would see."""
        return sorted(path.name for path in self.folder().iterdir() if not path.name.startswith("."))

    def whole(self, symbol: str = BTC) -> Rows:
        return self.store.read(symbol, *ALL)

    def kinds(self) -> list[str]:
        return [trouble.kind for trouble in self.troubles]
