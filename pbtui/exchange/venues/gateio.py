"""Gate.io USDT perpetuals, one side a coin: raw v4 endpoints, read strictly (exchanges.md 7). Sizes are contracts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pbtui.config.accounts import Account
from pbtui.core.errors import AccountRefused, ExchangeError, OrderGone, OrderRejected, OutcomeUnknown, UnreadableAnswer
from pbtui.core.types import Fill, OpenOrder, OrderRequest, Position, Pside, Side
from pbtui.exchange.port import CancelResult, Capabilities, CreateResult, HeldPosition, OrderFate
from pbtui.exchange.private.answers import Row, rows
from pbtui.exchange.private.book import Book
from pbtui.exchange.private.expiry import ORDER_LIFE_MS, deadline_header
from pbtui.exchange.private.quirks import KeyFacts, Look, Modes, VenueFacts
from pbtui.exchange.private.taken import taken
from pbtui.exchange.private.wire import Wire
from pbtui.exchange.venues.gateio_codes import MEANINGS
from pbtui.exchange.venues.gateio_history import WINDOW_S, client_id_of, fills_since, pages

_CODE = re.compile(r'"label"\s*:\s*"([A-Z_]+)"')
_USDT = {"settle": "usdt"}
_PAGE = 100
_MOST_PAGES = 100
_MARGIN_MODES = ("classic", "multi_currency", "portfolio", "single_currency")
_MARGIN_NUMBERS: Mapping[str, str] = dict(zip("0123", _MARGIN_MODES, strict=True))
_WITHDRAWING = ("withdraw", "withdrawal", "withdrawals")


def _equip(client: Any, _: Account) -> None:
    deadline_header(client, "x-gate-exptime", "/batch_orders")


class GateIo:
    """Quirks of Gate.io; the budget counts requests, 600 a minute of the 1,200 an endpoint takes."""

    facts = VenueFacts(
        venue="gateio",
        credentials=("apiKey", "secret"),
        capabilities=Capabilities(
            hedge_mode=False, order_stream=True, max_batch_create=10, max_batch_cancel=20, client_id_length=28
        ),
        per_minute=600.0,
        reserve=60.0,
        public_costs={},
        meanings=MEANINGS,
        id_prefix="t-",
        fill_window_ms=WINDOW_S * 1000,
        late_ms=ORDER_LIFE_MS,
        equip=_equip,
    )

    def code_of(self, text: str) -> str:
        """Return the label of an error's JSON."""
        found = _CODE.search(text)
        return found.group(1) if found else ""

    async def key_facts(self, wire: Wire) -> KeyFacts:
        """Return what the key may do; a key that may not ask about itself leaves that open."""
        account = Row(await wire.read("account", "privateFuturesGetSettleAccounts", _USDT), "account")
        ips, keys = await _asked(wire, "privateAccountGetDetail"), await _asked(wire, "privateAccountGetMainKeys")
        bound = None if ips is None else bool(Row(ips, "key").texts("ip_whitelist"))
        trade, withdraw = (None, None) if keys is None else permissions_of(keys)
        return KeyFacts(trade=trade, withdraw=withdraw, bound_to_ip=bound, account_id=account.text("user"))

    async def modes(self, wire: Wire, book: Book) -> Modes:
        """Return the position mode; margin is set coin by coin here."""
        found = Row(await wire.read("position mode", "privateFuturesGetSettleAccounts", _USDT), "position mode")
        if "position_mode" in found:
            return Modes(hedge=found.word("position_mode", "single", "dual", "split") != "single")
        return Modes(hedge=found.flag("in_dual_mode"))

    async def set_hedge(self, wire: Wire, book: Book, *, hedge: bool) -> None:
        """Change the position mode."""
        params = {**_USDT, "dual_mode": "true" if hedge else "false"}
        await wire.write("set position mode", "privateFuturesPostSettleDualMode", params)

    async def set_cross(self, wire: Wire) -> None:
        """Margin is set coin by coin here."""

    async def prepare_symbol(self, wire: Wire, book: Book, symbol: str, leverage: int) -> None:
        """Set cross margin and leverage where they differ; raises AccountRefused for a coin that stays isolated."""
        market = {**_USDT, "contract": book.id(symbol)}
        try:
            now = Row(await wire.read("position", "privateFuturesGetSettlePositionsContract", market), "position")
            if _is_cross(now) and now.number("cross_leverage_limit", least=0.0) == leverage:
                return
        except OrderGone:
            pass  # never traded: there is no row of it yet
        wanted = {**market, "leverage": "0", "cross_leverage_limit": str(leverage)}
        told = await wire.write("set leverage", "privateFuturesPostSettlePositionsContractLeverage", wanted)
        if not _is_cross(Row(told, "set leverage")):
            raise AccountRefused(
                f"gateio keeps {symbol} in isolated margin",
                hint="close its position and orders, then set it to cross margin there",
            )

    async def balance(self, wire: Wire, quote: str) -> float:
        """Return the wallet balance of the futures account."""
        return balance_of(await wire.read("balance", "privateFuturesGetSettleAccounts", _USDT), quote)

    async def positions(self, wire: Wire, book: Book) -> list[HeldPosition]:
        """Return every open position."""
        method = "privateFuturesGetSettlePositions"
        found = await pages(wire, "positions", method, {**_USDT, "holding": "true"})
        return [held for row in found if (held := position_of(row, book)) is not None]

    async def open_orders(self, wire: Wire, book: Book) -> list[OpenOrder]:
        """Return every resting order; each page begins after the last order of the one before."""
        found: dict[str, OpenOrder] = {}
        asked: dict[str, Any] = {**_USDT, "status": "open", "limit": _PAGE}
        for _ in range(_MOST_PAGES):
            told = rows(await wire.read("open orders", "privateFuturesGetSettleOrders", asked), "open orders")
            page = [order_of(row, book) for row in told]
            fresh = {order.id: order for order in page if order.id not in found}
            found |= fresh
            if len(page) < _PAGE:
                return list(found.values())
            if not fresh:
                raise UnreadableAnswer("open orders: the same page came twice")
            asked["last_id"] = page[-1].id
        raise UnreadableAnswer(f"open orders: more than {_MOST_PAGES} pages")

    async def fills(self, wire: Wire, book: Book, look: Look) -> list[Fill]:
        """Return fills of all contracts."""
        return await fills_since(wire, book, look)

    async def order_by_client_id(self, wire: Wire, book: Book, symbol: str, client_id: str) -> OrderFate:
        """Return what became of an order: by its name while it rests and shortly after, else by those that ended."""
        market, name = book.id(symbol), f"t-{client_id}"
        try:
            asked = {**_USDT, "order_id": name}
            found = [Row(await wire.read("order", "privateFuturesGetSettleOrdersOrderId", asked), "order")]
        except OrderGone:
            ended = {**_USDT, "contract": market, "status": "finished", "limit": _PAGE}
            found = rows(await wire.read("ended orders", "privateFuturesGetSettleOrders", ended), "ended orders")
        for row in found:
            if row.text("text", empty=True) == name:
                book.name(row.text("id"), client_id)
                return "resting" if row.word("status", "open", "finished") == "open" else "done"
        return "absent"

    async def create(self, wire: Wire, book: Book, requests: Sequence[OrderRequest]) -> list[CreateResult]:
        """Send up to ten orders in one request; each is answered by itself."""
        wanted = [_order_params(request, book) for request in requests]
        urgent = all(request.reduce_only for request in requests)
        answer = await wire.write(
            "create", "privateFuturesPostSettleBatchOrders", wanted, cost=len(requests) / 4, urgent=urgent
        )
        told = _as_many(answer, len(requests), "create")
        return [_created(request, row, wire) for request, row in zip(requests, told, strict=True)]

    async def cancel(self, wire: Wire, book: Book, orders: Sequence[OpenOrder]) -> list[CancelResult]:
        """Cancel up to twenty orders in one request."""
        wanted = [_USDT, *(order.id for order in orders)]
        answer = await wire.write(
            "cancel", "privateFuturesPostSettleBatchCancelOrders", wanted, cost=len(orders) / 4, urgent=True
        )
        told = {row.text("id"): row for row in _as_many(answer, len(orders), "cancel")}
        if told.keys() != {order.id for order in orders}:
            raise OutcomeUnknown("gateio cancel: other orders were answered than named: they may be cancelled")
        return [CancelResult(order, _refusal(told[order.id], wire, "cancel")) for order in orders]


def permissions_of(answer: Any) -> tuple[bool | None, bool | None]:
    """Return whether the key may trade futures and withdraw; None where the account's keys don't agree.

    The venue lists all keys of the account, and none tells which one is ours.
    """
    told = rows(answer, "keys") if isinstance(answer, list) else [Row(answer, "keys")]
    found: set[tuple[bool, bool]] = set()
    for row in told:
        allowed = {each.text("name") for each in row.rows("perms") if not each.flag("read_only")}
        trades = row.number("state") == 1 and "futures" in allowed
        found.add((trades, any(name in allowed for name in _WITHDRAWING)))
    trade = {trades for trades, _ in found}
    # What the list knows of permissions has no word for withdrawing in all versions: its absence proves nothing.
    withdraw = True if found and all(can for _, can in found) else None
    return (trade.pop() if len(trade) == 1 else None), withdraw


def balance_of(answer: Any, quote: str) -> float:
    """Return the wallet balance: the total without unrealised profit; with several currencies what is available.

    Raises AccountRefused for kinds of accounts whose wallet balance the futures account doesn't tell.
    """
    row = Row(answer, "balance")
    row.word("currency", quote)
    if "margin_mode_name" in row:
        mode = row.word("margin_mode_name", *_MARGIN_MODES)
    else:
        mode = _MARGIN_NUMBERS[row.word("margin_mode", *_MARGIN_NUMBERS)] if "margin_mode" in row else "classic"
    if mode == "classic":
        return row.number("total")
    if mode == "multi_currency":
        return row.number("cross_available")
    raise AccountRefused(
        f"gateio: a unified account in {mode.replace('_', ' ')} mode tells no wallet balance",
        hint="change it to the classic or the multi-currency mode there",
    )


def position_of(row: Row, book: Book) -> HeldPosition | None:
    """Return the open position of a row, None for a flat one; the size is signed by side, in contracts."""
    size = row.number("size")
    mode = row.word("mode", "single", "dual_long", "dual_short")
    if size == 0.0:
        return None
    pside: Pside = "long" if size > 0.0 else "short"
    if mode != "single" and mode != f"dual_{pside}":
        raise UnreadableAnswer(f"positions: a size of {size} in {mode}")
    return HeldPosition(book.symbol(row.text("contract")), pside, Position(size, row.positive("entry_price")))


def order_of(row: Row, book: Book) -> OpenOrder:
    """Return a resting order of an orders row."""
    size = row.number("size")
    side: Side = "buy" if size > 0.0 else "sell"
    client_id = client_id_of(row.text("text", empty=True))
    reduce_only = row.flag("is_reduce_only") or row.flag("is_close")
    return OpenOrder(
        id=row.text("id"),
        client_id=client_id,
        symbol=book.symbol(row.text("contract")),
        side=side,
        pside=book.pside(client_id, side, reduce_only=reduce_only),
        qty=abs(row.number("left")),
        price=row.number("price", least=0.0),
        reduce_only=reduce_only,
        created_ms=row.time_s("create_time"),
    )


async def _asked(wire: Wire, method: str) -> Any:
    """Return the answer to a question that some keys may not ask, None then."""
    try:
        return await wire.read("key", method)
    except AccountRefused:
        return None


def _is_cross(row: Row) -> bool:
    return row.number("leverage", least=0.0) == 0.0


def _order_params(request: OrderRequest, book: Book) -> dict[str, Any]:
    size = f"{'' if request.side == 'buy' else '-'}{book.qty_text(request.symbol, request.qty)}"
    params: dict[str, Any] = {
        **_USDT,
        "contract": book.id(request.symbol),
        "size": size if "." in size else int(size),
        "text": f"t-{request.client_id}",
        "reduce_only": request.reduce_only,
    }
    if request.kind == "market":
        return {**params, "price": "0", "tif": "ioc"}
    price = book.price_text(request.symbol, request.price)
    return {**params, "price": price, "tif": "poc" if request.post_only else "gtc"}


def _as_many(answer: Any, count: int, what: str) -> list[Row]:
    found = rows(answer, what)
    if len(found) != count:
        # The request was taken: nobody can say which of its orders were.
        raise OutcomeUnknown(f"gateio {what}: {count} orders were named, {len(found)} were answered")
    return found


def _created(request: OrderRequest, row: Row, wire: Wire) -> CreateResult:
    try:
        error = _refusal(row, wire, "create")
        if error is not None:
            return CreateResult(request, error=error)
        left, resting = abs(row.number("left")), row.word("status", "open", "finished") == "open"
        if not resting and left >= abs(row.number("size")):
            return CreateResult(request, error=_undone(request, row))
        order = taken(request, row.text("id"), row.time_s("create_time"), left=left if resting else 0.0)
    except UnreadableAnswer as error:
        return CreateResult(request, error=OutcomeUnknown(error.message))
    return CreateResult(request, order=order)


def _undone(request: OrderRequest, row: Row) -> OrderRejected:
    """Return why an order that was taken ended at once without any trade."""
    how = row.text("finish_as", empty=True)
    reason = "reduce_only" if how == "reduce_only" else "post_only" if request.post_only else "no_price"
    return OrderRejected(f"create: the order ended at once without a trade ({how})", reason=reason)


def _refusal(row: Row, wire: Wire, what: str) -> ExchangeError | None:
    """Return why an order of a batch was refused, None when it was taken."""
    if row.flag("succeeded"):
        return None
    message = row.said("detail" if "detail" in row else "message")
    label = row.text("label", empty=True) or message
    return wire.outcome(label, message or label, what)
