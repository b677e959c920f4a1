"""A venue for whoever fetches candles: opened without keys, closed at the end."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pbtui.config.coin_names import default_quote
from pbtui.core.clock import Clock
from pbtui.core.types import Market
from pbtui.market.sources.archives import VenueArchive, has_archive, library_name
from pbtui.market.sources.download import Downloader
from pbtui.market.sources.markets import MarketCache

if TYPE_CHECKING:
    from pbtui.exchange.public import CcxtPublicFeed, Endpoints

FOUND = Path("configs", "custom_endpoints.json")


@dataclass(frozen=True, slots=True)
class Access:
    """How venues are reached: their market settings are kept below `base_dir`; `say` is told what should be known.

    `archives`: their archives of files are used too.
    """

    base_dir: Path
    clock: Clock
    say: Callable[[str], None]
    endpoints: Endpoints | None = None
    archives: bool = True


@dataclass(frozen=True, slots=True)
class OpenVenue:
    """A venue while its connections are open; `archive` is None where it has none or none is wished for."""

    feed: CcxtPublicFeed
    archive: VenueArchive | None
    markets: Mapping[str, Market]


def endpoints_in(base_dir: Path, named: Path | None = None) -> Endpoints | None:
    """Return other addresses of venues: of the file named, else of the one below `base_dir`, if there is one.

    Raises ConfigError for a file that is no such list.
    """
    from pbtui.exchange.public import load_endpoints

    if named is not None:
        return load_endpoints(named)
    found = base_dir / FOUND
    return load_endpoints(found) if found.is_file() else None


@contextlib.asynccontextmanager
async def public_feed(exchange: str, clock: Clock, endpoints: Endpoints | None) -> AsyncGenerator[CcxtPublicFeed]:
    """Give the public feed of a venue, started; raises ExchangeError when it cannot be reached, ConfigError."""
    from pbtui.exchange.public import CcxtPublicFeed

    feed = CcxtPublicFeed(exchange, quote=default_quote(exchange), clock=clock, endpoints=endpoints)
    try:
        await feed.start()
        yield feed
    finally:
        await feed.close()


@contextlib.asynccontextmanager
async def open_venue(exchange: str, access: Access) -> AsyncGenerator[OpenVenue]:
    """Give a venue's feed, archive and markets; raises ExchangeError when it cannot be reached, ConfigError."""
    async with public_feed(exchange, access.clock, access.endpoints) as feed, contextlib.AsyncExitStack() as stack:
        told = await MarketCache(access.base_dir, exchange, access.clock).load(feed.markets)
        if told.warning:
            access.say(told.warning)
        archive = None
        if access.archives and has_archive(exchange):
            downloader = Downloader(access.clock)
            stack.push_async_callback(downloader.close)
            moved = None if access.endpoints is None else access.endpoints.of(library_name(exchange))
            archive = VenueArchive(exchange, downloader, markets=told.markets, endpoints=moved)
        yield OpenVenue(feed, archive, told.markets)
