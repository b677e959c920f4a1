"""Time, sleep and randomness as one seam, so that the whole loop runs under a virtual clock."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import random
import time
from collections.abc import Awaitable
from typing import Protocol, TypeVar

T = TypeVar("T")

MINUTE_MS = 60_000
HOUR_MS = 3_600_000
DAY_MS = 86_400_000


class Clock(Protocol):
    """The only source of time for the loop: wall time in epoch ms, a monotonic second counter, sleep, jitter."""

    def now_ms(self) -> int:
        """Return the current UTC time in epoch milliseconds."""
        ...

    def monotonic(self) -> float:
        """Return seconds on a clock that never jumps; for intervals."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Sleep for `seconds` (≥ 0)."""
        ...

    def uniform(self, low: float, high: float) -> float:
        """Return a random number between `low` and `high`; for jitter only."""
        ...


class RealClock:
    """The machine's time."""

    def __init__(self, seed: int | None = None) -> None:
        self._random = random.Random(seed)

    def now_ms(self) -> int:
        """Return the machine's UTC time in epoch ms."""
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        """Return the machine's monotonic seconds."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Sleep on the event loop."""
        await asyncio.sleep(seconds)

    def uniform(self, low: float, high: float) -> float:
        """Return jitter."""
        return self._random.uniform(low, high)


class VirtualClock:
    """A clock that stands still until `advance` moves it; sleepers wake in order of their deadline."""

    def __init__(self, start_ms: int = 1_700_000_000_000, seed: int = 0) -> None:
        self._now_s = 0.0
        self._start_ms = start_ms
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = itertools.count()
        self._random = random.Random(seed)

    def now_ms(self) -> int:
        """Return the virtual UTC time in epoch ms."""
        return self._start_ms + round(self._now_s * 1000)

    def monotonic(self) -> float:
        """Return virtual seconds since creation."""
        return self._now_s

    async def sleep(self, seconds: float) -> None:
        """Wait until the clock has been advanced by `seconds`."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now_s + seconds, next(self._order), future))
        await future

    def uniform(self, low: float, high: float) -> float:
        """Return seeded jitter."""
        return self._random.uniform(low, high)

    async def advance(self, seconds: float) -> None:
        """Move time forward, waking every sleeper whose deadline passes, and let woken tasks run."""
        target = self._now_s + seconds
        await settle()
        while self._sleepers and self._sleepers[0][0] <= target:
            deadline, _, future = heapq.heappop(self._sleepers)
            self._now_s = max(self._now_s, deadline)
            if not future.done():
                future.set_result(None)
            await settle()
        self._now_s = target


async def settle(rounds: int = 50) -> None:
    """Let every runnable task of the loop run on."""
    for _ in range(rounds):
        await asyncio.sleep(0)


async def within(clock: Clock, seconds: float, work: Awaitable[T]) -> T:
    """Await `work`, but at most `seconds` of the clock's time; raises TimeoutError and cancels it then."""
    task = asyncio.ensure_future(work)
    timer = asyncio.ensure_future(clock.sleep(seconds))
    try:
        await asyncio.wait({task, timer}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        raise TimeoutError
    finally:
        for pending in (task, timer):
            if not pending.done():
                pending.cancel()
