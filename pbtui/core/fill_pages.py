"""What is asked of an account's fills and what is answered: filled orders, and sums by day, coin and type."""

from __future__ import annotations

from pbtui.core.record import record
from pbtui.core.types import Pside, Side


@record
class FillFilter:
    """Which fills; nothing given, all. Times are since ≤ t < until."""

    coins: tuple[str, ...] = ()  # BTC, or BTC/USDT:USDT
    pside: Pside | None = None
    since_ms: int | None = None
    until_ms: int | None = None
    types: tuple[str, ...] = ()  # words, one of which an order type must contain: unstuck, entry, close_grid


@record
class FillsQuery:
    """Ask for the newest `n` filled orders of an account, with sums over all that the filter lets through."""

    only: FillFilter = FillFilter()
    n: int = 200


@record
class FillRow:
    """What filled of one order (or one execution of it): quantity signed by side, price volume-weighted."""

    ts_ms: int  # of the last execution
    first_ms: int
    symbol: str
    coin: str
    pside: Pside
    side: Side
    qty: float
    price: float
    pnl: float  # gross of fees
    fee: float  # ≤ 0 when paid
    order_type: str
    parts: int  # executions
    known: bool  # whether the venue has told every profit
    client_id: str = ""
    order_id: str = ""
    id: str = ""  # of the execution, where it is a single one


@record
class FillSum:
    """Sums of some fills: profit gross of fees, fees ≤ 0 when paid, both in quote."""

    name: str
    fills: int = 0
    orders: int = 0
    pnl: float = 0.0
    fee: float = 0.0
    unknown: int = 0  # closes whose profit was not told

    @property
    def net(self) -> float:
        """Return the profit after fees."""
        return self.pnl + self.fee


@record
class FillsPage:
    """An answer: rows newest first, sums by UTC day (newest first), coin and type (most profit first)."""

    rows: tuple[FillRow, ...] = ()
    more: bool = False  # there are older rows
    days: tuple[FillSum, ...] = ()
    coins: tuple[FillSum, ...] = ()
    types: tuple[FillSum, ...] = ()
    total: FillSum = FillSum("total")
