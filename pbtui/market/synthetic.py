"""A seeded market: endless, lively, and the same again for the same seed."""

from __future__ import annotations

import zlib
from collections import OrderedDict
from collections.abc import Sequence
from typing import Literal

import numpy as np

from pbtui.core.clock import DAY_MS, MINUTE_MS
from pbtui.core.errors import ConfigError
from pbtui.core.sanitize import sanitize_line
from pbtui.core.types import Market, Ticker
from pbtui.exchange.paper.feed import MinuteBar
from pbtui.exchange.port import Candles, StreamState, Timeframe
from pbtui.market.grid import Grid, candles_between
from pbtui.market.walk import COINS, CoinModel, day_of, shared_moves

FIRST_MS = 1_735_689_600_000  # 2025-01-01 00:00 UTC
_KEPT_DAYS = 4  # per coin; older ones are made again when asked for


class SyntheticFeed:
    """Six coins walking by (seed, coin, day), so that a restart finds the same past and the same future.

    Days of history exist before `first_ms`, where trading begins. Memory stays flat: a few days are kept, the rest is
    made again, each day from the level where the one before ended.
    """

    label: Literal["live", "replay", "synthetic"] = "synthetic"

    def __init__(
        self,
        seed: int = 1,
        *,
        exchange: str = "synthetic",
        quote: str = "USDT",
        first_ms: int = FIRST_MS,
        history_days: int = 2,
        coins: Sequence[str] = (),
    ) -> None:
        """Choose a market by its seed; trading begins at 00:00 UTC of the day of `first_ms`.

        Raises ConfigError for a coin that is not invented here.
        """
        self.seed = seed
        self.name = exchange
        self.quote = quote
        self.first_ms = first_ms // DAY_MS * DAY_MS
        self.last_ms: int | None = None
        self.market_name = f"synthetic seed {seed} from {self.first_ms}"
        self._genesis_ms = self.first_ms - history_days * DAY_MS
        self._models = {f"{model.coin}/{quote}:{quote}": model for model in _chosen(coins)}
        self._levels: dict[str, list[float]] = {
            symbol: [float(np.log(model.price))] for symbol, model in self._models.items()
        }
        self._days: OrderedDict[tuple[str, int], Grid] = OrderedDict()
        self._now: dict[str, MinuteBar] = {}

    async def start(self) -> None:
        """Nothing to connect to."""

    async def close(self) -> None:
        """Nothing is held open."""

    async def markets(self) -> dict[str, Market]:
        """Return the limits of every coin."""
        return {symbol: self._market(symbol, model) for symbol, model in self._models.items()}

    def _market(self, symbol: str, model: CoinModel) -> Market:
        return Market(
            symbol=symbol,
            coin=model.coin,
            qty_step=model.lot,
            price_step=model.tick,
            min_qty=model.lot,
            min_cost=5.0,
            quote=self.quote,
            listed_ms=self._genesis_ms,
        )

    def bars(self, ts_ms: int) -> dict[str, MinuteBar]:
        """Return the candle of each symbol that opens at `ts_ms`; a symbol in a gap is missing."""
        day = (ts_ms - self._genesis_ms) // DAY_MS
        if day < 0:
            return {}
        found = {symbol: bar for symbol in self._models if (bar := self._day(symbol, day).bar(ts_ms))}
        self._now.update(found)
        return found

    async def candles(self, symbol: str, timeframe: Timeframe, start_ms: int, end_ms: int) -> Candles:
        """Return the candles with start_ms ≤ open < end_ms; the caller does not ask for the future."""
        if symbol not in self._models:
            return Candles.empty()
        return candles_between(lambda start, end: self._minutes(symbol, start, end), timeframe, start_ms, end_ms)

    def _minutes(self, symbol: str, start_ms: int, end_ms: int) -> Candles:
        start_ms = max(start_ms, self._genesis_ms)
        if end_ms <= start_ms:
            return Candles.empty()
        first, last = ((t - self._genesis_ms) // DAY_MS for t in (start_ms, end_ms - 1))
        parts = [self._day(symbol, day).minutes(start_ms, end_ms) for day in range(first, last + 1)]
        return parts[0] if len(parts) == 1 else _joined(parts)

    def _day(self, symbol: str, day: int) -> Grid:
        key = (symbol, day)
        grid = self._days.get(key)
        if grid is not None:
            self._days.move_to_end(key)
            return grid
        levels = self._levels[symbol]
        while len(levels) <= day:
            levels.append(self._make(symbol, len(levels) - 1)[1])
        grid, level = self._make(symbol, day)
        if len(levels) == day + 1:
            levels.append(level)
        self._days[key] = grid
        while len(self._days) > _KEPT_DAYS * len(self._models):
            self._days.popitem(last=False)
        return grid

    def _make(self, symbol: str, day: int) -> tuple[Grid, float]:
        """Return a day's candles and the level (log price) where it ends."""
        model = self._models[symbol]
        shared = shared_moves(np.random.default_rng([self.seed, 0, day]))
        own = np.random.default_rng([self.seed, zlib.crc32(model.coin.encode()), day])
        rows, level = day_of(model, self._levels[symbol][day], shared, own)
        return Grid(self._genesis_ms + day * DAY_MS, rows), level

    async def tickers(self, symbols: Sequence[str]) -> dict[str, Ticker]:
        """Return the close of the candle last played."""
        played = ((symbol, self._now[symbol]) for symbol in symbols if symbol in self._now)
        return {s: Ticker(s, bar.close, bar.close, bar.close, bar.ts_ms + MINUTE_MS) for s, bar in played}

    def stream_state(self) -> StreamState:
        """There are no streams."""
        return StreamState()


def _chosen(coins: Sequence[str]) -> Sequence[CoinModel]:
    if not coins:
        return COINS
    known = {model.coin: model for model in COINS}
    strangers = [coin for coin in coins if coin not in known]
    if strangers:
        raise ConfigError(
            f"the synthetic market has no {sanitize_line(', '.join(strangers), limit=80)}",
            hint=f"it has {', '.join(known)}",
        )
    return [model for model in COINS if model.coin in coins]


def _joined(parts: Sequence[Candles]) -> Candles:
    return Candles(
        np.concatenate([part.ts_ms for part in parts]),
        *(
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("open", "high", "low", "close", "volume")
        ),
    )
