"""What KuCoin traded for an account; it tells no profits of trades, so they are followed (candles.md 18)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pbtui.core.clock import DAY_MS, HOUR_MS, MINUTE_MS
from pbtui.core.errors import OrderGone, UnreadableAnswer
from pbtui.core.ids import order_type_of
from pbtui.core.types import Fill, Position, Side
from pbtui.exchange.port import HeldPosition
from pbtui.exchange.private.answers import Row
from pbtui.exchange.private.book import Book
from pbtui.exchange.private.profits import Key, closes, with_profits
from pbtui.exchange.private.quirks import Look
from pbtui.exchange.private.wire import Wire
from pbtui.exchange.venues.kucoin_rows import SIDE, data, held_of, pages, settled, told_side

_WINDOW_MS = DAY_MS - HOUR_MS // 4  # the venue answers for a day at most
_AHEAD_MS = MINUTE_MS  # a trade may be stamped by a clock that is ahead of what we know of it
_NEAR_MS = 10_000  # how far the end of a position may be from its last trade
_TRIES = 3


class Orders:
    """The client ids of orders that this process did not send, each asked for once."""

    def __init__(self) -> None:
        self._foreign: set[str] = set()

    async def learn(self, wire: Wire, book: Book, order_ids: list[str]) -> None:
        """Look unknown orders up; one that the venue has forgotten stays without a client id."""
        for order_id in dict.fromkeys(order_ids):
            if order_id in self._foreign or book.client_id(order_id) is not None:
                continue
            try:
                asked = {"orderId": order_id}
                row = data(await wire.read("order", "futuresPrivateGetOrdersOrderId", asked, cost=5), "order")
                book.name(order_id, row.text("clientOid", empty=True))
            except OrderGone:
                pass
            if book.client_id(order_id) is None:
                self._foreign.add(order_id)


async def fills_since(wire: Wire, book: Book, look: Look, orders: Orders) -> list[Fill]:
    """Return the fills since then with the profits of closes; a profit that nobody knows, or yet, is marked so.

    Raises UnreadableAnswer where positions keep changing while the trades of a long time are read.
    """
    latest: list[Fill] | None = None
    for _ in range(_TRIES):
        before = await _held(wire, book)
        traded = [row for row in await _trades(wire, look) if settled(row, book)]
        await orders.learn(wire, book, [row.text("orderId") for row in traded])
        each_once = {fill.id: fill for fill in (fill_of(row, book) for row in traded)}
        found = sorted(each_once.values(), key=lambda fill: fill.ts_ms)
        closed = [fill for fill in found if closes(fill)]
        if not closed:
            return found
        if before == await _held(wire, book):
            return await _profitable(wire, book, found, before)
        if look.now_ms - look.since_ms <= DAY_MS:
            latest = found
    if latest is None:
        raise UnreadableAnswer("fills: positions changed while their trades were read")
    # Of the last hours all closes but the newest are known already: nothing is lost, and these are asked for again.
    return [replace(fill, pnl_known=False) if closes(fill) else fill for fill in latest]


def fill_of(row: Row, book: Book) -> Fill:
    """Return a fill of a trade, in contracts; the profit of a close is not in it."""
    side: Side = SIDE[row.word("side", *SIDE)]
    symbol, order_id = row.text("symbol"), row.text("orderId")
    client_id = book.client_id(order_id) or ""
    closing = "closeFeePay" in row and row.number("closeFeePay") != 0.0
    pside = told_side(row) or book.pside(client_id, side, reduce_only=closing)
    return Fill(
        id=f"{symbol}:{row.text('tradeId')}:{side}",
        ts_ms=row.time_ns("tradeTime"),
        symbol=book.symbol(symbol),
        pside=pside,
        side=side,
        qty=row.positive("size") * (1 if side == "buy" else -1),
        price=row.positive("price"),
        pnl=0.0,
        fee=-row.number("fee"),
        order_type=order_type_of(client_id) or "unknown",
        client_id=client_id,
        order_id=order_id,
    )


async def _profitable(wire: Wire, book: Book, fills: list[Fill], held: Mapping[Key, Position]) -> list[Fill]:
    """Return the fills with profits; positions that began before them and are closed are asked for once."""
    unknown: list[Fill] = []

    def note(fill: Fill) -> None:
        unknown.append(fill)

    def c_mult(symbol: str) -> float:
        return book.market(symbol).c_mult if book.knows(symbol) else 1.0

    found = with_profits(fills, held, c_mult=c_mult, ended_at=note)
    if unknown:
        ended = {fill.id: await _entry_of(wire, book, fill) for fill in unknown}
        found = with_profits(fills, held, c_mult=c_mult, ended_at=lambda fill: ended.get(fill.id))
    return found


async def _entry_of(wire: Wire, book: Book, last: Fill) -> float | None:
    """Return the entry price of the position that a fill closed, None where the venue has none of it."""
    asked = {"symbol": book.id(last.symbol), "from": last.ts_ms - _NEAR_MS, "to": last.ts_ms + HOUR_MS, "limit": 200}
    answer = await wire.read("closed positions", "futuresPrivateGetHistoryPositions", asked, cost=2)
    wanted = f"CLOSE_{last.pside.upper()}"
    for row in data(answer, "closed positions").rows("items"):
        if row.text("type") == wanted and abs(row.time_ms("closeTime") - last.ts_ms) <= _NEAR_MS:
            return row.positive("openPrice")
    return None


async def _held(wire: Wire, book: Book) -> dict[Key, Position]:
    held: list[HeldPosition] = await held_of(wire, book)
    return {(item.symbol, item.pside): item.position for item in held}


async def _trades(wire: Wire, look: Look) -> list[Row]:
    """Return the trades from then to now, oldest first, in windows of a day: profits need all of them."""
    found: list[Row] = []
    last = look.now_ms + _AHEAD_MS
    for start in range(look.since_ms, last + 1, _WINDOW_MS):
        window: dict[str, Any] = {"startAt": start, "endAt": min(start + _WINDOW_MS - 1, last)}
        told = await pages(wire, "fills", "futuresPrivateGetFills", window, cost=5)
        found += told[::-1]  # the newest come first
    return found
