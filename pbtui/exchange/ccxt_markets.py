"""The exchange library's markets and tickers as values of `core` (config.md 11.4, live.md 2.2)."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from typing import Any, cast

from pbtui.config.coin_names import CoinMaps, coin_maps, coin_of
from pbtui.core.sanitize import sanitize_line
from pbtui.core.types import Market, Ticker

_log = logging.getLogger("pbtui.exchange")
_LEAST_COST = 0.01
_PRICE_DIGITS = {"hyperliquid": 5}
_ISOLATED = ("isolated", "noCross", "strictIsolated")
_DECIMAL_PLACES = 2  # the library's number for precisions that count decimals instead of naming a step


def convert_markets(
    raw: Mapping[str, Mapping[str, Any]],
    quote: str,
    *,
    precision_mode: int = 4,
    fees: tuple[float, float] | None = None,
    min_cost: float = 0.0,
    venue: str = "",
) -> dict[str, Market]:
    """Return the markets by symbol; those that can't be traded carry the reason in `ineligible`.

    `fees` (maker, taker) replaces what the venue lists, `min_cost` is the least minimum cost. A symbol with control
    characters is left out: it could not be shown and asked for under one name.
    """
    maps = coin_maps(raw.values(), quote)
    markets: dict[str, Market] = {}
    for symbol, entry in raw.items():
        if sanitize_line(symbol) != symbol:
            _log.warning("%s lists a market with a hostile name, left out: %s", venue, sanitize_line(symbol))
            continue
        markets[symbol] = _market(symbol, entry, quote, maps, precision_mode, fees, min_cost, venue)
    return markets


def _market(
    symbol: str,
    entry: Mapping[str, Any],
    quote: str,
    maps: CoinMaps,
    mode: int,
    fees: tuple[float, float] | None,
    min_cost: float,
    venue: str,
) -> Market:
    precision, limits = _table(entry, "precision"), _table(entry, "limits")
    qty_step, price_step = _step(precision.get("amount"), mode), _step(precision.get("price"), mode)
    least_cost = _number(_table(limits, "cost").get("min")) or _LEAST_COST
    maker, taker = fees or (_number(entry.get("maker")), _number(entry.get("taker")))
    largest, largest_market = _largest(entry, limits, venue)
    usable = Market(symbol, "", qty_step, price_step, 0.0, 0.0)
    return Market(
        symbol=symbol,
        coin=sanitize_line(coin_of(symbol, maps.symbol_to_coin)),
        qty_step=qty_step,
        price_step=price_step,
        min_qty=max(_number(_table(limits, "amount").get("min")) or 0.0, qty_step),
        min_cost=max(least_cost, min_cost),
        c_mult=_number(entry.get("contractSize")) or 1.0,
        maker_fee=usable.maker_fee if maker is None else maker,
        taker_fee=usable.taker_fee if taker is None else taker,
        active=entry.get("active") is not False,
        quote=sanitize_line(entry.get("quote") or ""),
        listed_ms=_listed(entry.get("created")),
        ineligible=_ineligible(symbol, entry, quote, venue, steps=qty_step > 0.0 and price_step > 0.0),
        id=sanitize_line(entry.get("id") or "", limit=80),
        price_digits=_PRICE_DIGITS.get(venue, 0),
        isolated_only=_isolated_only(_table(entry, "info")),
        max_leverage=_number(_table(limits, "leverage").get("max")),
        max_qty=largest,
        max_market_qty=largest_market,
    )


# Where the venues themselves tell the largest limit and market order, in contracts; the library knows only some.
_LARGEST: Mapping[str, tuple[str, str]] = {
    "bybit": ("lotSizeFilter.maxOrderQty", "lotSizeFilter.maxMktOrderQty"),
    "okx": ("maxLmtSz", "maxMktSz"),
    "bitget": ("maxOrderQty", "maxMarketOrderQty"),
    "gateio": ("order_size_max", "market_order_size_max"),
    "kucoin": ("maxOrderQty", "marketMaxOrderQty"),
}


def _largest(entry: Mapping[str, Any], limits: Mapping[str, Any], venue: str) -> tuple[float, float]:
    """Return the largest limit and market order; 0 where nobody tells. A market order is never larger."""
    limit = _number(_table(limits, "amount").get("max")) or 0.0
    market = _number(_table(limits, "market").get("max")) or 0.0
    if venue in _LARGEST:
        told_limit, told_market = (_told(_table(entry, "info"), path) for path in _LARGEST[venue])
        limit, market = told_limit or limit, told_market or market
    known = [each for each in (limit, market) if each > 0.0]
    return max(limit, 0.0), min(known, default=0.0)


def _told(info: Mapping[str, Any], path: str) -> float:
    *above, name = path.split(".")
    for part in above:
        info = _table(info, part)
    return _number(info.get(name)) or 0.0


def _ineligible(symbol: str, entry: Mapping[str, Any], quote: str, venue: str, *, steps: bool) -> str:
    """Return why a market can't be traded, first match wins (live.md 2.2)."""
    if entry.get("active") is False:
        return "not active"
    if not entry.get("swap"):
        return "not swap"
    if not entry.get("linear"):
        return "not linear"
    if not symbol.endswith(f"/{quote}:{quote}"):
        return "wrong quote"
    if venue == "hyperliquid" and not _number(_table(entry, "info").get("openInterest")):
        return "ineligible on hyperliquid"
    return "" if steps else "no price or quantity step listed"


def _isolated_only(info: Mapping[str, Any]) -> bool:
    """Tell whether a market takes isolated margin only (exchanges.md 1)."""
    flags = (info.get("onlyIsolated"), info.get("isolatedOnly"))
    return any(flag in (True, "true") for flag in flags) or info.get("marginMode") in _ISOLATED


def convert_ticker(symbol: str, raw: Mapping[str, Any], *, now_ms: int, last_field: str = "") -> Ticker | None:
    """Return a ticker, or None when it holds no price at all; a missing price is taken from the others.

    Missing bid or ask become the last price, a missing last the bid (exchanges.md 1).
    """
    bid, ask = _price(raw.get("bid")), _price(raw.get("ask"))
    last = _price(raw.get("last"))
    if last is None and last_field:
        last = _price(_table(raw, "info").get(last_field))
    if last is None:
        last = bid or ask
    if last is None:
        return None
    stamp = raw.get("timestamp")
    ts_ms = stamp if isinstance(stamp, int) and stamp > 0 else now_ms
    return Ticker(symbol, bid=bid or last, ask=ask or last, last=last, ts_ms=ts_ms)


def _table(entry: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value: Any = entry.get(key)
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}


def _number(value: Any) -> float | None:
    """Return a finite number, from text too; None for anything else."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def _price(value: Any) -> float | None:
    number = _number(value)
    return number if number is not None and number > 0.0 else None


def _step(value: Any, mode: int) -> float:
    """Return a step, 0 when none is listed."""
    number = _number(value)
    if number is None:
        return 0.0
    return float(f"1e{-round(number)}") if mode == _DECIMAL_PLACES else max(number, 0.0)


def _listed(value: Any) -> int | None:
    stamp = _number(value)
    return round(stamp) if stamp is not None and stamp > 0.0 else None
