"""A clock for tests of things that wait."""

from __future__ import annotations

import asyncio
import time

from pbtui.core.clock import RealClock

FAST = 10.0


class HastyClock(RealClock):
    """The machine's time of day, but waits pass ten times as fast, or `fast` times."""

    def __init__(self, fast: float = FAST) -> None:
        super().__init__()
        self._fast = fast

    def monotonic(self) -> float:
        return time.monotonic() * self._fast

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self._fast)
