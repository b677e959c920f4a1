"""What a bot can tell of its past and its health when asked: more than a snapshot carries, all of it bounded."""

from __future__ import annotations

from dataclasses import field

from pbtui.core.record import record
from pbtui.core.snapshot import EventRow, LoopHealth


@record
class Stall:
    """A moment at which the event loop stood still: when, for how long (so far), and in which of our functions."""

    ts_ms: int
    late_ms: float
    where: str


@record
class CallTimes:
    """Remote calls of one kind over the last minutes."""

    name: str
    count: int
    median_ms: float
    max_ms: float
    failed: int = 0


@record
class HealthReport:
    """What is known of the loop in full: histories are oldest first, by ten seconds or by turn."""

    health: LoopHealth
    lag_max_ms: tuple[float, ...] = ()  # of each ten seconds
    turns_ms: tuple[float, ...] = ()  # of the last turns
    stalls: tuple[Stall, ...] = ()
    calls: tuple[CallTimes, ...] = ()


@record
class Equity:
    """Balance and equity since the bot began, thinned; oldest first, market time."""

    ts_ms: tuple[int, ...] = ()
    balance: tuple[float, ...] = ()
    equity: tuple[float, ...] = ()


@record
class Backlog:
    """What a console that has just come needs to show what happened before it."""

    events: tuple[EventRow, ...] = ()  # oldest first
    equity: Equity = field(default_factory=Equity)
    more: bool = False  # older events were left out
