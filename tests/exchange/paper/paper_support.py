"""Small markets to trade on, and short ways to write orders."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from pbtui.core.clock import MINUTE_MS, VirtualClock
from pbtui.core.types import Market, OrderRequest, Pside, Side, Ticker
from pbtui.exchange.paper.factory import open_paper
from pbtui.exchange.paper.feed import MinuteBar, Trade
from pbtui.exchange.paper.stepped import SteppedPaper
from pbtui.exchange.paper.stream import StreamPaper
from pbtui.exchange.port import Candles, StreamState, Timeframe

T0 = 1_700_000_040_000
A = "AAA/USDT:USDT"
B = "BBB/USDT:USDT"
MARKETS = {
    A: Market(A, "AAA", qty_step=0.1, price_step=0.5, min_qty=0.1, min_cost=5.0, maker_fee=0.0002, taker_fee=0.0005),
    B: Market(B, "BBB", qty_step=1.0, price_step=0.01, min_qty=1.0, min_cost=5.0, c_mult=0.1),
}
_numbers = iter(range(1, 1_000_000_000))


class ListFeed:
    """Minutes written down in a test: per minute, (open, high, low, close) by symbol."""

    name, label, quote = "testvenue", "replay", "USDT"

    def __init__(self, minutes: Sequence[dict[str, tuple[float, float, float, float]]]) -> None:
        self.minutes = minutes
        self.first_ms = T0
        self.last_ms: int | None = T0 + (len(minutes) - 1) * MINUTE_MS
        self.closed = False

    async def start(self) -> None:
        self.closed = False

    async def close(self) -> None:
        self.closed = True

    async def markets(self) -> dict[str, Market]:
        return dict(MARKETS)

    def bars(self, ts_ms: int) -> dict[str, MinuteBar]:
        row = self.minutes[(ts_ms - T0) // MINUTE_MS]
        return {symbol: MinuteBar(ts_ms, *ohlc, 1.0) for symbol, ohlc in row.items()}

    async def candles(self, symbol: str, timeframe: Timeframe, start_ms: int, end_ms: int) -> Candles:
        times = [T0 + i * MINUTE_MS for i, row in enumerate(self.minutes) if symbol in row]
        times = [ts for ts in times if start_ms <= ts < end_ms]
        bars = [self.bars(ts)[symbol] for ts in times]
        columns = [
            np.array([getattr(bar, name) for bar in bars]) for name in ("open", "high", "low", "close", "volume")
        ]
        return Candles(np.array(times, dtype=np.int64), *columns)

    async def tickers(self, symbols: Sequence[str]) -> dict[str, Ticker]:
        return {}

    def stream_state(self) -> StreamState:
        return StreamState()


class StreamFeedByHand:
    """A live market whose quotes, trades and time a test moves."""

    name, label, quote = "testvenue", "live", "USDT"

    def __init__(self) -> None:
        self.time_ms = T0
        self.quotes: dict[str, tuple[float, float, float]] = {A: (99.5, 100.0, 100.0), B: (9.99, 10.0, 10.0)}
        self.state = StreamState("up")
        self.watched: list[list[str]] = []
        self.asked = 0
        self.error: Exception | None = None
        self._on_trade: Callable[[Trade], None] | None = None
        self._on_ticker: Callable[[Ticker], None] | None = None

    async def start(self) -> None:
        self.time_ms += 1

    async def close(self) -> None:
        self._on_trade = None

    def now_ms(self) -> int:
        return self.time_ms

    async def markets(self) -> dict[str, Market]:
        return dict(MARKETS)

    async def candles(self, symbol: str, timeframe: Timeframe, start_ms: int, end_ms: int) -> Candles:
        return Candles.empty()

    def ticker(self, symbol: str) -> Ticker:
        bid, ask, last = self.quotes[symbol]
        return Ticker(symbol, bid, ask, last, self.time_ms)

    async def tickers(self, symbols: Sequence[str]) -> dict[str, Ticker]:
        self.asked += 1
        if self.error:
            raise self.error
        return {symbol: self.ticker(symbol) for symbol in symbols if symbol in self.quotes}

    def stream_state(self) -> StreamState:
        return self.state

    async def watch(
        self, symbols: Sequence[str], on_trade: Callable[[Trade], None], on_ticker: Callable[[Ticker], None]
    ) -> None:
        self.watched.append(list(symbols))
        self._on_trade, self._on_ticker = on_trade, on_ticker

    def trade(self, symbol: str, price: float, qty: float = 1e9, ts_ms: int | None = None) -> None:
        assert self._on_trade is not None
        self.time_ms += 1
        self._on_trade(Trade(symbol, self.time_ms if ts_ms is None else ts_ms, price, qty))

    def push_ticker(self, symbol: str) -> None:
        assert self._on_ticker is not None
        self._on_ticker(self.ticker(symbol))


def order(
    side: Side,
    pside: Pside,
    qty: float,
    price: float,
    *,
    symbol: str = A,
    reduce_only: bool | None = None,
    kind: str = "limit",
    post_only: bool = False,
    client_id: str = "",
) -> OrderRequest:
    """Write an order; one whose sides say that it closes is reduce-only unless told otherwise."""
    closing = (side == "sell") == (pside == "long")
    return OrderRequest(
        symbol=symbol,
        side=side,
        pside=pside,
        qty=qty,
        price=price,
        reduce_only=closing if reduce_only is None else reduce_only,
        kind="market" if kind == "market" else "limit",
        client_id=client_id or f"t{next(_numbers)}",
        order_type=f"close_grid_{pside}" if closing else f"entry_grid_normal_{pside}",
        post_only=post_only,
    )


def flat(price: float) -> tuple[float, float, float, float]:
    return price, price, price, price


async def on_minutes(
    path: Path, minutes: Sequence[dict[str, tuple[float, float, float, float]]], *, hedge_mode: bool = True
) -> SteppedPaper:
    """Open an account on written minutes and let the first of them happen."""
    venue = open_paper(ListFeed(minutes), path / "ledger.db", hedge_mode=hedge_mode, clock=VirtualClock())
    await venue.start()
    await venue.step_minute()
    return venue


async def on_stream(
    path: Path, feed: StreamFeedByHand, *, partial_fills: bool = False, hedge_mode: bool = True
) -> StreamPaper:
    """Open an account on a live market moved by hand."""
    venue = open_paper(
        feed, path / "ledger.db", hedge_mode=hedge_mode, clock=VirtualClock(), partial_fills=partial_fills
    )
    await venue.start()
    return venue
