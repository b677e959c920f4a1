"""Fills of an account: kept on disk, asked for only when something may have happened, each once, oldest first."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable

from pbtui.core.clock import DAY_MS, HOUR_MS, MINUTE_MS, Clock
from pbtui.core.errors import ExchangeError, StateError
from pbtui.core.types import Fill
from pbtui.exchange.fills.spans import Span, merged, missing, pieces
from pbtui.exchange.fills.store import FillStore
from pbtui.exchange.private.quirks import Look

_log = logging.getLogger("pbtui.exchange")
OVERLAP_MS = 600_000  # venues report some fills late: the last ten minutes are read again
LOOK_EVERY_S = 60.0  # also when nothing seems to have happened
_CONFIRM_LOOKS = 2  # after an event, in case the venue's history lags behind it
_WRITE_EACH_MS = 10 * MINUTE_MS  # how far the cursor moves before it is written without a fill
_PROFIT_LATE_MS = 2 * MINUTE_MS  # a venue may tell a close before its profit
_ASK_AGAIN_S = (300.0, 3_600.0, 6 * 3_600.0)  # for profits that the venue has not told


class FillLog:
    """Keeps what the venue tells and asks it for news; `noticed` says where to look and that it should be soon.

    What the store refuses to write stays in memory and is written with the next look; `trouble` says so meanwhile.
    """

    def __init__(
        self,
        clock: Clock,
        ask: Callable[[Look], Awaitable[list[Fill]]],
        now_ms: Callable[[], int],
        *,
        window_ms: int | None = None,
        store: FillStore | None = None,
    ) -> None:
        self.trouble = ""
        self.waits_for_profit = False  # a close has just happened, and what it earned is not told yet
        self._clock = clock
        self._ask = ask
        self._now_ms = now_ms
        self._window_ms = window_ms
        self._store = store or FillStore.in_memory()
        self._spans = self._store.spans()
        self._written_ms = self._spans[-1][1] if self._spans else 0
        self._unwritten: dict[str, Fill] = {}
        self._given_up: list[Span] = []  # old stretches that the venue would not tell in this process
        self._looked_at = float("-inf")
        self._noticed: dict[str, int] = {}
        self._asked_again = 0
        self._settled_at = clock.monotonic()

    @property
    def store(self) -> FillStore:
        """Where they are kept."""
        return self._store

    def use(self, store: FillStore) -> None:
        """Keep them in another store from now on; before the first look."""
        self._store = store
        self._spans = store.spans()
        self._written_ms = self._spans[-1][1] if self._spans else 0

    def noticed(self, symbols: Iterable[str]) -> None:
        """Note symbols where orders or positions changed."""
        for symbol in symbols:
            self._noticed[symbol] = _CONFIRM_LOOKS

    def before(self, until_ms: int) -> list[Fill]:
        """Return what is kept from before `until_ms`, oldest first; nothing is asked. Raises StateError."""
        return self._store.fills(0, until_ms)

    async def read(self, since_ms: int) -> list[Fill]:
        """Return the fills at or after `since_ms`, oldest first, and older ones whose profit has just become known.

        Raises ExchangeError, nothing is lost then; StateError when the store cannot be read.
        """
        now = self._clock.monotonic()
        late: list[Fill] = []
        holes = not self._spans or bool(missing(self._spans, since_ms, max(since_ms, self._end_ms())))
        if holes or self._noticed or now - self._looked_at >= LOOK_EVERY_S:
            await self._catch_up(since_ms)
            await self._look(since_ms)
            self._looked_at = now
            late = [fill for fill in await self._settle_profits(now) if fill.ts_ms < since_ms]
        found = {fill.id: fill for fill in self._store.fills(since_ms)}
        found |= {name: fill for name, fill in self._unwritten.items() if fill.ts_ms >= since_ms}
        return late + sorted(found.values(), key=lambda fill: fill.ts_ms)

    def mended(self) -> list[Fill] | None:
        """Return all that is kept, oldest first, if another process has changed it since the last call, else None.

        Nothing is asked. Raises StateError.
        """
        if not self._store.changed_by_others():
            return None
        self._spans = merged([*self._spans, *self._store.spans()])
        found = {fill.id: fill for fill in self._store.fills()} | self._unwritten
        return sorted(found.values(), key=lambda fill: fill.ts_ms)

    def gaps(self, since_ms: int, until_ms: int) -> list[Span]:
        """Return the stretches of [since, until) that were never told in full."""
        return missing(self._spans, since_ms, until_ms)

    async def ask(self, since_ms: int) -> list[Fill]:
        """Return what the venue tells since then, oldest first; nothing is kept. Raises ExchangeError."""
        found: dict[str, Fill] = {}
        now_ms = self._now_ms()
        *older, last = pieces((since_ms, now_ms), self._window_ms) or [(since_ms, now_ms)]
        for piece in older:
            told = await self._ask(Look(piece[0], self._now_ms(), frozenset(), piece[1]))
            found.update((fill.id, fill) for fill in told)
        found.update((fill.id, fill) for fill in await self._ask(Look(last[0], self._now_ms())))
        return sorted(found.values(), key=lambda fill: fill.ts_ms)

    async def refill(self, since_ms: int) -> int:
        """Ask for all that was never told since then, and for news; return how many fills were new.

        Raises ExchangeError with what was told so far kept.
        """
        fresh = 0
        for hole in missing(self._spans, since_ms, max(since_ms, self._end_ms())):
            for piece in pieces(hole, self._window_ms):
                fresh += len(await self._told(piece, frozenset()))
        return fresh + len(await self._look(since_ms))

    def _end_ms(self) -> int:
        return self._spans[-1][1] if self._spans else 0

    async def _catch_up(self, since_ms: int) -> None:
        """Fill the holes left by times without a bot: those since `since_ms` must be, older ones where possible."""
        end = self._end_ms()
        start = min(since_ms, self._spans[0][0]) if self._spans else since_ms
        for hole in missing([*self._spans, *self._given_up], start, max(end, start)):
            for piece in pieces(hole, self._window_ms):
                await self._told_or_given_up(piece, since_ms)

    async def _look(self, since_ms: int) -> list[Fill]:
        """Ask for what is new, from a little before the newest that is known, in windows after a long time away."""
        now_ms, end = self._now_ms(), self._end_ms()
        start = since_ms
        if self._spans:
            newest = self._newest_ms()
            start = min(end, max(end - DAY_MS, self._spans[0][0], 0 if newest is None else newest - OVERLAP_MS))
        *older, last = pieces((start, now_ms), self._window_ms) or [(start, now_ms)]
        fresh: list[Fill] = []
        for piece in older:
            fresh += await self._told_or_given_up(piece, since_ms)
        fresh += await self._told(last, frozenset(self._noticed), last=True)
        self._settle({fill.symbol for fill in fresh})
        late = self._untold(now_ms)
        self.waits_for_profit = bool(late)
        self.noticed({fill.symbol for fill in late})
        return fresh

    def _untold(self, now_ms: int) -> list[Fill]:
        """Return the closes of the last minutes whose profit is still to come."""
        recent = [*self._store.fills(now_ms - _PROFIT_LATE_MS), *self._unwritten.values()]
        return [fill for fill in recent if not fill.pnl_known and now_ms - fill.ts_ms < _PROFIT_LATE_MS]

    async def _told_or_given_up(self, piece: Span, since_ms: int) -> list[Fill]:
        try:
            return await self._told(piece, frozenset())
        except ExchangeError as error:
            if piece[1] > since_ms:
                raise
            self._given_up.append(piece)
            _log.warning("fills of a time without a bot stay unknown for now: %s", error.line())
            return []

    async def _told(self, span: Span, symbols: frozenset[str], *, last: bool = False) -> list[Fill]:
        """Ask for a stretch of time and keep the answer, before anything else is asked."""
        until = None if last or self._window_ms is None else span[1]
        found = await self._ask(Look(span[0], self._now_ms(), symbols, until))
        self._spans = merged([*self._spans, span])
        return self._keep(found)

    def _keep(self, found: Iterable[Fill]) -> list[Fill]:
        """Put on the disk what is new; return it."""
        wanted = list({**self._unwritten, **{fill.id: fill for fill in found}}.values())
        try:
            news = self._store.news(wanted)
            fresh = [fill for fill in news if fill.id not in self._unwritten]
            if news or self._end_ms() - self._written_ms >= _WRITE_EACH_MS:
                self._store.take(news, self._spans)
                self._written_ms = self._end_ms()
        except StateError as error:
            if not self.trouble:
                _log.error("%s: fills are kept in memory until it can be written", error.line())
            self.trouble = f"fills cannot be written: {error.message}"
            fresh = [fill for fill in wanted if fill.id not in self._unwritten]
            self._unwritten = {fill.id: fill for fill in wanted}
            return fresh
        if self.trouble:
            _log.warning("fills are written again")
        for fill in fresh:
            if not fill.pnl_known:
                text = "the profit of %s %s at %s is not told yet: it counts as 0 until it is"
                _log.warning(text, fill.symbol, fill.side, fill.price)
        self.trouble, self._unwritten = "", {}
        return fresh

    def _newest_ms(self) -> int | None:
        stored = self._store.newest_ms()
        times = [fill.ts_ms for fill in self._unwritten.values()] + ([] if stored is None else [stored])
        return max(times, default=None)

    def _settle(self, fresh: set[str]) -> None:
        """Stop looking where the fill has come, or where it did not after some looks."""
        left = {symbol: count - 1 for symbol, count in self._noticed.items() if symbol not in fresh}
        self._noticed = {symbol: count for symbol, count in left.items() if count > 0}

    async def _settle_profits(self, now: float) -> list[Fill]:
        """Ask again for the profits of closes that the venue has not told; return those it tells now."""
        if self._asked_again >= len(_ASK_AGAIN_S) or now - self._settled_at < _ASK_AGAIN_S[self._asked_again]:
            return []
        self._asked_again += 1
        self._settled_at = now
        unknown = self._store.unknown()
        if not unknown or self._window_ms is None:
            return []
        first, last = unknown[0].ts_ms - MINUTE_MS, unknown[-1].ts_ms + HOUR_MS
        found: list[Fill] = []
        for piece in pieces((first, last), self._window_ms):
            found += await self._ask(Look(piece[0], self._now_ms(), frozenset(), piece[1]))
        names = {fill.id for fill in unknown}
        return self._keep(fill for fill in found if fill.id in names and fill.pnl_known)
