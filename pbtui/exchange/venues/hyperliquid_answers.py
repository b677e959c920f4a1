"""Hyperliquid's answers as our types, read strictly: balance, positions, orders, fills, outcomes of batches."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Mapping
from typing import Any, cast

from pbtui.core.errors import UnreadableAnswer
from pbtui.core.ids import order_type_of
from pbtui.core.types import Fill, OpenOrder, Position, Pside, Side
from pbtui.exchange.port import HeldPosition, OrderFate
from pbtui.exchange.private.answers import Row, rows
from pbtui.exchange.private.book import Book

_log = logging.getLogger("pbtui.exchange")
_QUOTE = "USDC"
_NOISE = 1e-9
_SIDE: Mapping[str, Side] = {"B": "buy", "A": "sell"}
_PSIDES: Mapping[str, Pside] = {
    "Open Long": "long",
    "Close Long": "long",
    "Open Short": "short",
    "Close Short": "short",
}
_OTHER_MARKETS = ("@", "#", "+")  # how names of spot pairs and outcomes begin
_RESTING = ("open", "triggered")
_ENDED = ("filled", "canceled", "rejected", "cancel")  # what the words of an order that has ended end with


def symbol_of(coin: str, book: Book) -> str:
    """Return the symbol of a coin by the venue's name (kPEPE); the name itself where there is no such market."""
    symbol = f"{coin.upper()}/{_QUOTE}:{_QUOTE}"
    return symbol if book.knows(symbol) else coin


def balance_of(answer: Any) -> float:
    """Return the balance without unrealised profit: the account's value less that of its positions."""
    state = Row(answer, "balance")
    value = state.row("marginSummary").number("accountValue")
    held = [item.row("position") for item in state.rows("assetPositions")]
    return value - sum(row.number("unrealizedPnl") for row in held)


def positions_of(answer: Any, book: Book) -> list[HeldPosition]:
    """Return the open positions of an account's state; sizes are signed by side."""
    held: list[HeldPosition] = []
    for item in Row(answer, "positions").rows("assetPositions"):
        item.word("type", "oneWay")
        row = item.row("position")
        size = row.number("szi")
        if size == 0.0:
            continue
        pside: Pside = "long" if size > 0.0 else "short"
        position = Position(size, row.positive("entryPx"))
        held.append(HeldPosition(symbol_of(row.text("coin"), book), pside, position))
    return held


def orders_of(answer: Any, book: Book) -> list[OpenOrder]:
    """Return the resting orders of perpetuals."""
    return [order_of(row, book) for row in rows(answer, "open orders") if _is_perpetual(row)]


def order_of(row: Row, book: Book) -> OpenOrder:
    """Return a resting order of a frontendOpenOrders row."""
    side = _SIDE[row.word("side", *_SIDE)]
    client_id, reduce_only = row.text("cloid", empty=True), row.flag("reduceOnly")
    return OpenOrder(
        id=row.text("oid"),
        client_id=client_id,
        symbol=symbol_of(row.text("coin"), book),
        side=side,
        pside=book.pside(client_id, side, reduce_only=reduce_only),
        qty=row.number("sz", least=0.0),
        price=row.number("limitPx", least=0.0),
        reduce_only=reduce_only,
        created_ms=row.time_ms("timestamp"),
    )


def fills_of(row: Row, book: Book) -> list[Fill]:
    """Return the fill of a userFills row; profit is gross of fees.

    Two where the position changed sides, none for another kind of market. The venue's own word for the side comes
    first: of fills in one millisecond the position before is not always that of each.
    """
    if not _is_perpetual(row):
        return []
    side = _SIDE[row.word("side", *_SIDE)]
    sign = 1 if side == "buy" else -1
    qty, before, fee = row.positive("sz"), row.number("startPosition"), -row.number("fee")
    if row.text("feeToken", empty=True) not in ("", _QUOTE):
        _log.warning("hyperliquid took a fee in %s, counted as 0", row.text("feeToken"))
        fee = 0.0
    named = _PSIDES.get(row.text("dir"))
    if named is not None:
        return [_fill(row, book, named, side, qty * sign, fee)]
    closed = min(abs(before), qty) if before * sign < 0.0 else 0.0
    opened = round(qty - closed, 10)
    closing: Pside = "long" if before > 0.0 else "short"
    opening: Pside = "long" if sign > 0 else "short"
    whole = _fill(row, book, closing if closed else opening, side, qty * sign, fee)
    if not (closed > 0.0 and opened > _NOISE * qty):
        return [whole]
    share = closed / qty
    first = _fill(row, book, closing, side, closed * sign, fee * share)
    second = _fill(row, book, opening, side, opened * sign, fee * (1.0 - share), second=True)
    return [first, second]


def statuses_of(answer: Any, count: int, what: str) -> list[Any]:
    """Return what became of each part of a batch: a text, or an object; one refusal may stand for all parts."""
    row = Row(answer, what)
    row.word("status", "ok")
    data: Any = answer["response"].get("data") if isinstance(answer.get("response"), dict) else None
    told: Any = cast("dict[str, Any]", data).get("statuses") if isinstance(data, dict) else None
    if not isinstance(told, list):
        raise UnreadableAnswer(f"{what}: the answer has no statuses")
    found = cast("list[Any]", told)
    if len(found) == 1 and count > 1 and refusal_of(found[0], what) is not None:
        return found * count
    if len(found) != count:
        raise UnreadableAnswer(f"{what}: {count} orders were named, {len(found)} were answered")
    return found


def refusal_of(status: Any, what: str) -> str | None:
    """Return why a part of a batch was refused, None where it was not."""
    if not isinstance(status, dict) or "error" not in status:
        return None
    words = Row(status, what).said("error")
    if not words:
        raise UnreadableAnswer(f"{what}: a refusal without a word")
    return words


def fate_of(answer: Any, client_id: str, book: Book) -> OrderFate:
    """Return what became of an order by an `orderStatus` answer; two dozen words there say that one has ended."""
    told = Row(answer, "order")
    if told.word("status", "order", "unknownOid") == "unknownOid":
        return "absent"
    found = told.row("order")
    order = found.row("order")
    if order.text("cloid") != client_id:
        raise UnreadableAnswer(f"order: {client_id} was asked for, another one came")
    book.name(order.text("oid"), client_id)
    word = found.text("status")
    if word in _RESTING:
        return "resting"
    if not word.lower().endswith(_ENDED):
        raise UnreadableAnswer(f"order: {word} is not one of the known words")
    return "done"


def mids_of(answer: Any) -> dict[str, float]:
    """Return the middle prices by coin in capital letters; one that makes no sense is left out."""
    row = Row(answer, "prices")
    found: dict[str, float] = {}
    for name in cast("Mapping[Any, Any]", answer):
        with contextlib.suppress(UnreadableAnswer):
            if isinstance(name, str) and name.isalnum():
                found[name.upper()] = row.positive(name)
    return found


def _fill(row: Row, book: Book, pside: Pside, side: Side, qty: float, fee: float, *, second: bool = False) -> Fill:
    order_id, ts_ms, coin = row.text("oid"), row.time_ms("time"), row.text("coin")
    client_id = row.text("cloid", empty=True) or book.client_id(order_id) or ""
    # The number of a trade holds for both its sides, hence the order's too; rows of the first years have none.
    number = row.text("tid", empty=True) or "-".join(row.text(name) for name in ("startPosition", "sz", "px"))
    closes = (side == "buy") is not (pside == "long")
    return Fill(
        id=f"{ts_ms}:{coin}:{order_id}:{number}{':opened' if second else ''}",
        ts_ms=ts_ms,
        symbol=symbol_of(coin, book),
        pside=pside,
        side=side,
        qty=qty,
        price=row.positive("px"),
        pnl=row.number("closedPnl") if closes else 0.0,
        fee=fee,
        order_type=order_type_of(client_id) or "unknown",
        client_id=client_id,
        order_id=order_id,
    )


def _is_perpetual(row: Row) -> bool:
    coin = row.text("coin")
    return not (coin.startswith(_OTHER_MARKETS) or "/" in coin or ":" in coin)
