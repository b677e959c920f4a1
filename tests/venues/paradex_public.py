"""Paradex's public documents and price streams over the recorded markets.

Recorded: a market of `markets` (names and figures as in the library's kept list). Documented: `system/time`,
`system/config`, `markets/summary`, `markets/klines`, and the frames of the streams.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from tests.support.venue_server import VenueMarket
from tests.venues import paradex_sbe as sbe

if TYPE_CHECKING:
    from tests.venues.simulator import Simulator

MINUTE_MS = 60_000
CHAIN = "PRIVATE_SN_PARACLEAR_MAINNET"
Query = Mapping[str, str]
_MOST = 1_000
_OPTION = {
    "symbol": "BTC-USD-96000-C",
    "base_currency": "BTC",
    "quote_currency": "USD",
    "settlement_currency": "USDC",
    "order_size_increment": "0.001",
    "price_tick_size": "0.01",
    "min_notional": "100",
    "open_at": 1_736_764_200_000,
    "expiry_at": 0,
    "asset_kind": "PERP_OPTION",
    "option_type": "CALL",
    "strike_price": "96000",
}
_SPOT = {**_OPTION, "symbol": "BTC-USD", "asset_kind": "SPOT", "option_type": "", "strike_price": "0"}


class ParadexPublic:
    """Answers under /v1 that need no login; numbers are told as texts."""

    def __init__(self, simulator: Simulator) -> None:
        self.markets = {f"{market.coin}-USD-PERP": market for market in simulator.markets.values()}
        self.isolated: set[str] = set()  # markets that take isolated margin only
        self._now = simulator.fast_clock.now_ms
        self.routes: dict[str, Callable[[Query], Any]] = {
            "/v1/system/time": lambda _: {"server_time": str(self._now())},
            "/v1/system/config": lambda _: {"starknet_chain_id": CHAIN, "l1_chain_id": "1", "paraclear_decimals": 8},
            "/v1/markets": lambda _: {"results": [*(self._market(*e) for e in self.markets.items()), _OPTION, _SPOT]},
            "/v1/markets/summary": self._summaries,
            "/v1/markets/klines": self._klines,
        }

    def frames(self, channel: str) -> list[bytes]:
        """Return what a channel of prices has to say now."""
        kind, _, name = channel.partition(".")
        market, now = self.markets[name], self._now()
        if kind == "trades":
            return [sbe.trade(name, f"{now}2017", self._price(market), "0.001", now)]
        return [sbe.summary(name, self._price(market), self._ask(market), self._price(market), now)]

    def _market(self, name: str, market: VenueMarket) -> dict[str, Any]:
        return {
            "symbol": name,
            "base_currency": market.coin,
            "quote_currency": "USD",
            "settlement_currency": "USDC",
            "order_size_increment": f"{10.0**-market.qty_decimals:.{market.qty_decimals}f}",
            "price_tick_size": f"{10.0**-market.price_decimals:.{market.price_decimals}f}",
            "min_notional": "10",
            "open_at": market.first_minute * MINUTE_MS,
            "expiry_at": 0,
            "asset_kind": "PERP",
            "market_kind": "isolated" if name in self.isolated else "cross",
            "position_limit": "60",
            "price_bands_width": "0.05",
            "max_open_orders": 100,
            "max_funding_rate": "0.02",
            "delta1_cross_margin_params": {
                "imf_base": "0.02",
                "imf_shift": "0",
                "imf_factor": "0",
                "mmf_factor": "0.5",
            },
            "price_feed_id": "GVXRSBjFk6e6J3NbVPXohDJetcTjaeeuykUpbQF8UoMU",
            "oracle_ewma_factor": "0.2",
            "max_order_size": "1000000",
            "max_funding_rate_change": "0.0002",
            "max_tob_spread": "0.1",
            "funding_period_hours": 8,
        }

    def _summaries(self, query: Query) -> Any:
        names = list(self.markets) if query["market"] == "ALL" else [query["market"]]
        return {"results": [self._summary(name, self.markets[name]) for name in names]}

    def _summary(self, name: str, market: VenueMarket) -> dict[str, Any]:
        price = self._price(market)
        return {
            "symbol": name,
            "mark_price": price,
            "last_traded_price": price,
            "bid": price,
            "ask": self._ask(market),
            "volume_24h": "5815541.397939004",
            "total_volume": "584031465.525259686",
            "created_at": self._now(),
            "underlying_price": price,
            "open_interest": "162.272",
            "funding_rate": "0.0001",
            "price_change_rate_24h": "0.009032",
        }

    def _klines(self, query: Query) -> Any:
        market, size = self.markets[query["symbol"]], int(query["resolution"])
        assert size in (1, 3, 5, 15, 30, 60)
        now = self._now() // MINUTE_MS
        first = max(-(-int(query["start_at"]) // MINUTE_MS // size), -(-market.first_minute // size))
        last = min(int(query["end_at"]) // MINUTE_MS, now) // size
        rows: list[list[Any]] = []
        for bucket in range(first, min(last, first + _MOST) + 1):
            minutes = market.rows(bucket * size, min(size, now - bucket * size) or 1)
            prices = (minutes[0, 0], minutes[:, 1].max(), minutes[:, 2].min(), minutes[-1, 3])
            dollars = int((minutes[:, 4] * minutes[:, 3]).sum())
            rows.append([bucket * size * MINUTE_MS, *(float(price) for price in prices), dollars])
        return {"results": rows}

    def _price(self, market: VenueMarket) -> str:
        return f"{market.price(self._now()):.{market.price_decimals}f}"

    def _ask(self, market: VenueMarket) -> str:
        return f"{market.price(self._now()) + 10.0**-market.price_decimals:.{market.price_decimals}f}"
