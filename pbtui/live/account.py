"""The account as the loop believes it to be."""

from __future__ import annotations

from dataclasses import dataclass, field

from pbtui.core.ids import is_ours, order_type_of
from pbtui.core.order_types import is_close_type
from pbtui.core.types import FLAT, OpenOrder, Position, Pside, Ticker
from pbtui.live.keys import Key


@dataclass(slots=True)
class Account:
    """Balance, positions and orders of the last trusted reading; `doubts` say what a single odd reading left open."""

    raw: float = 0.0
    snapped: float = 0.0
    positions: dict[Key, Position] = field(default_factory=dict)
    orders: list[OpenOrder] = field(default_factory=list)
    tickers: dict[str, Ticker] = field(default_factory=dict)
    doubts: tuple[str, ...] = ()
    ghosts: frozenset[str] = frozenset()  # ids of orders that one reading missed: perhaps gone, perhaps not
    read: bool = False

    def position(self, symbol: str, pside: Pside) -> Position:
        """Return the position of a coin and side, flat when there is none."""
        return self.positions.get((symbol, pside), FLAT)

    def own_orders(self) -> list[OpenOrder]:
        """Return the orders that carry our id or Passivbot's."""
        return [order for order in self.orders if is_ours(order.client_id)]

    def foreign_orders(self) -> list[OpenOrder]:
        """Return everybody else's orders: shown, left alone."""
        return [order for order in self.orders if not is_ours(order.client_id)]

    def foreign_entries(self) -> list[OpenOrder]:
        """Return foreign orders that could add to a position: they count against exposure."""
        return [order for order in self.foreign_orders() if not order.reduce_only and opens(order)]

    def price(self, symbol: str) -> float | None:
        """Return the last price of a symbol, None when it is unknown or makes no sense."""
        ticker = self.tickers.get(symbol)
        if ticker is None or not 0.0 < ticker.last < float("inf"):
            return None
        return ticker.last


def opens(order: OpenOrder) -> bool:
    """Tell whether an order's direction adds to its position side."""
    return (order.side == "buy") == (order.pside == "long")


def reduces(order: OpenOrder) -> bool:
    """Tell whether one of our orders reduces a position: by its id, else by its direction."""
    name = order_type_of(order.client_id)
    return is_close_type(name) if name else not opens(order)
