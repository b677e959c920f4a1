"""A venue's public data for whoever fetches candles: opened without keys, closed at the end."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import TYPE_CHECKING

from pbtui.config.coin_names import default_quote
from pbtui.core.clock import Clock

if TYPE_CHECKING:
    from pbtui.exchange.public import CcxtPublicFeed, Endpoints

_FOUND = Path("configs", "custom_endpoints.json")


def endpoints_in(base_dir: Path, named: Path | None = None) -> Endpoints | None:
    """Return other addresses of venues: of the file named, else of the one below `base_dir`, if there is one.

    Raises ConfigError for a file that is no such list.
    """
    from pbtui.exchange.public import load_endpoints

    if named is not None:
        return load_endpoints(named)
    found = base_dir / _FOUND
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
