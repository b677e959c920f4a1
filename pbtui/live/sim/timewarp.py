"""An event loop whose time jumps to the next timer, and the clock that is read from it."""

from __future__ import annotations

import asyncio
import random
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class _JumpingSelector(selectors.DefaultSelector):  # pyright: ignore[reportGeneralTypeIssues, reportUntypedBaseClass]
    """Where a loop would wait for its next timer, time moves on instead."""

    def __init__(self) -> None:
        super().__init__()
        self.now_s = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        """Return what is ready without waiting; raises RuntimeError where nothing could ever happen again."""
        if timeout is None:
            raise RuntimeError("everybody waits and no timer is set: the simulated program hangs")
        self.now_s += max(0.0, timeout)
        return super().select(0)


class WarpLoop(asyncio.SelectorEventLoop):
    """Runs as fast as its tasks do: sleeping costs nothing, and the same tasks always run in the same order."""

    def __init__(self) -> None:
        self._warp = _JumpingSelector()
        super().__init__(self._warp)

    def time(self) -> float:
        """Return the simulated seconds since the loop was made."""
        return self._warp.now_s


class WarpClock:
    """The simulated machine's clock. `skew_ms`: how far its wall clock is off; `lost_ms`: time it slept through."""

    def __init__(self, start_ms: int, seed: int) -> None:
        self.skew_ms = 0
        self.lost_ms = 0
        self._start_ms = start_ms
        self._dice = random.Random(seed)

    def true_ms(self) -> int:
        """Return the true time, which is the venue's."""
        return self._start_ms + self.lost_ms + round(self.monotonic() * 1000)

    def now_ms(self) -> int:
        """Return what the machine believes the time to be."""
        return self.true_ms() + self.skew_ms

    def monotonic(self) -> float:
        """Return simulated seconds; time the machine slept through does not count, as on Linux."""
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        """Sleep in simulated time."""
        await asyncio.sleep(max(0.0, seconds))  # seam: of a loop without real time

    def uniform(self, low: float, high: float) -> float:
        """Return seeded jitter."""
        return self._dice.uniform(low, high)


def run_warped(main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end in simulated time."""
    with asyncio.Runner(loop_factory=WarpLoop) as runner:
        return runner.run(main)
