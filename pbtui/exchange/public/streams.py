"""The streams of the symbols in use: added as they are needed, dropped when nobody needs them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pbtui.core.clock import Clock
from pbtui.core.errors import ExchangeError
from pbtui.core.types import Ticker
from pbtui.exchange.paper.feed import Trade
from pbtui.exchange.port import StreamState
from pbtui.exchange.public.channels import Channel, QuoteChannel, TradeChannel
from pbtui.exchange.public.stream import SILENT_S, Stream

_log = logging.getLogger("pbtui.exchange")
_GROUP = 50  # symbols of one connection
_MOST_GROUPS = 4  # more are joined into one
_POLL_S = 5.0


@dataclass(frozen=True, slots=True)
class Source:
    """Where streams come from: how to connect, what time it is, and how to ask where nothing streams."""

    venue: str
    connect: Callable[[], Any] | None  # None: streams are switched off
    now_ms: Callable[[], int]
    poll: Callable[[Sequence[str]], Awaitable[dict[str, Ticker]]]


@dataclass(frozen=True, slots=True)
class _Group:
    symbols: frozenset[str]
    streams: tuple[Stream, ...]
    tasks: tuple[asyncio.Task[None], ...]


class Streams:
    """Trades and quotes of a changing set of symbols; where they stop, quotes are polled."""

    def __init__(self, source: Source, clock: Clock, *, silent_s: float = SILENT_S) -> None:
        self._source = source
        self._clock = clock
        self._silent_s = silent_s
        self._groups: list[_Group] = []
        self._needed: frozenset[str] = frozenset()
        self._poller: asyncio.Task[None] | None = None
        self._last: dict[str, float] = {}
        self._quotes: dict[str, tuple[float, Ticker]] = {}
        self._on_trade: Callable[[Trade], None] = _ignore
        self._on_ticker: Callable[[Ticker], None] = _ignore

    async def watch(
        self, symbols: Sequence[str], on_trade: Callable[[Trade], None], on_ticker: Callable[[Ticker], None]
    ) -> None:
        """Keep these symbols streaming, in place of the former ones."""
        self._on_trade, self._on_ticker = on_trade, on_ticker
        self._needed = frozenset(symbols)
        if self._poller is None:
            self._poller = asyncio.create_task(self._poll())
        if self._source.connect is None:
            return
        streamed = {symbol for group in self._groups for symbol in group.symbols}
        wasted = len(streamed - self._needed)
        if wasted > max(_GROUP // 2, len(self._needed)) or len(self._groups) >= _MOST_GROUPS:
            await self._stop(self._groups)
            self._groups, streamed = [], set[str]()
        idle = [group for group in self._groups if not group.symbols & self._needed]
        self._groups = [group for group in self._groups if group not in idle]
        added = sorted(self._needed - streamed)
        self._groups += [self._start(added[i : i + _GROUP]) for i in range(0, len(added), _GROUP)]
        await self._stop(idle)

    async def close(self) -> None:
        """End all streams."""
        if self._poller is not None:
            self._poller.cancel()
            await asyncio.gather(self._poller, return_exceptions=True)
            self._poller = None
        groups, self._groups = self._groups, []
        await self._stop(groups)

    def state(self) -> StreamState:
        """Return the worst of all streams, and the greatest age."""
        streams = [stream for group in self._groups for stream in group.streams]
        if not streams:
            return StreamState()
        states = {stream.state for stream in streams}
        age_s = max(stream.age_s for stream in streams)
        if "down" in states:
            return StreamState("down", age_s)
        return StreamState("stale" if "stale" in states else "up", age_s)

    def quote(self, symbol: str, *, within_s: float) -> Ticker | None:
        """Return the streamed quote of a symbol when it is no older than `within_s`."""
        heard, ticker = self._quotes.get(symbol, (0.0, None))
        return ticker if ticker is not None and self._clock.monotonic() - heard <= within_s else None

    def last(self, symbol: str) -> float | None:
        """Return the price of the newest streamed trade."""
        return self._last.get(symbol)

    def _start(self, symbols: Sequence[str]) -> _Group:
        connect = self._source.connect
        assert connect is not None
        channels: tuple[Channel, ...] = (
            TradeChannel(symbols, self._trade),
            QuoteChannel(symbols, self._ticker, self._source.now_ms, self.last),
        )
        streams = tuple(
            Stream(self._source.venue, channel, connect, self._clock, silent_s=self._silent_s) for channel in channels
        )
        tasks = tuple(asyncio.create_task(stream.run()) for stream in streams)
        for task in tasks:
            task.add_done_callback(_report)
        return _Group(frozenset(symbols), streams, tasks)

    async def _stop(self, groups: Sequence[_Group]) -> None:
        tasks = [task for group in groups for task in group.tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _trade(self, trade: Trade) -> None:
        self._last[trade.symbol] = trade.price
        if trade.symbol in self._needed:
            self._on_trade(trade)

    def _ticker(self, ticker: Ticker) -> None:
        self._quotes[ticker.symbol] = (self._clock.monotonic(), ticker)
        if ticker.symbol in self._needed:
            self._on_ticker(ticker)

    async def _poll(self) -> None:
        """Ask for quotes while streams don't bring them."""
        while True:
            await self._clock.sleep(_POLL_S)
            if not self._needed or self.state().state == "up":
                continue
            try:
                tickers = await self._source.poll(sorted(self._needed))
            except ExchangeError as error:
                _log.debug("%s polling quotes failed: %s", self._source.venue, error.line())
                continue
            for ticker in tickers.values():
                self._on_ticker(ticker)


def _ignore(_: object) -> None:
    """Nobody listens yet."""


def _report(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        _log.error("a stream ended by a fault of ours: %r", error)
