"""Bitget's public v2 documents over the recorded markets (documented shapes; contracts as recorded ones have them)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from tests.support.venue_server import VenueMarket

if TYPE_CHECKING:
    from tests.venues.simulator import Simulator

MINUTE_MS = 60_000
Query = Mapping[str, str]


class BitgetPublic:
    """Answers under /api/v2 that need no key."""

    def __init__(self, simulator: Simulator) -> None:
        self._markets = {market.id: market for market in simulator.markets.values()}
        self._now = simulator.fast_clock.now_ms
        self.routes: dict[str, Callable[[Query], Any]] = {
            "/api/v2/public/time": lambda _: {"serverTime": str(self._now())},
            "/api/v2/mix/market/contracts": self._contracts,
            "/api/v2/mix/market/candles": self._candles,
            "/api/v2/mix/market/history-candles": self._candles,
            "/api/v2/mix/market/tickers": lambda _: [self._ticker(market) for market in self._markets.values()],
        }

    def price(self, market_id: str) -> float:
        """Return the price of now."""
        return self._markets[market_id].price(self._now())

    def trade_message(self, market_id: str) -> dict[str, Any]:
        """Return a trade at the price of now."""
        now = self._now()
        price = self._text(self._markets[market_id], self.price(market_id))
        row = {"ts": str(now), "price": price, "size": "0.001", "side": "buy", "tradeId": str(now)}
        return self._event("trade", market_id, row)

    def ticker_message(self, market_id: str) -> dict[str, Any]:
        """Return the prices of now."""
        row = {**self._ticker(self._markets[market_id]), "instId": market_id}
        return self._event("ticker", market_id, row)

    def _event(self, channel: str, market_id: str, row: Mapping[str, Any]) -> dict[str, Any]:
        arg = {"instType": "USDT-FUTURES", "channel": channel, "instId": market_id}
        return {"action": "snapshot", "arg": arg, "data": [row], "ts": self._now()}

    def _contracts(self, query: Query) -> Any:
        usdt = query["productType"].upper() == "USDT-FUTURES"
        return [self._contract(market) for market in self._markets.values()] if usdt else []

    def _contract(self, market: VenueMarket) -> dict[str, Any]:
        lot = f"{10.0**-market.qty_decimals:.{market.qty_decimals}f}"
        names = {"symbol": market.id, "baseCoin": market.coin, "quoteCoin": "USDT", "symbolType": "perpetual"}
        steps = {"pricePlace": str(market.price_decimals), "priceEndStep": "1", "volumePlace": str(market.qty_decimals)}
        least = {"minTradeNum": lot, "sizeMultiplier": lot, "minTradeUSDT": "5", "maxLever": "125", "minLever": "1"}
        fees = {"makerFeeRate": "0.0002", "takerFeeRate": "0.0006", "feeRateUpRatio": "0.005"}
        listed = str(market.first_minute * MINUTE_MS)
        times = {"symbolStatus": "normal", "offTime": "-1", "launchTime": listed, "deliveryTime": ""}
        return {**names, **steps, **least, **fees, **times, "supportMarginCoins": ["USDT"]}

    def _candles(self, query: Query) -> Any:
        market = self._markets[query["symbol"]]
        size = {"1m": 1, "1H": 60, "1D": 1440, "1Dutc": 1440}[query["granularity"]]
        now = self._now() // MINUTE_MS
        # `startTime` itself is left out of the answer, and the newest of what was asked for are given.
        first = max(int(query["startTime"]) // MINUTE_MS // size + 1, -(-market.first_minute // size))
        last = min(int(query.get("endTime", 4e12)) // MINUTE_MS, now) // size
        first = max(first, last - int(query.get("limit", 100)) + 1)
        rows: list[list[str]] = []
        for bucket in range(first, last + 1):
            minutes = market.rows(bucket * size, min(size, now - bucket * size) or 1)
            prices = (minutes[0, 0], minutes[:, 1].max(), minutes[:, 2].min(), minutes[-1, 3])
            volume = float(minutes[:, 4].sum())
            texts = [self._text(market, float(price)) for price in prices]
            rows.append([str(bucket * size * MINUTE_MS), *texts, f"{volume:.4f}", f"{volume * prices[3]:.2f}"])
        return rows

    def _ticker(self, market: VenueMarket) -> dict[str, Any]:
        price = market.price(self._now())
        best = {"bidPr": self._text(market, price), "askPr": self._text(market, price + 10.0**-market.price_decimals)}
        sizes = {"bidSz": "10", "askSz": "10", "ts": str(self._now())}
        return {"symbol": market.id, "lastPr": self._text(market, price), **best, **sizes}

    def _text(self, market: VenueMarket, price: float) -> str:
        return f"{price:.{market.price_decimals}f}"
