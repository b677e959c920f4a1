"""What the paper venue needs from a market: injected, so that live data, replays and synthetics look the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from pbtui.core.types import Market, Ticker
from pbtui.exchange.port import Candles, StreamState, Timeframe


@dataclass(frozen=True, slots=True)
class MinuteBar:
    """One finished minute of one symbol; `ts_ms` is its open time."""

    ts_ms: int
    open: float
    high: float
    low: float
    close: float
    volume: float


@dataclass(frozen=True, slots=True)
class Trade:
    """One public trade."""

    symbol: str
    ts_ms: int
    price: float
    qty: float


class MarketFeed(Protocol):
    """A source of prices without an account."""

    name: str  # venue name the data come from
    label: Literal["live", "replay", "synthetic"]
    quote: str

    async def start(self) -> None:
        """Connect or open files; raises VenueUnreachable or DataError."""
        ...

    async def close(self) -> None:
        """Release connections."""
        ...

    async def markets(self) -> dict[str, Market]:
        """Return all markets by symbol."""
        ...

    async def candles(self, symbol: str, timeframe: Timeframe, start_ms: int, end_ms: int) -> Candles:
        """Return finished candles with start_ms ≤ open < end_ms."""
        ...

    async def tickers(self, symbols: Sequence[str]) -> dict[str, Ticker]:
        """Return current prices."""
        ...

    def stream_state(self) -> StreamState:
        """Return the health of the streams."""
        ...


class MinuteFeed(MarketFeed, Protocol):
    """A market that moves minute by minute when told (replay, synthetic)."""

    first_ms: int  # open time of the first common candle
    last_ms: int | None  # open time of the last candle; None = endless

    def bars(self, ts_ms: int) -> dict[str, MinuteBar]:
        """Return the candle of each symbol that opens at `ts_ms`; a symbol in a gap is missing."""
        ...


class StreamFeed(MarketFeed, Protocol):
    """A market that moves by itself (real public data)."""

    def now_ms(self) -> int:
        """Return the venue's time."""
        ...

    async def watch(
        self, symbols: Sequence[str], on_trade: Callable[[Trade], None], on_ticker: Callable[[Ticker], None]
    ) -> None:
        """Keep these symbols streaming (replacing the former set); callbacks run on the event loop."""
        ...
