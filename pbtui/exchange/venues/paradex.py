"""Paradex perpetuals in USDC, one side a coin: raw endpoints, orders signed by the library (exchanges.md 11)."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any, cast

from pbtui.config.accounts import Account
from pbtui.core.errors import AccountRefused, ExchangeError, OrderGone, OutcomeUnknown, UnreadableAnswer
from pbtui.core.types import Fill, OpenOrder, OrderRequest
from pbtui.exchange.port import CancelResult, Capabilities, CreateResult, HeldPosition, OrderFate
from pbtui.exchange.private.answers import Row, rows
from pbtui.exchange.private.book import Book
from pbtui.exchange.private.quirks import KeyFacts, Look, Modes, VenueFacts
from pbtui.exchange.private.taken import taken
from pbtui.exchange.private.wire import Wire
from pbtui.exchange.venues.paradex_client import ORDER_LIFE_MS, ORDERS, equip, public_key
from pbtui.exchange.venues.paradex_codes import MEANINGS, code_of, specific
from pbtui.exchange.venues.paradex_rows import (
    balance_of,
    ended,
    fills_since,
    hex_number,
    orders_of,
    positions_of,
    results,
)

_BATCH = 10
_LOOKS = 3  # at orders that were sent, while one of them still waits for the venue's risk check
_CANCELLED = ("QUEUED_FOR_CANCELLATION", "ALREADY_CLOSED", "NOT_FOUND")
_BY_HAND = "USER_CANCELED"


class Paradex:
    """Quirks of Paradex; the budget counts questions, 500 a minute of the 600 an account may ask."""

    def __init__(self) -> None:
        self._address = 0
        self._public_key = 0
        self.facts = VenueFacts(
            venue="paradex",
            credentials=("walletAddress", "privateKey"),
            capabilities=Capabilities(
                hedge_mode=False,
                order_stream=True,
                max_batch_create=_BATCH,
                max_batch_cancel=_BATCH,
                client_id_length=64,
            ),
            per_minute=500.0,
            reserve=50.0,
            public_costs={},
            meanings=MEANINGS,
            late_ms=ORDER_LIFE_MS,
            equip=self._equip,
        )

    def code_of(self, text: str) -> str:
        """Return the name of the error in an answer."""
        return code_of(text)

    async def key_facts(self, wire: Wire) -> KeyFacts:
        """Return what the key may do: subkeys trade only, the account's own key also withdraws."""
        info = await self._info(wire, "key")
        main = hex_number(info, "public_key") == self._public_key
        bound = None if main else await self._bound(wire)
        return KeyFacts(trade=True, withdraw=main, bound_to_ip=bound, account_id=hex(self._address))

    async def modes(self, wire: Wire, book: Book) -> Modes:
        """Return one-way, all there is, and the margin; raises AccountRefused for an isolated market's account."""
        info = await self._info(wire, "account")
        if info.text("isolated_market", empty=True):
            raise AccountRefused(
                "wallet_address is the account of one isolated market", hint="name the account that it belongs to"
            )
        market = book.some_id()
        if not market:
            return Modes(hedge=False)
        margin = Row(await wire.read("margin", "privateGetAccountMargin", {"market": market}), "margin")
        portfolio = margin.text("margin_methodology", empty=True) == "portfolio_margin"
        return Modes(hedge=False, margin="portfolio" if portfolio else "cross")

    async def set_hedge(self, wire: Wire, book: Book, *, hedge: bool) -> None:
        """Refuse: there is one position a coin."""
        raise AccountRefused("paradex holds one position a coin", hint="set live.hedge_mode to false")

    async def set_cross(self, wire: Wire) -> None:
        """Margin is set coin by coin here."""

    async def prepare_symbol(self, wire: Wire, book: Book, symbol: str, leverage: int) -> None:
        """Set cross margin and leverage where they differ, at most what the coin allows."""
        market = book.market(symbol)
        wanted = max(1, min(leverage, int(market.max_leverage or leverage)))
        now = Row(await wire.read("margin", "privateGetAccountMargin", {"market": market.id}), "margin")
        for entry in now.rows("configs"):
            if entry.text("market") == market.id and _is_cross(entry) and entry.number("leverage") == wanted:
                return
        params = {"market": market.id, "leverage": wanted, "margin_type": "CROSS"}
        told = await wire.write("set leverage", "privatePostAccountMarginMarket", params)
        if not _is_cross(Row(told, "set leverage")):
            raise AccountRefused(
                f"paradex keeps {symbol} in isolated margin", hint="close its position and orders, then set it to cross"
            )

    async def balance(self, wire: Wire, quote: str) -> float:
        """Return the wallet balance without unrealised profit."""
        return balance_of(await wire.read("balance", "privateGetBalance"), quote)

    async def positions(self, wire: Wire, book: Book) -> list[HeldPosition]:
        """Return every open position."""
        return positions_of(await wire.read("positions", "privateGetPositions"), book)

    async def open_orders(self, wire: Wire, book: Book) -> list[OpenOrder]:
        """Return every resting order; one answer holds all."""
        return orders_of(await wire.read("open orders", "privateGetOrders"), book)

    async def fills(self, wire: Wire, book: Book, look: Look) -> list[Fill]:
        """Return fills of all perpetuals."""
        return await fills_since(wire, book, look)

    async def order_by_client_id(self, wire: Wire, book: Book, symbol: str, client_id: str) -> OrderFate:
        """Return what became of an order."""
        try:
            told = await wire.read("order", "privateGetOrdersByClientIdClientId", {"client_id": client_id})
        except OrderGone:
            return "absent"
        row = Row(told, "order")
        if row.text("client_id") != client_id:
            raise UnreadableAnswer(f"order: the answer for {client_id} names another order")
        return "done" if ended(row)[0] else "resting"

    async def create(self, wire: Wire, book: Book, requests: Sequence[OrderRequest]) -> list[CreateResult]:
        """Send up to ten orders in one request, and look what the venue's risk check made of them."""
        wanted = [_order(request, book) for request in requests]
        urgent = all(request.reduce_only for request in requests)
        answer = await wire.write("create", ORDERS, wanted, cost=0.5, urgent=urgent)
        try:
            rows_taken = {row.text("client_id"): row for row in _listed(answer, "orders")}
            errors = _errors(answer, len(requests) - len(rows_taken), wire)
        except UnreadableAnswer as error:
            raise OutcomeUnknown(f"{error.message}: they may have been taken") from error
        told = [_created(request, rows_taken.get(request.client_id), errors) for request in requests]
        return await self._looked_at(wire, told)

    async def cancel(self, wire: Wire, book: Book, orders: Sequence[OpenOrder]) -> list[CancelResult]:
        """Queue the cancellation of up to ten orders in one request."""
        params = {"order_ids": [order.id for order in orders]}
        answer = await wire.write("cancel", "privateDeleteOrdersBatch", params, cost=0.5, urgent=True)
        try:
            told = [(row.text("id", empty=True), row.word("status", *_CANCELLED)) for row in results(answer, "cancel")]
        except UnreadableAnswer as error:
            raise OutcomeUnknown(f"{error.message}: they may be cancelled") from error
        named = {name: status for name, status in told if name}
        # An order that was not found may come without its name.
        lost = len(told) == len(orders) and all(name or status == _CANCELLED[-1] for name, status in told)
        return [CancelResult(order, _kept(named.get(order.id, _CANCELLED[-1] if lost else ""))) for order in orders]

    async def _looked_at(self, wire: Wire, told: list[CreateResult]) -> list[CreateResult]:
        """Replace what the venue has ended since: a refusal for margin comes after the answer to a create.

        An order that can't be looked at now counts as the answer said: the next reading of the account tells.
        """
        waiting = {each.order.id: each for each in told if each.order is not None}
        done: dict[str, CreateResult] = {}
        with suppress(ExchangeError):
            for _ in range(_LOOKS if waiting else 0):
                rows_now = {row.text("id"): row for row in results(await wire.read("sent", "privateGetOrders"), "sent")}
                for order_id in [name for name in waiting if name not in rows_now]:
                    row = Row(await wire.read("sent", "privateGetOrdersOrderId", {"order_id": order_id}), "sent")
                    done[order_id] = _settled(waiting.pop(order_id), row, wire)
                if not any(row.text("status") == "NEW" for name, row in rows_now.items() if name in waiting):
                    break
        return [done.get(each.order.id, each) if each.order is not None else each for each in told]

    async def _info(self, wire: Wire, what: str) -> Row:
        """Return the venue's row about the account; raises UnreadableAnswer where there is none."""
        for row in results(await wire.read(what, "privateGetAccountInfo"), what):
            if hex_number(row, "account") == self._address:
                return row
        raise UnreadableAnswer(f"{what}: the answer names another account")

    async def _bound(self, wire: Wire) -> bool | None:
        """Return whether a subkey is bound to addresses; None where it may not ask about itself."""
        try:
            params = {"public_key": hex(self._public_key)}
            told = Row(await wire.read("key", "privateGetAccountKeysSubkeysPublicKey", params), "key")
        except (AccountRefused, OrderGone):
            return None
        return bool(told.texts("allowed_cidrs")) if "allowed_cidrs" in told else False

    def _equip(self, client: Any, account: Account) -> None:
        equip(client, account)
        self._address = int(account.credentials["walletAddress"].reveal(), 16)
        self._public_key = public_key(account)


def _is_cross(row: Row) -> bool:
    return row.word("margin_type", "CROSS", "ISOLATED") == "CROSS"


def _order(request: OrderRequest, book: Book) -> dict[str, Any]:
    params: dict[str, Any] = {
        "market": book.id(request.symbol),
        "side": request.side.upper(),
        "type": request.kind.upper(),
        "size": book.qty_text(request.symbol, request.qty),
        "price": "0" if request.kind == "market" else book.price_text(request.symbol, request.price),
        "instruction": "POST_ONLY" if request.kind == "limit" and request.post_only else "GTC",
        "client_id": request.client_id,
    }
    return {**params, "flags": ["REDUCE_ONLY"]} if request.reduce_only else params


def _listed(answer: Any, name: str) -> list[Row]:
    """Return a list of an answer to a batch without its empty places; none where it is left out."""
    Row(answer, "create")
    told: Any = answer.get(name)
    if isinstance(told, list):
        told = [each for each in cast("list[Any]", told) if each is not None]
    return rows([] if told is None else told, "create")


def _errors(answer: Any, missing: int, wire: Wire) -> list[ExchangeError]:
    """Return why the orders that are not among the taken were refused, in sequence; the venue doesn't name them."""
    found: list[ExchangeError] = []
    for row in _listed(answer, "errors"):
        code, words = row.text("error"), row.said("message")
        found.append(wire.outcome(specific(code, words), words or code, "create"))
    return found if len(found) == missing else []


def _created(request: OrderRequest, row: Row | None, errors: list[ExchangeError]) -> CreateResult:
    if row is None:
        unknown = OutcomeUnknown("create: the answer doesn't tell what became of the order")
        return CreateResult(request, error=errors.pop(0) if errors else unknown)
    try:
        order = taken(request, row.text("id"), row.time_ms("created_at"))
    except UnreadableAnswer as error:
        return CreateResult(request, error=OutcomeUnknown(error.message))
    return CreateResult(request, order=order)


def _settled(result: CreateResult, row: Row, wire: Wire) -> CreateResult:
    """Return what became of an order that rests no more."""
    request, order = result.request, result.order
    assert order is not None
    closed, reason, left = ended(row)
    if closed and reason not in ("", _BY_HAND) and left >= row.positive("size"):
        return CreateResult(request, error=wire.outcome(reason, f"the order ended at once ({reason})", "create"))
    return CreateResult(request, order=taken(request, order.id, order.created_ms, left=0.0 if closed else left))


def _kept(status: str) -> ExchangeError | None:
    """Return why an order was not cancelled, None when it is on its way."""
    if not status:
        return OutcomeUnknown("cancel: the answer doesn't tell what became of the order")
    return None if status == _CANCELLED[0] else OrderGone(f"cancel: {status}")
