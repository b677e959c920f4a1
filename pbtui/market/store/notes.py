"""What is known about candles that are not there: gaps, how often they were asked for, and when a symbol began.

Unlike the reference (candles.md 10.1), retries are counted for each stretch by itself: a gap asked for thrice does
not make its neighbours final. Bounds are half-open. Passivbot's own gap lists are not read: its failed requests look
like gaps there (candles.md 20, 5.3).
"""

from __future__ import annotations

import os
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from pbtui.market.sealed import read_sealed, write_sealed
from pbtui.market.store.spans import SpanLike, clipped, ordered, without

NOTES = "notes.json"
MOST_RETRIES = 3
_VERSION = 1
_WEAKEST = "auto_detected"  # says no more than that nothing is there


@dataclass(frozen=True, slots=True)
class KnownGap:
    """A stretch [start, end) without candles; after three retries it is not asked for again."""

    start_ms: int
    end_ms: int
    reason: str
    retry_count: int
    added_ms: int


@dataclass(frozen=True, slots=True)
class Notes:
    """What is known of one symbol and timeframe; `broken` tells that the file was unreadable."""

    gaps: tuple[KnownGap, ...] = ()
    listing_ms: int | None = None
    broken: bool = field(default=False, compare=False)

    def with_gaps(self, spans: Iterable[SpanLike], reason: str, retry_count: int | None, now_ms: int) -> Notes:
        """Return the notes after spans were asked for in vain: one retry more, or `retry_count`, up to three."""
        asked = ordered(spans)
        starts, ends = [span.start_ms for span in asked], [span.end_ms for span in asked]
        found: list[KnownGap] = []
        for gap in self.gaps:
            near = asked[bisect_right(ends, gap.start_ms) : bisect_left(starts, gap.end_ms)]
            found += [replace(gap, start_ms=a, end_ms=b) for a, b in without([gap], near)]
            count = min(MOST_RETRIES, gap.retry_count + 1) if retry_count is None else retry_count
            why = gap.reason if reason == _WEAKEST else reason
            again = replace(gap, retry_count=count, reason=why)
            found += [replace(again, start_ms=a, end_ms=b) for a, b in clipped(near, gap.start_ms, gap.end_ms)]
        fresh = 1 if retry_count is None else retry_count
        found += [KnownGap(a, b, reason, fresh, now_ms) for a, b in without(asked, self.gaps)]
        return replace(self, gaps=_joined(found))


def read_notes(folder: Path) -> Notes:
    """Return the notes of a folder; none when they are absent or unreadable."""
    path = folder / NOTES
    body = read_sealed(path)
    if body is None or body.get("version") != _VERSION:
        return Notes(broken=os.path.exists(path))
    return Notes(tuple(KnownGap(*each) for each in body["gaps"]), body["listing"])


def write_notes(folder: Path, notes: Notes) -> None:
    """Replace the notes of a folder; raises OSError."""
    gaps = [[gap.start_ms, gap.end_ms, gap.reason, gap.retry_count, gap.added_ms] for gap in notes.gaps]
    write_sealed(folder / NOTES, {"version": _VERSION, "gaps": gaps, "listing": notes.listing_ms})


def _joined(gaps: Sequence[KnownGap]) -> tuple[KnownGap, ...]:
    """Return gaps ascending, those that touch and say the same made one."""
    made: list[KnownGap] = []
    for gap in sorted(gaps, key=lambda gap: gap.start_ms):
        last = made[-1] if made else None
        if last is not None and last.end_ms == gap.start_ms and _says(last) == _says(gap):
            made[-1] = replace(last, end_ms=gap.end_ms, added_ms=min(last.added_ms, gap.added_ms))
        else:
            made.append(gap)
    return tuple(made)


def _says(gap: KnownGap) -> tuple[str, int]:
    return gap.reason, gap.retry_count
