"""Hyperliquid perpetuals in USDC: raw actions and questions, read strictly (exchanges.md 8; candles.md 18)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from pbtui.config.accounts import Account
from pbtui.core.errors import (
    AccountRefused,
    ExchangeError,
    OrderRejected,
    OutcomeUnknown,
    UnreadableAnswer,
    VenueUnreachable,
)
from pbtui.core.types import Fill, OpenOrder, OrderRequest
from pbtui.engine.numerics import round_dynamic
from pbtui.exchange.port import CancelResult, Capabilities, CreateResult, HeldPosition, OrderFate
from pbtui.exchange.private.answers import Row, rows
from pbtui.exchange.private.book import Book
from pbtui.exchange.private.expiry import ORDER_LIFE_MS
from pbtui.exchange.private.quirks import KeyFacts, Look, Modes, VenueFacts
from pbtui.exchange.private.taken import taken
from pbtui.exchange.private.wire import Wire
from pbtui.exchange.venues.hyperliquid_answers import (
    balance_of,
    fate_of,
    fills_of,
    mids_of,
    orders_of,
    positions_of,
    refusal_of,
    statuses_of,
    symbol_of,
)
from pbtui.exchange.venues.hyperliquid_client import ACTION, equip, key_address
from pbtui.exchange.venues.hyperliquid_codes import MEANINGS, code_of
from pbtui.exchange.venues.hyperliquid_key import read_key_facts

_INFO = "publicPostInfo"
_FULL_PAGE = 500  # fills; an answer with fewer is the last one
_MOST_PAGES = 200
_BOUND = 0.05  # how far from the middle a market order may trade
_DIGITS = 5  # of a price
_APART = ("default", "disabled", "dexAbstraction")  # perpetuals have a balance of their own
_ABSTRACTIONS = (*_APART, "unifiedAccount", "portfolioMargin")


class Hyperliquid:
    """Quirks of Hyperliquid; weights are the venue's own, 1200 a minute and address."""

    def __init__(self) -> None:
        self._user = ""
        self._signer = ""
        self._is_vault = False
        self._now_ms: Callable[[], int] = lambda: 0
        self.facts = VenueFacts(
            venue="hyperliquid",
            credentials=("walletAddress", "privateKey"),
            capabilities=Capabilities(
                hedge_mode=False, order_stream=True, max_batch_create=20, max_batch_cancel=20, client_id_length=34
            ),
            per_minute=1_000.0,
            reserve=100.0,
            public_costs={"fetch_ohlcv": 30.0, "fetch_tickers": 20.0, "load_markets": 20.0, "fetch_time": 2.0},
            meanings=MEANINGS,
            late_ms=ORDER_LIFE_MS,
            equip=self._equip,
        )

    def code_of(self, text: str) -> str:
        """Return the name of an error by its text: there are no codes."""
        return code_of(text)

    async def key_facts(self, wire: Wire) -> KeyFacts:
        """Return what the signing wallet may do for the account."""
        return await read_key_facts(wire, owner=self._user, signer=self._signer, is_vault=self._is_vault)

    async def modes(self, wire: Wire, book: Book) -> Modes:
        """Return one-way, all there is; raises AccountRefused where perpetuals have no balance of their own."""
        asked = {"type": "userAbstraction", "user": self._user}
        told = Row({"mode": await wire.read("account mode", _INFO, asked, cost=20)}, "account mode")
        mode = told.word("mode", *_ABSTRACTIONS)
        if mode not in _APART:
            raise AccountRefused(
                f"the account is in {mode} mode: its balance is not that of its perpetuals",
                hint="set the account to the standard mode on the venue's page, then move USDC to perpetuals",
            )
        return Modes(hedge=False)

    async def set_hedge(self, wire: Wire, book: Book, *, hedge: bool) -> None:
        """Refuse: there is one position a coin."""
        raise AccountRefused("hyperliquid holds one position a coin", hint="set live.hedge_mode to false")

    async def set_cross(self, wire: Wire) -> None:
        """Margin is set coin by coin here."""

    async def prepare_symbol(self, wire: Wire, book: Book, symbol: str, leverage: int) -> None:
        """Set margin and leverage: cross, but isolated where the venue knows nothing else; at most what it allows."""
        market = book.market(symbol)
        action = {
            "type": "updateLeverage",
            "asset": int(market.id),
            "isCross": not market.isolated_only,
            "leverage": max(1, min(leverage, int(market.max_leverage or leverage))),
        }
        await wire.write("set leverage", ACTION, {"action": action})

    async def balance(self, wire: Wire, quote: str) -> float:
        """Return the balance of the perpetuals account without unrealised profit."""
        return balance_of(await self._state(wire, "balance"))

    async def positions(self, wire: Wire, book: Book) -> list[HeldPosition]:
        """Return every open position."""
        return positions_of(await self._state(wire, "positions"), book)

    async def open_orders(self, wire: Wire, book: Book) -> list[OpenOrder]:
        """Return every resting order of a perpetual; one answer holds all."""
        asked = {"type": "frontendOpenOrders", "user": self._user}
        return orders_of(await wire.read("open orders", _INFO, asked, cost=20), book)

    async def fills(self, wire: Wire, book: Book, look: Look) -> list[Fill]:
        """Return the fills of perpetuals, page after page by time, whichever end the venue begins with."""
        found: list[Fill] = []
        start, end = look.since_ms, None
        for _ in range(_MOST_PAGES):
            asked = {"type": "userFillsByTime", "user": self._user, "startTime": start}
            page = rows(
                await wire.read("fills", _INFO, asked if end is None else {**asked, "endTime": end}, cost=25), "fills"
            )
            times = [row.time_ms("time") for row in page]
            newest_first = bool(times) and times[0] > times[-1]
            found += [fill for row in (page[::-1] if newest_first else page) for fill in fills_of(row, book)]
            if len(page) < _FULL_PAGE:
                return found
            # From the last one's millisecond on, which may have been cut; one that fills a page alone is passed by.
            if newest_first or end is not None:
                end = min(*times, end - 1) if end is not None else min(times)
            else:
                start = max(*times, start + 1)
        raise UnreadableAnswer(f"fills: more than {_MOST_PAGES} pages")

    async def order_by_client_id(self, wire: Wire, book: Book, symbol: str, client_id: str) -> OrderFate:
        """Return what became of an order."""
        asked = {"type": "orderStatus", "user": self._user, "oid": client_id}
        return fate_of(await wire.read("order", _INFO, asked, cost=2), client_id, book)

    async def create(self, wire: Wire, book: Book, requests: Sequence[OrderRequest]) -> list[CreateResult]:
        """Send up to twenty orders in one action."""
        bounded = any(request.kind == "market" for request in requests)
        mids = await self._mids(wire) if bounded else dict[str, float]()
        made = [_made(partial(_order, request, book, mids)) for request in requests]
        orders = [each for each in made if not isinstance(each, ExchangeError)]
        action = {"type": "order", "orders": orders, "grouping": "na"}
        urgent = all(request.reduce_only for request in requests)
        told = iter(await self._each(wire, "create", action, len(orders), urgent=urgent) if orders else ())
        now_ms = self._now_ms()
        return [
            CreateResult(request, error=each)
            if isinstance(each, ExchangeError)
            else _created(request, next(told), wire, now_ms)
            for request, each in zip(requests, made, strict=True)
        ]

    async def cancel(self, wire: Wire, book: Book, orders: Sequence[OpenOrder]) -> list[CancelResult]:
        """Cancel up to twenty orders of any coins in one action."""
        made = [_made(partial(_cancel, order, book)) for order in orders]
        wanted = [each for each in made if not isinstance(each, ExchangeError)]
        action = {"type": "cancel", "cancels": wanted}
        told = iter(await self._each(wire, "cancel", action, len(wanted), urgent=True) if wanted else ())
        return [
            CancelResult(order, each if isinstance(each, ExchangeError) else _cancelled(next(told), wire))
            for order, each in zip(orders, made, strict=True)
        ]

    async def _mids(self, wire: Wire) -> Mapping[str, float]:
        """Return middle prices by coin; none where they can't be had: nothing was sent, and only some need them."""
        try:
            return mids_of(await wire.read("prices", _INFO, {"type": "allMids"}, cost=2))
        except (VenueUnreachable, UnreadableAnswer):
            return {}

    async def _state(self, wire: Wire, name: str) -> Any:
        return await wire.read(name, _INFO, {"type": "clearinghouseState", "user": self._user}, cost=2)

    async def _each(self, wire: Wire, name: str, action: Mapping[str, Any], count: int, *, urgent: bool) -> list[Any]:
        """Return what became of each part of a batch; raises OutcomeUnknown for an answer that doesn't tell."""
        answer = await wire.write(name, ACTION, {"action": dict(action)}, urgent=urgent)
        try:
            return statuses_of(answer, count, name)
        except UnreadableAnswer as error:
            raise OutcomeUnknown(f"{error.message}: it may have been taken") from error

    def _equip(self, client: Any, account: Account) -> None:
        equip(client, account)
        self._user = account.credentials["walletAddress"].reveal().lower()
        self._signer = key_address(client)
        self._is_vault = account.is_vault
        self._now_ms = client.milliseconds


def _made(make: Callable[[], dict[str, Any]]) -> dict[str, Any] | ExchangeError:
    """Return a part of a batch, or why it can't be one: it must not keep the others from being sent."""
    try:
        return make()
    except ExchangeError as error:
        return error


def _cancel(order: OpenOrder, book: Book) -> dict[str, Any]:
    return {"a": int(book.id(order.symbol)), "o": int(order.id)}


def _order(request: OrderRequest, book: Book, mids: Mapping[str, float]) -> dict[str, Any]:
    """Return an order in the venue's sequence of fields: it is part of what is signed."""
    price, tif = book.price_text(request.symbol, request.price), "Alo" if request.post_only else "Gtc"
    if request.kind == "market":
        price, tif = _bound(request, book, mids), "Ioc"
    return {
        "a": int(book.id(request.symbol)),
        "b": request.side == "buy",
        "p": price,
        "s": book.qty_text(request.symbol, request.qty),
        "r": request.reduce_only,
        "t": {"limit": {"tif": tif}},
        "c": request.client_id,
    }


def _bound(request: OrderRequest, book: Book, mids: Mapping[str, float]) -> str:
    """Return the worst price at which a market order may trade: the venue has none without such a bound."""
    coin = request.symbol.partition("/")[0]
    if symbol_of(coin, book) != request.symbol or coin not in mids:
        raise OrderRejected(f"{request.symbol}: no price to bound a market order with", reason="no_price")
    factor = 1.0 + (_BOUND if request.side == "buy" else -_BOUND)
    return book.price_text(request.symbol, round_dynamic(mids[coin] * factor, _DIGITS))


def _created(request: OrderRequest, status: Any, wire: Wire, now_ms: int) -> CreateResult:
    try:
        error = _refusal(status, wire, "create")
        if error is not None:
            return CreateResult(request, error=error)
        row = Row(status, "create")
        resting = "resting" in row
        told = row.row("resting" if resting else "filled")
        left = request.qty if resting else max(0.0, request.qty - told.positive("totalSz"))
        order = taken(request, told.text("oid"), now_ms, left=0.0 if request.kind == "market" else left)
    except UnreadableAnswer as error:
        return CreateResult(request, error=OutcomeUnknown(error.message))
    return CreateResult(request, order=order)


def _cancelled(status: Any, wire: Wire) -> ExchangeError | None:
    try:
        error = _refusal(status, wire, "cancel")
    except UnreadableAnswer as unreadable:
        return OutcomeUnknown(unreadable.message)
    if error is None and status != "success":
        return OutcomeUnknown("cancel: the answer doesn't tell what became of the order")
    return error


def _refusal(status: Any, wire: Wire, what: str) -> ExchangeError | None:
    message = refusal_of(status, what)
    return None if message is None else wire.outcome(code_of(message) or "other", message, what)
