"""Which resting orders fill, and in what sequence: by candles as the backtester does, or by single trades."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from pbtui.core.types import PSIDES, Ticker
from pbtui.exchange.paper.account import PaperOrder
from pbtui.exchange.paper.feed import MinuteBar, Trade


def fills_in_bar(order: PaperOrder, bar: MinuteBar) -> bool:
    """Tell whether a candle fills an order: strictly through its price, and not older than it (backtest.md 2.4)."""
    resting = order.order
    if bar.ts_ms < resting.created_ms:
        return False
    return bar.low < resting.price if resting.side == "buy" else bar.high > resting.price


def minute_sequence(
    orders: Iterable[PaperOrder], bars: Mapping[str, MinuteBar], coin_of: Callable[[str], str]
) -> list[PaperOrder]:
    """Return the orders that a minute fills, in the backtester's sequence (backtest.md 2.4).

    Long before short, coins ascending by name, a coin's closes before its entries, nearest to the market first; of
    equal prices the older order first.
    """
    hit = [order for order in orders if (bar := bars.get(order.order.symbol)) and fills_in_bar(order, bar)]
    return sorted(hit, key=lambda order: _minute_key(order, coin_of(order.order.symbol)))


def _minute_key(order: PaperOrder, coin: str) -> tuple[int, str, str, bool, float, int]:
    resting = order.order
    # All closes (or entries) of one side trade in one direction, so the distance to the market sorts like the price.
    nearness = -resting.price if resting.side == "buy" else resting.price
    return PSIDES.index(resting.pside), coin, resting.symbol, not order.closing, nearness, order.seq


def trade_sequence(orders: Iterable[PaperOrder], trade: Trade) -> list[PaperOrder]:
    """Return the orders that a public trade went strictly through, best price first, then the older.

    A trade from before an order's acknowledgement does not count.
    """
    hit = [
        order
        for order in orders
        if order.order.symbol == trade.symbol
        and order.order.created_ms <= trade.ts_ms
        and (trade.price < order.order.price if order.order.side == "buy" else trade.price > order.order.price)
    ]
    return sorted(hit, key=_price_priority)


def quote_sequence(orders: Iterable[PaperOrder], ticker: Ticker) -> list[PaperOrder]:
    """Return the orders that the opposite best went strictly through: the stand-in where no trades stream.

    The last price is not used: it may be older than the order.
    """
    hit = [
        order
        for order in orders
        if order.order.symbol == ticker.symbol
        and order.order.created_ms <= ticker.ts_ms
        and (0.0 < ticker.ask < order.order.price if order.order.side == "buy" else ticker.bid > order.order.price)
    ]
    return sorted(hit, key=_price_priority)


def _price_priority(order: PaperOrder) -> tuple[float, int]:
    return (-order.order.price if order.order.side == "buy" else order.order.price), order.seq
