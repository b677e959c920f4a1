"""Bybit's public v5 documents over the recorded markets (documented shapes)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from tests.support.venue_server import VenueMarket

if TYPE_CHECKING:
    from tests.venues.simulator import Simulator

MINUTE_MS = 60_000
Query = Mapping[str, str]


class BybitPublic:
    """Answers under /v5/market."""

    def __init__(self, simulator: Simulator) -> None:
        self._markets = {market.id: market for market in simulator.markets.values()}
        self._now = simulator.fast_clock.now_ms
        self.routes: dict[str, Callable[[Query], Any]] = {
            "/v5/market/time": self._time,
            "/v5/market/instruments-info": self._instruments,
            "/v5/market/kline": self._kline,
            "/v5/market/tickers": self._tickers,
        }

    def trade_message(self, market_id: str) -> dict[str, Any]:
        """Return a publicTrade event at the price of now."""
        market, now = self._markets[market_id], self._now()
        row = {"T": now, "s": market_id, "S": "Buy", "v": "0.001", "p": self._price(market), "i": str(now), "BT": False}
        return {"topic": f"publicTrade.{market_id}", "type": "snapshot", "ts": now, "data": [row]}

    def book_message(self, market_id: str) -> dict[str, Any]:
        """Return an orderbook.1 snapshot at the price of now."""
        market, now = self._markets[market_id], self._now()
        data = {
            "s": market_id,
            "b": [[self._price(market), "10"]],
            "a": [[self._ask(market), "10"]],
            "u": 1,
            "seq": now,
        }
        return {"topic": f"orderbook.1.{market_id}", "type": "snapshot", "ts": now, "data": data, "cts": now}

    def _time(self, _: Query) -> Any:
        now = self._now()
        return {"timeSecond": str(now // 1000), "timeNano": str(now * 1_000_000)}

    def _instruments(self, query: Query) -> Any:
        linear = query.get("category") == "linear" and query.get("status") != "PreLaunch"
        found = [self._instrument(market) for market in self._markets.values()] if linear else []
        return {"category": query.get("category"), "nextPageCursor": "", "list": found}

    def _instrument(self, market: VenueMarket) -> dict[str, Any]:
        tick, lot = f"{10.0**-market.price_decimals:.10f}", f"{10.0**-market.qty_decimals:.10f}"
        return {
            "symbol": market.id,
            "contractType": "LinearPerpetual",
            "status": "Trading",
            "baseCoin": market.coin,
            "quoteCoin": "USDT",
            "settleCoin": "USDT",
            "launchTime": str(market.first_minute * MINUTE_MS),
            "deliveryTime": "0",
            "priceScale": str(market.price_decimals),
            "leverageFilter": {"minLeverage": "1", "maxLeverage": "100.00", "leverageStep": "0.01"},
            "priceFilter": {"minPrice": tick, "maxPrice": "999999", "tickSize": tick},
            "lotSizeFilter": {"maxOrderQty": "9000000", "minOrderQty": lot, "qtyStep": lot, "minNotionalValue": "5"},
        }

    def _kline(self, query: Query) -> Any:
        market = self._markets[query["symbol"]]
        size = {"1": 1, "60": 60, "D": 1440}[query["interval"]]
        now = self._now() // MINUTE_MS
        first = max(-(-int(query["start"]) // MINUTE_MS // size), -(-market.first_minute // size))
        last = min(int(query.get("end", 4e12)) // MINUTE_MS, now) // size
        last = min(last, first + int(query.get("limit", 200)) - 1)
        rows: list[list[str]] = []
        for bucket in range(first, last + 1):
            minutes = market.rows(bucket * size, min(size, now - bucket * size) or 1)
            prices = (minutes[0, 0], minutes[:, 1].max(), minutes[:, 2].min(), minutes[-1, 3])
            texts = [f"{price:.{market.price_decimals}f}" for price in prices]
            volume = float(minutes[:, 4].sum())
            rows.append([str(bucket * size * MINUTE_MS), *texts, f"{volume:.4f}", f"{volume * prices[3]:.2f}"])
        return {"symbol": market.id, "category": "linear", "list": rows[::-1]}

    def _tickers(self, query: Query) -> Any:
        wanted = [query["symbol"]] if "symbol" in query else list(self._markets)
        return {"category": "linear", "list": [self._ticker(self._markets[name]) for name in wanted]}

    def _ticker(self, market: VenueMarket) -> dict[str, Any]:
        price = self._price(market)
        return {
            "symbol": market.id,
            "lastPrice": price,
            "bid1Price": price,
            "ask1Price": self._ask(market),
            "openInterestValue": "9",
        }

    def _price(self, market: VenueMarket) -> str:
        return f"{market.price(self._now()):.{market.price_decimals}f}"

    def _ask(self, market: VenueMarket) -> str:
        return f"{market.price(self._now()) + 10.0**-market.price_decimals:.{market.price_decimals}f}"
