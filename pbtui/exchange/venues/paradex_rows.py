"""Paradex's answers as our types, read strictly: key, margin, balance, positions, orders, fills."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from pbtui.core.errors import UnreadableAnswer
from pbtui.core.ids import order_type_of
from pbtui.core.order_types import is_close_type
from pbtui.core.types import Fill, OpenOrder, Position, Pside, Side, pside_sign
from pbtui.exchange.port import HeldPosition
from pbtui.exchange.private.answers import Row
from pbtui.exchange.private.book import Book
from pbtui.exchange.private.quirks import Look
from pbtui.exchange.private.wire import Wire

_log = logging.getLogger("pbtui.exchange")
_SIDE: Mapping[str, Side] = {"BUY": "buy", "SELL": "sell"}
_PSIDE: Mapping[str, Pside] = {"LONG": "long", "SHORT": "short"}
_STATES = ("NEW", "UNTRIGGERED", "OPEN", "CLOSED")
_PERPETUAL = "-PERP"  # how names of perpetuals end; options and spot pairs share the account
_PAGE = 100
_MOST_PAGES = 500
_CURSOR = 2_000  # characters


def results(answer: Any, what: str) -> list[Row]:
    """Return the rows of an answer."""
    return Row(answer, what).rows("results")


def is_perpetual(row: Row) -> bool:
    """Tell whether a row is about a perpetual."""
    return row.text("market").endswith(_PERPETUAL)


def hex_number(row: Row, name: str) -> int:
    """Return a number that is told as 0x and hex digits; leading zeros come and go."""
    text = row.text(name, longest=200)
    try:
        return int(text, 16)
    except ValueError:
        raise UnreadableAnswer(f"key: {name} is no number in hex") from None


def balance_of(answer: Any, quote: str) -> float:
    """Return the wallet balance: deposits, realised profit, funding and fees of the quote."""
    found = [row for row in results(answer, "balance") if row.text("token") == quote]
    if len(found) != 1:
        raise UnreadableAnswer(f"balance: {len(found)} rows of {quote} came")
    return found[0].number("size")


def positions_of(answer: Any, book: Book) -> list[HeldPosition]:
    """Return the open positions in perpetuals; sizes are signed by side."""
    held: list[HeldPosition] = []
    for row in results(answer, "positions"):
        size, state = row.number("size"), row.word("status", "OPEN", "CLOSED")
        if not is_perpetual(row) or size == 0.0 or state == "CLOSED":
            continue
        pside = _PSIDE[row.word("side", *_PSIDE)]
        if size < 0.0 and pside == "long":
            raise UnreadableAnswer(f"positions: a long one of {size}")
        position = Position(pside_sign(pside) * abs(size), row.positive("average_entry_price"))
        held.append(HeldPosition(book.symbol(row.text("market")), pside, position))
    return held


def orders_of(answer: Any, book: Book) -> list[OpenOrder]:
    """Return the orders of perpetuals that rest, or wait to be looked at."""
    rows = results(answer, "open orders")
    return [order_of(row, book) for row in rows if row.word("status", *_STATES) != "CLOSED" and is_perpetual(row)]


def order_of(row: Row, book: Book) -> OpenOrder:
    """Return an order of an orders row."""
    side = _SIDE[row.word("side", *_SIDE)]
    client_id = row.text("client_id", empty=True)
    reduce_only = "REDUCE_ONLY" in row.texts("flags")
    return OpenOrder(
        id=row.text("id"),
        client_id=client_id,
        symbol=book.symbol(row.text("market")),
        side=side,
        pside=book.pside(client_id, side, reduce_only=reduce_only),
        qty=row.number("remaining_size", least=0.0),
        price=row.number("price", least=0.0) if "price" in row else 0.0,
        reduce_only=reduce_only,
        created_ms=row.time_ms("created_at"),
    )


def ended(row: Row) -> tuple[bool, str, float]:
    """Return of an order whether it has ended, why (empty: filled), and how much of it was left."""
    closed = row.word("status", *_STATES) == "CLOSED"
    left = row.number("remaining_size", least=0.0)
    reason = row.text("cancel_reason", empty=True) if closed else ""
    if closed and left > 0.0 and not reason:
        raise UnreadableAnswer("order: it has ended unfilled, and nothing says why")
    return closed, reason if left > 0.0 else "", left


async def fills_since(wire: Wire, book: Book, look: Look) -> list[Fill]:
    """Return fills of perpetuals, page after page; each page names the next."""
    found: list[Fill] = []
    asked: dict[str, Any] = {"start_at": look.since_ms, "page_size": _PAGE}
    if look.until_ms is not None:
        asked["end_at"] = look.until_ms
    seen: set[str] = set()
    for _ in range(_MOST_PAGES):
        answer = Row(await wire.read("fills", "privateGetFills", asked), "fills")
        found += [fill_of(row, book) for row in answer.rows("results") if is_perpetual(row)]
        cursor = answer.text("next", empty=True, longest=_CURSOR)
        if not cursor:
            return found
        if cursor in seen:
            raise UnreadableAnswer("fills: the same page came twice")
        seen.add(cursor)
        asked["cursor"] = cursor
    raise UnreadableAnswer(f"fills: more than {_MOST_PAGES} pages")


def fill_of(row: Row, book: Book) -> Fill:
    """Return a fill; profit is gross of fees.

    Of our orders the type says which side was traded: the venue documents the side of a fill as that of the taker.
    Of others a fill with a profit is a close.
    """
    side, name = _SIDE[row.word("side", *_SIDE)], row.text("id")
    client_id = row.text("client_id", empty=True)
    kind = order_type_of(client_id) or "unknown"
    told = row.number("realized_pnl") if "realized_pnl" in row else 0.0
    pside = book.pside(client_id, side, reduce_only=told != 0.0)
    closes = (side == "buy") is not (pside == "long")
    if kind.endswith(("_long", "_short")):
        closes = is_close_type(kind)
        side = "sell" if (pside == "long") is closes else "buy"
    fill_type = row.text("fill_type")
    return Fill(
        id=name if fill_type == "FILL" else f"{fill_type}:{name}",
        ts_ms=row.time_ms("created_at"),
        symbol=book.symbol(row.text("market")),
        pside=pside,
        side=side,
        qty=row.positive("size") * (1 if side == "buy" else -1),
        price=row.positive("price"),
        pnl=told if closes else 0.0,
        fee=_fee(row, book.quote),
        order_type=kind,
        client_id=client_id,
        order_id=row.text("order_id", empty=True),
        pnl_known="realized_pnl" in row or not closes,
    )


def _fee(row: Row, quote: str) -> float:
    """Return the fee, below zero when paid; one that was paid in another token is not counted."""
    fee = -row.number("fee") if "fee" in row else 0.0
    token = row.text("fee_currency", empty=True)
    if token in ("", quote) or fee == 0.0:
        return fee
    _log.warning("paradex took a fee in %s, counted as 0", token)
    return 0.0
