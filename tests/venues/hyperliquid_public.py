"""Hyperliquid's public documents over the recorded markets.

Recorded: `metaAndAssetCtxs` (names and figures as in the kept market list), `candleSnapshot`, `allMids`. Documented:
`exchangeStatus`, and the `trades` and `allMids` streams.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from tests.support.venue_server import VenueMarket

if TYPE_CHECKING:
    from tests.venues.simulator import Simulator

MINUTE_MS = 60_000
_SIZES = {"1m": 1, "1h": 60, "1d": 1440}
_MOST = 5_000
MAX_LEVERAGE = 40


class HyperliquidPublic:
    """Answers to questions that name no account."""

    def __init__(self, simulator: Simulator) -> None:
        self.markets = {market.coin: market for market in simulator.markets.values()}
        self.coins = list(self.markets)
        self.isolated: tuple[str, ...] = ()  # coins that take isolated margin only
        self._now = simulator.fast_clock.now_ms
        self.answers: dict[str, Callable[[Mapping[str, Any]], Any]] = {
            "exchangeStatus": lambda _: {"specialStatuses": None, "time": self._now()},
            "metaAndAssetCtxs": lambda _: [{"universe": self._universe()}, [self._context(c) for c in self.coins]],
            "candleSnapshot": lambda asked: self._candles(asked["req"]),
            "allMids": lambda _: self.mids(),
        }

    def price(self, coin: str) -> float:
        return self.markets[coin].price(self._now())

    def mids(self) -> dict[str, str]:
        """Return the middle prices; spot pairs are among them."""
        return {**{coin: self._text(coin, self.price(coin)) for coin in self.coins}, "@107": "40.1", "PURR/USDC": "0.1"}

    def trade_message(self, coin: str) -> dict[str, Any]:
        """Return a trade at the price of now."""
        now, price = self._now(), self._text(coin, self.price(coin))
        row = {"coin": coin, "side": "B", "px": price, "sz": "0.001", "time": now, "hash": "0x0", "tid": now}
        return {"channel": "trades", "data": [{**row, "users": ["0x0", "0x0"]}]}

    def decimals(self, coin: str) -> int:
        """Return the decimals of sizes."""
        return self.markets[coin].qty_decimals

    def _universe(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        for coin in self.coins:
            row = {"szDecimals": self.decimals(coin), "name": coin, "maxLeverage": MAX_LEVERAGE, "marginTableId": 56}
            rows.append({**row, **({"onlyIsolated": True} if coin in self.isolated else {})})
        return rows

    def _context(self, coin: str) -> dict[str, Any]:
        price = self._text(coin, self.price(coin))
        ask = self._text(coin, self.price(coin) + 10.0 ** -self.markets[coin].price_decimals)
        prices = {"markPx": price, "midPx": price, "oraclePx": price, "prevDayPx": price, "impactPxs": [price, ask]}
        volumes = {"openInterest": "32940.14", "dayNtlVlm": "1264244451.06", "dayBaseVlm": "10920.7"}
        return {**prices, **volumes, "funding": "0.0000125", "premium": "-0.00008"}

    def _candles(self, asked: Mapping[str, Any]) -> list[dict[str, Any]]:
        market, size = self.markets[asked["coin"]], _SIZES[asked["interval"]]
        now = self._now() // MINUTE_MS
        last = min(int(asked["endTime"]) // MINUTE_MS, now) // size
        first = max(
            -(-int(asked["startTime"]) // MINUTE_MS // size), -(-market.first_minute // size), now // size - _MOST
        )
        return [self._candle(market, bucket * size, size, asked, now) for bucket in range(first, last + 1)]

    def _candle(
        self, market: VenueMarket, minute: int, size: int, asked: Mapping[str, Any], now: int
    ) -> dict[str, Any]:
        rows = market.rows(minute, min(size, now - minute) or 1)
        prices = (rows[0, 0], rows[-1, 3], rows[:, 1].max(), rows[:, 2].min())
        texts = {name: self._text(market.coin, price) for name, price in zip("ochl", prices, strict=True)}
        stamps = {"t": minute * MINUTE_MS, "T": (minute + size) * MINUTE_MS - 1, "n": 9}
        return {**stamps, "s": market.coin, "i": asked["interval"], **texts, "v": f"{rows[:, 4].sum():.5f}"}

    def _text(self, coin: str, price: float) -> str:
        return f"{price:.{self.markets[coin].price_decimals}f}"
