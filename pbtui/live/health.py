"""The loop's health as figures: what one bot knows of its turns, its candles and its venue."""

from __future__ import annotations

from collections import deque
from dataclasses import replace

from pbtui.core.clock import MINUTE_MS
from pbtui.core.history import HealthReport
from pbtui.core.snapshot import LoopHealth
from pbtui.exchange.port import Exchange, VenueVitals, Vital
from pbtui.live.turn import LoopCore

_TURNS = 240


class TurnTimes:
    """How long the last turns took, in ms."""

    def __init__(self) -> None:
        self._took_ms: deque[float] = deque(maxlen=_TURNS)

    def add(self, took_ms: float) -> None:
        """Note a good turn."""
        self._took_ms.append(took_ms)

    @property
    def last_ms(self) -> float:
        """How long the last turn took, 0 before the first."""
        return self._took_ms[-1] if self._took_ms else 0.0

    @property
    def all_ms(self) -> tuple[float, ...]:
        """Every turn that is remembered, oldest first."""
        return tuple(self._took_ms)


def vitals_of(exchange: Exchange) -> VenueVitals:
    """Return how the connection to a venue does, as far as it can tell."""
    return exchange.vitals() if isinstance(exchange, Vital) else VenueVitals()


def with_ages(health: LoopHealth, core: LoopCore) -> LoopHealth:
    """Return the health with the ages of candles and stream and what the venue's connection tells."""
    vitals, stream = vitals_of(core.exchange), core.exchange.stream_state()
    return replace(
        health,
        stream=stream.state,
        rest_ms=vitals.rest_ms,
        rest_max_ms=vitals.rest_max_ms,
        clock_skew_ms=vitals.clock_skew_ms,
        rate_used=vitals.rate_used,
        silent_s=vitals.silent_s,
        candle_age_ms=candle_age_ms(core),
        event_age_ms=None if stream.state == "none" else round(stream.age_s * 1000),
    )


def candle_age_ms(core: LoopCore) -> int | None:
    """Return how long ago the newest candle of the coin at work that waits longest ended; None before any."""
    now, averages = core.exchange.now_ms(), core.candles.averages
    at_work = {symbol for symbol, _ in core.observer.account.positions} | set(core.last.decision.modes.symbols)
    newest = [ms for ms in map(averages.newest_ms, at_work) if ms is not None]
    return max(0, now - min(newest) - MINUTE_MS) if newest else None


def report(health: LoopHealth, turns: TurnTimes, core: LoopCore) -> HealthReport:
    """Return all that a bot knows of its health; the session adds the event loop's lag."""
    return HealthReport(health, turns_ms=turns.all_ms, calls=vitals_of(core.exchange).calls)
