"""Gate.io's public futures documents over the recorded markets; `contracts` is recorded, the rest documented."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from tests.support.venue_server import VenueMarket
from tests.venues.core import Lot

if TYPE_CHECKING:
    from tests.venues.simulator import Simulator

MINUTE_MS = 60_000
Query = Mapping[str, str]
LOTS = {"BTC": Lot(0.0001, 1.0, 0.0), "ETH": Lot(0.01, 1.0, 0.0), "SOL": Lot(0.1, 1.0, 0.0)}


class GateIoPublic:
    """Answers under /api/v4 that need no key."""

    def __init__(self, simulator: Simulator) -> None:
        self._markets = {f"{market.coin}_USDT": market for market in simulator.markets.values()}
        self._now = simulator.fast_clock.now_ms
        self.routes: dict[str, Callable[[Query], Any]] = {
            "/api/v4/spot/time": lambda _: {"server_time": self._now()},
            "/api/v4/futures/usdt/contracts": lambda _: [self._contract(*each) for each in self._markets.items()],
            "/api/v4/futures/btc/contracts": lambda _: [],
            "/api/v4/futures/usdt/candlesticks": self._candles,
            "/api/v4/futures/usdt/tickers": self._tickers,
        }

    def message(self, channel: str, contract: str) -> dict[str, Any]:
        """Return a `futures.trades` or `futures.book_ticker` event at the price of now."""
        market, now = self._markets[contract], self._now()
        price, ask = self._price(market), self._ask(market)
        result: Any = {"t": now, "u": now, "s": contract, "b": price, "B": 100, "a": ask, "A": 100}
        if channel == "futures.trades":
            trade = {"contract": contract, "create_time": now // 1000, "create_time_ms": now, "id": now, "size": 1}
            result = [{**trade, "price": price}]
        return {"time": now // 1000, "time_ms": now, "channel": channel, "event": "update", "result": result}

    def _contract(self, name: str, market: VenueMarket) -> dict[str, Any]:
        lot = LOTS[market.coin]
        return {
            "name": name,
            "type": "direct",
            "quanto_multiplier": repr(lot.c_mult),
            "order_price_round": f"{10.0**-market.price_decimals:.8f}",
            "mark_price_round": f"{10.0**-market.price_decimals:.8f}",
            "order_size_min": 1,
            "order_size_max": 10_000_000,
            "enable_decimal": False,
            "leverage_min": "1",
            "leverage_max": "100",
            "order_price_deviate": "0.5",
            "mark_price": self._price(market),
            "last_price": self._price(market),
            "maker_fee_rate": "-0.0001",
            "taker_fee_rate": "0.00075",
            "in_delisting": False,
            "status": "trading",
            "create_time": market.first_minute * 60,
            "orders_limit": 100,
        }

    def _candles(self, query: Query) -> Any:
        market = self._markets[query["contract"]]
        size = {"1m": 1, "1h": 60, "1d": 1440}[query["interval"]]
        now = self._now() // MINUTE_MS
        first = max(-(-int(query["from"]) // 60 // size), -(-market.first_minute // size))
        last = min(int(query.get("to", 4e9)) // 60, now) // size
        rows: list[dict[str, Any]] = []
        for bucket in range(first, last + 1):
            minutes = market.rows(bucket * size, min(size, now - bucket * size) or 1)
            prices = (minutes[0, 0], minutes[:, 1].max(), minutes[:, 2].min(), minutes[-1, 3])
            o, h, low, c = (f"{price:.{market.price_decimals}f}" for price in prices)
            volume = float(minutes[:, 4].sum()) / LOTS[market.coin].c_mult
            rows.append({"t": bucket * size * 60, "v": round(volume), "o": o, "h": h, "l": low, "c": c, "sum": "1"})
        return rows

    def _tickers(self, query: Query) -> Any:
        wanted = [query["contract"]] if "contract" in query else list(self._markets)
        return [
            {
                "contract": name,
                "last": self._price(self._markets[name]),
                "highest_bid": self._price(self._markets[name]),
                "lowest_ask": self._ask(self._markets[name]),
            }
            for name in wanted
        ]

    def _price(self, market: VenueMarket) -> str:
        return f"{market.price(self._now()):.{market.price_decimals}f}"

    def _ask(self, market: VenueMarket) -> str:
        return f"{market.price(self._now()) + 10.0**-market.price_decimals:.{market.price_decimals}f}"
