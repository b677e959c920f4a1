"""The candles of one symbol and timeframe: months and days of ours over Passivbot's shards.

Months that are over lie in one segment, the running month in days. Whose rows win: Passivbot's shard < our day < our
month < new rows. A day beside the month it belongs to is left over from a fold that was cut short: the month was
complete before it appeared. A month that has a segment is never written in days again, whatever the clock says.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from pbtui.core.clock import DAY_MS, Clock
from pbtui.core.errors import DataError
from pbtui.core.files import replace_file
from pbtui.core.sanitize import sanitize_line
from pbtui.core.system import sync_folder
from pbtui.market.store.facts import INDEX
from pbtui.market.store.layout import QUARANTINE, Segment, day_at, month_at, present, segment_of, segments_in
from pbtui.market.store.loading import Loader, Tell, Vanished
from pbtui.market.store.locks import held
from pbtui.market.store.notes import NOTES, Notes, read_notes, write_notes
from pbtui.market.store.rows import Rows, ascending, between, last_of_each, no_rows
from pbtui.market.store.segment import encode
from pbtui.market.store.spans import Stretch, clipped, length, ordered, without
from pbtui.market.store.trouble import StoreBusy, reason_of, unwritable

_MADE_FOLDERS = 4  # timeframe, exchange, ohlcv, caches
_LOOKS = 100  # at a folder that keeps changing; each time another writer got ahead
_WRITE_LOCK, _FETCH_LOCK = ".write.lock", ".fetch.lock"
_RANK = {"shard": 0, "day": 1, "month": 2}
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Coverage:
    """What is held: open times of first and last candle (None if there are none), their number, holes between."""

    first_ms: int | None
    last_ms: int | None
    count: int
    holes: tuple[Stretch, ...]


class Shelf:
    """One folder of the store; see CandleStore for what its methods raise."""

    def __init__(self, folder: Path, step_ms: int, clock: Clock, tell: Tell, lock_timeout_s: float) -> None:
        self.folder = folder
        self.step_ms = step_ms
        self._clock = clock
        self._tell = tell
        self._lock_timeout_s = lock_timeout_s
        self._anchored = False
        self.loader = Loader(folder, step_ms, clock, tell, self.alone)

    def alone(self) -> AbstractContextManager[None]:
        """Keep every other writer out."""
        return held(self.folder / _WRITE_LOCK, self._lock_timeout_s)

    def fetching(self, timeout_s: float) -> AbstractContextManager[None]:
        """Keep every other fetcher out."""
        return held(self.folder / _FETCH_LOCK, timeout_s)

    def segments(self) -> list[Segment]:
        """Return the segments there are, ascending; none, and told, when the disk does not say."""
        try:
            return segments_in(self.folder)
        except OSError as error:
            self.loader.tell_once("unreadable", self.folder, None, f"cannot be read: {reason_of(error)}")
            return []

    def read(self, start_ms: int, end_ms: int) -> Rows:
        """Return the verified rows of [start, end)."""

        def look() -> Rows:
            parts: list[tuple[int, Rows]] = []
            for segment in present(self.segments(), start_ms, end_ms):
                rows = between(self.loader.rows(segment), start_ms, end_ms)
                parts.append((_RANK[segment.kind], rows))
            return _merged(parts)

        return self._steady(look)

    def spans(self, start_ms: int, end_ms: int) -> list[Stretch]:
        """Return the stretches of [start, end) that hold candles, opening only segments that are not known."""

        def look() -> list[Stretch]:
            segments = self.segments()
            found: list[Stretch] = []
            for segment in present(segments, start_ms, end_ms):
                found += self.loader.facts(segment).spans(self.step_ms)
            self.loader.cache.save(segment.name for segment in segments)
            return clipped(ordered(found), start_ms, end_ms)

        return self._steady(look)

    def missing(self, start_ms: int, end_ms: int) -> list[Stretch]:
        """Return the stretches of [start, end), both rounded up to the grid, that hold no candles."""
        start, end = (-(-moment // self.step_ms) * self.step_ms for moment in (start_ms, end_ms))
        return without([Stretch(start, end)], self.spans(start, end))

    def coverage(self) -> Coverage:
        """Return what is held."""
        spans = self.spans(0, 1 << 62)
        if not spans:
            return Coverage(None, None, 0, ())
        first, end = spans[0].start_ms, spans[-1].end_ms
        holes = tuple(without([Stretch(first, end)], spans))
        return Coverage(first, end - self.step_ms, length(spans, self.step_ms), holes)

    def write(self, rows: Rows) -> None:
        """Merge sound, ascending rows; each segment appears whole and durable or not at all."""
        with self.alone():
            try:
                self._sweep()
                segments = segments_in(self.folder)
                for month, part in _by_month(rows):
                    self._write_month(month, part, present(segments, month.start_ms, month.end_ms))
                if int(rows["ts"][-1]) - int(rows["ts"][0]) >= DAY_MS:  # less is read again as fast
                    self.loader.cache.save(segment.name for segment in segments_in(self.folder))
                self._anchor()
            except OSError as error:
                raise unwritable(self.folder, error) from error

    def notes(self) -> Notes:
        """Return what is known about missing candles."""
        notes = read_notes(self.folder)
        if notes.broken:
            self._tell("notes", self.folder / NOTES, "cannot be read; gaps will be asked for again")
        return notes

    def change_notes(self, change: Callable[[Notes], Notes]) -> None:
        """Change what is known about missing candles."""
        with self.alone():
            before = self.notes()
            after = change(before)
            if after == before and not before.broken:
                return
            try:
                write_notes(self.folder, after)
            except OSError as error:
                raise unwritable(self.folder / NOTES, error) from error

    def delete(self) -> int:
        """Delete all files of ours, damaged ones too, and the folder if nothing else is in it; return the bytes."""
        freed = 0
        with self.alone():
            try:
                for path in [*self._ours(), *_files(self.folder / QUARANTINE)]:
                    freed += path.stat().st_size
                    path.unlink()
                with contextlib.suppress(StoreBusy), self.fetching(0.0):
                    (self.folder / _FETCH_LOCK).unlink()
                (self.folder / _WRITE_LOCK).unlink()
                for folder in (self.folder / QUARANTINE, self.folder):
                    with contextlib.suppress(OSError):  # Passivbot's files stay, and so does their folder
                        folder.rmdir()
            except OSError as error:
                raise unwritable(self.folder, error) from error
        self._anchored = False
        self.loader = Loader(self.folder, self.step_ms, self._clock, self._tell, self.alone)
        return freed

    def _write_month(self, month: Segment, rows: Rows, there: list[Segment]) -> None:
        days = [segment for segment in there if segment.kind == "day"]
        months = [segment for segment in there if segment.kind == "month"]
        if months or month.end_ms <= self._clock.now_ms():
            self._replace(month, days + months, rows)
            return
        for day, part in _by(rows, day_at):
            self._replace(day, [segment for segment in days if segment.name == day.name], part)

    def _replace(self, segment: Segment, old: list[Segment], rows: Rows) -> None:
        """Write a segment of old ones' rows and new ones, then drop what it has taken in."""
        before = _merged([(_RANK[each.kind], self._rows_of(each)) for each in old])
        merged = _merged([(0, before), (1, rows)])
        if [each.name for each in old] == [segment.name] and np.array_equal(merged, before):
            return
        replace_file(self.folder / segment.name, encode(merged))
        self.loader.written(segment, merged)
        taken_in = [each for each in old if each.name != segment.name]
        for each in taken_in:
            (self.folder / each.name).unlink(missing_ok=True)
        if taken_in:
            sync_folder(self.folder)

    def _rows_of(self, segment: Segment) -> Rows:
        try:
            return self.loader.rows(segment, is_alone=True)
        except Vanished:  # deleted by hand
            return no_rows()

    def _anchor(self) -> None:
        """Make the folder's own name durable, and those of the folders it may have been made with."""
        if not self._anchored:
            for folder in list(self.folder.parents)[:_MADE_FOLDERS]:
                sync_folder(folder)
            self._anchored = True

    def _sweep(self) -> None:
        """Delete drafts of segments that a killed writer left behind; under the lock there is no other writer."""
        for path in self._drafts():
            path.unlink(missing_ok=True)

    def _drafts(self) -> list[Path]:
        return [path for path in _files(self.folder) if _is_draft(path.name)]

    def _ours(self) -> Iterator[Path]:
        for path in _files(self.folder):
            segment = segment_of(path.name)
            if (segment is not None and segment.kind != "shard") or path.name in (INDEX, NOTES) or _is_draft(path.name):
                yield path

    def _steady(self, look: Callable[[], T]) -> T:
        """Return what a look at the folder finds, again when it was changed under the look."""
        for _ in range(_LOOKS):
            try:
                return look()
            except Vanished:
                continue
        raise DataError(f"{sanitize_line(self.folder, limit=200)} keeps changing", hint="try again")


def _is_draft(name: str) -> bool:
    """Return whether a file is a draft of a segment or list of ours: `.NAME.PID-NUMBER`."""
    stem = name.removeprefix(".").rpartition(".")[0]
    return name.startswith(".") and (stem in (INDEX, NOTES) or segment_of(stem) is not None)


def _files(folder: Path) -> list[Path]:
    try:
        return [Path(entry.path) for entry in os.scandir(folder) if entry.is_file(follow_symlinks=False)]
    except FileNotFoundError:
        return []


def _by_month(rows: Rows) -> Iterator[tuple[Segment, Rows]]:
    return _by(rows, month_at)


def _by(rows: Rows, segment_at: Callable[[int], Segment]) -> Iterator[tuple[Segment, Rows]]:
    """Yield ascending rows segment by segment."""
    while len(rows):
        segment = segment_at(int(rows["ts"][0]))
        cut = int(np.searchsorted(rows["ts"], segment.end_ms))
        yield segment, rows[:cut]
        rows = rows[cut:]


def _merged(parts: list[tuple[int, Rows]]) -> Rows:
    """Return all rows, ascending and unique; of two with the same time the one of the higher rank counts."""
    parts = [part for part in parts if len(part[1])]
    if not parts:
        return no_rows()
    in_time = np.concatenate([rows for _, rows in sorted(parts, key=lambda part: int(part[1]["ts"][0]))])
    if ascending(in_time):
        return in_time
    return last_of_each(np.concatenate([rows for _, rows in sorted(parts, key=lambda part: part[0])]))
