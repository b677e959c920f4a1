"""From wanted orders to orders that can be sent (live.md 17), and closing a position at an operator's word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pbtui import _pb_rust
from pbtui.core.types import FLAT, Market, OrderKind, Position, Pside, Side
from pbtui.engine.errors import call
from pbtui.engine.orchestrator import IdealOrder


@dataclass(frozen=True, slots=True)
class ExecutableOrder:
    """An order as the venue should see it; qty is unsigned because `side` carries the direction."""

    symbol: str
    side: Side
    pside: Pside
    qty: float
    price: float
    reduce_only: bool
    order_type: str
    kind: OrderKind


def executable_of_symbol(
    symbol: str,
    ideal: Sequence[IdealOrder],
    last_price: float,
    long: Position,
    short: Position,
    *,
    price_distance_threshold: float,
    market_orders_allowed: bool,
) -> list[ExecutableOrder]:
    """Return what may be sent for one symbol, nearest to the market first (live.md 17).

    Drops orders further than `price_distance_threshold` (a fraction of the price) that may wait, drops repeats, marks
    those that should go as market orders, and bounds reduce-only quantities by the position.
    Raises InvalidInput for an unknown order type.
    """
    rows = call(
        _pb_rust.to_executable,
        [(order.qty, order.price, order.order_type) for order in ideal],
        last_price,
        long.size,
        short.size,
        price_distance_threshold,
        market_orders_allowed,
    )
    return [ExecutableOrder(symbol, *row) for row in rows]


def to_executable(
    ideal_by_symbol: Mapping[str, Sequence[IdealOrder]],
    last_prices: Mapping[str, float],
    positions: Mapping[str, Mapping[Pside, Position]],
    price_distance_threshold: float,
    market_orders_allowed: bool,
) -> dict[str, list[ExecutableOrder]]:
    """Return what may be sent, per symbol (live.md 17); see `executable_of_symbol`.

    A symbol without a last price or with a position missing counts as price 0 and flat.
    """
    result: dict[str, list[ExecutableOrder]] = {}
    for symbol, ideal in ideal_by_symbol.items():
        held = positions.get(symbol, {})
        result[symbol] = executable_of_symbol(
            symbol,
            ideal,
            last_prices.get(symbol, 0.0),
            held.get("long", FLAT),
            held.get("short", FLAT),
            price_distance_threshold=price_distance_threshold,
            market_orders_allowed=market_orders_allowed,
        )
    return result


@dataclass(frozen=True, slots=True)
class PanicItem:
    """A position to close at once: the book in quote, `market` for the limits and the taker fee.

    `max_qty` is the largest order that the venue takes of the kind to be sent, 0 where that is not known.
    """

    symbol: str
    pside: Pside
    position: Position
    bid: float
    ask: float
    market: Market
    max_qty: float = 0.0


@dataclass(frozen=True, slots=True)
class PanicOrder:
    """The close of a position, or of a part where the whole is more than the venue takes; qty signed (buy +, sell −).

    `expected_price` is the opposite best, where a market order would fill; `expected_pnl` (before fees) and
    `expected_fee` (≤ 0 = paid) are for that price, in quote.
    """

    symbol: str
    pside: Pside
    side: Side
    qty: float
    price: float
    order_type: str
    expected_price: float
    expected_pnl: float
    expected_fee: float


def panic_orders(items: Sequence[PanicItem]) -> list[PanicOrder]:
    """Return the closing orders of each item, also on a side that is switched off (departures.md).

    Prices follow the engine's panic rule (orchestrator.md 3.5 step 3): one step inside the book, on the tick. A
    position above `max_qty` is closed in parts of nearly equal size on the lot. Items that are flat or whose price
    would not be positive and finite give no order.
    """
    found: list[PanicOrder] = []
    for item in items:
        market = item.market
        rows = call(
            _pb_rust.panic_close,
            item.pside,
            item.position.size,
            item.position.price,
            item.bid,
            item.ask,
            market.price_step,
            market.qty_step,
            item.max_qty,
            market.c_mult,
            market.taker_fee,
        )
        found += [PanicOrder(item.symbol, item.pside, *row) for row in rows]
    return found
