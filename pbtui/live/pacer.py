"""When the loop takes its next turn: by the clock, once a minute, or as a stepped market moves."""

from __future__ import annotations

import asyncio
from typing import Protocol

from pbtui.core.clock import MINUTE_MS, Clock, within
from pbtui.exchange.port import Exchange, SteppedExchange

IDLE_WAIT_S = 30.0


class Pacer(Protocol):
    """Decides when to tick."""

    @property
    def expected_interval_ms(self) -> int:
        """How long a healthy loop may be silent."""
        ...

    async def next_turn(self) -> bool:
        """Wait for the next turn; False when there is none because the market's data ended."""
        ...

    def wake(self) -> None:
        """Cut the present wait short."""
        ...


class _Waker:
    """A wait that can be cut short."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._event = asyncio.Event()

    def wake(self) -> None:
        """End the present wait, or the next one at once."""
        self._event.set()

    async def wait(self, seconds: float) -> bool:
        """Wait up to `seconds`; tell whether it was cut short."""
        if seconds <= 0 and not self._event.is_set():
            await asyncio.sleep(0)
            return False
        try:
            await within(self._clock, seconds, self._event.wait())
        except TimeoutError:
            return False
        self._event.clear()
        return True


class RealPacer:
    """After each turn the execution delay, then up to 30 s unless something happens (live.md 3, 3.4)."""

    def __init__(self, clock: Clock, *, delay_s: float) -> None:
        self.delay_s = delay_s
        self.expected_interval_ms = round((delay_s + IDLE_WAIT_S) * 1000)
        self._clock = clock
        self._waker = _Waker(clock)
        self._first = True

    def wake(self) -> None:
        """An order update, a balance change or a wish of the operator."""
        self._waker.wake()

    async def next_turn(self) -> bool:
        """Return at once the first time."""
        if self._first:
            self._first = False
            return True
        await self._clock.sleep(self.delay_s)
        await self._waker.wait(IDLE_WAIT_S)
        return True


class MinutePacer:
    """One turn per completed minute, right after its candle; never in between (departures.md)."""

    expected_interval_ms = MINUTE_MS

    def __init__(self, clock: Clock, exchange: Exchange, *, settle_s: float = 1.0) -> None:
        self._clock = clock
        self._exchange = exchange
        self._settle_s = settle_s
        self._waker = _Waker(clock)
        self._last_minute: int | None = None
        self._asked = False

    def wake(self) -> None:
        """Only a wish of the operator ends the wait early; venue events do not (see `Bot`)."""
        self._asked = True
        self._waker.wake()

    async def next_turn(self) -> bool:
        """Wait until a minute has completed that had no turn yet."""
        while True:
            now = self._exchange.now_ms()
            minute = now // MINUTE_MS
            if self._asked or self._last_minute is None or minute > self._last_minute:
                self._asked = False
                self._last_minute = minute
                return True
            left_ms = (minute + 1) * MINUTE_MS - now
            await self._waker.wait(left_ms / 1000 + self._settle_s)


class StepPacer:
    """Moves a stepped market one minute per turn, `speed` market seconds per second; 0 = as fast as possible."""

    def __init__(self, clock: Clock, exchange: SteppedExchange, *, speed: float) -> None:
        self._clock = clock
        self._exchange = exchange
        self._waker = _Waker(clock)
        self._due: float | None = None
        self._started = False
        self._asked = False
        self.speed = speed

    @property
    def expected_interval_ms(self) -> int:
        """Wall time between two minutes, at least a second."""
        return 1_000 if self.speed <= 0 else max(1_000, round(MINUTE_MS / self.speed))

    def set_speed(self, speed: float) -> None:
        """Change the speed at once; 0 = as fast as possible."""
        self.speed = speed
        self._due = None
        self._waker.wake()

    def wake(self) -> None:
        """Take a turn at once without moving the market: an operator's wish does not wait for the next minute."""
        self._asked = True
        self._waker.wake()

    async def next_turn(self) -> bool:
        """Wait out the speed, then let one minute happen; False when the data end."""
        await self._pace()
        resumed = not self._started and self._exchange.now_ms() > self._exchange.first_ms
        extra = self._asked and self._started
        self._started, self._asked = True, False
        if extra or (resumed and not self._exchange.plan_done):
            # A minute whose plan is not in the ledger yet is planned before the market moves on.
            return True
        return await self._exchange.step_minute()

    async def _pace(self) -> None:
        if self.speed <= 0:
            # Others on the event loop (console, links, signals) must get their turn even at full speed.
            await asyncio.sleep(0)
            return
        now = self._clock.monotonic()
        due = now if self._due is None else self._due
        self._due = due
        if await self._waker.wait(due - now):
            return
        # A late minute is not made up for by a burst of more than a second: speed is a limit.
        self._due = max(due, self._clock.monotonic() - 1.0) + MINUTE_MS / 1000 / self.speed
