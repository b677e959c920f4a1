"""What Bybit's answers mean: balance, positions, orders and fills of one row each (exchanges.md 4; candles.md 18)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pbtui.core.clock import MINUTE_MS
from pbtui.core.errors import UnreadableAnswer
from pbtui.core.ids import order_type_of
from pbtui.core.types import Fill, OpenOrder, Position, Pside, Side, pside_sign
from pbtui.exchange.port import HeldPosition
from pbtui.exchange.private.answers import Row
from pbtui.exchange.private.book import Book

_PROFIT_LATE_MS = 2 * MINUTE_MS  # so long the position last seen tells what a close was entered at
_SIDE: Mapping[str, Side] = {"Buy": "buy", "Sell": "sell"}
PSIDE: Mapping[str, Pside] = {"1": "long", "2": "short"}


def result_of(answer: Any, what: str) -> Row:
    """Return what an answer is about."""
    return Row(answer, what).row("result")


def balance_of(answer: Any, quote: str) -> float:
    """Return Σ wallet balance × price over the coins that count as margin; the quote counts at par."""
    accounts = result_of(answer, "balance").rows("list")
    unified = next((row for row in accounts if row.text("accountType") == "UNIFIED"), None)
    if unified is None:
        raise UnreadableAnswer("balance: the answer has no unified account")
    coins = unified.rows("coin")
    if not coins and ("totalWalletBalance" not in unified or unified.number("totalWalletBalance") != 0.0):
        raise UnreadableAnswer("balance: the answer has a total, but no coin")
    total = 0.0
    for coin in coins:
        wallet = coin.number("walletBalance")
        if coin.text("coin") == quote:
            total += wallet
        elif wallet != 0.0 and coin.flag("marginCollateral") and coin.flag("collateralSwitch"):
            # The value is that of the equity, which holds unrealised profit: only its price is of use.
            total += wallet * coin.number("usdValue") / coin.number("equity") if coin.number("equity") else 0.0
    return total


def position_of(row: Row, book: Book) -> HeldPosition | None:
    """Return the open position of a row, None for a flat one; the size is signed by side."""
    size = row.number("size", least=0.0)
    if size == 0.0:
        return None
    side, told = row.word("side", "Buy", "Sell"), row.text("positionIdx")
    pside: Pside = PSIDE.get(told) or ("long" if side == "Buy" else "short")
    position = Position(pside_sign(pside) * size, row.positive("avgPrice"))
    return HeldPosition(book.symbol(row.text("symbol")), pside, position)


def order_of(row: Row, book: Book) -> OpenOrder:
    """Return a resting order of an order/realtime row."""
    side, told = _SIDE[row.word("side", "Buy", "Sell")], row.text("positionIdx")
    client_id, reduce_only = row.text("orderLinkId", empty=True), row.flag("reduceOnly")
    pside = PSIDE.get(told) or book.pside(client_id, side, reduce_only=reduce_only)
    return OpenOrder(
        id=row.text("orderId"),
        client_id=client_id,
        symbol=book.symbol(row.text("symbol")),
        side=side,
        pside=pside,
        qty=row.number("leavesQty", least=0.0),
        price=row.number("price", least=0.0),
        reduce_only=reduce_only or (told in PSIDE and (side == "buy") is not (pside == "long")),
        created_ms=row.time_ms("createdTime"),
    )


def fill_of(row: Row, book: Book, entries: Mapping[str, float], now_ms: int) -> Fill:
    """Return a fill of an execution row; `entries` are entry prices by order id. Profit is gross of fees.

    A close whose profit nobody knows is marked so and counts as 0 until the venue tells it.
    """
    side, closed = _SIDE[row.word("side", "Buy", "Sell")], row.number("closedSize", least=0.0)
    client_id, order_id = row.text("orderLinkId", empty=True), row.text("orderId")
    symbol, ts_ms, price = book.symbol(row.text("symbol")), row.time_ms("execTime"), row.positive("execPrice")
    pside = book.pside(client_id, side, reduce_only=closed > 0.0)
    pnl, known = 0.0, True
    if closed > 0.0:
        fresh = now_ms - ts_ms < _PROFIT_LATE_MS
        # The position last seen tells what a fresh close was entered at, but nothing of an old one.
        entry = entries.get(order_id) or (book.entry_price(symbol, pside) if fresh else None)
        if "execPnl" in row:
            pnl = row.number("execPnl")
        elif entry is not None:
            pnl = (price - entry) * closed * pside_sign(pside)
        else:
            known = False
    return Fill(
        id=row.text("execId"),
        ts_ms=ts_ms,
        symbol=symbol,
        pside=pside,
        side=side,
        qty=row.positive("execQty") * (1 if side == "buy" else -1),
        price=price,
        pnl=pnl,
        fee=-row.number("execFee"),
        order_type=order_type_of(client_id) or "unknown",
        client_id=client_id,
        order_id=order_id,
        pnl_known=known,
    )
