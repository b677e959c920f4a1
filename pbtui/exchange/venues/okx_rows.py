"""OKX's answers row by row: pages, what is settled in our money, fills with profit and fee (candles.md 18)."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from pbtui.core.clock import DAY_MS, HOUR_MS, MINUTE_MS
from pbtui.core.errors import UnreadableAnswer
from pbtui.core.ids import order_type_of
from pbtui.core.types import Fill, Pside, Side
from pbtui.exchange.private.answers import Row
from pbtui.exchange.private.book import Book
from pbtui.exchange.private.quirks import Look
from pbtui.exchange.private.wire import Wire

_log = logging.getLogger("pbtui.exchange")
_PAGE = 100
_MOST_PAGES = 500
_RECENT_MS = 3 * DAY_MS - HOUR_MS  # older fills are at another address
_LATE_MS = 2 * MINUTE_MS  # profit and fee of a fill are waited for so long
FILL_WINDOW_MS = 7 * DAY_MS
SWAP = {"instType": "SWAP"}
SIDE: Mapping[str, Side] = {"buy": "buy", "sell": "sell"}
PSIDE: Mapping[str, Pside] = {"long": "long", "short": "short"}


def data_of(answer: Any, what: str) -> list[Row]:
    """Return the objects of an answer."""
    return Row(answer, what).rows("data")


def settled(row: Row, book: Book) -> bool:
    """Tell whether a row is of a market that is settled in the account's quote: others count in other money."""
    return row.text("instId").endswith(f"-{book.quote}-SWAP")


async def pages(wire: Wire, name: str, method: str, params: Mapping[str, Any], key: str, *, cost: float) -> list[Row]:
    """Return the rows of all pages, newest first; the next one begins after the last row's `key`."""
    found: list[Row] = []
    asked = {**params, "limit": _PAGE}
    for _ in range(_MOST_PAGES):
        page = data_of(await wire.read(name, method, asked, cost=cost), name)
        found += page
        if len(page) < _PAGE:
            return found
        last = page[-1].text(key)
        if last == asked.get("after"):
            raise UnreadableAnswer(f"{name}: the same page came twice")
        asked["after"] = last
    raise UnreadableAnswer(f"{name}: more than {_MOST_PAGES} pages")


async def fills_since(wire: Wire, book: Book, look: Look) -> list[Fill]:
    """Return fills of all symbols; those older than three days are at another address, for three months."""
    since, recent = look.since_ms, look.now_ms - _RECENT_MS
    end = {"end": look.end_ms + HOUR_MS} if look.until_ms is not None else {}
    found: list[Row] = []
    if since < recent:
        params = {**SWAP, "begin": since - 1, **end}
        found += await pages(wire, "old fills", "privateGetTradeFillsHistory", params, "billId", cost=2.0)
    if look.end_ms > recent:
        params = {**SWAP, "begin": max(since, recent) - 1, **end}
        found += await pages(wire, "fills", "privateGetTradeFills", params, "billId", cost=1.0)
    return [fill_of(row, book, look.now_ms) for row in found if settled(row, book)]


def fill_of(row: Row, book: Book, now_ms: int) -> Fill:
    """Return a fill; profit is in quote and gross of fees, the fee as the venue books it (below zero: paid).

    A fresh fill of which the venue doesn't tell profit or fee yet is marked so and asked for again. Raises
    UnreadableAnswer for a fresh one of which without its profit nobody can say whether it opened or closed.
    """
    side, told = SIDE[row.word("side", *SIDE)], row.word("posSide", "long", "short", "net")
    ts_ms = row.time_ms("fillTime" if "fillTime" in row else "ts")
    client_id, name = row.text("clOrdId", empty=True), row.text("billId")
    fresh, told_all = now_ms - ts_ms < _LATE_MS, "fillPnl" in row and "fee" in row
    waits = fresh and not told_all
    if waits and "fillPnl" not in row and told not in PSIDE and order_type_of(client_id) is None:
        raise UnreadableAnswer(f"fills: whether {name} opened or closed is not known yet")
    pnl, fee = (0.0, 0.0) if waits else (_told(row, "fillPnl", name), _told(row, "fee", name))
    if "fee" in row and row.text("feeCcy") != book.quote:
        _log.warning("okx took the fee of %s in %s: not counted", name, row.text("feeCcy"))
        fee = 0.0
    return Fill(
        id=name,
        ts_ms=ts_ms,
        symbol=book.symbol(row.text("instId")),
        pside=PSIDE.get(told) or book.pside(client_id, side, reduce_only=pnl != 0.0),
        side=side,
        qty=row.positive("fillSz") * (1 if side == "buy" else -1),
        price=row.positive("fillPx"),
        pnl=pnl,
        fee=fee,
        order_type=order_type_of(client_id) or "unknown",
        client_id=client_id,
        order_id=row.text("ordId"),
        pnl_known="fillPnl" in row and not waits,
    )


def _told(row: Row, field: str, name: str) -> float:
    if field in row:
        return row.number(field)
    _log.warning("okx tells no %s of the fill %s: counted as 0", field, name)
    return 0.0
