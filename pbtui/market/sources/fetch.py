"""Making the store hold a range of candles as far as the world has them: archives first, then the venue, then gaps."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from pbtui.core.clock import DAY_MS, Clock
from pbtui.core.errors import ExchangeError, PbtuiError, RateLimited, VenueUnreachable
from pbtui.exchange.port import TIMEFRAME_MS, Timeframe
from pbtui.market.sources.archives import SETTLED_MS, Archive
from pbtui.market.sources.asking import CandleFeed, Manners, ask, first_candle_ms, manners_of
from pbtui.market.sources.filing import File, days_for, months_for
from pbtui.market.sources.holes import Hole, holes_in, note_before_listing, note_holes, note_lasting, wanted
from pbtui.market.sources.keeping import Store, locked
from pbtui.market.sources.progress import Meter, Source
from pbtui.market.sources.rows import BadBody, rows_of_candles
from pbtui.market.store.rows import Rows
from pbtui.market.store.spans import Stretch, clipped, length, windows

_log = logging.getLogger("pbtui.market")
_ARCHIVES_FROM_MS = 2_880 * 60_000  # less than that is asked of the venue (candles.md 6.3)
_FILES_AT_ONCE = 5
_EMPTY_ROUNDS = 3  # so many rounds of files that do not exist, and the archive is left alone
_MOVING = 10  # candles by which the beginning of a short history may move during a run
_LISTING_FROM_MS = 2 * DAY_MS  # a beginning that lacks less is just asked for


@dataclass(frozen=True, slots=True)
class Ensured:
    """What came of it: how many candles are new, the holes that remain in the range, one line for each trouble."""

    rows_added: int
    holes: tuple[Hole, ...] = ()
    notes: tuple[str, ...] = ()


async def ensure(
    store: Store,
    feed: CandleFeed,
    archive: Archive | None,
    symbol: str,
    start_ms: int,
    end_ms: int,
    timeframe: Timeframe = "1m",
    *,
    clock: Clock,
    meter: Meter | None = None,
    refetch_gaps: bool = False,
) -> Ensured:
    """Make the store hold [start, end) of a symbol as far as the world has it, and say what is not there.

    Everything fetched is stored at once, so that a run that ends early loses nothing. The unfinished candle is never
    among it. `refetch_gaps` asks again for gaps that were asked for often enough. Raises ExchangeError when the venue
    cannot be asked or refuses, DataError when the store does; an archive that fails is a note, since the venue's own
    interface has the same candles.
    """
    step = TIMEFRAME_MS[timeframe]
    start = -(-start_ms // step) * step
    end = min(end_ms, feed.now_ms()) // step * step
    if start >= end:
        return Ensured(0)
    manners = manners_of(store.exchange)
    fetch = _Fetch(store, feed, archive, symbol, timeframe, start, end, manners, clock, meter, refetch_gaps)
    return await fetch.run()


@dataclass(slots=True)
class _Fetch:
    store: Store
    feed: CandleFeed
    archive: Archive | None
    symbol: str
    timeframe: Timeframe
    start: int
    end: int
    manners: Manners
    clock: Clock
    meter: Meter | None
    refetch_gaps: bool
    rows_added: int = 0
    notes: list[str] = field(default_factory=list[str])
    answered: list[Stretch] = field(default_factory=list[Stretch])  # by the venue, with or without candles

    @property
    def step(self) -> int:
        return TIMEFRAME_MS[self.timeframe]

    async def run(self) -> Ensured:
        await self._find_beginning()
        missing = await self._wanted()
        if self.meter is not None:
            self.meter.begin(self.store.exchange, self.symbol, self.timeframe, length(missing, self.step))
        if length(missing, self.step) * self.step >= _ARCHIVES_FROM_MS and self.timeframe == "1m":
            await self._from_archive(missing)
            missing = await self._wanted()
        if missing:
            await self._from_venue(missing)
        return Ensured(self.rows_added, await asyncio.to_thread(self._holes), tuple(self.notes))

    async def _wanted(self, start: int = 0, end: int = 1 << 62) -> list[Stretch]:
        """Return what is worth asking for in a part of the range."""
        return await asyncio.to_thread(
            wanted,
            self.store,
            self.symbol,
            max(start, self.start),
            min(end, self.end),
            self.timeframe,
            refetch_gaps=self.refetch_gaps,
        )

    async def _find_beginning(self) -> None:
        """Find out once when the symbol began, if a long range lacks its beginning."""
        if self.store.listing(self.symbol) is not None:
            return
        missing = await self._wanted()
        if not missing or missing[0].start_ms > self.start or missing[0].end_ms - self.start < _LISTING_FROM_MS:
            return
        first = await first_candle_ms(self.feed, self.clock, self.manners, self.symbol)
        if first is not None:
            await asyncio.to_thread(self.store.note_listing, self.symbol, first)

    async def _from_archive(self, missing: Sequence[Stretch]) -> None:
        """Store what whole files hold; whatever goes wrong with them is left to the venue."""
        archive = self.archive
        if archive is None:
            return
        settled = (self.feed.now_ms() - SETTLED_MS) // DAY_MS * DAY_MS
        if archive.has_months:
            if not await self._rounds(archive, months_for(missing, settled)):
                return
            missing = await self._wanted()
        await self._rounds(archive, days_for(missing, self.start, min(self.end, settled)))

    async def _rounds(self, archive: Archive, files: Sequence[File]) -> bool:
        """Fetch files a few at a time; False when the archive cannot be reached."""
        empty_rounds = 0
        for i in range(0, len(files), _FILES_AT_ONCE):
            found = await self._round(archive, files[i : i + _FILES_AT_ONCE])
            if found is None:
                return False
            empty_rounds = 0 if found else empty_rounds + 1
            if empty_rounds == _EMPTY_ROUNDS:
                break
        return True

    async def _round(self, archive: Archive, files: Sequence[File]) -> int | None:
        """Fetch some files at once and store them; return how many exist, None when the archive cannot be reached."""
        whole = (files[0].start_ms, files[-1].end_ms)
        async with locked(self.store, self.symbol, self.timeframe):
            before = await self._wanted(*whole)
            still = [file for file in files if clipped(before, file.start_ms, file.end_ms)]
            results = await asyncio.gather(*(self._file(archive, file) for file in still))
            found = [rows for rows in results if isinstance(rows, np.ndarray)]
            if found:
                await self._keep(np.concatenate(found))
            after = await self._wanted(*whole)
        self._progress("archive", length(before, self.step) - length(after, self.step))
        failed = [result for result in results if isinstance(result, PbtuiError)]
        gone = [error for error in failed if isinstance(error, (VenueUnreachable, RateLimited))]
        for error in gone[:1] or failed:
            self._note(f"{self.store.exchange} archive: {error.line()}")
        return None if gone else len(found) + len(files) - len(still)

    async def _file(self, archive: Archive, file: File) -> Rows | PbtuiError | None:
        try:
            if file.month:
                return await archive.month(self.symbol, file.start_ms)
            return await archive.day(self.symbol, file.start_ms)
        except (ExchangeError, BadBody) as error:
            return error

    async def _from_venue(self, missing: Sequence[Stretch]) -> None:
        """Ask the venue for the rest, question by question."""
        reach = self._reach()
        self._progress("venue", length(clipped(missing, 0, reach), self.step))
        missing = clipped(missing, reach, self.end)
        near, longest = self.manners.near * self.step, self.manners.rows * self.step
        for window in windows(missing, near_ms=near, longest_ms=longest):
            await self._question(window)

    def _reach(self) -> int:
        """Return where the venue's history begins, as far as its length is known."""
        if self.manners.history is None:
            return 0
        return (self.feed.now_ms() // self.step - self.manners.history) * self.step

    async def _question(self, window: Stretch) -> None:
        """Ask for what is missing in a window, unless somebody else has brought it meanwhile, and store the answer."""
        async with locked(self.store, self.symbol, self.timeframe):
            missing = await self._wanted(*window)
            if not missing:
                return
            start, end = missing[0].start_ms, missing[-1].end_ms
            candles = await ask(self.feed, self.clock, self.manners, self.symbol, self.timeframe, start, end)
            if len(candles):
                await self._keep(rows_of_candles(candles))
            self.answered.append(Stretch(start, end))
        self._progress("venue", length(missing, self.step))

    async def _keep(self, rows: Rows) -> None:
        # A write that has begun is waited for even when the run is cancelled: nobody may follow under the lock.
        writing = asyncio.ensure_future(asyncio.to_thread(self._write, rows))
        try:
            self.rows_added += await asyncio.shield(writing)
        except asyncio.CancelledError:
            await asyncio.wait({writing})
            raise

    def _write(self, rows: Rows) -> int:
        """Store rows and return how many candles were missing before: an answer brings some that are held, too."""
        reached = int(rows["ts"].min()), int(rows["ts"].max()) + self.step
        before = self.store.missing(self.symbol, *reached, self.timeframe)
        self.store.write(self.symbol, rows, self.timeframe)
        after = self.store.missing(self.symbol, *reached, self.timeframe)
        return length(before, self.step) - length(after, self.step)

    def _holes(self) -> tuple[Hole, ...]:
        """Note what nobody has, and return everything that is still missing, with the reason."""
        store, symbol, timeframe = self.store, self.symbol, self.timeframe
        note_before_listing(store, symbol, timeframe, self.start, self.end)
        if (reach := self._reach()) > self.start:
            # Some candles more: the history goes on moving while it is read.
            lost = store.missing(symbol, self.start, min(reach + _MOVING * self.step, self.end), timeframe)
            note_lasting(store, symbol, timeframe, lost, "no_archive")
        reason = "no_trades" if self.manners.gaps_are_verified else "auto_detected"
        note_holes(store, symbol, timeframe, self.answered, reason=reason, now_ms=self.feed.now_ms())
        return holes_in(store, symbol, timeframe, self.start, self.end)

    def _progress(self, source: Source, count: int) -> None:
        if self.meter is not None and count:
            self.meter.add(self.store.exchange, self.symbol, self.timeframe, source, count)

    def _note(self, text: str) -> None:
        _log.warning("%s", text)
        self.notes.append(text)
