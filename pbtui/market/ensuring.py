"""Fetching for whoever prepares data: one callable for every exchange, opened without keys when first needed."""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Callable
from types import TracebackType

from pbtui.market.sources.fetch import Ensured, ensure
from pbtui.market.sources.holes import holes_in, wanted
from pbtui.market.sources.keeping import Store
from pbtui.market.sources.progress import Meter
from pbtui.market.venue_access import Access, OpenVenue, open_venue


class Ensuring:
    """Makes stores hold ranges as far as the world has them; an async context manager, or close it after use.

    `store` gives the store of an exchange by short name. Where nothing is worth asking for, nobody is asked, so that
    complete data need no network. `refetch_gaps`: every call asks again for gaps known to be empty.
    """

    def __init__(
        self,
        store: Callable[[str], Store],
        access: Access,
        *,
        meter: Meter | None = None,
        refetch_gaps: bool = False,
    ) -> None:
        self._store = store
        self._access = access
        self._meter = meter
        self._refetch_gaps = refetch_gaps
        self._open = contextlib.AsyncExitStack()
        self._venues: dict[str, OpenVenue] = {}
        self._opening: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def __call__(
        self, exchange: str, symbol: str, start_ms: int, end_ms: int, *, refetch_gaps: bool = False
    ) -> Ensured:
        """Make the exchange's store hold the minutes of [start, end), and return what came of it.

        Raises ExchangeError when the venue cannot be asked or refuses, ConfigError for an unknown one, StoreUnwritable
        and StoreBusy when the store does; what was fetched until then stays.
        """
        again = refetch_gaps or self._refetch_gaps
        store, clock = self._store(exchange), self._access.clock
        end = min(end_ms, clock.now_ms() // 60_000 * 60_000)
        asking = await asyncio.to_thread(wanted, store, symbol, start_ms, end, "1m", refetch_gaps=again)
        if not asking:
            return Ensured(0, await asyncio.to_thread(holes_in, store, symbol, "1m", start_ms, end))
        venue = await self._venue(exchange)
        return await ensure(
            store,
            venue.feed,
            venue.archive,
            symbol,
            start_ms,
            end_ms,
            clock=clock,
            meter=self._meter,
            refetch_gaps=again,
        )

    async def __aenter__(self) -> Ensuring:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close every connection."""
        self._venues.clear()
        await self._open.aclose()

    async def _venue(self, exchange: str) -> OpenVenue:
        async with self._opening[exchange]:
            if exchange not in self._venues:
                self._venues[exchange] = await self._open.enter_async_context(open_venue(exchange, self._access))
            return self._venues[exchange]
