"""Keys faster than a hand: a paste into a terminal that does not mark pastes."""

from __future__ import annotations

from collections import deque

WINDOW_S = 0.06
FAST, FLOOD = 4, 12  # keys within the window; hands and key repeat stay far below
ROOM, PER_S = 512, 200.0  # keys let through at once, and lastingly
QUIET_S = 1.0  # without a key, after which a flood is over; terminals hand a long paste on with pauses


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


class KeyGate:
    """Lets no more keys through than an event loop carries with ease; the rest of a flood is dropped at the terminal.

    A key that is only ignored still costs the loop its turn, and a million of them would cost the bot minutes.
    """

    def __init__(self) -> None:
        self._room = float(ROOM)
        self._last = 0.0  # monotonic seconds
        self._shut = False

    @property
    def shut(self) -> bool:
        """Tell whether a flood is being dropped."""
        return self._shut

    def passes(self, now: float) -> bool:
        """Tell whether a key that comes at `now` (monotonic seconds) may go on; a flood ends with a pause."""
        pause = max(0.0, now - self._last)
        self._last = now
        self._room = min(float(ROOM), self._room + pause * PER_S)
        self._shut = pause < QUIET_S if self._shut else self._room < 1.0
        if not self._shut:
            self._room -= 1.0
        return not self._shut
