"""A clock that runs faster than the machine's, the same in every process: market hours pass in seconds."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass, field


@dataclass(frozen=True)
class FastClock:
    """Implements `core.clock.Clock`; `began` is the machine's monotonic time at `start_ms`."""

    start_ms: int
    speed: float
    began: float
    _random: random.Random = field(default_factory=lambda: random.Random(1))

    def now_ms(self) -> int:
        return self.start_ms + round((time.monotonic() - self.began) * 1000 * self.speed)

    def monotonic(self) -> float:
        return time.monotonic() * self.speed

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self.speed)

    def uniform(self, low: float, high: float) -> float:
        return self._random.uniform(low, high)

    def jump(self, milliseconds: int) -> None:
        """Time that others share can't be moved by hand."""
        raise NotImplementedError
