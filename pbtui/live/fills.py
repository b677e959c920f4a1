"""Running sums over the account's fills: profit series, fees, last fill per side, and what was executed lately."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from pbtui.core.clock import DAY_MS
from pbtui.core.types import Fill, Pside
from pbtui.live.keys import Key

OVERLAP_MS = 600_000  # venues report some fills late: the last ten minutes are read again
KEPT = 2_000  # fills remembered one by one


class FillBook:
    """Takes fills in as they come, once each, and keeps sums; nothing is summed twice or again.

    Profit is gross of fees and its peak starts at 0, the backtest's rule (architecture.md, Time, state and restart).
    """

    def __init__(self, *, overlap_ms: int = OVERLAP_MS) -> None:
        self.pnl_last = 0.0
        self.pnl_max = 0.0
        self.fees = 0.0
        self.count = 0
        self.recent: deque[Fill] = deque(maxlen=KEPT)
        self._overlap_ms = overlap_ms
        self._newest_ms: int | None = None
        self._seen: dict[str, int] = {}
        self._last: dict[Key, Fill] = {}
        self._day = 0
        self._day_pnl = 0.0
        self._ids: dict[str, int] = {}
        self._forgotten_ms = 0  # fills from before this time were taken in, and are no longer known by id
        self._unknown: dict[str, float] = {}  # fills whose profit the venue has not told: the fee that was counted

    def read_from(self, first_ms: int) -> int:
        """Return the time from which fills have to be read next."""
        return first_ms if self._newest_ms is None else max(first_ms, self._newest_ms - self._overlap_ms)

    def take(self, fills: Iterable[Fill]) -> list[Fill]:
        """Take fills in, oldest first, and return those not seen before; profits told late are added."""
        told = list(fills)
        for fill in told if self._unknown else ():
            if fill.pnl_known and fill.id in self._unknown:
                late_fee = fill.fee - self._unknown.pop(fill.id)
                self.fees += late_fee
                self._add_profit(fill.pnl)
                self._day_pnl += fill.pnl + late_fee if fill.ts_ms // DAY_MS == self._day else 0.0
        fresh: list[Fill] = []
        for fill in told:
            # An answer may hold a fill twice, and pages may reach further back than what is remembered.
            if fill.id not in self._seen and fill.ts_ms >= self._forgotten_ms:
                self._add(fill)
                fresh.append(fill)
        if fresh and len(self._seen) > 2 * KEPT:
            self._forget_old()
        return fresh

    def begin_anew(self, fills: Iterable[Fill]) -> None:
        """Forget everything and take these in instead, oldest first, as after a restart."""
        other = FillBook(overlap_ms=self._overlap_ms)
        other.take(fills)
        self.__dict__.update(other.__dict__)

    def last_fill(self, key: Key) -> Fill | None:
        """Return the last fill of a coin and side."""
        return self._last.get(key)

    def since(self, start_ms: int) -> list[Fill]:
        """Return the remembered fills at or after `start_ms`, newest first."""
        found: list[Fill] = []
        for fill in reversed(self.recent):
            if fill.ts_ms < start_ms:
                break
            found.append(fill)
        return found

    def filled(self, client_id: str) -> bool:
        """Tell whether an order with this id is among the remembered fills."""
        return client_id in self._ids

    def day_pnl(self, now_ms: int) -> float:
        """Return what was realised since 00:00 UTC, net of fees, in quote."""
        return self._day_pnl if now_ms // DAY_MS == self._day else 0.0

    def _add_profit(self, pnl: float) -> None:
        self.pnl_last += pnl
        self.pnl_max = max(self.pnl_max, self.pnl_last)

    def _add(self, fill: Fill) -> None:
        self._add_profit(fill.pnl)
        if not fill.pnl_known:
            self._unknown[fill.id] = fill.fee
        self.fees += fill.fee
        self.count += 1
        self._remember(fill)
        day = fill.ts_ms // DAY_MS
        if day > self._day:
            self._day, self._day_pnl = day, 0.0
        if day == self._day:
            self._day_pnl += fill.pnl + fill.fee
        newest = self._newest_ms
        self._newest_ms = fill.ts_ms if newest is None else max(newest, fill.ts_ms)
        key: tuple[str, Pside] = (fill.symbol, fill.pside)
        last = self._last.get(key)
        if last is None or fill.ts_ms >= last.ts_ms:
            self._last[key] = fill

    def _remember(self, fill: Fill) -> None:
        if len(self.recent) == self.recent.maxlen:
            self._release(self.recent[0])
        self.recent.append(fill)
        self._ids[fill.client_id] = self._ids.get(fill.client_id, 0) + 1
        self._seen[fill.id] = fill.ts_ms

    def _release(self, fill: Fill) -> None:
        left = self._ids.get(fill.client_id, 0) - 1
        if left > 0:
            self._ids[fill.client_id] = left
        else:
            self._ids.pop(fill.client_id, None)

    def _forget_old(self) -> None:
        oldest = self._forgotten_ms = self.read_from(0)
        self._seen = {name: ts for name, ts in self._seen.items() if ts >= oldest}
