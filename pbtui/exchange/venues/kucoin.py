"""KuCoin futures on a classic account: raw endpoints, read strictly (exchanges.md 9). Sizes are contracts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pbtui.config.accounts import Account
from pbtui.core.errors import AccountRefused, ExchangeError, OrderGone, OutcomeUnknown, UnreadableAnswer
from pbtui.core.types import Fill, OpenOrder, OrderRequest
from pbtui.exchange.port import CancelResult, Capabilities, CreateResult, HeldPosition, OrderFate
from pbtui.exchange.private.answers import Row
from pbtui.exchange.private.book import Book
from pbtui.exchange.private.quirks import KeyFacts, Look, Modes, VenueFacts
from pbtui.exchange.private.taken import taken
from pbtui.exchange.private.wire import Wire
from pbtui.exchange.venues.kucoin_codes import MEANINGS, code_of, refined
from pbtui.exchange.venues.kucoin_history import Orders, fills_since
from pbtui.exchange.venues.kucoin_rows import (
    asked_positions,
    balance_of,
    data,
    isolated_of,
    listed,
    order_of,
    pages,
    positions_of,
)

_WITHDRAWING = {"transfer", "withdraw", "withdrawal"}  # the venue's transfers include withdrawals
_TAKEN = ("200", "200000")


def _equip(client: Any, _: Account) -> None:
    """Send nobody's partner code, and ask for no unified account at each connection."""
    client.options["partner"] = {}
    client.options["uta"] = False


class Kucoin:
    """Quirks of KuCoin; the budget counts weights, 2,000 a minute of the 4,000 that an account without a tier has."""

    facts = VenueFacts(
        venue="kucoin",
        credentials=("apiKey", "secret", "password"),
        capabilities=Capabilities(order_stream=True, max_batch_create=20, max_batch_cancel=10, client_id_length=36),
        per_minute=2_000.0,
        reserve=400.0,
        public_costs={"fetch_ohlcv": 3.0, "fetch_tickers": 5.0, "load_markets": 3.0, "fetch_time": 2.0},
        meanings=MEANINGS,
        late_ms=5_000,
        equip=_equip,
    )

    def __init__(self) -> None:
        self._orders = Orders()
        self._leverage: dict[str, int] = {}
        self._isolated: frozenset[str] = frozenset()  # market ids whose open positions are in isolated margin

    def code_of(self, text: str) -> str:
        """Return the code of an error's JSON."""
        return code_of(text)

    async def key_facts(self, wire: Wire) -> KeyFacts:
        """Return what the key may do."""
        found = data(await wire.read("key", "privateGetUserApiKey", cost=10), "key")
        allowed = {word.strip().lower() for word in found.text("permission", empty=True, longest=400).split(",")}
        return KeyFacts(
            trade="futures" in allowed,
            withdraw=bool(allowed & _WITHDRAWING),
            bound_to_ip="ipWhitelist" in found,
            account_id=found.text("uid", empty=True),
        )

    async def modes(self, wire: Wire, book: Book) -> Modes:
        """Return the position mode; margin is set coin by coin here. Raises AccountRefused for a unified account."""
        kind = data(await wire.read("account mode", "utaPrivateGetAccountMode", cost=30), "account mode")
        if kind.text("selfAccountMode") != "CLASSIC":
            raise AccountRefused(
                "kucoin: unified accounts are not served", hint="change the account to the classic mode there"
            )
        answer = await wire.read("position mode", "futuresPrivateGetPositionGetPositionMode", cost=2)
        return Modes(hedge=data(answer, "position mode").word("positionMode", "0", "1") == "1")

    async def set_hedge(self, wire: Wire, book: Book, *, hedge: bool) -> None:
        """Change the position mode."""
        params = {"positionMode": "1" if hedge else "0"}
        await wire.write("set position mode", "futuresPrivatePostPositionSwitchPositionMode", params, cost=2)

    async def set_cross(self, wire: Wire) -> None:
        """Margin is set coin by coin here."""

    async def prepare_symbol(self, wire: Wire, book: Book, symbol: str, leverage: int) -> None:
        """Set cross margin and leverage where they differ; raises AccountRefused for a coin that stays isolated."""
        market = {"symbol": book.id(symbol)}
        told = data(await wire.read("margin mode", "futuresPrivateGetPositionGetMarginMode", market, cost=2), "margin")
        if told.word("marginMode", "CROSS", "ISOLATED") != "CROSS":
            wanted = {**market, "marginMode": "CROSS"}
            answer = await wire.write("set margin", "futuresPrivatePostPositionChangeMarginMode", wanted, cost=2)
            if data(answer, "set margin").word("marginMode", "CROSS", "ISOLATED") != "CROSS":
                raise AccountRefused(
                    f"kucoin keeps {symbol} in isolated margin",
                    hint="close its position and orders, then set it to cross margin there",
                )
        now = data(await wire.read("leverage", "futuresPrivateGetGetCrossUserLeverage", market, cost=2), "leverage")
        if now.number("leverage", least=0.0) != leverage:
            wanted = {**market, "leverage": str(leverage)}
            await wire.write("set leverage", "futuresPrivatePostChangeCrossUserLeverage", wanted, cost=2)
        self._leverage[symbol] = leverage

    async def balance(self, wire: Wire, quote: str) -> float:
        """Return the balance of the futures account."""
        asked = {"currency": quote}
        return balance_of(await wire.read("balance", "futuresPrivateGetAccountOverview", asked, cost=5), quote)

    async def positions(self, wire: Wire, book: Book) -> list[HeldPosition]:
        """Return every open position."""
        answer = await asked_positions(wire, book)
        found = positions_of(answer, book)
        self._isolated = isolated_of(answer)
        return found

    async def open_orders(self, wire: Wire, book: Book) -> list[OpenOrder]:
        """Return every resting order."""
        found = await pages(wire, "open orders", "futuresPrivateGetOrders", {"status": "active"}, cost=2)
        return list({order.id: order for order in (order_of(row, book) for row in found)}.values())

    async def order_by_client_id(self, wire: Wire, book: Book, symbol: str, client_id: str) -> OrderFate:
        """Return what became of an order."""
        try:
            asked = {"clientOid": client_id}
            row = data(await wire.read("order", "futuresPrivateGetOrdersByClientOid", asked, cost=5), "order")
        except OrderGone:
            return "absent"
        return "resting" if row.flag("isActive") else "done"

    async def fills(self, wire: Wire, book: Book, look: Look) -> list[Fill]:
        """Return fills of all contracts with the profits of closes."""
        return await fills_since(wire, book, look, self._orders)

    async def create(self, wire: Wire, book: Book, requests: Sequence[OrderRequest]) -> list[CreateResult]:
        """Send up to twenty orders in one request; the answer only says that they were taken."""
        wanted = [self._order_params(request, book) for request in requests]
        urgent = all(request.reduce_only for request in requests)
        answer = await wire.write("create", "futuresPrivatePostOrdersMulti", wanted, cost=3, urgent=urgent)
        told = _by_name(answer, [request.client_id for request in requests], "clientOid", "create")
        results: list[CreateResult] = []
        for request in requests:
            row = told[request.client_id]
            error = _refusal(row, wire, "create")
            try:
                order = None if error is not None else taken(request, row.text("orderId"), wire.now_ms())
            except UnreadableAnswer as unreadable:
                order, error = None, OutcomeUnknown(unreadable.message)
            results.append(CreateResult(request, order, error))
        return results

    async def cancel(self, wire: Wire, book: Book, orders: Sequence[OpenOrder]) -> list[CancelResult]:
        """Cancel up to ten orders in one request."""
        wanted = {"orderIdsList": [order.id for order in orders]}
        answer = await wire.write("cancel", "futuresPrivateDeleteOrdersMultiCancel", wanted, cost=20, urgent=True)
        told = _by_name(answer, [order.id for order in orders], "orderId", "cancel")
        return [CancelResult(order, _refusal(told[order.id], wire, "cancel")) for order in orders]

    def _order_params(self, request: OrderRequest, book: Book) -> dict[str, Any]:
        size, market_id = book.qty_text(request.symbol, request.qty), book.id(request.symbol)
        # What is held in isolated margin can be closed, or panicked out of, by an order that says so only.
        isolated = request.reduce_only and market_id in self._isolated
        params: dict[str, Any] = {
            "clientOid": request.client_id,
            "symbol": market_id,
            "side": request.side,
            "type": request.kind,
            "size": size if "." in size else int(size),
            "marginMode": "ISOLATED" if isolated else "CROSS",
            "leverage": self._leverage.get(request.symbol, 1),
            "reduceOnly": request.reduce_only,
            "positionSide": request.pside.upper() if book.hedge else "BOTH",
        }
        if request.kind == "limit":
            params["price"] = book.price_text(request.symbol, request.price)
            params["timeInForce"] = "GTC"
            params["postOnly"] = request.post_only
        return params


def _by_name(answer: Any, names: Sequence[str], field: str, what: str) -> dict[str, Row]:
    told = {row.text(field): row for row in listed(answer, what)}
    if told.keys() != set(names):
        # The request was taken: nobody can say which of its orders were.
        raise OutcomeUnknown(f"kucoin {what}: other orders were answered than named")
    return told


def _refusal(row: Row, wire: Wire, what: str) -> ExchangeError | None:
    """Return why an order of a batch was refused, None when it was taken."""
    code, message = row.text("code"), row.said("msg")
    return None if code in _TAKEN else wire.outcome(refined(code, message), message, what)
