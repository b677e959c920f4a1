from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from public_support import Heard, two_coins

from pbtui.core.clock import RealClock
from pbtui.exchange.public import CcxtPublicFeed, EndpointOverrides
from tests.support.hasty_clock import HastyClock
from tests.support.venue_server import VenueServer


@pytest.fixture
def server() -> Iterator[VenueServer]:
    """A venue where nothing happens but what the test says."""
    with VenueServer(two_coins(), auto=False) as running:
        yield running


@pytest.fixture
async def make_feed(server: VenueServer) -> AsyncIterator[Callable[..., CcxtPublicFeed]]:
    """Builds feeds on the server and closes them."""
    made: list[CcxtPublicFeed] = []

    def make(*, hasty: bool = False, **options: Any) -> CcxtPublicFeed:
        options.setdefault("endpoints", EndpointOverrides.all_to(server.base_url))
        feed = CcxtPublicFeed("binance", clock=HastyClock() if hasty else RealClock(), **options)
        made.append(feed)
        return feed

    yield make
    for feed in made:
        await feed.close()


@pytest.fixture
async def feed(make_feed: Callable[..., CcxtPublicFeed]) -> CcxtPublicFeed:
    """A started feed."""
    ready = make_feed(hasty=True)
    await ready.start()
    return ready


@pytest.fixture
def heard() -> Heard:
    """Collects what a feed's callbacks are given."""
    return Heard()
