"""Balance and equity since a session began: one point a minute, thinned when there are too many."""

from __future__ import annotations

from pbtui.core.clock import MINUTE_MS
from pbtui.core.history import Equity
from pbtui.core.snapshot import Snapshot

MOST_POINTS = 1_440


class EquityTrail:
    """Keeps at most `most` points, evenly spread over market time; the spacing doubles when they do not suffice."""

    def __init__(self, most: int = MOST_POINTS) -> None:
        self._most = most
        self._spacing_ms = MINUTE_MS
        self._points: list[tuple[int, float, float]] = []

    def take(self, found: Snapshot) -> None:
        """Note a snapshot's totals; those of an account that was not read yet say nothing."""
        money = found.money
        if found.health.state == "starting" or money.balance == 0.0:
            return
        slot = found.market_ms // self._spacing_ms * self._spacing_ms
        if self._points and slot < self._points[-1][0]:
            self._points.clear()  # another market: it began anew
        point = (slot, money.balance, money.equity)
        if self._points and self._points[-1][0] == slot:
            self._points[-1] = point
        else:
            self._points.append(point)
        if len(self._points) > self._most:
            self._thin()

    def _thin(self) -> None:
        """Keep the last point of each slot of twice the length."""
        self._spacing_ms *= 2
        kept: dict[int, tuple[int, float, float]] = {}
        for ts_ms, balance, equity in self._points:
            slot = ts_ms // self._spacing_ms * self._spacing_ms
            kept[slot] = (slot, balance, equity)
        self._points = list(kept.values())

    def curve(self, points: int) -> Equity:
        """Return at most `points` of the points, the newest always among them, oldest first."""
        count = len(self._points)
        if count == 0 or points < 1:
            return Equity()
        step = -(-count // points)
        chosen = self._points[(count - 1) % step :: step]
        ts_ms, balance, equity = zip(*chosen, strict=True)
        return Equity(ts_ms, balance, equity)
