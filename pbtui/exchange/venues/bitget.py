"""Bitget USDT-margined futures, classic account: raw v2 endpoints, read strictly (exchanges.md 6; candles.md 18)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pbtui.config.accounts import Account
from pbtui.core.clock import DAY_MS, HOUR_MS
from pbtui.core.errors import AccountRefused, ExchangeError, OrderGone, UnreadableAnswer
from pbtui.core.types import Fill, OpenOrder, OrderRequest, Position, Pside, Side, pside_sign
from pbtui.exchange.port import CancelResult, Capabilities, CreateResult, HeldPosition, OrderFate
from pbtui.exchange.private.answers import Row
from pbtui.exchange.private.book import Book
from pbtui.exchange.private.quirks import KeyFacts, Look, Modes, VenueFacts
from pbtui.exchange.private.wire import Wire
from pbtui.exchange.venues.bitget_batches import created, order_params, outcomes, silence
from pbtui.exchange.venues.bitget_codes import MEANINGS, SPACING
from pbtui.exchange.venues.bitget_history import BitgetHistory, pages

_CODE = re.compile(r'"code"\s*:\s*"?(\d+)')
_BATCH = 20  # the venue says 50 in one place and 20 in another
_RESTING = ("live", "partially_filled")
_ADDRESSES = 2_000  # characters
_SIDE: Mapping[str, Side] = {"buy": "buy", "sell": "sell"}
_PSIDE: Mapping[str, Pside] = {"long": "long", "short": "short"}


def _equip(client: Any, _: Account) -> None:
    """Take the broker's code of the exchange library off signed requests; listen as a classic account does."""
    client.options["uta"] = False
    inner: Callable[..., dict[str, Any]] = client.sign

    def sign(*args: Any, **named: Any) -> dict[str, Any]:
        request = inner(*args, **named)
        headers: dict[str, Any] = request.get("headers") or {}
        headers.pop("X-CHANNEL-API-CODE", None)
        return request

    client.sign = sign


class Bitget:
    """Quirks of Bitget; the budget counts requests, 600 a minute: endpoints allow 5 or 10 a second."""

    facts = VenueFacts(
        venue="bitget",
        credentials=("apiKey", "secret", "password"),
        capabilities=Capabilities(
            order_stream=True, max_batch_create=_BATCH, max_batch_cancel=_BATCH, client_id_length=64
        ),
        per_minute=600.0,
        reserve=60.0,
        public_costs={"load_markets": 6.0},
        meanings=MEANINGS,
        spacing=SPACING,
        fill_window_ms=7 * DAY_MS - HOUR_MS,
        late_ms=30_000,
        equip=_equip,
    )

    def __init__(self) -> None:
        self._history = BitgetHistory()
        self._isolated: frozenset[str] = frozenset()  # market ids whose open positions are in isolated margin

    def code_of(self, text: str) -> str:
        """Return the code of an error's JSON."""
        found = _CODE.search(text)
        return found.group(1) if found else ""

    async def key_facts(self, wire: Wire) -> KeyFacts:
        """Return what the key may do."""
        found = Row(await wire.read("key", "privateSpotGetV2SpotAccountInfo", cost=10), "key").row("data")
        allowed = set(found.texts("authorities"))
        return KeyFacts(
            trade=not allowed.isdisjoint({"coow", "trade"}),
            withdraw=not allowed.isdisjoint({"wwow", "withdraw"}),
            bound_to_ip=bool(found.text("ips", empty=True, longest=_ADDRESSES)),
            account_id=found.text("userId"),
        )

    async def modes(self, wire: Wire, book: Book) -> Modes:
        """Return the position mode; margin is set coin by coin here."""
        if book.quote != "USDT":
            raise AccountRefused(f"bitget is served for USDT only, not for {book.quote}", hint="take quote out")
        return Modes(hedge=_hedged(await _setting(wire, book, book.some_id())))

    async def set_hedge(self, wire: Wire, book: Book, *, hedge: bool) -> None:
        """Change the position mode."""
        params = {"productType": _product(book), "posMode": "hedge_mode" if hedge else "one_way_mode"}
        await wire.write("set position mode", "privateMixPostV2MixAccountSetPositionMode", params)

    async def set_cross(self, wire: Wire) -> None:
        """Margin is set coin by coin here."""

    async def prepare_symbol(self, wire: Wire, book: Book, symbol: str, leverage: int) -> None:
        """Set cross margin and leverage where they differ; raises AccountRefused where the position mode differs."""
        params = _market(book, book.id(symbol))
        now = await _setting(wire, book, params["symbol"])
        if _hedged(now) is not book.hedge:
            raise AccountRefused(f"the position mode of {symbol} was changed on bitget", hint="start again")
        if now.word("marginMode", "crossed", "isolated") != "crossed":
            crossed = {**params, "marginMode": "crossed"}
            await wire.write("set margin", "privateMixPostV2MixAccountSetMarginMode", crossed)
        if now.number("crossedMarginLeverage") != leverage:
            wanted = {**params, "leverage": str(leverage)}
            await wire.write("set leverage", "privateMixPostV2MixAccountSetLeverage", wanted)

    async def balance(self, wire: Wire, quote: str) -> float:
        """Return the wallet balance in quote, without unrealised profit."""
        params = {"productType": f"{quote}-FUTURES"}
        account = account_of(await wire.read("balance", "privateMixGetV2MixAccountAccounts", params), quote)
        if "unrealizedPL" in account:
            return balance_of(account, account.number("unrealizedPL"))
        # The account may leave it empty: the positions tell it.
        told = await wire.read("positions", "privateMixGetV2MixPositionAllPosition", {**params, "marginCoin": quote})
        held = Row(told, "positions").rows("data")
        return balance_of(account, sum(row.number("unrealizedPL") for row in held))

    async def positions(self, wire: Wire, book: Book) -> list[HeldPosition]:
        """Return every open position."""
        params = {"productType": _product(book), "marginCoin": book.quote}
        answer = await wire.read("positions", "privateMixGetV2MixPositionAllPosition", params)
        found = positions_of(answer, book)
        self._isolated = isolated_of(answer)
        return found

    async def open_orders(self, wire: Wire, book: Book) -> list[OpenOrder]:
        """Return every resting order; each state is asked for: unasked, partly filled ones may be left out."""
        found: dict[str, OpenOrder] = {}
        # In this sequence none is missed that is filled in part between the two questions.
        for state in _RESTING:
            params = {"productType": _product(book), "status": state}
            told = await pages(wire, "open orders", "privateMixGetV2MixOrderOrdersPending", "entrustedList", params)
            found.update({order.id: order for order in (order_of(row, book) for row in told)})
        return list(found.values())

    async def fills(self, wire: Wire, book: Book, look: Look) -> list[Fill]:
        """Return fills of all symbols."""
        return await self._history.fills(wire, book, look, _product(book))

    async def order_by_client_id(self, wire: Wire, book: Book, symbol: str, client_id: str) -> OrderFate:
        """Return what became of an order."""
        params = {"symbol": book.id(symbol), "productType": _product(book), "clientOid": client_id}
        try:
            found = Row(await wire.read("order", "privateMixGetV2MixOrderDetail", params), "order").row("data")
        except OrderGone:
            return "absent"
        state = found.word("state", "live", "partially_filled", "filled", "canceled", "cancelled")
        book.name(found.text("orderId"), client_id)
        return "resting" if state in _RESTING else "done"

    async def create(self, wire: Wire, book: Book, requests: Sequence[OrderRequest]) -> list[CreateResult]:
        """Send up to twenty orders; one request a symbol."""
        results: dict[int, CreateResult] = {}
        for symbol in dict.fromkeys(request.symbol for request in requests):
            mine = [request for request in requests if request.symbol == symbol]
            try:
                params = self._batch(book, symbol) | {"orderList": [order_params(each, book) for each in mine]}
                urgent = all(request.reduce_only for request in mine)
                answer = await wire.write(
                    "create", "privateMixPostV2MixOrderBatchPlaceOrder", params, cost=2, urgent=urgent
                )
                done = created(mine, answer, wire)
            except ExchangeError as error:
                done = [CreateResult(request, error=error) for request in mine]
            results |= {id(result.request): result for result in done}
        return [results[id(request)] for request in requests]

    async def cancel(self, wire: Wire, book: Book, orders: Sequence[OpenOrder]) -> list[CancelResult]:
        """Cancel up to twenty orders; one request a symbol."""
        results: list[CancelResult] = []
        for symbol in dict.fromkeys(order.symbol for order in orders):
            mine = [order for order in orders if order.symbol == symbol]
            try:
                params = _market(book, book.id(symbol)) | {"orderIdList": [{"orderId": order.id} for order in mine]}
                answer = await wire.write("cancel", "privateMixPostV2MixOrderBatchCancelOrders", params, urgent=True)
                told = outcomes(answer, "orderId", wire, "cancel")
            except ExchangeError as error:
                results += [CancelResult(order, error) for order in mine]
                continue
            results += [CancelResult(order, _refusal(told, order)) for order in mine]
        return results

    def _batch(self, book: Book, symbol: str) -> dict[str, Any]:
        params = _market(book, book.id(symbol))
        # Orders of a position that was opened in isolated margin must say so, or it could not be closed.
        return {**params, "marginMode": "isolated" if params["symbol"] in self._isolated else "crossed"}


def account_of(answer: Any, quote: str) -> Row:
    """Return the row of an accounts answer whose margin is the quote."""
    found = Row(answer, "balance").rows("data")
    account = next((row for row in found if row.text("marginCoin").upper() == quote), None)
    if account is None:
        raise UnreadableAnswer(f"balance: the answer has no {quote} account")
    return account


def balance_of(account: Row, unrealised: float) -> float:
    """Return equity less unrealised profit; of all coins that count as margin in multi-assets mode."""
    union = account.word("assetMode", "", "single", "union") == "union"
    return account.number("unionTotalMargin" if union else "accountEquity") - unrealised


def positions_of(answer: Any, book: Book) -> list[HeldPosition]:
    """Return the open positions of an all-position answer; sizes are signed by side."""
    held: list[HeldPosition] = []
    for row in Row(answer, "positions").rows("data"):
        size = row.number("total", least=0.0)
        if size > 0.0:
            pside = _PSIDE[row.word("holdSide", *_PSIDE)]
            position = Position(pside_sign(pside) * size, row.positive("openPriceAvg"))
            held.append(HeldPosition(book.symbol(row.text("symbol").upper()), pside, position))
    return held


def isolated_of(answer: Any) -> frozenset[str]:
    """Return the market ids of open positions in isolated margin."""
    found = Row(answer, "positions").rows("data")
    modes = ((row.text("symbol").upper(), row.word("marginMode", "crossed", "isolated")) for row in found)
    return frozenset(name for name, mode in modes if mode == "isolated")


def order_of(row: Row, book: Book) -> OpenOrder:
    """Return a resting order of an orders-pending row; in hedge mode its side is that of the position."""
    client_id, told = row.text("clientOid", empty=True), row.word("posSide", "long", "short", "net")
    reduce_only = row.word("reduceOnly", "YES", "NO", "yes", "no", "").lower() == "yes"
    if told == "net":
        side = _SIDE[row.word("side", *_SIDE)]
        pside = book.pside(client_id, side, reduce_only=reduce_only)
    else:
        pside, trade = _PSIDE[told], row.text("tradeSide").lower()
        reduce_only = "close" in trade
        if not reduce_only and trade != "open":
            raise UnreadableAnswer(f"open orders: an order neither opens nor closes ({trade})")
        side = "buy" if (pside == "long") is not reduce_only else "sell"
    return OpenOrder(
        id=row.text("orderId"),
        client_id=client_id,
        symbol=book.symbol(row.text("symbol").upper()),
        side=side,
        pside=pside,
        qty=max(0.0, row.number("size", least=0.0) - row.number("baseVolume", least=0.0)),
        price=0.0 if _unpriced(row) else row.number("price", least=0.0),
        reduce_only=reduce_only,
        created_ms=row.time_ms("cTime"),
    )


def _unpriced(row: Row) -> bool:
    """Tell whether a market order was caught before it was filled: it has no price."""
    return "price" not in row and row.text("orderType", empty=True) == "market"


def _product(book: Book) -> str:
    return f"{book.quote}-FUTURES"


def _market(book: Book, market_id: str) -> dict[str, Any]:
    return {"symbol": market_id, "productType": _product(book), "marginCoin": book.quote}


async def _setting(wire: Wire, book: Book, market_id: str) -> Row:
    """Return how a market is set: position mode, margin mode, leverage."""
    answer = await wire.read("modes", "privateMixGetV2MixAccountAccount", _market(book, market_id))
    return Row(answer, "modes").row("data")


def _hedged(setting: Row) -> bool:
    return setting.word("posMode", "hedge_mode", "one_way_mode") == "hedge_mode"


def _refusal(told: Mapping[str, Row | ExchangeError], order: OpenOrder) -> ExchangeError | None:
    found = told.get(order.id, silence("cancel", order.id))
    return found if isinstance(found, ExchangeError) else None
