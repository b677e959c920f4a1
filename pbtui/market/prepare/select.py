"""Which coins a dataset may hold, from which exchanges, and from when on (backtest.md 4.3, 4.4)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pbtui.config.dates import DAY_MS, day_text
from pbtui.core.clock import MINUTE_MS
from pbtui.core.sanitize import sanitize_line
from pbtui.market.prepare.request import Request
from pbtui.market.prepare.venue import Venue

_STOCK = "xyz:"  # stock perpetuals: on one exchange only
_STOCK_VENUE = "hyperliquid"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A coin, the exchanges it may come from (ascending, with its symbol there), and its first minute wanted."""

    coin: str
    feeds: tuple[tuple[str, str], ...]
    start_ms: int


@dataclass(frozen=True, slots=True)
class Selection:
    """The coins to load, ascending by name, and one line for each that is left out or deserves a word."""

    wanted: tuple[Wanted, ...]
    notes: tuple[str, ...]


def candidate_exchanges(request: Request) -> tuple[str, ...]:
    """Return the exchanges a coin may come from: one, or the configured and the forced ones, ascending."""
    if not request.combined:
        return request.exchanges
    return tuple(sorted({*request.exchanges, *request.coin_sources.values()}))


def select(request: Request, venues: Mapping[str, Venue], listed_ms: Mapping[str, int], now_ms: int) -> Selection:
    """Return the coins to load; `listed_ms` holds the first candle of each coin on any exchange."""
    choose = _combined if request.combined else _single
    names = request.coins if request.coins is not None else _all_coins(request, venues)
    wanted: dict[str, Wanted] = {}
    notes: list[str] = []
    for coin in sorted(set(names)):
        choice = choose(coin, request, venues, listed_ms, now_ms)
        if isinstance(choice, Wanted):
            wanted[choice.coin] = choice
        else:
            notes.append(f"{sanitize_line(coin, limit=40)} is left out: {choice}")
    return Selection(tuple(wanted[coin] for coin in sorted(wanted)), tuple(notes))


def _all_coins(request: Request, venues: Mapping[str, Venue]) -> set[str]:
    return {coin for name in request.exchanges for coin in venues[name].coins()}


def _single(
    coin: str, request: Request, venues: Mapping[str, Venue], listed_ms: Mapping[str, int], now_ms: int
) -> Wanted | str:
    exchange = request.exchanges[0]
    venue = venues[exchange]
    symbol = venue.symbol(coin)
    if symbol is None:
        return _unlisted(coin, (venue,))
    wanted = Wanted(coin, ((exchange, symbol),), request.fetch_start_ms)
    if request.min_age_days <= 0:
        return wanted
    here, anywhere = venue.first_ms(coin), _first_ms(coin, (venue,), listed_ms)
    if here is None or anywhere is None:
        return f"its first candle on {exchange} is not known, so its age cannot be told (live.minimum_coin_age_days)"
    if here >= request.end_ms:
        return f"{exchange} lists it only since {day_text(here)}"
    age = (now_ms - anywhere) // DAY_MS
    if age < request.min_age_days:
        return f"it is {age} days old, younger than live.minimum_coin_age_days {request.min_age_days:g}"
    return _from(wanted, request, max(_old_enough(anywhere, request), here))


def _combined(
    coin: str, request: Request, venues: Mapping[str, Venue], listed_ms: Mapping[str, int], now_ms: int
) -> Wanted | str:
    forced = request.coin_sources.get(coin)
    names = candidate_exchanges(request) if forced is None else (forced,)
    if coin.startswith(_STOCK):
        names = tuple(name for name in names if name == _STOCK_VENUE)
    elif forced == _STOCK_VENUE and venues[forced].symbol(_STOCK + coin) is not None:
        coin = _STOCK + coin
    asked = [venues[name] for name in names]
    feeds = tuple((venue.exchange, symbol) for venue in asked if (symbol := venue.symbol(coin)) is not None)
    if not feeds:
        return _unlisted(coin, asked)
    first = _first_ms(coin, venues.values(), listed_ms) or 0
    return _from(Wanted(coin, feeds, request.fetch_start_ms), request, _old_enough(first, request))


def _first_ms(coin: str, venues: Iterable[Venue], listed_ms: Mapping[str, int]) -> int | None:
    """Return the first candle of a coin on any exchange known, None when nobody knows."""
    known: list[int | None] = [listed_ms.get(coin), *(venue.first_ms(coin) for venue in venues)]
    return min((stamp for stamp in known if stamp is not None), default=None)


def _old_enough(first_ms: int, request: Request) -> int:
    """Return the first minute at which a coin has the minimum age."""
    return math.ceil((first_ms + request.min_age_days * DAY_MS) / MINUTE_MS) * MINUTE_MS


def _from(wanted: Wanted, request: Request, earliest_ms: int) -> Wanted | str:
    start = max(wanted.start_ms, earliest_ms)
    if start >= request.end_ms:
        return f"it is old enough only from {day_text(start)} on (live.minimum_coin_age_days)"
    return Wanted(wanted.coin, wanted.feeds, start)


def _unlisted(coin: str, asked: Sequence[Venue]) -> str:
    if not asked:
        return f"such a coin is only taken from {_STOCK_VENUE}, which is not among the exchanges"
    near = list(dict.fromkeys(name for venue in asked for name in venue.nearest(coin)))[:3]
    hint = f" (nearest: {sanitize_line(', '.join(near), limit=80)})" if near else ""
    names = " or ".join(venue.exchange for venue in asked)
    return f"no market on {names}{hint}"
