"""Where a backtest's candles and market settings come from: what is kept on disk, and the venues for the rest."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pbtui.core.clock import MINUTE_MS, Clock
from pbtui.core.errors import ConfigError, ExchangeError
from pbtui.core.types import Market
from pbtui.market.ensuring import Ensuring
from pbtui.market.fetching import check_venue
from pbtui.market.holdings import Library
from pbtui.market.prepare import (
    Request,
    StoreRows,
    Supplies,
    Venue,
    unified_listings,
    venue_of_caches,
    venue_of_candles,
)
from pbtui.market.prepare.select import candidate_exchanges
from pbtui.market.sources import Listings, MarketCache, find_listings
from pbtui.market.store import Trouble
from pbtui.market.venue_access import Access, endpoints_in, public_feed

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sourcing:
    """Base folder of all caches, whether venues may be asked, and who hears of what the user should know.

    `refetch_gaps`: gaps that were asked for in vain often enough are asked for again.
    """

    base_dir: Path
    clock: Clock
    say: Say
    offline: bool = False
    refetch_gaps: bool = False


@contextlib.asynccontextmanager
async def supplies_for(requests: Iterable[Request], sourcing: Sourcing) -> AsyncGenerator[Supplies]:
    """Give what `prepare` needs for datasets of these requests.

    Raises ExchangeError when a venue neither told its markets before nor can be asked, ConfigError for an unknown one.
    """

    def tell(trouble: Trouble) -> None:
        sourcing.say(trouble.line())

    asked = list(requests)
    library = Library(sourcing.base_dir, sourcing.clock, tell)
    venues = {
        name: await _venue(name, asked, library, sourcing)
        for name in sorted({name for request in asked for name in candidate_exchanges(request)})
    }
    async with contextlib.AsyncExitStack() as stack:
        ensure = None
        if not sourcing.offline:
            access = Access(sourcing.base_dir, sourcing.clock, sourcing.say, endpoints_in(sourcing.base_dir))
            making = Ensuring(library.store, access, refetch_gaps=sourcing.refetch_gaps)
            ensure = await stack.enter_async_context(making)
        yield Supplies(
            venue=lambda name: venues[name],
            store=lambda name: StoreRows(library.store(name), library.root / name),
            listed_ms=unified_listings(sourcing.base_dir),
            ensure=ensure,
        )


async def _venue(name: str, requests: list[Request], library: Library, sourcing: Sourcing) -> Venue:
    """Return what a venue lists: as it told within a day, else as it tells now, else as it told before.

    Candles that came without any market settings (imported ones) get settings guessed from their digits.
    """
    cache = MarketCache(sourcing.base_dir, name, sourcing.clock)
    age_matters = any(request.min_age_days > 0 for request in requests)
    try:
        if not sourcing.offline:
            told = await cache.load(lambda: _ask(name, requests, sourcing, age_matters=age_matters))
            if told.warning:
                sourcing.say(told.warning)
    except ExchangeError as error:
        held = library.store(name).symbols("1m")
        if not held:
            raise
        sourcing.say(f"{name} cannot be asked for its markets ({error.line()})")
    if cache.path.is_file():
        return venue_of_caches(name, sourcing.base_dir)
    return _guessed(name, max(request.end_ms for request in requests), library)


def _guessed(name: str, end_ms: int, library: Library) -> Venue:
    """Return a venue of nothing but candles; raises ConfigError where there are none."""
    store = library.store(name)
    held = store.symbols("1m")
    if not held:
        check_venue(name)
        raise ConfigError(f"no candles of {name} are held", hint="leave --offline out, or import some first")
    rows = StoreRows(store, library.root / name)
    markets: dict[str, Market] = {}
    for symbol in held:
        last = store.coverage(symbol).last_ms
        if last is not None:
            markets.update(venue_of_candles(name, rows, [symbol], min(end_ms, last + MINUTE_MS)).markets)
    return Venue(name, markets)


async def _ask(name: str, requests: list[Request], sourcing: Sourcing, *, age_matters: bool) -> Mapping[str, Market]:
    """Ask a venue for its markets and, where the age of coins matters, for the first candles not known yet."""
    async with public_feed(name, sourcing.clock, endpoints_in(sourcing.base_dir)) as feed:
        markets = await feed.markets()
        if age_matters:
            wanted = {coin for request in requests for coin in request.coins or ()}
            chosen = [market for market in markets.values() if market.coin in wanted]
            for line in await find_listings(Listings(sourcing.base_dir), name, feed, chosen, sourcing.clock):
                sourcing.say(line)
        return markets
