"""What the venue's gate sees of a simulated bot: how much it asks, and whether it keeps silent when told to."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping

PER_MINUTE = 1_000.0  # what the bot keeps to
LIMIT = 1_200.0  # what the venue allows in any minute


class Server:
    """Counts cost a minute and requests during a ban. Stands in for a client of the library towards a `Caller`."""

    def __init__(self, breach: Callable[[str, str], None]) -> None:
        """`breach` is told the invariant and what happened."""
        self.requests = 0
        self._breach = breach
        self._spent: deque[tuple[float, float]] = deque()
        self._total = 0.0
        self._banned_until = 0.0
        self.is_text_response: Callable[[object], bool] | None = None

    def note(self, at_s: float, cost: float) -> None:
        """Take a request in."""
        self.requests += 1
        self._spent.append((at_s, cost))
        self._total += cost
        while self._spent[0][0] <= at_s - 60.0:
            self._total -= self._spent.popleft()[1]
        if self._total > LIMIT:
            self._breach("I6", f"{self._total:.0f} units asked for within a minute")
        if at_s < self._banned_until:
            self._breach("I6", f"a request {self._banned_until - at_s:.1f} s before the ban was over")

    def ban(self, at_s: float, seconds: float) -> None:
        """Answer 429 and want silence."""
        self._banned_until = at_s + seconds
        self.on_rest_response(429, "", "", "GET", {"Retry-After": f"{seconds:.0f}"})

    def on_rest_response(
        self, code: int, reason: str, url: str, method: str, headers: Mapping[str, str], *rest: object
    ) -> None:
        """Be the library's hook that callers listen on."""
