"""Keeps the log screen's view up to date: reads in steps beside the console's loop, searches in threads."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

from pbtui.console.log.index import Place
from pbtui.console.log.pieces import LogFiles, MemoryLog, Pieces
from pbtui.console.log.reader import Reader
from pbtui.console.log.record import MOST_FULL, Record, encode, parse
from pbtui.console.log.search import AFTER_ALL, BEFORE_ALL, at_time, find
from pbtui.console.log.view import LogView
from pbtui.console.log.wanted import Wanted
from pbtui.console.text import safe
from pbtui.core.snapshot import EventRow

GAP_S = 0.25
SLOW_GAP_S = 1.0
MOST_MEMORY = 8_000_000  # bytes of events that stand in for a file
_FIRST_BUDGET_S = 0.01  # the first page before anything else
T = TypeVar("T")


class LogDesk:
    """One log at a time. `draw` is called on the loop, at most four times a second; once while the link is `slow`."""

    def __init__(self, view: LogView, draw: Callable[[], None], slow: Callable[[], bool]) -> None:
        self.view = view
        self._draw = draw
        self._slow = slow
        self._due = False
        self._log: Pieces | None = None
        self._memory = MemoryLog()
        self._reader: Reader | None = None
        self._asked = Wanted()
        self._path = ""
        self._fallen_back = False
        self._failed_with: tuple[int, ...] = ()
        self._last_seq = -1
        self._drawn_at = float("-inf")
        self._wake = asyncio.Event()
        self._settled = asyncio.Event()
        self._following = False

    # -- what to read --------------------------------------------------------------------------------------------

    def open(self, path: str, events: Iterable[EventRow], wanted: Wanted) -> None:
        """Read this log with this filter from now on; the events stand in where there is no file to read."""
        self._take_events(events)
        if path != self._path:
            self._path, self._fallen_back = path, False
            self._let_go()
        self.want(wanted)

    def want(self, wanted: Wanted) -> None:
        """Filter otherwise; what is shown stays until the first page of the new rows is there."""
        if wanted != self._asked:
            self._asked = wanted
            self._settled.clear()
            self._wake.set()

    def _take_events(self, events: Iterable[EventRow]) -> None:
        known = list(events)
        if known and known[-1].seq < self._last_seq:
            self._last_seq = -1  # another run of the bot counts anew
        fresh = [row for row in known if row.seq > self._last_seq]
        if not fresh:
            return
        self._last_seq = fresh[-1].seq
        if self._memory.piece.size > MOST_MEMORY:  # begin anew with what the console itself still remembers
            in_use, self._memory, fresh = self._log is self._memory, MemoryLog(), known
            if in_use:
                why = self.view.why_events
                self._let_go()
                self.view.why_events = why
        self._memory.piece.append(b"".join(map(encode, fresh)))

    # -- following -----------------------------------------------------------------------------------------------

    async def follow(self) -> None:
        """Read and go on reading until cancelled; starts anew each time, at the end of the log."""
        self._let_go()
        self._fallen_back = False
        self._following = True
        try:
            while True:
                self._wake.clear()
                await self._step()
                self._draw_if_due()
                if self.view.done and self.view.wanted == self._asked:
                    self._settled.set()
                    await self._rest()
                    self._try_again()
        finally:
            self._following = False
            self._let_go()
            self._settled.set()  # nobody waits for what is not read any more

    async def settled(self) -> None:
        """Wait until everything that is there has been read."""
        await self._settled.wait()

    async def read_on(self) -> None:
        """Wait until what was appended up to now has been read."""
        if self._following:
            self._settled.clear()
            self._wake.set()
        await self._settled.wait()

    async def _rest(self) -> None:
        try:
            await asyncio.wait_for(self._wake.wait(), GAP_S)
        except TimeoutError:
            return

    async def _step(self) -> None:
        view = self.view
        if self._reader is None or self._reader.wanted != self._asked:
            self._reader = Reader(self._source(), self._asked)
            budget = _FIRST_BUDGET_S
        else:
            budget = 0.05
        reader = self._reader
        batch = await asyncio.to_thread(reader.step, budget)
        if reader is not self._reader:
            return
        if batch.failed:
            self._fall_back(batch.problem)
            return
        before = (view.problem, view.done, view.share)
        view.wanted = reader.wanted
        view.take(batch)
        self._due |= batch.changes or before != (view.problem, view.done, view.share)

    def _source(self) -> Pieces:
        if self._log is None:
            usable = bool(self._path) and not self._fallen_back
            self._log = LogFiles(Path(self._path)) if usable else self._memory
            self.view.source = "file" if usable else "events"
            self.view.path = safe(self._path, 200) if usable else ""
        return self._log

    def _fall_back(self, why: str) -> None:
        self._let_go()
        self._fallen_back, self._failed_with = True, _standing_of(self._path)
        self.view.why_events = safe(why, 200)

    def _try_again(self) -> None:
        """Go back to the file once there is another, or other rights: a bot that starts has not written yet."""
        if self._fallen_back and _standing_of(self._path) != self._failed_with:
            self._fallen_back = False
            self._let_go()

    def _let_go(self) -> None:
        if self._log is not None and self._log is not self._memory:
            self._log.close()
        self._log = self._reader = None
        self.view.why_events = ""
        self.view.forget()
        self._settled.clear()
        self._wake.set()

    def _draw_if_due(self) -> None:
        """Draw what came, unless the last drawing was a moment ago; the next step asks again."""
        now = asyncio.get_running_loop().time()
        if self._due and now >= self._drawn_at + (SLOW_GAP_S if self._slow() else GAP_S):
            self._due, self._drawn_at = False, now
            self._draw()

    # -- searching -----------------------------------------------------------------------------------------------

    async def find(self, wanted: Wanted, step: int, *, from_end: bool = False) -> tuple[Place | None, bool]:
        """Return the next row that is wanted too, and whether the search went on from the other end."""
        await self.settled()
        view, start = self.view, self.view.place
        if start is None:
            return None, False
        if from_end:
            start = AFTER_ALL
        blocks = list(view.index.blocks)
        found = await _quietly(lambda: find(blocks, wanted, start, step))
        if found is not None:
            return found, False
        end = BEFORE_ALL if step > 0 else AFTER_ALL
        return await _quietly(lambda: find(blocks, wanted, end, step)), True

    async def at_time(self, time: bytes, step: int) -> Place | None:
        """Return the row at a time, in a direction from the cursor."""
        await self.settled()
        start, blocks = self.view.place, list(self.view.index.blocks)
        return None if start is None else await _quietly(lambda: at_time(blocks, time, start, step))

    async def records(self, rows: list[int]) -> list[Record]:
        """Return rows in full, each up to a megabyte."""
        index = self.view.index

        def read() -> list[Record]:
            found: list[Record] = []
            for row in rows:
                raw = index.raw(row, MOST_FULL)
                found.append(parse(raw, cut=len(raw) >= MOST_FULL, most=MOST_FULL))
            return found

        return await _quietly(read) or []


def _standing_of(path: str) -> tuple[int, ...]:
    """Return which file a name leads to and who may read it; nothing for none."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return ()
    return found.st_dev, found.st_ino, found.st_mode


async def _quietly(work: Callable[[], T | None]) -> T | None:
    """Do work in a thread; a file that was closed meanwhile has nothing to find."""
    try:
        return await asyncio.to_thread(work)
    except OSError:
        return None
