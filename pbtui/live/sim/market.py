"""The market of a simulation: seeded candles played as trades, with gaps, late candles and changed limits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal

from pbtui.core.clock import MINUTE_MS
from pbtui.core.errors import VenueUnreachable
from pbtui.core.types import Market, Ticker
from pbtui.engine.numerics import round_
from pbtui.exchange.paper.feed import Trade
from pbtui.exchange.port import Candles, StreamState, Timeframe
from pbtui.live.sim.timewarp import WarpClock
from pbtui.live.sim.weather import Weather
from pbtui.market.synthetic import SyntheticFeed

STEP_MS = MINUTE_MS // 4
_GAP_EVERY, _IDLE_EVERY = 97, 61  # one minute in so many has no candle, or one without volume
_LOT = 1e9
_OLD_PRICE_MS = 150_000


class SimMarket:
    """A StreamFeed without streams of its own: `play` makes the trades of the time that has passed."""

    label: Literal["live", "replay", "synthetic"] = "live"

    def __init__(self, clock: WarpClock, weather: Weather, seed: int, coins: Sequence[str], *, first_ms: int) -> None:
        """`first_ms` is where the history before the simulation ends; trading begins at the clock's time."""
        self.inner = SyntheticFeed(seed, coins=coins, first_ms=first_ms)
        self.name, self.quote = "simulated", "USDT"
        self._clock = clock
        self._weather = weather
        self._prices: dict[str, float] = {}
        self._played_ms = clock.true_ms() // STEP_MS * STEP_MS
        self._on_trade: Callable[[Trade], None] | None = None
        self._markets: dict[str, Market] = {}
        self._offset_ms = 0

    async def start(self) -> None:
        """Make the first prices known."""
        self._markets = await self.inner.markets()
        minute = self._played_ms // MINUTE_MS * MINUTE_MS
        self._prices = {symbol: bar.open for symbol, bar in self.inner.bars(minute).items()}

    async def close(self) -> None:
        """Nothing is held open."""

    def now_ms(self) -> int:
        """Return the venue's time as the machine reckons it: its own clock and the offset last measured."""
        return self._clock.now_ms() + self._offset_ms

    def measure(self) -> None:
        """Ask the venue for its time."""
        self._offset_ms = -self._clock.skew_ms

    async def markets(self) -> dict[str, Market]:
        """Return the limits in force."""
        return dict(self._markets)

    def change_limits(self, symbol: str) -> None:
        """Let the venue make ticks and minimums coarser, or as they were before."""
        market = self._markets[symbol]
        coarse = not market.id
        factor = 10.0 if coarse else 0.1
        steps = {
            # The paper venue rounds positions to lots: a coarser lot would cut what is held.
            name: float(f"{getattr(market, name) * factor:.12g}")
            for name in ("price_step", "min_qty")
        }
        self._markets[symbol] = replace(
            market, **steps, min_cost=market.min_cost * (2.0 if coarse else 0.5), id="coarse" if coarse else ""
        )

    async def candles(self, symbol: str, timeframe: Timeframe, start_ms: int, end_ms: int) -> Candles:
        """Return finished candles: some minutes have none, and trouble makes the newest ones late."""
        true = self._clock.true_ms()
        end_ms = min(end_ms, true - true % MINUTE_MS)
        at_s = self._clock.monotonic()
        if self._weather.strikes("candles", at_s, share=0.5):
            raise VenueUnreachable(f"{self.name}: no candles of {symbol} (injected)")
        if self._weather.strikes("candles", at_s):
            end_ms -= self._weather.dice.randint(1, 8) * MINUTE_MS
        found = await self.inner.candles(symbol, timeframe, start_ms, end_ms)
        return _thinned(found) if timeframe == "1m" else found

    async def tickers(self, symbols: Sequence[str]) -> dict[str, Ticker]:
        """Return last prices; trouble makes them old, or leaves some out."""
        at_s, now = self._clock.monotonic(), self._clock.true_ms()
        told: dict[str, Ticker] = {}
        for symbol in symbols:
            if symbol not in self._prices or self._weather.strikes("prices", at_s, share=0.3):
                continue
            price = self._prices[symbol]
            old = _OLD_PRICE_MS if self._weather.strikes("prices", at_s, share=0.5) else 0
            told[symbol] = Ticker(symbol, price, price, price, now - old)
        return told

    def price(self, symbol: str) -> float:
        """Return the true price of a symbol."""
        return self._prices[symbol]

    def stream_state(self) -> StreamState:
        """Trades always reach the venue; what reaches the bot is the wrapper's matter."""
        return StreamState("up")

    async def watch(
        self, symbols: Sequence[str], on_trade: Callable[[Trade], None], on_ticker: Callable[[Ticker], None]
    ) -> None:
        """Hand trades to the venue."""
        self._on_trade = on_trade

    def play(self) -> None:
        """Let the trades of every quarter of a minute that has passed happen: open, low, high, close."""
        while self._played_ms + STEP_MS <= self._clock.true_ms():
            self._played_ms += STEP_MS
            minute, rest = divmod(self._played_ms - STEP_MS, MINUTE_MS)
            for symbol, bar in self.inner.bars(minute * MINUTE_MS).items():
                price = (bar.open, bar.low, bar.high, bar.close)[rest // STEP_MS]
                price = round_(price, self._markets[symbol].price_step)
                self._prices[symbol] = price
                if self._on_trade is not None:
                    self._on_trade(Trade(symbol, self._played_ms, price, self._lot(symbol)))

    def _lot(self, symbol: str) -> float:
        if not self._weather.strikes("partial", self._clock.monotonic()):
            return _LOT
        return self._markets[symbol].qty_step * self._weather.dice.randint(1, 5)


def _thinned(candles: Candles) -> Candles:
    """Return candles with gaps and idle minutes at places that depend on their time only."""
    import numpy as np

    minutes = candles.ts_ms // MINUTE_MS
    kept = minutes % _GAP_EVERY != 0
    volume = np.where(minutes % _IDLE_EVERY == 0, 0.0, candles.volume)
    return Candles(
        candles.ts_ms[kept],
        candles.open[kept],
        candles.high[kept],
        candles.low[kept],
        candles.close[kept],
        volume[kept],
    )
