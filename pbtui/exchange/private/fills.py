"""Fills of an account: asked for only when something may have happened, each once, oldest first."""

from __future__ import annotations

import bisect
from collections.abc import Awaitable, Callable, Iterable

from pbtui.core.clock import Clock
from pbtui.core.types import Fill
from pbtui.exchange.private.quirks import Look

OVERLAP_MS = 600_000  # venues report some fills late: the last ten minutes are read again
LOOK_EVERY_S = 60.0  # also when nothing seems to have happened
_CONFIRM_LOOKS = 2  # after an event, in case the venue's history lags behind it


class FillLog:
    """Remembers fills and asks the venue for news; `noticed` says where to look and that it should be soon."""

    def __init__(self, clock: Clock, ask: Callable[[Look], Awaitable[list[Fill]]], now_ms: Callable[[], int]) -> None:
        self._clock = clock
        self._ask = ask
        self._now_ms = now_ms
        self._fills: list[Fill] = []
        self._known: set[str] = set()
        self._since_ms: int | None = None
        self._looked_at = float("-inf")
        self._noticed: dict[str, int] = {}

    def noticed(self, symbols: Iterable[str]) -> None:
        """Note symbols where orders or positions changed."""
        for symbol in symbols:
            self._noticed[symbol] = _CONFIRM_LOOKS

    async def read(self, since_ms: int) -> list[Fill]:
        """Return the fills at or after `since_ms`, oldest first; raises ExchangeError, nothing is lost then."""
        first = self._since_ms is None or since_ms < self._since_ms
        now = self._clock.monotonic()
        if first or self._noticed or now - self._looked_at >= LOOK_EVERY_S:
            newest = self._fills[-1].ts_ms if self._fills else since_ms
            start = since_ms if first else max(self._since_ms or 0, newest - OVERLAP_MS)
            found = await self._ask(Look(start, self._now_ms(), frozenset(self._noticed)))
            self._since_ms = since_ms if first else self._since_ms
            self._looked_at = now
            fresh = self._take(found)
            self._settle(fresh)
        at = bisect.bisect_left(self._fills, since_ms, key=lambda fill: fill.ts_ms)
        return self._fills[at:]

    def _take(self, found: Iterable[Fill]) -> set[str]:
        """Keep what is new, in time's sequence; return the symbols it belongs to."""
        symbols: set[str] = set()
        for fill in found:
            if fill.id not in self._known:
                self._known.add(fill.id)
                self._fills.append(fill)
                symbols.add(fill.symbol)
        if symbols:
            self._fills.sort(key=lambda fill: fill.ts_ms)
        return symbols

    def _settle(self, fresh: set[str]) -> None:
        """Stop looking where the fill has come, or where it did not after some looks."""
        left = {symbol: count - 1 for symbol, count in self._noticed.items() if symbol not in fresh}
        self._noticed = {symbol: count for symbol, count in left.items() if count > 0}
