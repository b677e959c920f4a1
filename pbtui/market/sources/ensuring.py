"""Fetching for whoever prepares data: one callable for every exchange, opened without keys when first needed."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Protocol

from pbtui.config.coin_names import default_quote
from pbtui.core.clock import Clock
from pbtui.market.sources.archives import VenueArchive, has_archive, library_name
from pbtui.market.sources.download import Downloader
from pbtui.market.sources.fetch import Ensured, ensure
from pbtui.market.sources.holes import holes_in, wanted
from pbtui.market.sources.keeping import Store
from pbtui.market.sources.markets import MarketCache
from pbtui.market.sources.progress import Meter

if TYPE_CHECKING:
    from pbtui.exchange.public import CcxtPublicFeed, EndpointOverrides

_log = logging.getLogger("pbtui.market")


class EndpointsOf(Protocol):
    """Changed addresses of venues, as `pbtui.exchange.public.Endpoints` has them."""

    def of(self, library: str) -> EndpointOverrides:
        """Return those of one venue by library id."""
        ...


@dataclass(frozen=True, slots=True)
class _Venue:
    feed: CcxtPublicFeed
    archive: VenueArchive | None


class Ensuring:
    """Makes stores hold ranges as far as the world has them; an async context manager, or close it after use.

    `store` gives the store of an exchange by short name. Where nothing is worth asking for, nobody is asked, so that
    complete data need no network. `archives`: use the venues' archives of files too.
    """

    def __init__(
        self,
        base_dir: Path,
        store: Callable[[str], Store],
        *,
        clock: Clock,
        endpoints: EndpointsOf | None = None,
        archives: bool = True,
        meter: Meter | None = None,
    ) -> None:
        self._base_dir = base_dir
        self._store = store
        self._clock = clock
        self._endpoints = endpoints
        self._archives = archives
        self._meter = meter
        self._download: Downloader | None = None
        self._venues: dict[str, _Venue] = {}
        self._opening: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def __call__(
        self, exchange: str, symbol: str, start_ms: int, end_ms: int, *, refetch_gaps: bool = False
    ) -> Ensured:
        """Make the exchange's store hold the minutes of [start, end), and return what came of it.

        Raises ExchangeError when the venue cannot be asked or refuses, ConfigError for an unknown one, StoreUnwritable
        and StoreBusy when the store does; what was fetched until then stays.
        """
        store = self._store(exchange)
        end = min(end_ms, self._clock.now_ms() // 60_000 * 60_000)
        asking = await asyncio.to_thread(wanted, store, symbol, start_ms, end, "1m", refetch_gaps=refetch_gaps)
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
            clock=self._clock,
            meter=self._meter,
            refetch_gaps=refetch_gaps,
        )

    async def __aenter__(self) -> Ensuring:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close every connection."""
        venues, self._venues = list(self._venues.values()), {}
        for venue in venues:
            await venue.feed.close()
        download, self._download = self._download, None
        if download is not None:
            await download.close()

    async def _venue(self, exchange: str) -> _Venue:
        async with self._opening[exchange]:
            if exchange not in self._venues:
                self._venues[exchange] = await self._open(exchange)
            return self._venues[exchange]

    async def _open(self, exchange: str) -> _Venue:
        from pbtui.exchange.public import CcxtPublicFeed

        moved = None if self._endpoints is None else self._endpoints.of(library_name(exchange))
        feed = CcxtPublicFeed(exchange, quote=default_quote(exchange), clock=self._clock, endpoints=moved)
        try:
            await feed.start()
            archive = None
            if self._archives and has_archive(exchange):
                told = await MarketCache(self._base_dir, exchange, self._clock).load(feed.markets)
                if told.warning:
                    _log.warning("%s", told.warning)
                self._download = self._download or Downloader(self._clock)
                archive = VenueArchive(exchange, self._download, markets=told.markets, endpoints=moved)
        except BaseException:
            await feed.close()
            raise
        return _Venue(feed, archive)
