"""Which files of an archive are worth fetching for what is missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pbtui.core.clock import DAY_MS, MINUTE_MS
from pbtui.market.sources.archives import next_month_ms
from pbtui.market.store.spans import SpanLike, clipped, length

_MISSING_MINUTES = 200  # a day that lacks less is cheaper to ask the venue for
_MISSING_DAYS = 8  # a month that lacks fewer is fetched day by day


@dataclass(frozen=True, slots=True)
class File:
    """A day or a month of an archive."""

    start_ms: int
    end_ms: int
    month: bool


def days_for(missing: Sequence[SpanLike], start_ms: int, end_ms: int) -> list[File]:
    """Return the whole days inside [start, end) that lack a good part of their minutes, ascending."""
    found: list[File] = []
    done = -(-start_ms // DAY_MS) * DAY_MS
    for span in missing:
        first = max(done, span.start_ms // DAY_MS * DAY_MS)
        for day in range(first, min(span.end_ms, end_ms - DAY_MS + 1), DAY_MS):
            done = day + DAY_MS
            if length(clipped(missing, day, done), MINUTE_MS) >= _MISSING_MINUTES:
                found.append(File(day, done, month=False))
    return found


def months_for(missing: Sequence[SpanLike], end_ms: int) -> list[File]:
    """Return the months over by `end_ms` that lack many of their days, ascending."""
    found: list[File] = []
    done = 0
    for span in missing:
        month = max(done, _month_of(span.start_ms))
        while month < span.end_ms and next_month_ms(month) <= end_ms:
            done = next_month_ms(month)
            if len(days_for(clipped(missing, month, done), month, done)) >= _MISSING_DAYS:
                found.append(File(month, done, month=True))
            month = done
    return found


def _month_of(moment_ms: int) -> int:
    day = datetime.fromtimestamp(moment_ms / 1000, UTC)
    return int(datetime(day.year, day.month, 1, tzinfo=UTC).timestamp()) * 1000
