"""Binance's trades since a moment: which symbols had any, page by page, with the client ids of their orders."""

from __future__ import annotations

from collections.abc import Sequence

from pbtui.core.clock import DAY_MS, HOUR_MS
from pbtui.exchange.private.answers import Row, rows
from pbtui.exchange.private.book import Book
from pbtui.exchange.private.quirks import Look
from pbtui.exchange.private.wire import Wire

_WEEK_MS = 7 * DAY_MS - HOUR_MS  # the venue answers for seven days at most
_PAGE = 1_000
_MOST_PAGES = 200


async def trades_since(wire: Wire, book: Book, look: Look) -> list[Row]:
    """Return the trades of the symbols that had income since then and of those where something happened.

    The client ids of their orders are known to `book` afterwards.
    """
    found: list[Row] = []
    for symbol in sorted(look.symbols | await _symbols_with_income(wire, book, look)):
        if book.knows(symbol):
            found += await _trades(wire, book.id(symbol), look)
    await _learn_names(wire, book, found)
    return found


async def _symbols_with_income(wire: Wire, book: Book, look: Look) -> set[str]:
    """Return the symbols that paid or earned anything since then: fees show every fill."""
    symbols: set[str] = set()
    for start in range(look.since_ms, look.end_ms + 1, _WEEK_MS):
        at = start
        for _ in range(_MOST_PAGES):
            params = {"startTime": at, "endTime": min(start + _WEEK_MS, look.end_ms + HOUR_MS), "limit": _PAGE}
            found = rows(await wire.read("income", "fapiPrivateGetIncome", params, cost=30), "income")
            traded = [row for row in found if row.text("incomeType") in ("COMMISSION", "REALIZED_PNL")]
            symbols |= {book.symbol(row.text("symbol")) for row in traded}
            if len(found) < _PAGE:
                break
            # More of the last millisecond may be on the next page; a page full of one is passed over.
            last = max(row.time_ms("time") for row in found)
            at = last if last > at else at + 1
    return symbols


async def _trades(wire: Wire, market_id: str, look: Look) -> list[Row]:
    """Return the trades of a market since then, in windows of a week, full pages continued by trade id."""
    found: list[Row] = []
    for start in range(look.since_ms, look.end_ms + 1, _WEEK_MS):
        params = {"startTime": start, "endTime": min(start + _WEEK_MS, look.end_ms + HOUR_MS)}
        for _ in range(_MOST_PAGES):
            asked = {"symbol": market_id, "limit": _PAGE, **params}
            page = rows(await wire.read("fills", "fapiPrivateGetUserTrades", asked, cost=5), "fills")
            found += page
            if len(page) < _PAGE:
                break
            params = {"fromId": max(int(row.number("id")) for row in page) + 1}
    return found


async def _learn_names(wire: Wire, book: Book, trades: Sequence[Row]) -> None:
    """Look up the client ids of orders not seen before; trades don't carry them."""
    unknown: dict[str, set[int]] = {}
    for row in trades:
        if book.client_id(row.text("orderId")) is None:
            unknown.setdefault(row.text("symbol"), set()).add(int(row.number("orderId")))
    for market_id, ids in unknown.items():
        at = min(ids)
        for _ in range(_MOST_PAGES):
            params = {"symbol": market_id, "orderId": at, "limit": _PAGE}
            page = rows(await wire.read("orders", "fapiPrivateGetAllOrders", params, cost=5), "orders")
            for row in page:
                book.name(row.text("orderId"), row.text("clientOrderId"))
            last = max((int(row.number("orderId")) for row in page), default=0)
            if len(page) < _PAGE or last >= max(ids):
                break
            at = last + 1
