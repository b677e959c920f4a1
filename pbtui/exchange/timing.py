"""How long remote calls take: the last ones by name, in bounded memory."""

from __future__ import annotations

from collections import deque
from statistics import median

from pbtui.core.clock import Clock
from pbtui.core.history import CallTimes

_KEPT = 400
_WINDOW_S = 300.0
_MINUTE_S = 60.0


class CallTimer:
    """Remembers the calls of the last five minutes."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._calls: deque[tuple[float, str, float, bool]] = deque(maxlen=_KEPT)

    def note(self, name: str, took_ms: float, *, ok: bool) -> None:
        """Remember a call; of its name the first word counts."""
        self._calls.append((self._clock.monotonic(), name.split(" ", 1)[0], took_ms, ok))

    def times(self) -> tuple[CallTimes, ...]:
        """Return the calls of the last five minutes by name, the slowest kind first."""
        by_name: dict[str, list[tuple[float, bool]]] = {}
        for _, name, took_ms, ok in self._recent(_WINDOW_S):
            by_name.setdefault(name, []).append((took_ms, ok))
        found = [
            CallTimes(
                name, len(calls), median(t for t, _ in calls), max(t for t, _ in calls), sum(not ok for _, ok in calls)
            )
            for name, calls in by_name.items()
        ]
        return tuple(sorted(found, key=lambda call: -call.median_ms))

    def last_minute(self) -> int:
        """Return how many calls there were within the last minute."""
        return len(self._recent(_MINUTE_S))

    def middle_ms(self) -> tuple[float, float] | None:
        """Return median and longest of the last five minutes, None without a call."""
        took = [took_ms for _, _, took_ms, _ in self._recent(_WINDOW_S)]
        return (median(took), max(took)) if took else None

    def _recent(self, window_s: float) -> list[tuple[float, str, float, bool]]:
        oldest = self._clock.monotonic() - window_s
        return [call for call in self._calls if call[0] >= oldest]
