"""Questions to a venue, repeated with growing waits; an outage that lasts is an error, never "no data"."""

from __future__ import annotations

import functools
import logging
from dataclasses import dataclass
from typing import Protocol

from pbtui.config.coin_names import short_name
from pbtui.core.clock import Clock
from pbtui.core.errors import ConfigError, RateLimited, VenueUnreachable
from pbtui.exchange.port import TIMEFRAME_MS, Candles, Timeframe
from pbtui.exchange.public import library
from pbtui.exchange.public.venues import venue_of

_log = logging.getLogger("pbtui.market")
_LONGEST_PAUSE_S = 300.0
_PAGES_A_QUESTION = 5  # kept on disk together: what a kill can lose
_VERIFIED_GAPS = frozenset({"kucoin"})  # a minute that such a page leaves out had no trade (candles.md 5.1)


class CandleFeed(Protocol):
    """A venue's finished candles, page by page behind one call."""

    def now_ms(self) -> int:
        """Return the venue's time."""
        ...

    async def candles(self, symbol: str, timeframe: Timeframe, start_ms: int, end_ms: int) -> Candles:
        """Return finished candles with start_ms ≤ open < end_ms; raises ExchangeError when the venue fails."""
        ...


@dataclass(frozen=True, slots=True)
class Manners:
    """How a venue wants to be asked for candles (candles.md 5.1, 5.3)."""

    rows: int = 5_000  # candles a question, several pages of it
    near: int = 500  # spans closer than this many candles are asked for as one
    history: int | None = None  # newest candles that can be had at all
    gaps_are_verified: bool = False  # a minute left out inside an answer had no trade
    attempts: int = 5
    first_wait_s: float = 0.5
    longest_wait_s: float = 8.0


@functools.lru_cache(maxsize=32)
def manners_of(exchange: str) -> Manners:
    """Return the manners of a venue by short name; those of most venues for an unknown one."""
    name = short_name(exchange)
    try:
        venue = venue_of(name, library.known_ids())
    except ConfigError:
        return Manners()
    page = venue.page - venue.overlap
    attempts, first, longest = (9, 1.0, 20.0) if name == "bybit" else (5, 0.5, 8.0)
    return Manners(
        rows=page * _PAGES_A_QUESTION,
        near=page // 2,
        history=venue.history,
        gaps_are_verified=name in _VERIFIED_GAPS,
        attempts=attempts,
        first_wait_s=first,
        longest_wait_s=longest,
    )


async def ask(
    feed: CandleFeed, clock: Clock, manners: Manners, symbol: str, timeframe: Timeframe, start_ms: int, end_ms: int
) -> Candles:
    """Return a venue's candles of a range; raises ExchangeError when it fails for good or for too long.

    A rate limit is waited out as long as the venue says, up to five minutes.
    """
    wait_s = manners.first_wait_s
    for attempt in range(1, manners.attempts + 1):
        try:
            return await feed.candles(symbol, timeframe, start_ms, end_ms)
        except RateLimited as error:
            if attempt == manners.attempts or error.retry_after_s > _LONGEST_PAUSE_S:
                raise
            pause_s = max(error.retry_after_s, wait_s)
        except VenueUnreachable as error:
            if attempt == manners.attempts:
                raise
            _log.debug("%s (attempt %d)", error.line(), attempt)
            pause_s = wait_s
        await clock.sleep(pause_s + clock.uniform(0.0, wait_s / 4))
        wait_s = min(wait_s * 2, manners.longest_wait_s)
    raise AssertionError("the last attempt returns or raises")


async def first_candle_ms(
    feed: CandleFeed, clock: Clock, manners: Manners, symbol: str, *, oldest_ms: int = 1_483_228_800_000
) -> int | None:
    """Return when the first candle of a symbol opened, None when the venue has none (candles.md 9).

    Its day is searched for by halving, then its hour and its minute are asked for, as precisely as the venue's
    history tells. `oldest_ms`: where to begin, 2017 unless told. Raises ExchangeError.
    """
    found: int | None = None
    start, end = oldest_ms, feed.now_ms()
    for timeframe in ("1d", "1h", "1m"):
        step = TIMEFRAME_MS[timeframe]
        first = await _earliest(feed, clock, manners, symbol, timeframe, start // step * step, end)
        if first is not None:
            found, start, end = first, first, first + step
            if timeframe == "1d":
                end += step  # a venue's days may begin hours after ours
        elif found is not None:
            break  # the venue's finer candles do not reach back so far
        else:
            start = max(start, end - 150 * TIMEFRAME_MS[timeframe])  # so young that not even one is finished
    return found


async def _earliest(
    feed: CandleFeed, clock: Clock, manners: Manners, symbol: str, timeframe: Timeframe, start_ms: int, end_ms: int
) -> int | None:
    """Return the first candle in [start, end), taking for granted that none is missing after it for long."""
    width = 150 * TIMEFRAME_MS[timeframe]
    count = max(1, -(-(end_ms - start_ms) // width))

    async def in_window(i: int) -> int | None:
        begin = start_ms + i * width
        candles = await ask(feed, clock, manners, symbol, timeframe, begin, min(begin + width, end_ms))
        return int(candles.ts_ms[0]) if len(candles) else None

    found = await in_window(0)
    if found is not None or count == 1:
        return found
    low, high = 0, count - 1  # nothing in `low`; the first window with candles is above it
    while high - low > 1:
        middle = (low + high) // 2
        there = await in_window(middle)
        if there is None:
            low = middle
        else:
            found, high = there, middle
    return found if found is not None else await in_window(high)
