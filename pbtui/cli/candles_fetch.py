"""`pbtui candles download` and `repair`: the missing minutes, from archives and venues."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pbtui.cli.candles_cmd import show, show_json
from pbtui.cli.narrate import say
from pbtui.cli.troubles import open_library
from pbtui.config.coin_names import coin_of, short_name
from pbtui.core.clock import Clock, RealClock
from pbtui.core.errors import ConfigError, ExitCode
from pbtui.core.sanitize import sanitize_line
from pbtui.market.audit.finding import stamp
from pbtui.market.fetching import Wish, fetch, wishes_for, wishes_of
from pbtui.market.holdings import Library
from pbtui.market.sources import Outcome, Progress
from pbtui.market.sources.holes import Hole
from pbtui.market.venue_access import Access, endpoints_in

if TYPE_CHECKING:
    from pbtui.config import Config

_TOLD_EVERY_S = 2.0


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
    coins: tuple[str, ...] = tuple(options.coins)
    if options.config is not None:
        return wishes_of(
            _config(options),
            base_dir=options.base_dir,
            exchanges=exchanges,
            coins=coins,
            start_ms=options.start,
            end_ms=options.end,
        )
    if not exchanges or not coins or options.start is None:
        raise ConfigError(
            "which candles?", hint="name a config, or --exchange, --coins and --from (--to is now if left out)"
        )
    until = RealClock().now_ms() if options.end is None else options.end
    return wishes_for(exchanges, coins, options.start, until)


def _config(options: argparse.Namespace) -> Config:
    from pbtui.config import load

    return load(options.config, command="backtest", base_dir=options.base_dir)


def _fetch(options: argparse.Namespace, wishes: Sequence[Wish], *, refetch_gaps: bool) -> int:
    library = open_library(options)
    outcomes = asyncio.run(_run(options, library, wishes, refetch_gaps=refetch_gaps))
    failed = [outcome for outcome in outcomes if outcome.error is not None]
    for outcome in outcomes:
        _tell(outcome, as_json=options.json)
    jobs = [outcome.job for outcome in outcomes]
    if not failed and not any(library.reaches(j.store.exchange, j.symbol, j.start_ms, j.end_ms) for j in jobs):
        raise ConfigError("no candles in that range", hint="nobody has any: see when trading began, pbtui markets COIN")
    if not failed:
        return ExitCode.OK
    return max(int(outcome.error.exit_code) for outcome in failed if outcome.error is not None)


async def _run(
    options: argparse.Namespace, library: Library, wishes: Sequence[Wish], *, refetch_gaps: bool
) -> list[Outcome]:
    clock = RealClock()
    endpoints = endpoints_in(options.base_dir, options.endpoints)
    access = Access(options.base_dir, clock, _warn, endpoints, archives=not options.no_archives)
    telling = _Telling(clock, as_json=options.json)
    try:
        return await fetch(library, wishes, access, on_progress=telling, refetch_gaps=refetch_gaps)
    except asyncio.CancelledError:
        telling.end()
        say("stopped: what was fetched stays, and the same command goes on from there")
        raise
    finally:
        telling.end()


def _warn(text: str) -> None:
    say(f"pbtui: {text}")


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
            self._open = False
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
        left = f", {len(holes)} hole{'s' if len(holes) > 1 else ''} left" if holes else ""
        show(f"{where}: {done.rows_added:,} candles added{left}")
    told = [f"{stamp(hole.start_ms)} {_minutes(hole)} min missing ({hole.reason})" for hole in holes[:5]]
    for text in [*(done.notes if done is not None else ()), *told]:
        say(f"  {where}: {text}")


def _minutes(hole: Hole) -> int:
    return (hole.end_ms - hole.start_ms) // 60_000
