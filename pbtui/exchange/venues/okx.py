"""OKX linear swaps: raw v5 endpoints, read strictly; quantities are contracts (exchanges.md 5; candles.md 18)."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Sequence
from typing import Any, cast

from pbtui.config.accounts import Account
from pbtui.core.errors import AccountRefused, ExchangeError, OrderGone, OutcomeUnknown, UnreadableAnswer
from pbtui.core.types import Fill, OpenOrder, OrderRequest, Position, Pside, pside_sign
from pbtui.exchange.port import CancelResult, Capabilities, CreateResult, HeldPosition, OrderFate
from pbtui.exchange.private.answers import Row
from pbtui.exchange.private.book import Book
from pbtui.exchange.private.expiry import ORDER_LIFE_MS, deadline_header
from pbtui.exchange.private.quirks import KeyFacts, Look, Modes, VenueFacts
from pbtui.exchange.private.taken import taken
from pbtui.exchange.private.wire import Wire
from pbtui.exchange.venues.okx_codes import MEANINGS
from pbtui.exchange.venues.okx_rows import FILL_WINDOW_MS, PSIDE, SIDE, SWAP, data_of, fills_since, pages, settled

_log = logging.getLogger("pbtui.exchange")
_CODE = re.compile(r'"(?:code|sCode)"\s*:\s*"?(\d{4,})')  # 1 and 2 say: look at the orders
_ADDRESSES = 2_000  # characters; a key is bound to twenty addresses at most
_LEVELS = ("1", "2", "3", "4")
_SPOT_MODE, _PORTFOLIO_MODE = "1", "4"
_SHARED = ("3", "4")  # kinds of account where other coins back positions in the quote
_UNPRICED = ("market", "optimal_limit_ioc")
_RESTING = ("live", "partially_filled")
_ENDED = ("filled", "canceled", "mmp_canceled")


def _equip(client: Any, _: Account) -> None:
    deadline_header(client, "expTime", "trade/batch-orders")


class Okx:
    """Quirks of OKX; a unit of the budget is a call of which the venue takes twenty in two seconds."""

    facts = VenueFacts(
        venue="okx",
        credentials=("apiKey", "secret", "password"),
        capabilities=Capabilities(order_stream=True, max_batch_create=20, max_batch_cancel=20, client_id_length=32),
        per_minute=600.0,
        reserve=60.0,
        public_costs={},
        meanings=MEANINGS,
        fill_window_ms=FILL_WINDOW_MS,
        late_ms=ORDER_LIFE_MS,
        equip=_equip,
    )

    def __init__(self) -> None:
        self._told: set[str] = set()
        self._level = ""  # kind of account, once it was told

    def code_of(self, text: str) -> str:
        """Return the code of an error's JSON, that of its first order where the request as a whole was fine."""
        return next((code for code in _CODE.findall(text) if code.strip("0")), "")

    async def key_facts(self, wire: Wire) -> KeyFacts:
        """Return what the key may do."""
        found = await _config(wire, "key")
        allowed = found.text("perm").split(",")
        return KeyFacts(
            trade="trade" in allowed,
            withdraw="withdraw" in allowed,
            bound_to_ip=found.text("ip", empty=True, longest=_ADDRESSES) != "",
            account_id=found.text("uid"),
        )

    async def modes(self, wire: Wire, book: Book) -> Modes:
        """Return the position mode; margin is chosen order by order here. Raises AccountRefused in spot mode."""
        found = await _config(wire, "position mode")
        hedge = found.word("posMode", "long_short_mode", "net_mode") == "long_short_mode"
        self._level = found.word("acctLv", *_LEVELS)
        if self._level == _SPOT_MODE:
            raise AccountRefused("the okx account is in spot mode", hint="set it to futures mode there")
        return Modes(hedge, "portfolio" if self._level == _PORTFOLIO_MODE else None)

    async def set_hedge(self, wire: Wire, book: Book, *, hedge: bool) -> None:
        """Change the position mode."""
        params = {"posMode": "long_short_mode" if hedge else "net_mode"}
        await wire.write("set position mode", "privatePostAccountSetPositionMode", params, cost=4)

    async def set_cross(self, wire: Wire) -> None:
        """Every order says that it is in cross margin."""

    async def prepare_symbol(self, wire: Wire, book: Book, symbol: str, leverage: int) -> None:
        """Set the leverage of cross margin where it differs: the venue refuses even the same one while orders rest."""
        if self._level == _PORTFOLIO_MODE:  # the venue sets it by itself there
            return
        market = {"instId": book.id(symbol), "mgnMode": "cross"}
        told = data_of(await wire.read("leverage", "privateGetAccountLeverageInfo", market), "leverage")
        if told and all(row.number("lever") == leverage for row in told):
            return
        await wire.write("set leverage", "privatePostAccountSetLeverage", {**market, "lever": str(leverage)})

    async def balance(self, wire: Wire, quote: str) -> float:
        """Return the wallet balance of the quote and of all coins that count as margin, without unrealised profit."""
        if not self._level:
            self._level = (await _config(wire, "account mode")).word("acctLv", *_LEVELS)
        answer = await wire.read("balance", "privateGetAccountBalance", cost=2)
        return balance_of(answer, quote, shared=self._level in _SHARED)

    async def positions(self, wire: Wire, book: Book) -> list[HeldPosition]:
        """Return every open position in cross margin; isolated ones live apart here and are only spoken of."""
        answer = await wire.read("positions", "privateGetAccountPositions", SWAP, cost=2)
        mine = [row for row in data_of(answer, "positions") if settled(row, book)]
        for name in {row.text("instId") for row in mine if row.text("mgnMode") == "isolated"} - self._told:
            self._told.add(name)
            _log.warning("okx: the isolated position in %s is left alone, cross margin is traded", name)
        return [held for row in mine if (held := position_of(row, book)) is not None]

    async def open_orders(self, wire: Wire, book: Book) -> list[OpenOrder]:
        """Return every resting order."""
        found = await pages(wire, "open orders", "privateGetTradeOrdersPending", SWAP, "ordId", cost=1.0)
        return [order_of(row, book) for row in found if settled(row, book)]

    async def fills(self, wire: Wire, book: Book, look: Look) -> list[Fill]:
        """Return fills of all symbols."""
        return await fills_since(wire, book, look)

    async def order_by_client_id(self, wire: Wire, book: Book, symbol: str, client_id: str) -> OrderFate:
        """Return what became of an order; the venue remembers one that was cancelled without a fill for two hours."""
        asked = {"instId": book.id(symbol), "clOrdId": client_id}
        try:
            found = data_of(await wire.read("order", "privateGetTradeOrder", asked), "order")
        except OrderGone:
            return "absent"
        if len(found) != 1 or found[0].text("clOrdId") != client_id:
            raise UnreadableAnswer(f"order: {client_id} was asked for, something else came")
        book.name(found[0].text("ordId"), client_id)
        return "resting" if found[0].word("state", *_RESTING, *_ENDED) in _RESTING else "done"

    async def create(self, wire: Wire, book: Book, requests: Sequence[OrderRequest]) -> list[CreateResult]:
        """Send up to twenty orders in one request; the answer only says that they were taken."""
        wanted = [_order_params(request, book) for request in requests]
        urgent = all(request.reduce_only for request in requests)
        answer = await wire.write(
            "create", "privatePostTradeBatchOrders", wanted, urgent=urgent, answered=refused_batch
        )
        rows = _as_many(answer, len(requests), "create")
        finished = Row(answer, "create")
        return [_created(request, row, finished, wire) for request, row in zip(requests, rows, strict=True)]

    async def cancel(self, wire: Wire, book: Book, orders: Sequence[OpenOrder]) -> list[CancelResult]:
        """Cancel up to twenty orders in one request."""
        wanted = [{"instId": book.told_id(order.symbol), "ordId": order.id} for order in orders]
        answer = await wire.write(
            "cancel", "privatePostTradeCancelBatchOrders", wanted, urgent=True, answered=refused_batch
        )
        rows = _as_many(answer, len(orders), "cancel")
        return [CancelResult(order, _kept(order, row, wire)) for order, row in zip(orders, rows, strict=True)]


def refused_batch(text: str) -> Any:
    """Return the answer in a failure's text whose orders were all refused, each with its reason; None for others."""
    try:
        answer = json.loads(text[text.index("{") :])
    except ValueError:
        return None
    if not isinstance(answer, dict):
        return None
    found = cast("dict[str, Any]", answer)
    return found if str(found.get("code")) == "1" and found.get("data") else None


def balance_of(answer: Any, quote: str, *, shared: bool) -> float:
    """Return the cash of the quote at par and, where margin is `shared`, of other collateral at its price."""
    accounts = data_of(answer, "balance")
    if len(accounts) != 1:
        raise UnreadableAnswer(f"balance: one account was expected, {len(accounts)} came")
    total, counted = 0.0, False
    for coin in accounts[0].rows("details"):
        cash = coin.number("cashBal")
        if coin.text("ccy") == quote:
            total, counted = total + cash, True
        elif shared and "collateralEnabled" in coin and coin.flag("collateralEnabled") and cash != 0.0:
            # The value is that of the equity, which holds unrealised profit: only its price is of use.
            equity = coin.number("eq")
            total, counted = total + (cash * coin.number("eqUsd") / equity if equity else 0.0), True
    if not counted:
        raise UnreadableAnswer(f"balance: the answer has neither {quote} nor another coin that counts as margin")
    return total


def position_of(row: Row, book: Book) -> HeldPosition | None:
    """Return the open position of a row in contracts, signed by side; None for a flat or an isolated one."""
    size, told = row.number("pos"), row.word("posSide", "long", "short", "net")
    if row.word("mgnMode", "cross", "isolated") == "isolated" or size == 0.0:
        return None
    pside: Pside = PSIDE.get(told) or ("long" if size > 0.0 else "short")
    position = Position(pside_sign(pside) * abs(size), row.positive("avgPx"))
    return HeldPosition(book.symbol(row.text("instId")), pside, position)


def order_of(row: Row, book: Book) -> OpenOrder:
    """Return a resting order of an orders-pending row."""
    side, told = SIDE[row.word("side", *SIDE)], row.word("posSide", "long", "short", "net")
    client_id, reduce_only = row.text("clOrdId", empty=True), row.flag("reduceOnly")
    pside = PSIDE.get(told) or book.pside(client_id, side, reduce_only=reduce_only)
    unpriced = row.text("ordType") in _UNPRICED
    return OpenOrder(
        id=row.text("ordId"),
        client_id=client_id,
        symbol=book.symbol(row.text("instId")),
        side=side,
        pside=pside,
        qty=max(0.0, row.number("sz", least=0.0) - row.number("accFillSz", least=0.0)),
        price=0.0 if unpriced else row.number("px", least=0.0),
        # In hedge mode the side says it all, and the flag is never set.
        reduce_only=reduce_only or (told in PSIDE and (side == "buy") is not (pside == "long")),
        created_ms=row.time_ms("cTime"),
    )


async def _config(wire: Wire, what: str) -> Row:
    found = data_of(await wire.read(what, "privateGetAccountConfig", cost=4), what)
    if len(found) != 1:
        raise UnreadableAnswer(f"{what}: one account was expected, {len(found)} came")
    return found[0]


def _order_params(request: OrderRequest, book: Book) -> dict[str, Any]:
    params: dict[str, Any] = {
        "instId": book.id(request.symbol),
        "tdMode": "cross",
        "side": request.side,
        "ordType": "post_only" if request.kind == "limit" and request.post_only else request.kind,
        "sz": book.qty_text(request.symbol, request.qty),
        "clOrdId": request.client_id,
    }
    if book.hedge:
        params["posSide"] = request.pside
    elif request.reduce_only:
        params["reduceOnly"] = True
    if request.kind == "limit":
        params["px"] = book.price_text(request.symbol, request.price)
    return params


def _as_many(answer: Any, count: int, what: str) -> list[Row]:
    found = data_of(answer, what)
    if len(found) != count:
        raise UnreadableAnswer(f"{what}: {count} orders were named, {len(found)} were answered")
    return found


def _refusal(row: Row, wire: Wire, what: str) -> ExchangeError | None:
    """Return why an order of a batch was refused, None when it was taken."""
    code = row.text("sCode")
    if code == "0":
        row.text("ordId")
        return None
    return wire.outcome(code, row.said("sMsg"), what)


def _kept(order: OpenOrder, row: Row, wire: Wire) -> ExchangeError | None:
    """Return why an order was not cancelled, None when it was."""
    try:
        error = _refusal(row, wire, "cancel")
        if error is None and row.text("ordId") != order.id:
            raise UnreadableAnswer(f"cancel: the answer for {order.id} names another order")
    except UnreadableAnswer as unreadable:
        return OutcomeUnknown(unreadable.message)
    return error


def _created(request: OrderRequest, row: Row, answer: Row, wire: Wire) -> CreateResult:
    try:
        error = _refusal(row, wire, "create")
        if error is not None:
            return CreateResult(request, error=error)
        if row.text("clOrdId") != request.client_id:
            raise UnreadableAnswer(f"create: the answer for {request.client_id} names another order")
        order = taken(request, row.text("ordId"), row.time_ms("ts") if "ts" in row else _answered_ms(answer))
    except UnreadableAnswer as error:
        return CreateResult(request, error=OutcomeUnknown(error.message))
    return CreateResult(request, order=order)


def _answered_ms(answer: Row) -> int:
    """Return when a request was answered, which is told in microseconds."""
    return Row({"outTime": answer.text("outTime")[:-3]}, "create").time_ms("outTime")
