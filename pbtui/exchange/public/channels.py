"""What is streamed: trades and best prices, taken from the library's caches so that no message is missed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

from pbtui.core.types import Ticker
from pbtui.exchange.ccxt_markets import convert_ticker
from pbtui.exchange.paper.feed import Trade

Wait = Callable[[], Awaitable[object]]


class Channel(Protocol):
    """One kind of stream of some symbols."""

    kind: str
    symbols: Sequence[str]

    def waits(self, client: Any) -> list[Wait]:
        """Return calls that subscribe and return at the next message."""
        ...

    def drain(self, client: Any) -> int:
        """Hand out what arrived since the last time; return how much."""
        ...

    def restart(self) -> None:
        """Forget the former connection: what it delivered is not delivered again."""
        ...


class TradeChannel:
    """Public trades, each handed out once, in the sequence they came."""

    kind = "trades"

    def __init__(self, symbols: Sequence[str], on_trade: Callable[[Trade], None]) -> None:
        self.symbols = symbols
        self._on_trade = on_trade
        self._last: dict[str, object] = {}
        self._newest_ms: dict[str, int] = {}
        self._floor_ms: dict[str, int] = {}

    def waits(self, client: Any) -> list[Wait]:
        """Return one call for all symbols where the venue can, else one a symbol."""
        if client.has.get("watchTradesForSymbols"):
            return [lambda: client.watch_trades_for_symbols(list(self.symbols))]
        return [lambda symbol=symbol: client.watch_trades(symbol) for symbol in self.symbols]

    def drain(self, client: Any) -> int:
        """Hand out the trades the library has cached since the last time."""
        return sum(self._drain_symbol(symbol, client.trades.get(symbol)) for symbol in self.symbols)

    def _drain_symbol(self, symbol: str, cache: Sequence[Mapping[str, Any]] | None) -> int:
        if not cache:
            return 0
        new: list[Mapping[str, Any]] = []
        last = self._last.get(symbol)
        for raw in reversed(cache):
            if raw is last:
                break
            new.append(raw)
        if not new:
            return 0
        self._last[symbol] = new[0]
        floor = self._floor_ms.get(symbol, 0)
        for raw in reversed(new):
            trade = _trade(symbol, raw)
            if trade is not None and trade.ts_ms > floor:
                self._newest_ms[symbol] = max(trade.ts_ms, self._newest_ms.get(symbol, 0))
                self._on_trade(trade)
        return len(new)

    def restart(self) -> None:
        """Leave out what a new connection repeats of the former one."""
        self._last.clear()
        self._floor_ms = dict(self._newest_ms)


class QuoteChannel:
    """Best bid and ask; only the newest of each symbol counts."""

    kind = "quotes"

    def __init__(
        self,
        symbols: Sequence[str],
        on_ticker: Callable[[Ticker], None],
        now_ms: Callable[[], int],
        last_of: Callable[[str], float | None],
    ) -> None:
        self.symbols = symbols
        self._on_ticker = on_ticker
        self._now_ms = now_ms
        self._last_of = last_of
        self._seen: dict[str, object] = {}

    def waits(self, client: Any) -> list[Wait]:
        """Return the call for best prices, or for whole tickers where the venue has no such stream."""
        if client.has.get("watchBidsAsks"):
            return [lambda: client.watch_bids_asks(list(self.symbols))]
        if not client.has.get("watchTickers"):
            return [lambda symbol=symbol: client.watch_ticker(symbol) for symbol in self.symbols]
        return [lambda: client.watch_tickers(list(self.symbols))]

    def drain(self, client: Any) -> int:
        """Hand out the newest quote of each symbol that changed."""
        cache: Mapping[str, Mapping[str, Any]] = client.bidsasks if client.has.get("watchBidsAsks") else client.tickers
        count = 0
        for symbol in self.symbols:
            raw = cache.get(symbol)
            if raw is None or raw is self._seen.get(symbol):
                continue
            self._seen[symbol] = raw
            count += 1
            known = {**raw, "last": raw.get("last") or self._last_of(symbol)}
            ticker = convert_ticker(symbol, known, now_ms=self._now_ms())
            if ticker is not None:
                self._on_ticker(ticker)
        return count

    def restart(self) -> None:
        """Forget the former connection's quotes."""
        self._seen.clear()


def _trade(symbol: str, raw: Mapping[str, Any]) -> Trade | None:
    stamp, price, qty = raw.get("timestamp"), raw.get("price"), raw.get("amount")
    if not isinstance(stamp, int) or not isinstance(price, (int, float)) or not price > 0.0:
        return None
    return Trade(symbol, stamp, float(price), float(qty) if isinstance(qty, (int, float)) else 0.0)
