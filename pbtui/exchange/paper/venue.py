"""The paper venue: what replays, synthetic markets and live data have in common behind the port."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from pbtui.core.errors import AccountRefused, ExchangeError, OrderGone
from pbtui.core.sanitize import sanitize_line
from pbtui.core.types import Balance, Fill, Market, OpenOrder, OrderRequest
from pbtui.exchange.paper.account import Account, PaperOrder
from pbtui.exchange.paper.audit import Audit, audit
from pbtui.exchange.paper.feed import MarketFeed
from pbtui.exchange.paper.ledger import Ledger, Minutes
from pbtui.exchange.port import (
    CancelResult,
    Candles,
    Capabilities,
    CreateResult,
    HeldPosition,
    StreamState,
    Timeframe,
    VenueVitals,
    Vital,
    Wake,
)


class PaperVenue:
    """An account with simulated matching over an injected market; the ledger is the truth, memory its mirror.

    Every method may raise StateError when the ledger cannot be written; the account is then closed until reopened.
    """

    account = "paper"

    def __init__(self, feed: MarketFeed, ledger: Ledger, capabilities: Capabilities) -> None:
        self.name = feed.name
        self.quote = feed.quote
        self.label = feed.label
        self.capabilities = capabilities
        self.wake = Wake()
        self.ledger = ledger
        self.books: Account
        self.minutes: Minutes
        self.books, self.minutes = ledger.load()
        self._feed = feed
        self._markets: dict[str, Market] = {}
        self._leverage: dict[str, int] = {}

    async def start(self) -> None:
        """Start the market and read its limits."""
        await self._feed.start()
        self._markets = await self._feed.markets()

    async def close(self) -> None:
        """Release market and ledger; orders stay as they are."""
        try:
            await self._feed.close()
        finally:
            self.ledger.close()

    def now_ms(self) -> int:
        """Return the market's time in epoch ms."""
        raise NotImplementedError

    async def load_markets(self) -> dict[str, Market]:
        """Return all markets by symbol."""
        self._markets = await self._feed.markets()
        return dict(self._markets)

    async def fetch_balance(self) -> Balance:
        """Return the wallet balance, without unrealised profit."""
        return Balance(self.books.balance, self.quote)

    async def fetch_positions(self) -> list[HeldPosition]:
        """Return every open position."""
        return [HeldPosition(symbol, pside, held) for (symbol, pside), held in self.books.positions.items()]

    def fills_before(self, until_ms: int) -> list[Fill]:
        """Return nothing: a ledger is always read from its beginning."""
        return []

    def fills_mended(self) -> list[Fill] | None:
        """Return None: nobody else writes a ledger."""
        return None

    def fills_file(self) -> Path | None:
        """Return the ledger."""
        return self.ledger.path

    async def fetch_open_orders(self) -> list[OpenOrder]:
        """Return every resting order."""
        return [resting.order for resting in self.books.orders.values()]

    async def fetch_fills(self, since_ms: int) -> list[Fill]:
        """Return fills at or after `since_ms`, oldest first."""
        return self.ledger.fills(since_ms)

    async def fetch_candles(self, symbol: str, timeframe: Timeframe, start_ms: int, end_ms: int) -> Candles:
        """Return finished candles with start_ms ≤ open < end_ms; none is known before it has ended."""
        return await self._feed.candles(symbol, timeframe, start_ms, end_ms)

    async def create_orders(self, requests: Sequence[OrderRequest]) -> list[CreateResult]:
        """Send orders in the given sequence; one result each, same order."""
        raise NotImplementedError

    async def cancel_orders(self, orders: Sequence[OpenOrder]) -> list[CancelResult]:
        """Cancel orders; one result each: OrderGone for one that rests no more."""
        results: list[CancelResult] = []
        for order in orders:
            resting = self.books.orders.pop(order.id, None)
            if resting is None:
                gone = OrderGone(f"order {sanitize_line(order.id, limit=40)} on {order.symbol} rests no more")
                results.append(CancelResult(order, gone))
                continue
            self.ledger.drop_order(resting)
            results.append(CancelResult(resting.order))
        self._acknowledge()
        return results

    async def prepare_account(self, *, hedge_mode: bool) -> None:
        """Set the position mode; raises AccountRefused while positions or orders rest in the other mode."""
        if hedge_mode == self.books.hedge_mode:
            return
        if self.books.positions or self.books.orders:
            now, asked = ("hedge", "one-way") if self.books.hedge_mode else ("one-way", "hedge")
            raise AccountRefused(
                f"the paper account trades in {now} mode and has positions or orders; {asked} mode was asked for",
                hint="close them first, or start over with --fresh",
            )
        self.books.hedge_mode = hedge_mode
        self.ledger.save_state(self.books, self.minutes)
        self._acknowledge()

    async def prepare_symbol(self, symbol: str, *, leverage: int) -> None:
        """Remember the leverage of a symbol."""
        self._leverage[symbol] = leverage

    def stream_state(self) -> StreamState:
        """Return the health of the market's streams."""
        return self._feed.stream_state()

    def vitals(self) -> VenueVitals:
        """Return how the connection to the market does; nothing is known of markets that are not remote."""
        return self._feed.vitals() if isinstance(self._feed, Vital) else VenueVitals()

    def audit(self) -> Audit:
        """Compare the ledger with its fills."""
        return audit(self.ledger)

    def _acknowledge(self) -> None:
        """Make what was just done lasting, if this venue promises that for each call."""
        raise NotImplementedError

    def _rest(self, request: OrderRequest) -> PaperOrder:
        resting = self.books.accept(request, self.now_ms())
        self.ledger.save_order(resting)
        return resting

    def _fill(
        self, resting: PaperOrder, *, price: float, ts_ms: int, taker: bool = False, qty: float | None = None
    ) -> list[Fill]:
        """Execute a resting order and write what changed; orders that have nothing left to reduce leave with it."""
        market = self._markets[resting.order.symbol]
        fee_rate = market.taker_fee if taker else market.maker_fee
        fills = self.books.execute(resting, market, price=price, fee_rate=fee_rate, ts_ms=ts_ms, qty=qty)
        for fill in fills:
            self.ledger.save_fill(fill)
        rest = self.books.orders.get(resting.order.id)
        if rest is None:
            self.ledger.drop_order(resting)
        else:
            self.ledger.save_order(rest)
        if any(fill.psize == 0.0 for fill in fills):
            for orphan in self.books.orphans(resting.order.symbol):
                del self.books.orders[orphan.order.id]
                self.ledger.drop_order(orphan)
        return fills

    def _result(self, request: OrderRequest, resting: PaperOrder) -> CreateResult:
        """Return the acceptance of a request, with what rests of it (0 when it filled at once)."""
        rest = self.books.orders.get(resting.order.id)
        return CreateResult(request, order=rest.order if rest else _emptied(resting.order))


def refused(request: OrderRequest, error: ExchangeError) -> CreateResult:
    """Return the refusal of a request."""
    return CreateResult(request, error=error)


def coin_names(markets: Mapping[str, Market]) -> dict[str, str]:
    """Return coin by symbol, for the sequence of fills."""
    return {symbol: market.coin for symbol, market in markets.items()}


def _emptied(order: OpenOrder) -> OpenOrder:
    return OpenOrder(
        order.id,
        order.client_id,
        order.symbol,
        order.side,
        order.pside,
        0.0,
        order.price,
        order.reduce_only,
        order.created_ms,
    )
