"""Keys faster than a hand: a paste into a terminal that does not mark pastes."""

from __future__ import annotations

from collections import deque

WINDOW_S = 0.06
FAST, FLOOD = 4, 12  # keys within the window; hands and key repeat stay far below


class Burst:
    """Counts the keys of the last moment; times are monotonic seconds."""

    def __init__(self) -> None:
        self._times: deque[float] = deque(maxlen=FLOOD)

    def key(self, now: float) -> None:
        """Take note of a key."""
        self._times.append(now)

    def fast(self, now: float) -> bool:
        """Tell whether the last keys came faster than a hand types: dangerous keys must rest."""
        return len(self._times) >= FAST and now - self._times[-FAST] < WINDOW_S

    def flood(self, now: float) -> bool:
        """Tell whether so many came at once that none of them was meant for a screen."""
        return len(self._times) == FLOOD and now - self._times[0] < WINDOW_S
