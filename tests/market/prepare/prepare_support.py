"""Stores, venues and candles for tests of preparation."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from pbtui.core.clock import MINUTE_MS
from pbtui.core.types import Market
from pbtui.market.prepare import Dataset, DatasetCache, Request, Supplies, Venue, prepare
from pbtui.market.prepare.feeds import Ensure
from pbtui.market.prepare.trees import find_tree
from pbtui.market.recordings import find_sources
from pbtui.market.store.rows import MINUTE, Rows

MAY_31 = 1_748_649_600_000  # 2025-05-31 00:00 UTC
NOW_MS = 1_760_000_000_000  # 2025-10-09


def symbol_of(coin: str) -> str:
    return f"{coin}/USDT:USDT"


def market(coin: str, **values: Any) -> Market:
    given: dict[str, Any] = {"qty_step": 0.1, "price_step": 0.01, "min_qty": 0.1, "min_cost": 5.0} | values
    return Market(symbol_of(coin), coin, **given)


def venue(exchange: str, coins: Iterable[str], listed_ms: Mapping[str, int] | None = None, **values: Any) -> Venue:
    return Venue(exchange, {symbol_of(coin): market(coin, **values) for coin in coins}, dict(listed_ms or {}))


def rows_of(ts_ms: Iterable[int], *, seed: int = 0, price: float = 100.0, volume: float = 10.0) -> Rows:
    """Return real candles at the given minutes, each with its own numbers."""
    ts = np.array(sorted(set(ts_ms)), np.int64)
    random = np.random.default_rng(seed)
    rows = np.zeros(len(ts), MINUTE)
    rows["ts"] = ts
    rows["c"] = price + random.normal(0, 1, len(ts)).cumsum() * 0.01
    rows["o"] = rows["c"]
    rows["h"] = rows["c"] + random.random(len(ts))
    rows["l"] = rows["c"] - random.random(len(ts))
    rows["bv"] = volume * random.random(len(ts))
    return rows


def minutes(start_ms: int, count: int) -> list[int]:
    return [start_ms + i * MINUTE_MS for i in range(count)]


@dataclass
class HeldRows:
    """A store that holds its rows in memory."""

    rows: dict[str, Rows] = field(default_factory=dict)
    reads: int = 0

    def read(self, symbol: str, start_ms: int, end_ms: int) -> Rows:
        self.reads += 1
        rows = self.rows.get(symbol, np.empty(0, MINUTE))
        return rows[(rows["ts"] >= start_ms) & (rows["ts"] < end_ms)]

    def facts(self, symbol: str, start_ms: int, end_ms: int) -> list[list[Any]]:
        held = self.rows.get(symbol, np.empty(0, MINUTE))
        inside = held[(held["ts"] >= start_ms) & (held["ts"] < end_ms)]
        return [[len(inside), hashlib.sha256(inside.tobytes()).hexdigest()]]


@dataclass
class ShardStore:
    """A store that reads day shards in Passivbot's layout below `caches/ohlcv`."""

    folder: Path
    exchange: str

    def read(self, symbol: str, start_ms: int, end_ms: int) -> Rows:
        tree = find_tree(self.folder / "caches" / "ohlcv", self.exchange, symbol, symbol)
        return tree.read(start_ms, end_ms) if tree is not None else np.empty(0, MINUTE)

    def facts(self, symbol: str, start_ms: int, end_ms: int) -> list[tuple[str, int, int]]:
        tree = find_tree(self.folder / "caches" / "ohlcv", self.exchange, symbol, symbol)
        return tree.facts(start_ms, end_ms) if tree is not None else []


def recorded(folder: Path, coins: Iterable[str] = ()) -> HeldRows:
    """Return the recorded candles of a folder, as a store holds them."""
    sources = find_sources(folder)
    store = HeldRows()
    for coin in coins or sources:
        recording = sources[coin].load()
        rows = np.zeros(len(recording.ts_ms), MINUTE)
        rows["ts"] = recording.ts_ms
        for name, column in zip(("o", "h", "l", "c", "bv"), recording.values, strict=True):
            rows[name] = column
        store.rows[symbol_of(coin)] = rows
    return store


@dataclass
class World:
    """Exchanges with their stores; prepares datasets from them."""

    venues: dict[str, Venue]
    stores: dict[str, HeldRows]
    base_dir: Path
    ensure: Ensure | None = None
    listed_ms: dict[str, int] = field(default_factory=dict)

    def supplies(self) -> Supplies:
        return Supplies(
            venue=self.venues.__getitem__,
            store=lambda name: self.stores.setdefault(name, HeldRows()),
            listed_ms=self.listed_ms,
            ensure=self.ensure,
        )

    def prepare(self, request: Request, *, now_ms: int = NOW_MS) -> Dataset:
        return asyncio.run(prepare(request, self.supplies(), DatasetCache(self.base_dir), now_ms=now_ms))


def request(**values: Any) -> Request:
    """Return a request of one day after 2025-05-31 on binance, unless said otherwise."""
    given: dict[str, Any] = {
        "exchanges": ("binance",),
        "coins": None,
        "requested_start_ms": MAY_31,
        "end_ms": MAY_31 + 1440 * MINUTE_MS,
    }
    return Request(**given | values)


def one_venue(base_dir: Path, candles: Mapping[str, Rows], **values: Any) -> World:
    """Return binance with the given coins' candles."""
    store = HeldRows({symbol_of(coin): rows for coin, rows in candles.items()})
    return World({"binance": venue("binance", candles, **values)}, {"binance": store}, base_dir)
