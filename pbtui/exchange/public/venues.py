"""What differs between venues for public data: a small table, everything else is the same code."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any, Literal

from pbtui.config.coin_names import VENUES, library_id, refuse_closed, short_name
from pbtui.core.errors import ConfigError
from pbtui.core.sanitize import sanitize_line
from pbtui.exchange.public.paradex import adapt as adapt_paradex

_RENAMED = {"gateio": "gate"}  # the library dropped its older name


@dataclass(frozen=True, slots=True)
class Venue:
    """One venue: the library's class, and its quirks (exchanges.md 1-9, candles.md 5.1, config.md 11.4)."""

    name: str  # short name, as in configurations
    library: str  # class of the exchange library
    options: dict[str, Any] = field(default_factory=dict[str, Any])
    page: int = 1000  # candles a request
    until: bool = True  # whether a page is told where to end
    overlap: int = 0  # candles a page repeats, where `since` itself is left out of the answer
    windowed: bool = False  # a page never reaches further than `page` candles after `since`, even if it is empty
    history: int | None = None  # newest candles that can be had at all
    contract_volume: bool = False  # candle volumes count contracts
    quotes: Literal["tickers", "bids_asks", "each"] = "tickers"  # which call knows best prices; each: of few symbols
    last_field: str = ""  # raw field of the price where tickers have no last trade
    fees: tuple[float, float] | None = None  # maker, taker; None: as listed
    min_cost: float = 0.0  # floor of the minimum cost
    adapt: Callable[[Any], None] | None = None  # what a new client has to be told


_VENUES = (
    Venue(
        "binance",
        "binanceusdm",
        options={
            "fetchMarkets": {"types": ["linear"]},
            "fetchMargins": False,
            "watchTradesForSymbols": {"name": "aggTrade"},
        },
        quotes="bids_asks",
    ),
    Venue("bybit", "bybit", options={"fetchMarkets": {"types": ["linear"]}}, until=False, fees=(0.0002, 0.00055)),
    Venue(
        "okx",
        "okx",
        # Only swaps are loaded: the library stumbles over orders of other markets.
        options={"fetchMarkets": {"types": ["swap"]}, "watchOrders": {"type": "SWAP"}},
        page=300,
        until=False,
        windowed=True,
    ),
    Venue(
        "bitget",
        "bitget",
        options={"fetchMarkets": {"types": ["swap"]}, "uta": False},
        page=200,
        until=False,
        overlap=1,
        windowed=True,
        min_cost=5.1,
    ),
    Venue(
        "gateio",
        "gate",
        options={"fetchMarkets": {"types": ["swap"]}},
        windowed=True,
        contract_volume=True,
        fees=(0.0002, 0.0005),
    ),
    Venue(
        "hyperliquid",
        "hyperliquid",
        # The library lends markets together with these tables, which it makes for other kinds of markets only.
        options={"fetchMarkets": {"types": ["swap"]}, "hip3TokensByName": {}, "cachedCurrenciesById": {}},
        page=5000,
        history=5000,
        last_field="midPx",
        min_cost=10.1,  # prices are cut to five digits after sizes are made: exactly 10 would often be a little less
    ),
    Venue(
        "kucoin",
        "kucoinfutures",
        page=200,
        until=False,
        overlap=1,
        windowed=True,
        contract_volume=True,
        quotes="bids_asks",
        fees=(0.0002, 0.0006),
    ),
    Venue("paradex", "paradex", until=False, windowed=True, quotes="each", fees=(0.0, 0.00045), adapt=adapt_paradex),
)
_BY_NAME = {name: venue for venue in _VENUES for name in (venue.name, venue.library)}


def venue_of(exchange: str, known: Collection[str]) -> Venue:
    """Return a venue by short name or library id; `known` are the library's ids. Raises ConfigError otherwise."""
    name = exchange.strip().lower()
    refuse_closed(name)
    venue = _BY_NAME.get(name)
    if venue is None:
        library = library_id(_RENAMED.get(name, name), known)
        venue = Venue(short_name(name), library)
    if venue.library not in known:
        shown = sanitize_line(exchange, limit=40)
        raise ConfigError(f"{shown}: no venue of this name is known", hint=f"venues that work: {', '.join(VENUES)}")
    return venue
