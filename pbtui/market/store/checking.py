"""What is wrong with the files of a symbol as such (tools.md 8); gaps and odd prices are found in the rows instead."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pbtui.core.sanitize import sanitize_line
from pbtui.market.sealed import read_sealed
from pbtui.market.store.facts import INDEX
from pbtui.market.store.layout import Segment
from pbtui.market.store.loading import Vanished
from pbtui.market.store.notes import NOTES, read_notes
from pbtui.market.store.rows import Rows, last_of_each
from pbtui.market.store.segment import BadSegment, decode
from pbtui.market.store.shards import INDEX as SHARD_INDEX
from pbtui.market.store.shards import BadShard, ShardIndex, raw_rows, read_index
from pbtui.market.store.shelf import Shelf
from pbtui.market.store.trouble import reason_of

Check = Literal["corrupt", "unreadable", "index", "checksum", "grid", "duplicate", "date", "number", "prices"]
_CLOSE_SLACK = 1e-7  # by which a close may lie outside low and high (tools.md 8)


@dataclass(frozen=True, slots=True)
class FileFinding:
    """One thing wrong with one file; `count` candles are concerned, 0 where it is the file as such."""

    check: Check
    timeframe: str
    name: str
    count: int
    text: str

    def line(self) -> str:
        """Return the finding as one line."""
        return sanitize_line(f"{self.timeframe}/{self.name}: {self.text}", limit=300)


def findings_of(shelf: Shelf, timeframe: str) -> Iterator[FileFinding]:
    """Read every byte of a folder and yield what is wrong, file by file; damaged segments of ours are put aside.

    Shards and index of Passivbot are only looked at. Of their faults those in single rows mean that these rows are not
    used, the others that the shard is not.
    """

    def make(check: Check, name: str, text: str, count: int = 0) -> FileFinding:
        return FileFinding(check, timeframe, name, count, text)

    index = read_index(shelf.folder)
    segments = shelf.segments()
    for segment in segments:
        with contextlib.suppress(Vanished, FileNotFoundError):
            for check, text, count in _of_segment(shelf, segment, index):
                yield make(check, segment.name, text, count)
    if index.broken:
        yield make("index", SHARD_INDEX, "cannot be read, so that its shards have no checksums")
    there = {segment.name.removesuffix(".npy") for segment in segments if segment.kind == "shard"}
    for day in sorted(index.entries.keys() - there):
        yield make("index", SHARD_INDEX, f"knows a shard of {day} that is not there")
    if os.path.exists(shelf.folder / INDEX) and read_sealed(shelf.folder / INDEX) is None:
        yield make("index", INDEX, "is damaged; it is made anew from the segments")
    if read_notes(shelf.folder).broken:
        yield make("index", NOTES, "is damaged; gaps will be asked for again")


Fault = tuple[Check, str, int]


def _of_segment(shelf: Shelf, segment: Segment, index: ShardIndex) -> Iterator[Fault]:
    path = shelf.folder / segment.name
    try:
        if segment.kind == "shard":
            stat = path.stat()
            rows, exact = raw_rows(path, stat)
            if exact and index.contradicts(segment, last_of_each(rows), stat.st_mtime_ns):
                yield "checksum", "its bytes are not those its index.json knows; not used", 0
            yield from _of_rows(rows, segment, shelf.step_ms)
        else:
            decode(path.read_bytes(), segment)
    except BadShard as error:
        yield "unreadable", f"{error.message}; not used", 0
    except BadSegment as error:
        shelf.loader.rows(segment)  # puts it aside
        yield "corrupt", f"{error.message}; put aside, its candles count as missing", 0
    except FileNotFoundError:
        raise
    except OSError as error:
        yield "unreadable", reason_of(error), 0


def _of_rows(rows: Rows, segment: Segment, step_ms: int) -> Iterator[Fault]:
    """Yield the faults in single rows of a shard."""
    ts: NDArray[np.int64] = rows["ts"]
    high, low, close = rows["h"], rows["l"], rows["c"]
    with np.errstate(invalid="ignore"):
        wild = ~np.isfinite(np.stack([rows[name] for name in ("o", "h", "l", "c", "bv")])).all(axis=0)
        apart = (close < low - _CLOSE_SLACK) | (close > high + _CLOSE_SLACK)
        odd = ~wild & ((high < low) | apart | (rows["o"] <= 0) | (close <= 0))
    faults: tuple[tuple[Check, int, str], ...] = (
        ("grid", int(np.count_nonzero(ts % step_ms)), "do not begin a candle's time"),
        ("duplicate", len(ts) - len(np.unique(ts)), "are there twice"),
        ("date", int(np.count_nonzero((ts < segment.start_ms) | (ts >= segment.end_ms))), "are of another day"),
        ("number", int(np.count_nonzero(wild)), "hold no number"),
        ("prices", int(np.count_nonzero(odd)), "have a high below the low, a close outside, or no price"),
    )
    for check, count, text in faults:
        if count:
            yield check, f"{count} candles {text}", count
