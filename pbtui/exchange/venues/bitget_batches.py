"""Bitget's batches: how orders are written, and what became of each (exchanges.md 6)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pbtui.core.errors import ExchangeError, OutcomeUnknown, UnreadableAnswer
from pbtui.core.types import OrderRequest
from pbtui.exchange.port import CreateResult
from pbtui.exchange.private.answers import Row
from pbtui.exchange.private.book import Book
from pbtui.exchange.private.taken import taken
from pbtui.exchange.private.wire import Wire


def order_params(request: OrderRequest, book: Book) -> dict[str, Any]:
    """Return one order of a batch."""
    params: dict[str, Any] = {
        "orderType": request.kind,
        "size": book.qty_text(request.symbol, request.qty),
        "clientOid": request.client_id,
    }
    if book.hedge:
        # The side is that of the position here, and `tradeSide` says which way: a long is closed by "buy, close".
        closing = (request.side == "buy") is not (request.pside == "long")
        params |= {"side": "buy" if request.pside == "long" else "sell", "tradeSide": "close" if closing else "open"}
    else:
        params |= {"side": request.side, "reduceOnly": "YES" if request.reduce_only else "NO"}
    if request.kind == "limit":
        params["price"] = book.price_text(request.symbol, request.price)
        params["force"] = "post_only" if request.post_only else "gtc"
    return params


def created(requests: Sequence[OrderRequest], answer: Any, wire: Wire) -> list[CreateResult]:
    """Return the outcome of each order of a batch; what can't be read may have been taken."""
    try:
        told = outcomes(answer, "clientOid", wire, "create")
        created_ms = Row(answer, "create").time_ms("requestTime")
    except UnreadableAnswer as error:
        return [CreateResult(request, error=OutcomeUnknown(error.message)) for request in requests]
    return [_created(request, told.get(request.client_id), created_ms) for request in requests]


def outcomes(answer: Any, key: str, wire: Wire, what: str) -> dict[str, Row | ExchangeError]:
    """Return by name what became of each order of a batch: its row where it was done, else why it was not.

    Raises UnreadableAnswer for an answer without the lists; an order that is told of in both is in doubt.
    """
    data = Row(answer, what).row("data")
    found: dict[str, Row | ExchangeError] = {row.text(key): row for row in _list(data, "successList")}
    for row in _list(data, "failureList"):
        name, code = row.text(key), row.text("errorCode", empty=True)
        refusal = wire.outcome(code, row.said("errorMsg"), what)
        found[name] = (
            OutcomeUnknown(f"{what}: order {name} is told as done and as refused") if name in found else refusal
        )
    return found


def silence(what: str, name: str) -> ExchangeError:
    """Return the error of an order that an answer says nothing of."""
    return OutcomeUnknown(f"{what}: the answer says nothing of order {name}")


def _created(request: OrderRequest, told: Row | ExchangeError | None, created_ms: int) -> CreateResult:
    if told is None:
        return CreateResult(request, error=silence("create", request.client_id))
    if isinstance(told, ExchangeError):
        return CreateResult(request, error=told)
    try:
        order_id = told.text("orderId")
    except UnreadableAnswer as error:
        # The venue leaves it out where it has cancelled older closes for this one: the order rests all the same.
        return CreateResult(request, error=OutcomeUnknown(error.message))
    return CreateResult(request, taken(request, order_id, created_ms))


def _list(data: Row, name: str) -> Sequence[Row]:
    return () if data.null(name) else data.rows(name)
