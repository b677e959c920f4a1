"""Fetching what is wished for: coins of venues in a range become jobs while their connections are open."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pbtui.config.coin_names import VENUES, default_quote
from pbtui.core.clock import MINUTE_MS
from pbtui.core.errors import ConfigError
from pbtui.core.sanitize import sanitize_line
from pbtui.core.types import Market
from pbtui.market.holdings import Library, matching, nearest
from pbtui.market.prepare.request import Request
from pbtui.market.sources import Job, Outcome, ensure_many
from pbtui.market.sources.progress import OnProgress
from pbtui.market.venue_access import Access, open_venue

if TYPE_CHECKING:
    from pbtui.config import Config


@dataclass(frozen=True, slots=True)
class Wish:
    """What to fetch: coins (or symbols) of an exchange in [start, end); `coins` None: all that trade there.

    A coin that the exchange does not have is an error, unless it is `optional`: from a config's list for several.
    """

    exchange: str
    coins: tuple[str, ...] | None
    start_ms: int
    end_ms: int
    optional: bool = False


def check_venue(name: str) -> str:
    """Return the name of a venue; raises ConfigError naming those that come close to an unknown one."""
    if name not in VENUES:
        raise ConfigError(f"{sanitize_line(name, limit=40)!r} is no exchange known here", hint=nearest(name, VENUES))
    return name


def wishes_of(
    config: Config,
    *,
    base_dir: Path,
    exchanges: Sequence[str] = (),
    coins: Sequence[str] = (),
    start_ms: int | None = None,
    end_ms: int | None = None,
) -> list[Wish]:
    """Return what a backtest of a config needs, warm-up included; raises ConfigError as `wishes_for`.

    What is given goes before what the config says.
    """
    needs = Request.of(config, base_dir=base_dir)
    return wishes_for(
        exchanges or needs.exchanges,
        tuple(coins) or needs.coins,
        needs.fetch_start_ms if start_ms is None else start_ms,
        needs.end_ms + MINUTE_MS if end_ms is None else end_ms,
        optional=not coins,
    )


def wishes_for(
    exchanges: Sequence[str], coins: tuple[str, ...] | None, start_ms: int, end_ms: int, *, optional: bool = False
) -> list[Wish]:
    """Return a wish for each exchange; raises ConfigError for one that is not known and for an empty range."""
    for name in exchanges:
        check_venue(name)
    if start_ms >= end_ms:
        raise ConfigError("--from is not before --to", hint="both are UTC; --to is now if left out")
    return [Wish(name, coins, start_ms, end_ms, optional) for name in exchanges]


async def fetch(
    library: Library,
    wishes: Sequence[Wish],
    access: Access,
    *,
    on_progress: OnProgress | None = None,
    on_jobs: Callable[[Sequence[Job]], None] | None = None,
    refetch_gaps: bool = False,
) -> list[Outcome]:
    """Make the stores hold what is wished for as far as the world has it; cancelling loses nothing that was fetched.

    `on_jobs` hears what there is to do before it begins. Raises ExchangeError for a venue that cannot be reached and
    ConfigError for a coin that it does not have.
    """
    async with contextlib.AsyncExitStack() as stack:
        jobs: list[Job] = []
        for exchange in sorted({wish.exchange for wish in wishes}):
            mine = [wish for wish in wishes if wish.exchange == exchange]
            venue = await stack.enter_async_context(open_venue(exchange, access))
            store = library.store(exchange)
            jobs += [
                Job(store, venue.feed, venue.archive, symbol, wish.start_ms, wish.end_ms)
                for wish in mine
                for symbol in _symbols(wish, venue.markets, access.say)
            ]
        if on_jobs is not None:
            on_jobs(jobs)
        return await ensure_many(jobs, clock=access.clock, on_progress=on_progress, refetch_gaps=refetch_gaps)


def _symbols(wish: Wish, markets: Mapping[str, Market], say: Callable[[str], None]) -> list[str]:
    """Return the symbols that a wish means."""
    chosen: list[str] = []
    quote = default_quote(wish.exchange)
    swaps = [symbol for symbol, market in markets.items() if market.quote == quote]
    if wish.coins is None:
        return sorted(symbol for symbol in swaps if not markets[symbol].ineligible)
    for coin in wish.coins:
        found = matching(coin, swaps)
        if not found and wish.optional:
            say(f"{wish.exchange} has no coin {sanitize_line(coin, limit=40)}: left out")
        elif not found:
            known = sorted({market.coin for market in markets.values()})
            name = sanitize_line(coin, limit=40)
            raise ConfigError(f"{wish.exchange} has no coin {name!r}", hint=nearest(coin, known))
        chosen += sorted(found)
    return chosen
