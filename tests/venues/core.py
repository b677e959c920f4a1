"""The venue behind every simulated dialect: the paper venue's matching, fed by the recorded candles of a market."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pbtui.core.types import Fill, Market, OpenOrder, OrderRequest, Ticker
from pbtui.exchange.paper.account import PaperOrder
from pbtui.exchange.paper.feed import Trade
from pbtui.exchange.paper.ledger import Ledger, LedgerHead
from pbtui.exchange.paper.stream import StreamPaper
from pbtui.exchange.port import CancelResult, Candles, CreateResult, StreamState, Timeframe
from tests.support.venue_server import VenueMarket
from tests.venues.fast_clock import FastClock


@dataclass(frozen=True)
class Lot:
    """What an order of a market counts: coins a contract, and the least step of contracts."""

    c_mult: float
    step: float
    min_cost: float = 5.0


class SimFeed:
    """The recorded market as the paper venue wants it; trades come from `step`.

    `lots` are the contracts of coins that aren't traded by the coin.
    """

    label: Literal["live", "replay", "synthetic"] = "live"
    quote = "USDT"

    def __init__(
        self, name: str, markets: Mapping[str, VenueMarket], clock: FastClock, lots: Mapping[str, Lot]
    ) -> None:
        self.name = name
        self._lots = lots
        self._by_symbol = {f"{market.coin}/USDT:USDT": market for market in markets.values()}
        self._clock = clock
        self._stepped_ms = clock.now_ms()
        self._on_trade: Callable[[Trade], None] = lambda _: None

    async def start(self) -> None:
        """There is nothing to connect."""

    async def close(self) -> None:
        """There is nothing to release."""

    async def markets(self) -> dict[str, Market]:
        return {symbol: self._market(symbol, market) for symbol, market in self._by_symbol.items()}

    async def candles(self, symbol: str, timeframe: Timeframe, start_ms: int, end_ms: int) -> Candles:
        raise NotImplementedError

    async def tickers(self, symbols: Sequence[str]) -> dict[str, Ticker]:
        now = self._clock.now_ms()
        return {symbol: self._ticker(symbol, now) for symbol in symbols if symbol in self._by_symbol}

    def stream_state(self) -> StreamState:
        return StreamState("up")

    def now_ms(self) -> int:
        return self._clock.now_ms()

    async def watch(
        self, symbols: Sequence[str], on_trade: Callable[[Trade], None], on_ticker: Callable[[Ticker], None]
    ) -> None:
        self._on_trade = on_trade

    def step(self) -> None:
        """Let the trades since the last step happen."""
        now, before = self._clock.now_ms(), self._stepped_ms
        self._stepped_ms = now
        for symbol, market in self._by_symbol.items():
            for each in market.prints(before, now):
                self._on_trade(Trade(symbol, each.ts_ms, each.price, each.qty))

    def _market(self, symbol: str, market: VenueMarket) -> Market:
        lot = self._lots.get(market.coin) or Lot(1.0, 10.0**-market.qty_decimals)
        return Market(
            symbol=symbol,
            coin=market.coin,
            qty_step=lot.step,
            price_step=10.0**-market.price_decimals,
            min_qty=lot.step,
            min_cost=lot.min_cost,
            c_mult=lot.c_mult,
            id=market.id,
        )

    def _ticker(self, symbol: str, now: int) -> Ticker:
        market = self._by_symbol[symbol]
        bid = market.price(now)
        return Ticker(symbol, bid=bid, ask=bid + 10.0**-market.price_decimals, last=bid, ts_ms=now)


@dataclass
class Record:
    """An order as a venue remembers it after it has gone."""

    id: int
    request: OrderRequest
    created_ms: int
    updated_ms: int
    status: str = "new"  # new, partly, filled, cancelled
    executed: float = 0.0
    cost: float = 0.0
    fills: list[Fill] = field(default_factory=list)

    @property
    def average(self) -> float:
        return self.cost / self.executed if self.executed else 0.0


class Books(StreamPaper):
    """The paper venue that remembers every order; `events` are changes nobody has been told of yet."""

    def __init__(self, feed: SimFeed, ledger: Ledger) -> None:
        super().__init__(feed, ledger)
        self.records: dict[int, Record] = {}
        self.events: list[tuple[Record, Fill | None]] = []
        self.requests: list[OrderRequest] = []  # every create that was accepted
        self.twins: list[str] = []  # orders that came while one that says the same rested
        self.leverage: dict[str, int] = {}
        self.margin: dict[str, str] = {}
        self.entry_price: dict[int, float] = {}  # fill id → position price before it

    async def create_orders(self, requests: Sequence[OrderRequest]) -> list[CreateResult]:
        results: list[CreateResult] = []
        for request in requests:
            self._incoming = request
            results += await super().create_orders([request])
        return results

    async def cancel_orders(self, orders: Sequence[OpenOrder]) -> list[CancelResult]:
        results = await super().cancel_orders(orders)
        for result in results:
            if result.error is None:
                self._note(self.records[int(result.order.id)], "cancelled", None)
        return results

    def next_fill(self) -> int:
        """Return the number the next fill will have."""
        return self.books.next_fill

    def record_of(self, client_id: str) -> Record | None:
        """Return the newest order with this client id."""
        return next((r for r in reversed(self.records.values()) if r.request.client_id == client_id), None)

    def _rest(self, request: OrderRequest) -> PaperOrder:
        resting = super()._rest(request)
        number = int(resting.order.id)
        now = self.now_ms()
        self.records[number] = Record(number, request, now, now)
        self.requests.append(request)
        self.events.append((self.records[number], None))
        self.twins += [
            f"{other.order.client_id} and {request.client_id}"
            for other in self.books.orders.values()
            if other.order.id != resting.order.id and _alike(other.order, resting.order)
        ]
        return resting

    def _fill(
        self, resting: PaperOrder, *, price: float, ts_ms: int, taker: bool = False, qty: float | None = None
    ) -> list[Fill]:
        before = {order.order.id for order in self.books.orders.values()}
        held = self.books.held(resting.order.symbol, resting.order.pside).price
        fills = super()._fill(resting, price=price, ts_ms=ts_ms, taker=taker, qty=qty)
        record = self.records[int(resting.order.id)]
        for fill in fills:
            self.entry_price[int(fill.id)] = held
            record.executed += abs(fill.qty)
            record.cost += abs(fill.qty) * fill.price
            record.fills.append(fill)
            gone = resting.order.id not in self.books.orders
            self._note(record, "filled" if gone else "partly", fill)
        left = {order.order.id for order in self.books.orders.values()}
        for orphan in before - left - {resting.order.id}:
            self._note(self.records[int(orphan)], "cancelled", None)
        return fills

    def _note(self, record: Record, status: str, fill: Fill | None) -> None:
        record.status, record.updated_ms = status, self.now_ms()
        self.events.append((record, fill))


def _alike(one: OpenOrder, other: OpenOrder) -> bool:
    return (one.symbol, one.pside, one.side, one.qty, one.price) == (
        other.symbol,
        other.pside,
        other.side,
        other.qty,
        other.price,
    )


def open_books(
    name: str,
    markets: Mapping[str, VenueMarket],
    clock: FastClock,
    folder: Path,
    *,
    balance: float,
    lots: Mapping[str, Lot],
) -> tuple[SimFeed, Books]:
    """Return a feed and the venue's books over it, with a ledger in `folder`."""
    feed = SimFeed(name, markets, clock, lots)
    head = LedgerHead(name, "USDT", balance, clock.now_ms())
    return feed, Books(feed, Ledger.open(folder / "venue.db", head, durable=False, hedge_mode=False))
