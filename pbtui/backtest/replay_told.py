"""What a replay tells of one bar; quantities signed (buy +, sell −), amounts in USD, times in epoch ms."""

from __future__ import annotations

from dataclasses import dataclass

from pbtui.core.types import Pside


@dataclass(frozen=True, slots=True)
class Candle:
    """One coin's bar; NaN where it has none."""

    coin: str
    high: float
    low: float
    close: float
    volume: float


@dataclass(frozen=True, slots=True)
class ReplayOrder:
    """An order the engine wanted at the end of a bar."""

    coin: str
    pside: Pside
    kind: str
    qty: float
    price: float


@dataclass(frozen=True, slots=True)
class ReplayFill:
    """A fill of the run; `size` and `entry` are the position's after it, `row` its place in the table of fills."""

    row: int
    time_ms: int
    coin: str
    pside: Pside
    kind: str
    qty: float
    price: float
    pnl: float
    fee: float
    size: float
    entry: float
    balance: float


@dataclass(frozen=True, slots=True)
class HeldRow:
    """A position at the end of a bar; exposure and its limit are fractions of the balance."""

    coin: str
    pside: Pside
    size: float
    entry: float
    mark: float
    upnl: float
    exposure: float
    limit: float
    since_ms: int


@dataclass(frozen=True, slots=True)
class Step:
    """One bar of a run: what filled, what was held then, what was wanted next.

    `coming` is what the following bar filled of these orders. `problem` is one line where the replay and the run
    differ, or where the engine refused. `whole`: ladders are whole, not as the run needed them.
    """

    bar: int
    time_ms: int
    balance: float
    equity: float
    held: tuple[HeldRow, ...]
    orders: tuple[ReplayOrder, ...]
    fills: tuple[ReplayFill, ...]
    coming: tuple[ReplayFill, ...]
    candles: tuple[Candle, ...]
    problem: str
    whole: bool

    def of(self, coin: str) -> tuple[ReplayOrder, ...]:
        """Return the orders of a coin."""
        return tuple(one for one in self.orders if one.coin == coin)

    def candle(self, coin: str) -> Candle | None:
        """Return the bar of a coin."""
        return next((one for one in self.candles if one.coin == coin), None)
