"""What Gate.io traded for an account: trades by time, profits of closes by its account book (candles.md 18)."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pbtui.core.clock import DAY_MS, MINUTE_MS
from pbtui.core.errors import UnreadableAnswer
from pbtui.core.ids import order_type_of
from pbtui.core.types import Fill, Pside, Side, pside_sign
from pbtui.exchange.private.answers import Row, rows
from pbtui.exchange.private.book import Book
from pbtui.exchange.private.quirks import Look
from pbtui.exchange.private.wire import Wire

_log = logging.getLogger("pbtui.exchange")
WINDOW_S = 29 * DAY_MS // 1000  # the venue answers for thirty days at most
_AHEAD_S = 60  # a trade may be stamped by a clock that is ahead of what we know of it
_PAGE = 100
_MOST_PAGES = 500
_PROFIT_LATE_MS = 2 * MINUTE_MS  # a close without a known profit is waited for so long
_MARK = "t-"  # what the venue wants before a client id of ours
Profits = Mapping[tuple[str, str], float]


def client_id_of(text: str) -> str:
    """Return the client id in an order's `text`: ours stand behind a mark of the venue."""
    return text.removeprefix(_MARK)


async def fills_since(wire: Wire, book: Book, look: Look) -> list[Fill]:
    """Return the fills since then; the account book is asked only where something was closed."""
    traded = await _windows(wire, "fills", "privateFuturesGetSettleMyTradesTimerange", look, {})
    profits: Profits = {}
    if any(_closed(row) for row in traded):
        told = await _windows(wire, "profits", "privateFuturesGetSettleAccountBook", look, {"type": "pnl"})
        profits = profits_of(told)
    return [fill for row in traded for fill in fills_of(row, book, profits, look.now_ms)]


def profits_of(told: list[Row]) -> Profits:
    """Return profits by contract and trade from rows of the account book; a row that came twice counts once."""
    seen: dict[tuple[str, ...], tuple[tuple[str, str], float]] = {}
    for row in told:
        if row.text("type") != "pnl" or "trade_id" not in row:
            continue
        change = row.number("change")
        trade = (row.text("contract"), row.text("trade_id"))
        seen[(*trade, str(row.number("time")), str(change))] = (trade, change)
    profits: dict[tuple[str, str], float] = {}
    for trade, change in seen.values():
        profits[trade] = profits.get(trade, 0.0) + change
    return profits


def fills_of(row: Row, book: Book, profits: Profits, now_ms: int) -> list[Fill]:
    """Return the fills of a trade: one, or a close and an opening where it turned a position round.

    Profit is gross of fees, in quote; a close whose profit nobody knows, or nobody knows yet, is marked so.
    """
    size = row.number("size")
    if size == 0.0:
        raise UnreadableAnswer("fills: a trade of nothing")
    # The venue's words for a close allow for more to be told as closed than was traded: all of it closed then.
    closed = min(_closed(row), abs(size))
    side: Side = "buy" if size > 0.0 else "sell"
    contract, number = row.text("contract"), row.text("trade_id")
    client_id = client_id_of(row.text("text", empty=True))
    whole = Fill(
        id=f"{contract}:{number}:{side}",  # an account may trade with itself
        ts_ms=row.time_s("create_time"),
        symbol=book.symbol(contract),
        pside="long" if side == "buy" else "short",
        side=side,
        qty=size,
        price=row.positive("price"),
        pnl=0.0,
        fee=-row.number("fee"),
        order_type=order_type_of(client_id) or "unknown",
        client_id=client_id,
        order_id=row.text("order_id"),
    )
    if not closed:
        return [whole]
    share = closed / abs(size)
    closing: Pside = "short" if side == "buy" else "long"
    part = replace(whole, pside=closing, qty=size * share, fee=whole.fee * share)
    found = [_with_profit(part, book, profits.get((contract, number)), now_ms)]
    if share < 1.0:
        found.append(replace(whole, id=f"{whole.id}:open", qty=size * (1.0 - share), fee=whole.fee * (1.0 - share)))
    return found


def _with_profit(fill: Fill, book: Book, told: float | None, now_ms: int) -> Fill:
    if told is not None:
        return replace(fill, pnl=told)
    fresh = now_ms - fill.ts_ms < _PROFIT_LATE_MS
    # The position last seen tells what a fresh close was entered at, but nothing of an old one.
    entry = book.entry_price(fill.symbol, fill.pside) if fresh else None
    if entry is not None:
        contracts = abs(fill.qty) * book.market(fill.symbol).c_mult
        return replace(fill, pnl=(fill.price - entry) * contracts * pside_sign(fill.pside))
    if not fresh:
        _log.warning("gateio tells no profit of %s %s at %s: counted as 0", fill.symbol, fill.side, fill.price)
    return replace(fill, pnl_known=False)


def _closed(row: Row) -> float:
    """Return how many contracts a trade closed, unsigned."""
    return abs(row.number("close_size")) if "close_size" in row else 0.0


async def _windows(wire: Wire, name: str, method: str, look: Look, more: Mapping[str, str]) -> list[Row]:
    found: list[Row] = []
    last = look.end_ms // 1000 + _AHEAD_S
    for start in range(look.since_ms // 1000, last + 1, WINDOW_S):
        window = {"settle": "usdt", "from": start, "to": min(start + WINDOW_S - 1, last), **more}
        found += await pages(wire, name, method, window)
    return found


async def pages(wire: Wire, name: str, method: str, params: Mapping[str, Any]) -> list[Row]:
    """Return the rows of all pages; a page that is not full is the last."""
    found: list[Row] = []
    for page in range(_MOST_PAGES):
        told = rows(await wire.read(name, method, {**params, "limit": _PAGE, "offset": page * _PAGE}), name)
        found += told
        if len(told) < _PAGE:
            return found
    raise UnreadableAnswer(f"{name}: more than {_MOST_PAGES} pages")
