"""Market time that several processes share: many times as fast as the machine's, as long as the bot keeps up.

The simulated venue moves it, in a small file that is mapped into memory; whoever sleeps looks at it again and again.
A machine under load makes a bot slow: market time then waits for it, so that no test depends on the load.
"""

from __future__ import annotations

import asyncio
import mmap
import random
import struct
import time
from pathlib import Path

_LOOK_S = 0.006
_PATIENT = 10.0


class FastClock:
    """Implements `core.clock.Clock` over the shared time of a file; `drive` is for the venue only."""

    def __init__(self, path: Path, *, speed: float, start_ms: int | None = None) -> None:
        if start_ms is not None:
            path.write_bytes(struct.pack("<d", start_ms))
        with path.open("r+b") as file:
            self._shared = mmap.mmap(file.fileno(), 8)
        self.path = path
        self.speed = speed
        self._random = random.Random(1)
        self._driven = time.monotonic()

    def now_ms(self) -> int:
        return round(self._now())

    def monotonic(self) -> float:
        return self._now() / 1000.0

    async def sleep(self, seconds: float) -> None:
        deadline = self._now() + seconds * 1000.0
        await asyncio.sleep(0)
        # Another process moves the time: there is nothing in this one to wait for.
        while self._now() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(_LOOK_S)

    def uniform(self, low: float, high: float) -> float:
        return self._random.uniform(low, high)

    def drive(self, *, kept_up: bool) -> None:
        """Move on by what has passed since the last call: fast while the bot keeps up, else slowly."""
        now, before = time.monotonic(), self._driven
        self._driven = now
        passed_ms = min(now - before, 0.1) * 1000.0
        self._shared[:8] = struct.pack("<d", self._now() + passed_ms * (self.speed if kept_up else _PATIENT))

    def skip(self, seconds: float) -> None:
        """Move on by so much at once; only where the time is driven."""
        self._shared[:8] = struct.pack("<d", self._now() + seconds * 1000.0)

    def _now(self) -> float:
        return struct.unpack("<d", self._shared[:8])[0]
