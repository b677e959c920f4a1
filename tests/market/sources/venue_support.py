"""A venue on the loopback and the real client on it, with the venue's time instead of ours."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path

from sources_support import at, walk
from store_support import store_at

from pbtui.core.clock import Clock
from pbtui.exchange.public import CcxtPublicFeed, EndpointOverrides
from pbtui.exchange.public.endpoints import Rewrites
from pbtui.market.sources import Ensured, Meter, ensure
from pbtui.market.sources.archives import Archive
from pbtui.market.store import CandleStore
from pbtui.market.store.rows import Rows
from tests.support.hasty_clock import HastyClock
from tests.support.kline_server import KlineServer

NOW = at("2025-06-10T12:00:30")
ROWS = walk("2025-06-05", 6, quiet=0.05)  # beyond now: what has not happened yet


@dataclass
class Venue:
    """A venue, its client, and a store to fill."""

    name: str
    server: KlineServer
    feed: CcxtPublicFeed
    store: CandleStore
    clock: Clock
    archive: Archive | None = None

    @property
    def quote(self) -> str:
        return self.feed.quote

    def symbol(self, coin: str = "SOL") -> str:
        return f"{coin}/{self.quote}:{self.quote}"

    async def ensure(
        self, start: int, end: int, *, coin: str = "SOL", meter: Meter | None = None, **options
    ) -> Ensured:
        symbol = self.symbol(coin)
        return await ensure(
            self.store, self.feed, self.archive, symbol, start, end, clock=self.clock, meter=meter, **options
        )

    def stored(self, start: int = 0, end: int = 1 << 62, *, coin: str = "SOL") -> Rows:
        return self.store.read(self.symbol(coin), start, end)


@contextlib.asynccontextmanager
async def venue(
    name: str, folder: Path, rows: dict[str, Rows] | None = None, *, now_ms: int = NOW, clock: Clock | None = None
) -> AsyncGenerator[Venue]:
    with KlineServer(name, rows or {"SOL": ROWS}, now_ms=now_ms) as server:
        clock = clock or HastyClock()
        endpoints = EndpointOverrides(rest=Rewrites({"*": server.base_url}), disable_ws=True)
        feed = CcxtPublicFeed(name, clock=clock, endpoints=endpoints)
        await feed.start()
        try:
            yield Venue(name, server, feed, store_at(folder, name), clock)
        finally:
            await feed.close()
