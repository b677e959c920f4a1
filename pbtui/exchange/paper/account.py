"""The paper account in memory: balance, positions, resting orders, and what a fill does to them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from pbtui.core.types import FLAT, Fill, Market, OpenOrder, OrderRequest, Position, Pside, order_side
from pbtui.engine.numerics import new_psize_pprice, pnl, qty_to_cost, round_

PositionKey = tuple[str, Pside]


@dataclass(frozen=True, slots=True)
class PaperOrder:
    """A resting order with what the venue remembers beside it; `seq` is its place in the queue."""

    order: OpenOrder
    order_type: str
    seq: int

    @property
    def closing(self) -> bool:
        """Whether the order is labelled as reducing its position side."""
        return is_closing(self.order)


@dataclass(slots=True)
class Account:
    """One account; all money in quote. Positions are never flat, resting orders never empty."""

    balance: float
    hedge_mode: bool = True
    positions: dict[PositionKey, Position] = field(default_factory=dict)
    orders: dict[str, PaperOrder] = field(default_factory=dict)
    next_order: int = 1
    next_fill: int = 1

    def accept(self, request: OrderRequest, now_ms: int) -> PaperOrder:
        """Give a request an id and let it rest; the id is its sequence number, so that a repeat gives the same."""
        order = OpenOrder(
            id=f"{self.next_order:09d}",
            client_id=request.client_id,
            symbol=request.symbol,
            side=request.side,
            pside=request.pside,
            qty=request.qty,
            price=request.price,
            reduce_only=request.reduce_only,
            created_ms=now_ms,
        )
        accepted = PaperOrder(order, request.order_type, self.next_order)
        self.next_order += 1
        self.orders[order.id] = accepted
        return accepted

    def held(self, symbol: str, pside: Pside) -> Position:
        """Return a position, flat when there is none."""
        return self.positions.get((symbol, pside), FLAT)

    def reducible(self, order: OrderRequest | OpenOrder) -> float:
        """Return how many contracts an order could close: of its own side in hedge mode, of the net position else."""
        if self.hedge_mode:
            return abs(self.held(order.symbol, order.pside).size) if is_closing(order) else 0.0
        return abs(self.held(order.symbol, "short" if order.side == "buy" else "long").size)

    def may_open(self, order: OrderRequest | OpenOrder) -> bool:
        """Whether an order may add to a position: never a reduce-only one, nor a close of hedge mode."""
        return not order.reduce_only and not (self.hedge_mode and is_closing(order))

    def execute(
        self,
        resting: PaperOrder,
        market: Market,
        *,
        price: float,
        fee_rate: float,
        ts_ms: int,
        qty: float | None = None,
    ) -> list[Fill]:
        """Fill an order (up to `qty` of it) at a price and return its executions (backtest.md 2.4).

        What it may not open is cut to the position. In one-way mode an order through zero gives two executions: the
        close and the opening of the other side. The order leaves the book when nothing of it is left to do.
        """
        order = resting.order
        wanted = order.qty if qty is None else min(qty, order.qty)
        closed = min(wanted, self.reducible(order))
        opened = max(round_(wanted - closed, market.qty_step), 0.0) if self.may_open(order) else 0.0
        sign = 1 if order.side == "buy" else -1
        fills: list[Fill] = []
        if closed > 0.0:
            pside = order.pside if self.hedge_mode else _other_of(order)
            fills.append(self._close(resting, market, pside, sign * closed, price, fee_rate, ts_ms))
        if opened > 0.0:
            pside = order.pside if self.hedge_mode else _own_of(order)
            fills.append(self._open(resting, market, pside, sign * opened, price, fee_rate, ts_ms))
        rest = round_(order.qty - wanted, market.qty_step)
        if rest > 0.0 and (self.may_open(order) or self.reducible(order) > 0.0):
            self.orders[order.id] = replace(resting, order=replace(order, qty=rest))
        else:
            self.orders.pop(order.id, None)
        return fills

    def orphans(self, symbol: str) -> list[PaperOrder]:
        """Return the resting orders of a symbol that only reduce while there is nothing left to reduce."""
        return [
            resting
            for resting in self.orders.values()
            if resting.order.symbol == symbol
            and not self.may_open(resting.order)
            and self.reducible(resting.order) == 0.0
        ]

    def _close(
        self, resting: PaperOrder, market: Market, pside: Pside, qty: float, price: float, fee_rate: float, ts_ms: int
    ) -> Fill:
        position = self.held(market.symbol, pside)
        size = round_(position.size + qty, market.qty_step) or 0.0  # never −0.0
        profit = pnl(pside, position.price, price, qty, market.c_mult)
        if size == 0.0:
            del self.positions[(market.symbol, pside)]
        else:
            self.positions[(market.symbol, pside)] = Position(size, position.price)
        return self._book(resting, market, pside, qty, price, fee_rate, ts_ms, profit, Position(size, position.price))

    def _open(
        self, resting: PaperOrder, market: Market, pside: Pside, qty: float, price: float, fee_rate: float, ts_ms: int
    ) -> Fill:
        before = self.held(market.symbol, pside)
        position = Position(*new_psize_pprice(before.size, before.price, qty, price, market.qty_step))
        self.positions[(market.symbol, pside)] = position
        return self._book(resting, market, pside, qty, price, fee_rate, ts_ms, 0.0, position)

    def _book(
        self,
        resting: PaperOrder,
        market: Market,
        pside: Pside,
        qty: float,
        price: float,
        fee_rate: float,
        ts_ms: int,
        profit: float,
        after: Position,
    ) -> Fill:
        # Fee first, then profit: the backtester's two additions, in its order (backtest.md 2.5).
        fee = -qty_to_cost(qty, price, market.c_mult) * fee_rate
        self.balance += fee
        self.balance += profit
        number = self.next_fill
        self.next_fill += 1
        order = resting.order
        return Fill(
            id=f"{number:09d}",
            ts_ms=ts_ms,
            symbol=order.symbol,
            pside=pside,
            side=order.side,
            qty=qty,
            price=price,
            pnl=profit,
            fee=fee,
            order_type=resting.order_type,
            client_id=order.client_id,
            order_id=order.id,
            psize=after.size,
            pprice=after.price,
        )


def is_closing(order: OrderRequest | OpenOrder) -> bool:
    """Tell whether side and position side together say that an order reduces."""
    return order.side == order_side(order.pside, closing=True)


def _own_of(order: OpenOrder) -> Pside:
    return "long" if order.side == "buy" else "short"


def _other_of(order: OpenOrder) -> Pside:
    return "short" if order.side == "buy" else "long"
