from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from sources_support import CODES, ROWS, InstantClock

from pbtui.exchange.public import EndpointOverrides
from pbtui.market.sources import Downloader, Patience, VenueArchive
from tests.support.archive_server import ArchiveServer


@pytest.fixture
def clock() -> InstantClock:
    return InstantClock()


@pytest.fixture
def archives() -> Iterator[ArchiveServer]:
    """Each venue's archive of the same market."""
    with ArchiveServer({exchange: {code: ROWS} for exchange, code in CODES.items()}) as server:
        yield server


@pytest.fixture
async def download(clock: InstantClock) -> AsyncIterator[Downloader]:
    made = Downloader(clock, patience=Patience(connect_s=5.0, silent_s=10.0, total_s=20.0))
    yield made
    await made.close()


@pytest.fixture
def archive_of(archives: ArchiveServer, download: Downloader) -> Callable[..., VenueArchive]:
    """Returns a venue's archive on the server."""

    def make(exchange: str, **options: Any) -> VenueArchive:
        options.setdefault("endpoints", EndpointOverrides.all_to(archives.base_url))
        return VenueArchive(exchange, download, **options)

    return make
