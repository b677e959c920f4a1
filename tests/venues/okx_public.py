"""OKX's public v5 documents over the recorded markets (documented shapes; instruments recorded)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from tests.support.venue_server import VenueMarket
from tests.venues.core import Lot

if TYPE_CHECKING:
    from tests.venues.simulator import Simulator

MINUTE_MS = 60_000
LOTS = {"BTC": Lot(0.01, 0.01, 0.01), "ETH": Lot(0.1, 0.01, 0.01), "SOL": Lot(1.0, 0.01, 0.01)}  # as the venue has them
_BARS = {"1m": 1, "1H": 60, "1Dutc": 1440}
Query = Mapping[str, str]


class OkxPublic:
    """Answers under /api/v5/public and /api/v5/market, and the two public streams."""

    def __init__(self, simulator: Simulator) -> None:
        self._markets = {f"{market.coin}-USDT-SWAP": market for market in simulator.markets.values()}
        self._now = simulator.fast_clock.now_ms
        self.routes: dict[str, Callable[[Query], list[Any]]] = {
            "/api/v5/public/time": lambda _: [{"ts": str(self._now())}],
            "/api/v5/public/instruments": self._instruments,
            "/api/v5/market/candles": self._candles,
            "/api/v5/market/history-candles": self._candles,
            "/api/v5/market/tickers": self._tickers,
        }

    def message(self, channel: str, market_id: str) -> dict[str, Any]:
        """Return an event of the trades or bbo-tbt channel at the price of now."""
        market, now = self._markets[market_id], str(self._now())
        if channel == "trades":
            row = {"instId": market_id, "tradeId": now, "px": self._price(market), "sz": "0.5", "side": "buy"}
            row |= {"ts": now, "count": "1"}
        else:
            asks, bids = [[self._ask(market), "10", "0", "2"]], [[self._price(market), "10", "0", "2"]]
            row = {"asks": asks, "bids": bids, "ts": now, "seqId": int(now)}
        return {"arg": {"channel": channel, "instId": market_id}, "data": [row]}

    def _instruments(self, query: Query) -> list[Any]:
        return [self._instrument(m) for m in self._markets.values()] if query.get("instType") == "SWAP" else []

    def _instrument(self, market: VenueMarket) -> dict[str, Any]:
        lot = LOTS[market.coin]
        return {
            "instId": f"{market.coin}-USDT-SWAP",
            "instType": "SWAP",
            "uly": f"{market.coin}-USDT",
            "instFamily": f"{market.coin}-USDT",
            "baseCcy": "",
            "quoteCcy": "",
            "settleCcy": "USDT",
            "ctType": "linear",
            "ctVal": repr(lot.c_mult),
            "ctMult": "1",
            "ctValCcy": market.coin,
            "listTime": str(market.first_minute * MINUTE_MS),
            "contTdSwTime": "",
            "expTime": "",
            "lever": "100",
            "tickSz": f"{10.0**-market.price_decimals:.8f}",
            "lotSz": repr(lot.step),
            "minSz": repr(lot.step),
            "maxLmtSz": "100000000",
            "maxMktSz": "12000",
            "state": "live",
        }

    def _candles(self, query: Query) -> list[Any]:
        market, size = self._markets[query["instId"]], _BARS[query["bar"]]
        step, now = size * MINUTE_MS, self._now() // MINUTE_MS
        newest = min(int(query.get("after", 4e12)) - 1, self._now()) // step
        oldest = max(int(query.get("before", 0)) // step + 1, -(-market.first_minute // size))
        oldest = max(oldest, newest - int(query.get("limit", 100)) + 1)
        return [self._candle(market, bucket, size, now) for bucket in range(newest, oldest - 1, -1)]

    def _candle(self, market: VenueMarket, bucket: int, size: int, now: int) -> list[str]:
        minutes = market.rows(bucket * size, min(size, now - bucket * size) or 1)
        prices = (minutes[0, 0], minutes[:, 1].max(), minutes[:, 2].min(), minutes[-1, 3])
        texts = [f"{price:.{market.price_decimals}f}" for price in prices]
        coins = float(minutes[:, 4].sum())
        volumes = (coins / LOTS[market.coin].c_mult, coins, coins * float(prices[3]))
        over = "1" if (bucket + 1) * size <= now else "0"
        return [str(bucket * size * MINUTE_MS), *texts, *(f"{volume:.4f}" for volume in volumes), over]

    def _tickers(self, query: Query) -> list[Any]:
        assert query["instType"] == "SWAP"
        return [self._ticker(name, market) for name, market in self._markets.items()]

    def _ticker(self, name: str, market: VenueMarket) -> dict[str, Any]:
        price = self._price(market)
        sizes = {"lastSz": "1", "askSz": "10", "bidSz": "10", "vol24h": "1", "volCcy24h": "1"}
        prices = {"last": price, "askPx": self._ask(market), "bidPx": price, "open24h": price}
        return {"instType": "SWAP", "instId": name, **prices, **sizes, "ts": str(self._now())}

    def _price(self, market: VenueMarket) -> str:
        return f"{market.price(self._now()):.{market.price_decimals}f}"

    def _ask(self, market: VenueMarket) -> str:
        return f"{market.price(self._now()) + 10.0**-market.price_decimals:.{market.price_decimals}f}"
