"""`pbtui candles download` and `repair`: the missing minutes, from archives and venues."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sys
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pbtui.cli.candles_cmd import show, show_json
from pbtui.cli.narrate import say
from pbtui.cli.troubles import open_library
from pbtui.cli.venue_access import endpoints_of, public_feed
from pbtui.config.coin_names import VENUES, coin_of, default_quote, short_name
from pbtui.core.clock import Clock, RealClock
from pbtui.core.errors import ConfigError, ExitCode
from pbtui.core.sanitize import sanitize_line
from pbtui.core.types import Market
from pbtui.market.audit.finding import stamp
from pbtui.market.library import Library, matching, nearest
from pbtui.market.sources import Downloader, Job, MarketCache, Outcome, Progress, VenueArchive, ensure_many, has_archive
from pbtui.market.sources.archives import library_name
from pbtui.market.sources.holes import Hole

if TYPE_CHECKING:
    from pbtui.config import Config
    from pbtui.exchange.public import Endpoints

_TOLD_EVERY_S = 2.0


@dataclass(frozen=True, slots=True)
class Wish:
    """What to fetch: coins (or symbols) of an exchange in a range; `coins` None: all that trade there.

    A coin that the exchange does not have is an error, unless it is `optional`: from a config's list for several.
    """

    exchange: str
    coins: tuple[str, ...] | None
    start_ms: int
    end_ms: int
    optional: bool = False


def download(options: argparse.Namespace) -> int:
    """Fetch what a config's backtest needs, or the coins and dates named."""
    return _fetch(options, _wishes(options), refetch_gaps=False)


def repair(options: argparse.Namespace) -> int:
    """Put broken files aside and ask again for everything that is missing between first and last candle."""
    library = open_library(options)
    wishes: list[Wish] = []
    for exchange, symbol in library.choose(options.exchange, options.coins):
        store = library.store(exchange)
        for trouble in store.verify(symbol):
            say(f"{exchange} {coin_of(symbol)}: {trouble.line()}")
        held = store.coverage(symbol)
        if held.first_ms is None or held.last_ms is None:
            continue
        start = held.first_ms if options.start is None else options.start
        end = held.last_ms + 60_000 if options.end is None else options.end
        if start < end and store.missing(symbol, start, end):
            wishes.append(Wish(exchange, (symbol,), start, end))
    if not wishes:
        say("nothing is missing between the first and the last candle of any symbol")
        return ExitCode.OK
    return _fetch(options, wishes, refetch_gaps=True)


def _wishes(options: argparse.Namespace) -> list[Wish]:
    exchanges = tuple(short_name(name.lower()) for name in options.exchange)
    coins: tuple[str, ...] | None = tuple(options.coins)
    start, end = options.start, options.end
    if options.config is not None:
        from pbtui.market.prepare import Request

        needs = Request.of(_config(options), base_dir=options.base_dir)
        exchanges = exchanges or tuple(needs.exchanges)
        coins = coins or needs.coins
        start = needs.fetch_start_ms if start is None else start
        end = needs.end_ms + 60_000 if end is None else end
    if not exchanges or coins == () or start is None:
        raise ConfigError(
            "which candles?", hint="name a config, or --exchange, --coins and --from (--to is now if left out)"
        )
    for name in exchanges:
        if name not in VENUES:
            raise ConfigError(
                f"{sanitize_line(name, limit=40)!r} is no exchange known here", hint=nearest(name, VENUES)
            )
    until = RealClock().now_ms() if end is None else end
    if start >= until:
        raise ConfigError("--from is not before --to", hint="both are UTC; --to is now if left out")
    return [Wish(exchange, coins, start, until, optional=not options.coins) for exchange in exchanges]


def _config(options: argparse.Namespace) -> Config:
    from pbtui.config import load

    return load(options.config, command="backtest", base_dir=options.base_dir)


def _fetch(options: argparse.Namespace, wishes: Sequence[Wish], *, refetch_gaps: bool) -> int:
    library = open_library(options)
    outcomes = asyncio.run(_run(options, library, wishes, refetch_gaps=refetch_gaps))
    failed = [outcome for outcome in outcomes if outcome.error is not None]
    for outcome in outcomes:
        _tell(outcome, as_json=options.json)
    if not failed:
        return ExitCode.OK
    return max(int(outcome.error.exit_code) for outcome in failed if outcome.error is not None)


async def _run(
    options: argparse.Namespace, library: Library, wishes: Sequence[Wish], *, refetch_gaps: bool
) -> list[Outcome]:
    clock = RealClock()
    endpoints = endpoints_of(options)
    async with contextlib.AsyncExitStack() as stack:
        jobs: list[Job] = []
        for exchange in sorted({wish.exchange for wish in wishes}):
            mine = [wish for wish in wishes if wish.exchange == exchange]
            archives = not options.no_archives
            making = _jobs(options, library, exchange, mine, clock, endpoints, archives=archives)
            jobs += await stack.enter_async_context(making)
        telling = _Telling(clock, as_json=options.json)
        outcomes = await ensure_many(jobs, clock=clock, on_progress=telling, refetch_gaps=refetch_gaps)
        telling.end()
        return outcomes


@contextlib.asynccontextmanager
async def _jobs(
    options: argparse.Namespace,
    library: Library,
    exchange: str,
    wishes: Sequence[Wish],
    clock: Clock,
    endpoints: Endpoints | None,
    *,
    archives: bool,
) -> AsyncGenerator[list[Job]]:
    """Give the jobs of one venue while its connections are open; raises ConfigError for a coin it does not have."""
    async with public_feed(exchange, clock, endpoints) as feed, contextlib.AsyncExitStack() as stack:
        told = await MarketCache(options.base_dir, exchange, clock).load(feed.markets)
        if told.warning:
            say(f"pbtui: {told.warning}")
        archive = None
        if archives and has_archive(exchange):
            downloader = Downloader(clock)
            stack.push_async_callback(downloader.close)
            moved = None if endpoints is None else endpoints.of(library_name(exchange))
            archive = VenueArchive(exchange, downloader, markets=told.markets, endpoints=moved)
        store = library.store(exchange)
        yield [
            Job(store, feed, archive, symbol, wish.start_ms, wish.end_ms)
            for wish in wishes
            for symbol in _symbols(wish, told.markets)
        ]


def _symbols(wish: Wish, markets: Mapping[str, Market]) -> list[str]:
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


class _Telling:
    """Progress: JSON lines on stdout, a line that is written over on a terminal, now and then a line elsewhere."""

    def __init__(self, clock: Clock, *, as_json: bool) -> None:
        self._clock = clock
        self._json = as_json
        self._terminal = sys.stderr.isatty() and not as_json
        self._next = 0.0
        self._open = False

    def __call__(self, progress: Progress) -> None:
        now = self._clock.monotonic()
        last = progress.all_done >= progress.all_total
        if now < self._next and not last:
            return
        self._next = now + (0.1 if self._terminal else _TOLD_EVERY_S)
        if self._json:
            show_json({"progress": progress.as_dict()})
        elif self._terminal:
            self._open = True
            print(f"\r\x1b[K{sanitize_line(progress.line(), limit=118)}", end="", file=sys.stderr, flush=True)
        else:
            say(progress.line())

    def end(self) -> None:
        """Leave the line that was written over."""
        if self._open:
            print(file=sys.stderr, flush=True)


def _tell(outcome: Outcome, *, as_json: bool) -> None:
    job, done, error = outcome.job, outcome.ensured, outcome.error
    where = f"{job.store.exchange} {sanitize_line(job.symbol, limit=60)}"
    if error is not None:
        say(f"pbtui: {where}: {error.line()}")
    holes = done.holes if done is not None else ()
    if as_json:
        record = {
            "exchange": job.store.exchange,
            "symbol": sanitize_line(job.symbol, limit=60),
            "coin": coin_of(sanitize_line(job.symbol, limit=60)),
            "added": done.rows_added if done is not None else None,
            "holes": [
                {"from": stamp(hole.start_ms), "minutes": _minutes(hole), "reason": hole.reason} for hole in holes
            ],
            "error": None if error is None else error.line(),
        }
        show_json(record)
    elif done is not None:
        show(f"{where}: {done.rows_added:,} candles added" + (f", {len(holes)} holes left" if holes else ""))
    told = [f"{stamp(hole.start_ms)} {_minutes(hole)} min missing ({hole.reason})" for hole in holes[:5]]
    for text in [*(done.notes if done is not None else ()), *told]:
        say(f"  {where}: {text}")


def _record(hole: Hole) -> dict[str, object]:
    return {"from": stamp(hole.start_ms), "minutes": _minutes(hole), "reason": hole.reason}


def _minutes(hole: Hole) -> int:
    return (hole.end_ms - hole.start_ms) // 60_000
