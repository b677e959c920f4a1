"""KuCoin's answers as our types: envelopes, pages, positions and orders; sizes are contracts (exchanges.md 9)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pbtui.core.errors import UnreadableAnswer
from pbtui.core.types import OpenOrder, Position, Pside, Side, pside_sign
from pbtui.exchange.port import HeldPosition
from pbtui.exchange.private.answers import Row
from pbtui.exchange.private.book import Book
from pbtui.exchange.private.wire import Wire

SIDE: Mapping[str, Side] = {"buy": "buy", "sell": "sell"}
_PSIDE: Mapping[str, Pside] = {"LONG": "long", "SHORT": "short"}
_PAGE = 500
_MOST_PAGES = 100


def data(answer: Any, what: str) -> Row:
    """Return the object in an answer's envelope."""
    return Row(answer, what).row("data")


def listed(answer: Any, what: str) -> list[Row]:
    """Return the list in an answer's envelope."""
    return Row(answer, what).rows("data")


def told_side(row: Row) -> Pside | None:
    """Return the position side a row names, None for one of one-way mode or one that names none."""
    if "positionSide" not in row:
        return None
    return _PSIDE.get(row.word("positionSide", "LONG", "SHORT", "BOTH"))


async def pages(wire: Wire, name: str, method: str, params: Mapping[str, Any], *, cost: float) -> list[Row]:
    """Return the rows of all pages in the venue's sequence; raises UnreadableAnswer where some got lost between."""
    found: list[Row] = []
    for page in range(1, _MOST_PAGES + 1):
        asked = {**params, "currentPage": page, "pageSize": _PAGE}
        told = data(await wire.read(name, method, asked, cost=cost), name)
        found += told.rows("items")
        if page >= told.number("totalPage", least=0.0):
            if page > 1 and len(found) < told.number("totalNum", least=0.0):
                raise UnreadableAnswer(f"{name}: rows went while their pages were read")
            return found
    raise UnreadableAnswer(f"{name}: more than {_MOST_PAGES} pages")


async def asked_positions(wire: Wire, book: Book) -> Any:
    """Return the answer to a question for positions."""
    return await wire.read("positions", "futuresPrivateGetPositions", {"currency": book.quote}, cost=2)


async def held_of(wire: Wire, book: Book) -> list[HeldPosition]:
    """Return every open position."""
    return positions_of(await asked_positions(wire, book), book)


def isolated_of(answer: Any) -> frozenset[str]:
    """Return the market ids of open positions in isolated margin."""
    held = [row for row in listed(answer, "positions") if row.number("currentQty") != 0.0]
    return frozenset(
        row.text("symbol")
        for row in held
        if "marginMode" in row and row.word("marginMode", "CROSS", "ISOLATED") == "ISOLATED"
    )


def settled(row: Row, book: Book) -> bool:
    """Tell whether a row is of a market that is settled in the account's quote: others count in other money."""
    symbol = book.symbol(row.text("symbol"))
    return not book.knows(symbol) or symbol.endswith(f":{book.quote}")


def positions_of(answer: Any, book: Book) -> list[HeldPosition]:
    """Return the open positions of a positions answer; sizes are signed by side."""
    held: list[HeldPosition] = []
    for row in listed(answer, "positions"):
        qty, told = row.number("currentQty"), told_side(row)
        if qty == 0.0:
            continue
        pside: Pside = told or ("long" if qty > 0.0 else "short")
        position = Position(pside_sign(pside) * abs(qty), row.positive("avgEntryPrice"))
        held.append(HeldPosition(book.symbol(row.text("symbol")), pside, position))
    return held


def order_of(row: Row, book: Book) -> OpenOrder:
    """Return a resting order of an orders row."""
    side, client_id = SIDE[row.word("side", *SIDE)], row.text("clientOid", empty=True)
    reduce_only, told = row.flag("reduceOnly") or row.flag("closeOrder"), told_side(row)
    pside = told or book.pside(client_id, side, reduce_only=reduce_only)
    unpriced = "price" not in row and row.text("type", empty=True) == "market"
    filled = row.number("filledSize" if "filledSize" in row else "dealSize", least=0.0)
    return OpenOrder(
        id=row.text("id"),
        client_id=client_id,
        symbol=book.symbol(row.text("symbol")),
        side=side,
        pside=pside,
        qty=max(0.0, row.number("size", least=0.0) - filled),
        # A market order that is caught before it was filled has none.
        price=0.0 if unpriced else row.number("price", least=0.0),
        # In hedge mode the side says it all, and the flag need not be set.
        reduce_only=reduce_only or (told is not None and (side == "buy") is not (told == "long")),
        created_ms=row.time_ms("createdAt"),
    )


def balance_of(answer: Any, quote: str) -> float:
    """Return the margin balance: all that is in the futures account, without unrealised profit."""
    row = data(answer, "balance")
    row.word("currency", quote)
    return row.number("marginBalance")
