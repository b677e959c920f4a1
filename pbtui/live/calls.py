"""One debug line per remote call, with its time; failures are told apart and counted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from pbtui.core.clock import HOUR_MS
from pbtui.core.errors import ExchangeError, RateLimited
from pbtui.live.events import DEBUG, EventLog

T = TypeVar("T")
BUDGET = 10  # errors within an hour that end a bot object (live.md 22)


class Calls:
    """Awaits remote calls, timing them for the log and noting rate limits."""

    def __init__(self, events: EventLog, monotonic: Callable[[], float]) -> None:
        self._events = events
        self._monotonic = monotonic
        self._limited: list[float] = []

    async def run(self, name: str, call: Awaitable[T]) -> T:
        """Await a call; ExchangeError passes through after it was written down."""
        if not self._events.wants(DEBUG):
            try:
                return await call
            except RateLimited:
                self._limited.append(self._monotonic())
                raise
        start = self._monotonic()
        try:
            result = await call
        except ExchangeError as error:
            if isinstance(error, RateLimited):
                self._limited.append(self._monotonic())
            self._events.debug("call", f"{name} failed after {self._took_ms(start):.1f} ms: {error.line()}")
            raise
        self._events.debug("call", f"{name} {self._took_ms(start):.1f} ms")
        return result

    def rate_limited_1h(self) -> int:
        """Return how often the venue asked to slow down within the hour."""
        oldest = self._monotonic() - HOUR_MS / 1000
        self._limited = [at for at in self._limited if at > oldest]
        return len(self._limited)

    def _took_ms(self, start: float) -> float:
        return (self._monotonic() - start) * 1000


class ErrorBudget:
    """Errors of the last hour; the tenth ends the bot object so that a fresh one is built."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._times: list[float] = []
        self.outage = True  # whether all errors so far were those of a venue that is away

    def count(self, *, outage: bool = False) -> bool:
        """Count an error; tell whether the budget is spent. `outage`: the venue is away, which is no fault here."""
        self.outage = self.outage and outage
        self._times.append(self._monotonic())
        return self.spent() >= BUDGET

    def spent(self) -> int:
        """Return the errors of the last hour."""
        oldest = self._monotonic() - HOUR_MS / 1000
        self._times = [at for at in self._times if at > oldest]
        return len(self._times)
