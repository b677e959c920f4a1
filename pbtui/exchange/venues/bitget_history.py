"""Bitget's lists that go on from page to page, and fills with the client ids of their orders (candles.md 18)."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from pbtui.core.clock import DAY_MS, HOUR_MS
from pbtui.core.errors import ExchangeError, OrderGone, UnreadableAnswer
from pbtui.core.ids import order_type_of
from pbtui.core.types import Fill, Pside, Side
from pbtui.exchange.private.answers import Row
from pbtui.exchange.private.book import Book
from pbtui.exchange.private.quirks import Look
from pbtui.exchange.private.wire import Wire

_log = logging.getLogger("pbtui.exchange")
_PAGE = 100
_MOST_PAGES = 500
_WEEK_MS = 7 * DAY_MS - HOUR_MS  # the venue answers for a week at most
_KEPT_MS = 90 * DAY_MS - HOUR_MS  # older ones it does not tell
_NAMES_A_LOOK = 20  # orders whose client id is asked for, newest first
_SIDE: Mapping[str, Side] = {"buy": "buy", "sell": "sell"}


async def pages(
    wire: Wire, name: str, method: str, field: str, params: Mapping[str, Any], *, until_empty: bool = False
) -> list[Row]:
    """Return the rows of all pages, newest first; `until_empty`: a short page need not be the last."""
    found: list[Row] = []
    asked = {**params, "limit": str(_PAGE)}
    for _ in range(_MOST_PAGES):
        data = Row(await wire.read(name, method, asked), name).row("data")
        # What is empty is told by two nulls, and by nothing less.
        if data.null(field) and data.null("endId"):
            return found
        rows, end = data.rows(field), data.text("endId", empty=True)
        found += rows
        if not rows or (len(rows) < _PAGE and not until_empty):
            return found
        if not end or end == asked.get("idLessThan"):
            raise UnreadableAnswer(f"{name}: a page does not tell where the next one begins")
        asked["idLessThan"] = end
    raise UnreadableAnswer(f"{name}: more than {_MOST_PAGES} pages")


class BitgetHistory:
    """Reads fills; remembers which orders have no client id, so that they are asked for once."""

    def __init__(self) -> None:
        self._nameless: set[str] = set()
        self._cut = False  # it was said that older fills are not told

    async def fills(self, wire: Wire, book: Book, look: Look, product: str) -> list[Fill]:
        """Return the fills of a time, in windows of a week; those older than 90 days are not told."""
        start = max(look.since_ms, look.now_ms - _KEPT_MS)
        if start > look.since_ms and not self._cut:
            self._cut = True
            _log.warning("bitget tells fills of the last 90 days only: older ones stay unknown")
        found: list[Row] = []
        for at in range(start, look.end_ms + 1, _WEEK_MS):
            until = min(at + _WEEK_MS, look.end_ms + HOUR_MS)
            window = {"productType": product, "startTime": str(at), "endTime": str(until)}
            method = "privateMixGetV2MixOrderFillHistory"
            told = await pages(wire, "fills", method, "fillList", window, until_empty=True)
            found += reversed(told)  # fills of one millisecond keep their sequence
        await self._learn_names(wire, book, found, product)
        return [fill_of(row, book) for row in found]

    async def _learn_names(self, wire: Wire, book: Book, found: Sequence[Row], product: str) -> None:
        """Ask for the client ids of orders that this process has not seen."""
        orders = {row.text("orderId"): row for row in found if not row.text("clientOid", empty=True)}
        unknown = [name for name in orders if book.client_id(name) is None and name not in self._nameless]
        for name in unknown[-_NAMES_A_LOOK:]:
            params = {"symbol": orders[name].text("symbol"), "productType": product, "orderId": name}
            try:
                told = Row(await wire.read("order", "privateMixGetV2MixOrderDetail", params), "order").row("data")
                client_id = told.text("clientOid", empty=True)
            except OrderGone:
                client_id = ""
            except ExchangeError as error:
                _log.debug("the client id of order %s stays unknown: %s", name, error.line())
                return
            book.name(name, client_id)
            if not client_id:
                self._nameless.add(name)


def fill_of(row: Row, book: Book) -> Fill:
    """Return a fill of a fill-history row; profit is gross of fees, the fee negative where it was paid."""
    order_id = row.text("orderId")
    client_id = row.text("clientOid", empty=True) or book.client_id(order_id) or ""
    pside, side, closing = _direction(row, book, client_id)
    return Fill(
        id=f"{order_id}:{row.text('tradeId')}",  # two orders of ours that trade with each other may share a trade
        ts_ms=row.time_ms("cTime"),
        symbol=book.symbol(row.text("symbol").upper()),
        pside=pside,
        side=side,
        qty=row.positive("baseVolume") * (1 if side == "buy" else -1),
        price=row.positive("price"),
        pnl=row.number("profit") if closing or "profit" in row else 0.0,
        fee=_fee(row, book.quote),
        order_type=order_type_of(client_id) or "unknown",
        client_id=client_id,
        order_id=order_id,
    )


def _direction(row: Row, book: Book, client_id: str) -> tuple[Pside, Side, bool]:
    """Return position side, side and whether it closed; in hedge mode the told side is that of the position."""
    told, trade = _SIDE[row.word("side", *_SIDE)], row.text("tradeSide").lower()
    if row.word("posMode", "hedge_mode", "one_way_mode") == "one_way_mode":
        # What the venue does by itself is told by the word: `burst_sell_single`, `delivery_buy_single`.
        side: Side = "sell" if "sell" in trade else "buy" if "buy" in trade else told
        closing = "profit" in row and row.number("profit") != 0.0
        return book.pside(client_id, side, reduce_only=closing), side, closing
    closing = "close" in trade
    if not closing and trade != "open":
        raise UnreadableAnswer(f"fills: a fill neither opens nor closes ({trade})")
    pside: Pside = "long" if told == "buy" else "short"
    if trade.endswith(("_long", "_short")):
        pside = "long" if trade.endswith("_long") else "short"
    return pside, "buy" if (pside == "long") is not closing else "sell", closing


def _fee(row: Row, quote: str) -> float:
    """Return the fee in quote, negative where it was paid."""
    total = 0.0
    for part in row.rows("feeDetail"):
        amount = part.number("totalFee")
        if part.text("feeCoin").upper() == quote:
            total += amount
        elif amount != 0.0:
            _log.warning("bitget took a fee in %s: it is counted as 0 %s", part.text("feeCoin"), quote)
    return total
