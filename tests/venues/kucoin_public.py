"""KuCoin's public futures documents over the recorded markets (documented shapes)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from tests.support.venue_server import VenueMarket
from tests.venues.core import Lot

if TYPE_CHECKING:
    from tests.venues.simulator import Simulator

MINUTE_MS = 60_000
Query = Mapping[str, str]
LOTS = {"BTC": Lot(0.001, 1.0, 0.0), "ETH": Lot(0.01, 1.0, 0.0), "SOL": Lot(0.1, 1.0, 0.0)}


def contract_of(coin: str) -> str:
    return f"{'XBT' if coin == 'BTC' else coin}USDTM"


class KucoinPublic:
    """Answers under /api/v1 that need no key."""

    def __init__(self, simulator: Simulator) -> None:
        self._markets = {contract_of(market.coin): market for market in simulator.markets.values()}
        self._now = simulator.fast_clock.now_ms
        self.routes: dict[str, Callable[[Query], Any]] = {
            "GET /api/v1/timestamp": lambda _: self._now(),
            "GET /api/v1/contracts/active": lambda _: [self._contract(*each) for each in self._markets.items()],
            "GET /api/v1/kline/query": self._candles,
            "GET /api/v1/allTickers": lambda _: [self._ticker(*each) for each in self._markets.items()],
        }

    def message(self, kind: str, contract: str) -> dict[str, Any]:
        """Return an `execution` or `tickerV2` event at the price of now."""
        market, now = self._markets[contract], self._now()
        price, nanoseconds = self._price(market), now * 1_000_000
        data: dict[str, Any] = {"symbol": contract, "ts": nanoseconds, "sequence": now}
        if kind == "execution":
            data |= {"side": "buy", "size": 1, "price": price, "tradeId": str(now), "takerOrderId": "1"}
        else:
            data |= {"bestBidPrice": price, "bestAskPrice": self._ask(market), "bestBidSize": 9, "bestAskSize": 9}
        subject = "match" if kind == "execution" else kind
        return {"type": "message", "topic": f"/contractMarket/{kind}:{contract}", "subject": subject, "data": data}

    def _contract(self, name: str, market: VenueMarket) -> dict[str, Any]:
        return {
            "symbol": name,
            "rootSymbol": "USDT",
            "type": "FFWCSX",
            "firstOpenDate": market.first_minute * MINUTE_MS,
            "expireDate": None,
            "settleDate": None,
            "baseCurrency": "XBT" if market.coin == "BTC" else market.coin,
            "quoteCurrency": "USDT",
            "settleCurrency": "USDT",
            "maxOrderQty": 1_000_000,
            "maxPrice": 1_000_000.0,
            "lotSize": 1,
            "tickSize": 10.0**-market.price_decimals,
            "indexPriceTickSize": 0.01,
            "multiplier": LOTS[market.coin].c_mult,
            "makerFeeRate": 0.0002,
            "takerFeeRate": 0.0006,
            "isInverse": False,
            "isQuanto": True,
            "status": "Open",
            "markPrice": market.price(self._now()),
            "nextFundingRateTime": 21_031_525,
            "maxLeverage": 100,
        }

    def _candles(self, query: Query) -> Any:
        market, size = self._markets[query["symbol"]], int(query["granularity"])
        now = self._now() // MINUTE_MS
        # `from` itself is left out of the answer.
        first = max(int(query["from"]) // MINUTE_MS // size + 1, -(-market.first_minute // size))
        last = min(int(query.get("to", 4e12)) // MINUTE_MS, now) // size
        rows: list[list[float]] = []
        for bucket in range(first, min(last, first + 199) + 1):
            minutes = market.rows(bucket * size, min(size, now - bucket * size) or 1)
            prices = (minutes[0, 0], minutes[:, 1].max(), minutes[:, 2].min(), minutes[-1, 3])
            volume = round(float(minutes[:, 4].sum()) / LOTS[market.coin].c_mult)
            rows.append([bucket * size * MINUTE_MS, *(round(float(p), market.price_decimals) for p in prices), volume])
        return rows

    def _ticker(self, name: str, market: VenueMarket) -> dict[str, Any]:
        price = self._price(market)
        quote = {"price": price, "bestBidPrice": price, "bestAskPrice": self._ask(market)}
        return {"symbol": name, **quote, "ts": self._now() * 1_000_000, "sequence": 1, "side": "buy", "size": 1}

    def _price(self, market: VenueMarket) -> str:
        return f"{market.price(self._now()):.{market.price_decimals}f}"

    def _ask(self, market: VenueMarket) -> str:
        return f"{market.price(self._now()) + 10.0**-market.price_decimals:.{market.price_decimals}f}"
