"""Binance USDⓈ-M futures: raw endpoints, read strictly (exchanges.md 3; candles.md 18)."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from typing import Any

from pbtui.core.clock import DAY_MS, HOUR_MS
from pbtui.core.errors import ExchangeError, OrderGone, OutcomeUnknown, UnreadableAnswer
from pbtui.core.ids import order_type_of
from pbtui.core.types import Fill, OpenOrder, OrderRequest, Position, Pside, Side, pside_sign
from pbtui.exchange.port import CancelResult, Capabilities, CreateResult, HeldPosition, OrderFate
from pbtui.exchange.private.answers import Row, rows
from pbtui.exchange.private.book import Book
from pbtui.exchange.private.quirks import KeyFacts, Look, Modes, VenueFacts
from pbtui.exchange.private.wire import Unchanged, Wire
from pbtui.exchange.venues.binance_codes import MEANINGS
from pbtui.exchange.venues.binance_history import trades_since

_log = logging.getLogger("pbtui.exchange")
_FUTURES, _KEYS = "fapi.binance.com", "api.binance.com"  # the venue's own addresses
_ALONE = "USDT"  # what the total counts in single-asset mode
_CODE = re.compile(r'"code"\s*:\s*"?(-?\d+)')


class Binance:
    """Quirks of Binance; weights are the venue's own, 2400 a minute and address."""

    facts = VenueFacts(
        venue="binance",
        credentials=("apiKey", "secret"),
        capabilities=Capabilities(order_stream=True, max_batch_create=5, max_batch_cancel=10, client_id_length=36),
        per_minute=2_000.0,
        reserve=200.0,
        public_costs={"fetch_ohlcv": 5.0, "fetch_tickers": 5.0, "load_markets": 1.0},
        meanings=MEANINGS,
        most_window_ms=60_000,
        fill_window_ms=7 * DAY_MS - HOUR_MS,
    )

    def __init__(self) -> None:
        self._shared: bool | None = None  # whether all coins back all positions, once it was asked

    def code_of(self, text: str) -> str:
        """Return the code of an error's JSON."""
        found = _CODE.search(text)
        return found.group(1) if found else ""

    async def key_facts(self, wire: Wire) -> KeyFacts:
        """Return what the key may do; nothing of it on a testnet, which has no address that tells."""
        try:
            found = Row(await wire.read("key", "sapiGetAccountApiRestrictions"), "key")
        except ExchangeError:
            if wire.host("fapiPrivate") == _FUTURES or wire.host("sapi") != _KEYS:
                raise
            return KeyFacts()
        return KeyFacts(
            trade=found.flag("enableFutures"),
            withdraw=found.flag("enableWithdrawals"),
            bound_to_ip=found.flag("ipRestrict"),
            account_id=await _account_id(wire),
        )

    async def modes(self, wire: Wire, book: Book) -> Modes:
        """Return the position mode; margin is set coin by coin here."""
        found = Row(await wire.read("position mode", "fapiPrivateGetPositionSideDual", cost=30), "position mode")
        return Modes(hedge=found.flag("dualSidePosition"))

    async def set_hedge(self, wire: Wire, book: Book, *, hedge: bool) -> None:
        """Change the position mode."""
        params = {"dualSidePosition": "true" if hedge else "false"}
        await wire.write("set position mode", "fapiPrivatePostPositionSideDual", params)

    async def set_cross(self, wire: Wire) -> None:
        """Margin is set coin by coin here."""

    async def prepare_symbol(self, wire: Wire, book: Book, symbol: str, leverage: int) -> None:
        """Set cross margin and leverage where they differ."""
        market = {"symbol": book.id(symbol)}
        told = rows(await wire.read("symbol config", "fapiPrivateGetSymbolConfig", market, cost=5), "symbol config")
        now = next((row for row in told if row.text("symbol") == market["symbol"]), None)
        if now is None or now.text("marginType") != "CROSSED":
            try:
                await wire.write("set margin", "fapiPrivatePostMarginType", {**market, "marginType": "CROSSED"})
            except Unchanged:
                now = None
        if now is None or now.number("leverage") != leverage:
            await wire.write("set leverage", "fapiPrivatePostLeverage", {**market, "leverage": leverage})

    async def balance(self, wire: Wire, quote: str) -> float:
        """Return the cross wallet balance; where each coin backs its own markets only, that of the quote."""
        if quote != _ALONE and self._shared is None:
            # It can't be changed while anything is held or rests.
            told = await wire.read("asset mode", "fapiPrivateGetMultiAssetsMargin", cost=30)
            self._shared = Row(told, "asset mode").flag("multiAssetsMargin")
        answer = await wire.read("balance", "fapiPrivateV3GetAccount", cost=5)
        return balance_of(answer) if quote == _ALONE or self._shared else coin_balance_of(answer, quote)

    async def positions(self, wire: Wire, book: Book) -> list[HeldPosition]:
        """Return every open position."""
        answer = await wire.read("positions", "fapiPrivateV3GetPositionRisk", cost=5)
        return positions_of(answer, book)

    async def open_orders(self, wire: Wire, book: Book) -> list[OpenOrder]:
        """Return every resting order, of all symbols in one answer."""
        answer = await wire.read("open orders", "fapiPrivateGetOpenOrders", cost=40)
        return [order_of(row, book) for row in rows(answer, "open orders")]

    async def fills(self, wire: Wire, book: Book, look: Look) -> list[Fill]:
        """Return fills: of the symbols that have income since then, and of those where something happened."""
        found = await trades_since(wire, book, look)
        return [fill_of(row, book) for row in found]

    async def order_by_client_id(self, wire: Wire, book: Book, symbol: str, client_id: str) -> OrderFate:
        """Return what became of an order."""
        params = {"symbol": book.id(symbol), "origClientOrderId": client_id}
        try:
            found = Row(await wire.read("order", "fapiPrivateGetOrder", params), "order")
        except OrderGone:
            return "absent"
        book.name(found.text("orderId"), client_id)
        return "resting" if found.word("status", *_RESTING, *_ENDED) in _RESTING else "done"

    async def create(self, wire: Wire, book: Book, requests: Sequence[OrderRequest]) -> list[CreateResult]:
        """Send up to five orders in one request."""
        wanted = [_order_params(request, book) for request in requests]
        urgent = all(request.reduce_only for request in requests)
        if len(wanted) == 1:
            answer = [await wire.write("create", "fapiPrivatePostOrder", wanted[0], urgent=urgent)]
        else:
            answer = await wire.write(
                "create", "fapiPrivatePostBatchOrders", {"batchOrders": wanted}, cost=5, urgent=urgent
            )
        return [
            _created(request, row, wire, book)
            for request, row in zip(requests, _as_many(answer, len(requests), "create"), strict=True)
        ]

    async def cancel(self, wire: Wire, book: Book, orders: Sequence[OpenOrder]) -> list[CancelResult]:
        """Cancel up to ten orders; one request a symbol."""
        results: list[CancelResult] = []
        for symbol in dict.fromkeys(order.symbol for order in orders):
            mine = [order for order in orders if order.symbol == symbol]
            params: dict[str, Any] = {"symbol": book.told_id(symbol)}
            try:
                if len(mine) == 1:
                    params["orderId"] = mine[0].id
                    answer = [await wire.write("cancel", "fapiPrivateDeleteOrder", params, urgent=True)]
                else:
                    params["orderidlist"] = [order.id for order in mine]
                    answer = await wire.write("cancel", "fapiPrivateDeleteBatchOrders", params, urgent=True)
                told = _as_many(answer, len(mine), "cancel")
            except ExchangeError as error:
                results += [CancelResult(order, error) for order in mine]
                continue
            results += [CancelResult(o, _refusal(row, wire, "cancel")) for o, row in zip(mine, told, strict=True)]
        return results


async def _account_id(wire: Wire) -> str:
    """Return the account's id, which only the spot part tells; empty where it is not told, as on testnets."""
    try:
        return Row(await wire.read("account", "privateGetAccount", {"omitZeroBalances": "true"}), "account").text("uid")
    except ExchangeError:
        return ""


def balance_of(answer: Any) -> float:
    """Return the cross wallet balance, without unrealised profit.

    All assets in USD terms in multi-assets mode; in single-asset mode the venue counts USDT alone.
    """
    return Row(answer, "balance").number("totalCrossWalletBalance")


def coin_balance_of(answer: Any, coin: str) -> float:
    """Return the cross wallet balance of one coin."""
    for row in Row(answer, "balance").rows("assets"):
        if row.text("asset") == coin:
            return row.number("crossWalletBalance")
    raise UnreadableAnswer(f"balance: the answer has no {coin}")


def positions_of(answer: Any, book: Book) -> list[HeldPosition]:
    """Return the open positions of a positionRisk answer; sizes are signed by side."""
    held: list[HeldPosition] = []
    for row in rows(answer, "positions"):
        size = row.number("positionAmt")
        told = row.word("positionSide", "LONG", "SHORT", "BOTH")
        if size == 0.0:
            continue
        pside: Pside = ("long" if size > 0.0 else "short") if told == "BOTH" else _PSIDE[told]
        position = Position(pside_sign(pside) * abs(size), row.positive("entryPrice"))
        held.append(HeldPosition(book.symbol(row.text("symbol")), pside, position))
    return held


def order_of(row: Row, book: Book) -> OpenOrder:
    """Return a resting order of an openOrders row."""
    side = _SIDE[row.word("side", "BUY", "SELL")]
    client_id, reduce_only = row.text("clientOrderId"), row.flag("reduceOnly")
    told = row.word("positionSide", "LONG", "SHORT", "BOTH")
    pside = book.pside(client_id, side, reduce_only=reduce_only) if told == "BOTH" else _PSIDE[told]
    return OpenOrder(
        id=row.text("orderId"),
        client_id=client_id,
        symbol=book.symbol(row.text("symbol")),
        side=side,
        pside=pside,
        qty=max(0.0, row.number("origQty", least=0.0) - row.number("executedQty", least=0.0)),
        price=row.number("price", least=0.0),
        # In hedge mode the side says it all, and the flag is never set.
        reduce_only=reduce_only or (told != "BOTH" and (side == "buy") is not (pside == "long")),
        created_ms=row.time_ms("time"),
    )


def fill_of(row: Row, book: Book) -> Fill:
    """Return a fill of a userTrades row; profit is gross of fees."""
    side = _SIDE[row.word("side", "BUY", "SELL")]
    order_id = row.text("orderId")
    client_id = book.client_id(order_id) or ""
    told, pnl = row.word("positionSide", "LONG", "SHORT", "BOTH"), row.number("realizedPnl")
    pside = book.pside(client_id, side, reduce_only=pnl != 0.0) if told == "BOTH" else _PSIDE[told]
    return Fill(
        id=f"{row.text('symbol')}:{row.text('id')}",
        ts_ms=row.time_ms("time"),
        symbol=book.symbol(row.text("symbol")),
        pside=pside,
        side=side,
        qty=row.positive("qty") * (1 if side == "buy" else -1),
        price=row.positive("price"),
        pnl=pnl,
        fee=_fee(row, book.quote),
        order_type=order_type_of(client_id) or "unknown",
        client_id=client_id,
        order_id=order_id,
    )


def _fee(row: Row, quote: str) -> float:
    """Return the fee in quote, negative where it was paid; one in another coin counts as 0."""
    fee = -row.number("commission")
    if fee and "commissionAsset" in row and row.text("commissionAsset").upper() != quote:
        _log.warning("binance took a fee in %s: it is counted as 0 %s", row.text("commissionAsset"), quote)
        return 0.0
    return fee


_RESTING = ("NEW", "PARTIALLY_FILLED")
_ENDED = ("FILLED", "CANCELED", "REJECTED", "EXPIRED", "EXPIRED_IN_MATCH")
_SIDE: Mapping[str, Side] = {"BUY": "buy", "SELL": "sell"}
_PSIDE: Mapping[str, Pside] = {"LONG": "long", "SHORT": "short"}


def _order_params(request: OrderRequest, book: Book) -> dict[str, Any]:
    params: dict[str, Any] = {
        "symbol": book.id(request.symbol),
        "side": request.side.upper(),
        "type": request.kind.upper(),
        "quantity": book.qty_text(request.symbol, request.qty),
        "newClientOrderId": request.client_id,
        "newOrderRespType": "RESULT",
    }
    if book.hedge:
        params["positionSide"] = request.pside.upper()
    elif request.reduce_only:
        params["reduceOnly"] = "true"
    if request.kind == "limit":
        params["price"] = book.price_text(request.symbol, request.price)
        params["timeInForce"] = "GTX" if request.post_only else "GTC"
    return params


def _as_many(answer: Any, count: int, what: str) -> list[Row]:
    found = rows(answer, what)
    if len(found) != count:
        raise UnreadableAnswer(f"{what}: {count} orders were named, {len(found)} were answered")
    return found


def _created(request: OrderRequest, row: Row, wire: Wire, book: Book) -> CreateResult:
    try:
        error = _refusal(row, wire, "create")
        if error is not None:
            return CreateResult(request, error=error)
        left = row.positive("origQty") - row.number("executedQty", least=0.0)
        resting = row.text("status") in _RESTING
        order = OpenOrder(
            id=row.text("orderId"),
            client_id=row.text("clientOrderId"),
            symbol=request.symbol,
            side=request.side,
            pside=request.pside,
            qty=left if resting else 0.0,
            price=request.price,
            reduce_only=request.reduce_only,
            created_ms=row.time_ms("updateTime"),
        )
    except UnreadableAnswer as error:
        return CreateResult(request, error=OutcomeUnknown(error.message))
    return CreateResult(request, order=order)


def _refusal(row: Row, wire: Wire, what: str) -> ExchangeError | None:
    """Return why an order of a batch was refused, None when it was taken."""
    if "code" not in row:
        row.text("orderId")
        return None
    code, message = row.text("code"), row.said("msg")
    if code in ("0", "200"):
        return None
    return wire.outcome(code, message, what)
