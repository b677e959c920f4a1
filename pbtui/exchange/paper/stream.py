"""The paper venue on live public data: trades fill limits, market orders take the opposite best."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence

from pbtui.core.errors import OrderRejected, StateError
from pbtui.core.types import Fill, OrderRequest, Ticker
from pbtui.engine.numerics import round_, round_dn
from pbtui.exchange.paper.account import PaperOrder
from pbtui.exchange.paper.feed import StreamFeed, Trade
from pbtui.exchange.paper.ledger import Ledger
from pbtui.exchange.paper.matching import quote_sequence, trade_sequence
from pbtui.exchange.paper.rules import (
    check_order,
    check_post_only,
    crosses,
    market_of,
    refuse_without_price,
)
from pbtui.exchange.paper.venue import PaperVenue, refused
from pbtui.exchange.port import Capabilities, CreateResult

_log = logging.getLogger("pbtui.exchange.paper")
_CAPABILITIES = Capabilities(max_batch_create=20, max_batch_cancel=20, order_stream=True)
_TICKER_FRESH_MS = 2_000  # a streamed quote older than this is asked for again before an order is matched


class StreamPaper(PaperVenue):
    """Every accepted create, cancel and fill is on the disk before it is acknowledged."""

    def __init__(self, feed: StreamFeed, ledger: Ledger, *, partial_fills: bool = False) -> None:
        super().__init__(feed, ledger, _CAPABILITIES)
        self._stream_feed = feed
        self._partial_fills = partial_fills
        self._tickers: dict[str, Ticker] = {}
        self._watched: frozenset[str] = frozenset()
        self._prepared: set[str] = set()
        last = ledger.fills()[-1:]
        self._last_fill_ms = last[0].ts_ms if last else 0
        self._failed: StateError | None = None

    async def start(self) -> None:
        """Connect, and stream every symbol that has an order or a position."""
        await super().start()
        await self._watch(())

    def now_ms(self) -> int:
        """Return the venue's time."""
        return self._stream_feed.now_ms()

    async def prepare_symbol(self, symbol: str, *, leverage: int) -> None:
        """Remember the leverage of a symbol and begin to stream it."""
        await super().prepare_symbol(symbol, leverage=leverage)
        self._prepared.add(symbol)
        await self._watch((symbol,))

    async def _watch(self, symbols: Iterable[str]) -> None:
        """Stream `symbols` and whatever has an order or a position; what nobody needs drops out then."""
        needed = {
            *symbols,
            *(resting.order.symbol for resting in self.books.orders.values()),
            *(symbol for symbol, _ in self.books.positions),
        } & self._markets.keys()
        if needed <= self._watched:
            return
        self._watched = frozenset(needed)
        await self._stream_feed.watch(sorted(needed), self._on_trade, self._on_ticker)

    async def fetch_tickers(self, symbols: Sequence[str]) -> dict[str, Ticker]:
        """Return best prices and last trades; where no trades stream, these quotes fill resting orders too."""
        self._check()
        tickers = await self._feed.tickers(symbols)
        self._tickers.update(tickers)
        if self._feed.stream_state().state != "up":
            for ticker in tickers.values():
                self._match(quote_sequence(self.books.orders.values(), ticker), ticker.ts_ms, budget=None)
        return tickers

    async def create_orders(self, requests: Sequence[OrderRequest]) -> list[CreateResult]:
        """Accept orders: what reaches the opposite best fills there as taker, the rest waits for trades.

        Raises ExchangeError, with nothing sent, when the market cannot be asked for its prices.
        """
        self._check()
        symbols = {request.symbol for request in requests if request.symbol in self._markets}
        await self._watch(symbols)
        await self._refresh(symbols)
        results = [self._create(request) for request in requests]
        self._acknowledge()
        if any(result.order and result.order.qty == 0.0 for result in results):
            self.wake.fire("fill")
        return results

    async def _refresh(self, symbols: Iterable[str]) -> None:
        oldest = self.now_ms() - _TICKER_FRESH_MS
        stale = [symbol for symbol in symbols if (t := self._tickers.get(symbol)) is None or t.ts_ms < oldest]
        if stale:
            self._tickers.update(await self._feed.tickers(sorted(stale)))

    def _create(self, request: OrderRequest) -> CreateResult:
        try:
            market = market_of(request, self._markets)
            ticker = self._tickers.get(request.symbol)
            if ticker is None or not (ticker.bid > 0.0 and ticker.ask > 0.0):
                refuse_without_price(request)
            best = ticker.ask if request.side == "buy" else ticker.bid
            taking = request.kind == "market" or crosses(request, bid=ticker.bid, ask=ticker.ask, strict=False)
            check_order(request, market, self.books, price=best if request.kind == "market" else request.price)
            if request.kind == "limit":
                check_post_only(request, bid=ticker.bid, ask=ticker.ask, strict=False)
        except OrderRejected as error:
            return refused(request, error)
        resting = self._rest(request)
        if taking:
            self._fill(resting, price=best, ts_ms=self._fill_time(self.now_ms()), taker=True)
        return self._result(request, resting)

    def _on_ticker(self, ticker: Ticker) -> None:
        self._tickers[ticker.symbol] = ticker

    def _on_trade(self, trade: Trade) -> None:
        if self._failed:
            return
        budget = trade.qty if self._partial_fills else None
        try:
            self._match(trade_sequence(self.books.orders.values(), trade), trade.ts_ms, budget=budget)
        except StateError as error:
            # No caller waits for a trade: the next call of the bot raises it, and wakes it now.
            self._failed = error
            _log.error("ledger failed while filling: %s", error.line())
            self.wake.fire("ledger failed")

    def _match(self, hit: Sequence[PaperOrder], ts_ms: int, *, budget: float | None) -> None:
        fills: list[Fill] = []
        for resting in hit:
            if resting.order.id not in self.books.orders:
                continue  # its position was closed by an earlier fill of this trade
            qty = None if budget is None else self._whole_lots(resting, budget)
            if qty == 0.0:
                break
            done = self._fill(resting, price=resting.order.price, ts_ms=self._fill_time(ts_ms), qty=qty)
            fills += done
            if budget is not None:
                budget -= sum(abs(fill.qty) for fill in done)
        if fills:
            self._acknowledge()
            self.wake.fire("fill")

    def _whole_lots(self, resting: PaperOrder, qty: float) -> float:
        step = self._markets[resting.order.symbol].qty_step
        lots = round_(qty, step)
        return lots if lots <= qty * (1.0 + 1e-9) else max(round_dn(qty, step), 0.0)

    def _fill_time(self, ts_ms: int) -> int:
        # Public trades may come late; fills are kept in one sequence.
        self._last_fill_ms = max(ts_ms, self._last_fill_ms)
        return self._last_fill_ms

    def _check(self) -> None:
        if self._failed:
            raise self._failed

    def _acknowledge(self) -> None:
        self.ledger.save_state(self.books, self.minutes)
        self.ledger.commit()
