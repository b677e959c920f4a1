"""Fills a store from a venue and an archive; run as a process of its own, to be killed."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from store_support import store_at

from pbtui.core.clock import RealClock
from pbtui.exchange.public import CcxtPublicFeed, EndpointOverrides
from pbtui.exchange.public.endpoints import Rewrites
from pbtui.market.sources import Downloader, VenueArchive, ensure


async def main(folder: str, venue_url: str, archive_url: str, start: str, end: str) -> None:
    clock = RealClock()
    endpoints = EndpointOverrides(rest=Rewrites({"*": venue_url}), disable_ws=True)
    feed = CcxtPublicFeed("binance", clock=clock, endpoints=endpoints)
    download = Downloader(clock)
    archive = VenueArchive("binance", download, endpoints=EndpointOverrides.all_to(archive_url))
    await feed.start()
    store = store_at(Path(folder), "binance")
    done = await ensure(store, feed, archive, "SOL/USDT:USDT", int(start), int(end), clock=clock)
    print(done.rows_added, flush=True)
    await feed.close()
    await download.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
