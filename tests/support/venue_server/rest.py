"""The REST dialect: documents as Binance USD-M's public endpoints give them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from .market import MINUTE_MS, VenueClock, VenueMarket

_PERIODS = {"1m": 1, "5m": 5, "15m": 15, "1h": 60, "4h": 240, "1d": 1440}
_MOST_ROWS = 1500
Query = Mapping[str, str]


class BadQuery(Exception):
    """A request the venue refuses with status 400."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


class Rest:
    """Answers by the last parts of the path."""

    def __init__(self, markets: Mapping[str, VenueMarket], clock: VenueClock, extra: list[dict[str, Any]]) -> None:
        self._markets = {market.id: market for market in markets.values()}
        self._clock = clock
        self._extra = extra  # further raw entries of exchangeInfo
        self._routes: dict[str, Callable[[Query], Any]] = {
            "/fapi/v1/ping": lambda _: {},
            "/fapi/v1/time": lambda _: {"serverTime": clock.now_ms()},
            "/fapi/v1/exchangeInfo": self._exchange_info,
            "/fapi/v1/klines": self._klines,
            "/fapi/v1/ticker/bookTicker": lambda q: self._each(q, self._book_ticker),
            "/fapi/v1/ticker/price": lambda q: self._each(q, self._price_ticker),
            "/fapi/v1/ticker/24hr": lambda q: self._each(q, self._day_ticker),
            "/fapi/v1/premiumIndex": lambda q: self._each(q, self._premium),
        }

    def answer(self, path: str, query: Query) -> Any:
        """Return the document of a path; raises KeyError for an unknown path, BadQuery for a bad question."""
        route = next((name for name in self._routes if path.endswith(name)), None)
        if route is None:
            raise KeyError(path)
        return self._routes[route](query)

    def book_ticker(self, market: VenueMarket) -> dict[str, Any]:
        """Return the best prices: the last price is the bid, one tick above it the ask."""
        return self._book_ticker(market)

    def _market(self, query: Query) -> VenueMarket:
        market = self._markets.get(query.get("symbol", ""))
        if market is None:
            raise BadQuery(-1121, "Invalid symbol.")
        return market

    def _each(self, query: Query, form: Callable[[VenueMarket], dict[str, Any]]) -> Any:
        if "symbol" in query:
            return form(self._market(query))
        return [form(market) for market in self._markets.values()]

    def _exchange_info(self, _: Query) -> dict[str, Any]:
        return {
            "timezone": "UTC",
            "serverTime": self._clock.now_ms(),
            "futuresType": "U_MARGINED",
            "rateLimits": [{"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": 2400}],
            "exchangeFilters": [],
            "assets": [{"asset": "USDT", "marginAvailable": True, "autoAssetExchange": "-10000"}],
            "symbols": [*(symbol_entry(market) for market in self._markets.values()), *self._extra],
        }

    def _klines(self, query: Query) -> list[list[Any]]:
        market, now = self._market(query), self._clock.now_ms()
        if query.get("interval") not in _PERIODS:
            raise BadQuery(-1120, "Invalid interval.")
        size = _PERIODS[query["interval"]]
        limit = min(int(query.get("limit", 500)), _MOST_ROWS)
        newest = min(int(query.get("endTime", now)), now) // MINUTE_MS // size
        oldest = -(-market.first_minute // size)
        if "startTime" in query:
            first = max(-(-int(query["startTime"]) // MINUTE_MS // size), oldest)
            last = min(newest, first + limit - 1)
        else:
            last, first = newest, max(newest - limit + 1, oldest)
        return [self._kline(market, bucket * size, size, now) for bucket in range(first, last + 1)]

    def _kline(self, market: VenueMarket, minute: int, size: int, now: int) -> list[Any]:
        current = now // MINUTE_MS
        count = min(size, current - minute)
        parts = [market.rows(minute, count)] if count > 0 else []
        if minute <= current < minute + size:
            parts.append(np.array([market.running(current, now)]))
        rows = np.vstack(parts)
        o, h, low, c = rows[0, 0], rows[:, 1].max(), rows[:, 2].min(), rows[-1, 3]
        volume = rows[:, 4].sum()
        prices = [_text(value, market.price_decimals) for value in (o, h, low, c)]
        amounts = [_text(volume, market.qty_decimals), (minute + size) * MINUTE_MS - 1, _text(volume * c, 4)]
        taker = [_text(volume / 2, market.qty_decimals), _text(volume * c / 2, 4), "0"]
        return [minute * MINUTE_MS, *prices, *amounts, 60 * len(rows), *taker]

    def _book_ticker(self, market: VenueMarket) -> dict[str, Any]:
        now = self._clock.now_ms()
        bid, tick = market.price(now), 10.0**-market.price_decimals
        prices = {"bidPrice": _text(bid, market.price_decimals), "askPrice": _text(bid + tick, market.price_decimals)}
        return {"symbol": market.id, **prices, "bidQty": "10", "askQty": "10", "time": now, "lastUpdateId": now}

    def _price_ticker(self, market: VenueMarket) -> dict[str, Any]:
        now = self._clock.now_ms()
        return {"symbol": market.id, "price": _text(market.price(now), market.price_decimals), "time": now}

    def _premium(self, market: VenueMarket) -> dict[str, Any]:
        now = self._clock.now_ms()
        price = _text(market.price(now), market.price_decimals)
        rates = {"lastFundingRate": "0.0001", "interestRate": "0.0001", "nextFundingTime": now + 3_600_000}
        return {"symbol": market.id, "markPrice": price, "indexPrice": price, "time": now, **rates}

    def _day_ticker(self, market: VenueMarket) -> dict[str, Any]:
        now = self._clock.now_ms()
        rows = market.rows(now // MINUTE_MS - 1440, 1440)
        price = market.price(now)
        numbers = {
            "lastPrice": price,
            "openPrice": rows[0, 0],
            "highPrice": rows[:, 1].max(),
            "lowPrice": rows[:, 2].min(),
            "weightedAvgPrice": rows[:, 3].mean(),
            "priceChange": price - rows[0, 0],
        }
        texts = {name: _text(value, market.price_decimals) for name, value in numbers.items()}
        volume = rows[:, 4].sum()
        amounts = {"volume": _text(volume, market.qty_decimals), "quoteVolume": _text(volume * price, 2)}
        change = {"priceChangePercent": _text((price / rows[0, 0] - 1) * 100, 3)}
        return {"symbol": market.id, **texts, **amounts, **change, "openTime": now - 86_400_000, "closeTime": now}


def symbol_entry(market: VenueMarket) -> dict[str, Any]:
    """Return the entry of exchangeInfo of a market."""
    tick, lot = _text(10.0**-market.price_decimals, market.price_decimals), 10.0**-market.qty_decimals
    step = _text(lot, market.qty_decimals)
    return {
        "symbol": market.id,
        "pair": market.id,
        "contractType": "PERPETUAL",
        "deliveryDate": 4_133_404_800_000,
        "onboardDate": market.first_minute * MINUTE_MS,
        "status": "TRADING",
        "baseAsset": market.coin,
        "quoteAsset": "USDT",
        "marginAsset": "USDT",
        "pricePrecision": market.price_decimals,
        "quantityPrecision": market.qty_decimals,
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
        "underlyingType": "COIN",
        "underlyingSubType": [],
        "filters": [
            {"filterType": "PRICE_FILTER", "minPrice": tick, "maxPrice": "10000000", "tickSize": tick},
            {"filterType": "LOT_SIZE", "minQty": step, "maxQty": "1000000", "stepSize": step},
            {"filterType": "MARKET_LOT_SIZE", "minQty": step, "maxQty": "1000000", "stepSize": step},
            {"filterType": "MAX_NUM_ORDERS", "limit": 200},
            {"filterType": "MIN_NOTIONAL", "notional": "5"},
            {"filterType": "PERCENT_PRICE", "multiplierUp": "1.05", "multiplierDown": "0.95", "multiplierDecimal": "4"},
        ],
        "orderTypes": ["LIMIT", "MARKET"],
        "timeInForce": ["GTC", "IOC", "FOK", "GTX"],
    }


def _text(value: float, decimals: int) -> str:
    return f"{value:.{decimals}f}"
