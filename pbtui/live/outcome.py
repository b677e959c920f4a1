"""When a run ends, and what is left to say about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pbtui.core.errors import ExitCode
from pbtui.live.publish import money, rows_of
from pbtui.live.turn import LoopCore, Turn


@dataclass(frozen=True, slots=True)
class RunLimits:
    """When a run ends by itself: after so many turns, or so much market time (from the first candle of a replay)."""

    max_ticks: int | None = None
    for_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run did; money in quote, `fees` ≤ 0 when paid, fills and profit since the ledger began."""

    ticks: int
    market_start_ms: int
    market_end_ms: int
    fills: int
    pnl: float
    fees: float
    start_balance: float
    balance: float
    upnl: float
    equity: float
    we_long: float
    we_short: float
    positions: int
    open_orders: int
    orders_created: int
    orders_cancelled: int
    orders_rejected: int
    errors: int
    elapsed_s: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended."""

    reason: Literal["stopped", "finished", "limit"]
    text: str
    summary: Summary
    exit_code: ExitCode = ExitCode.OK


@dataclass(slots=True)
class Counters:
    """What a bot counted over its run."""

    ticks: int = 0
    created: int = 0
    cancelled: int = 0
    rejected: int = 0

    def add(self, turn: Turn) -> None:
        """Count a turn."""
        self.ticks += 1
        self.created += turn.sent.created
        self.cancelled += turn.sent.cancelled
        self.rejected += turn.sent.rejected


def summarise(core: LoopCore, counters: Counters, *, start_ms: int, elapsed_s: float) -> Summary:
    """Return the summary of a run so far."""
    account = core.observer.account
    rows = rows_of(core)
    totals = money(core, rows.upnl())
    long, short = rows.exposure()
    return Summary(
        ticks=counters.ticks,
        market_start_ms=start_ms,
        market_end_ms=core.exchange.now_ms(),
        fills=totals.n_fills,
        pnl=totals.realized_pnl,
        fees=totals.fees,
        start_balance=totals.start_balance,
        balance=totals.balance,
        upnl=totals.upnl,
        equity=totals.equity,
        we_long=long.value,
        we_short=short.value,
        positions=len(account.positions),
        open_orders=len(account.orders),
        orders_created=counters.created,
        orders_cancelled=counters.cancelled,
        orders_rejected=counters.rejected,
        errors=core.events.errors,
        elapsed_s=elapsed_s,
    )
