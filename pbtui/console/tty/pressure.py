"""How well the terminal keeps up with what is drawn: the time frames wait until the last of them is written."""

from __future__ import annotations

from collections import deque

LATE_S = 0.3  # a frame that takes longer to write stands in a queue somewhere between here and the eyes
CALM_S = 10.0  # without a late frame before drawing goes at its full rate again


class Pressure:
    """Counts frames on their way. Times are monotonic seconds; not safe for threads by itself."""

    def __init__(self) -> None:
        self._queued: deque[float] = deque()
        self._late_at = float("-inf")

    def queued(self, now: float) -> None:
        """Take note of a frame that begins to wait."""
        self._queued.append(now)

    def written(self, now: float) -> None:
        """Take note of the oldest frame being written to its end."""
        if self._queued and now - self._queued.popleft() >= LATE_S:
            self._late_at = now

    def slow(self, now: float) -> bool:
        """Tell whether a frame was late lately, or is late already."""
        if self._queued and now - self._queued[0] >= LATE_S:
            self._late_at = now
        return now - self._late_at < CALM_S
