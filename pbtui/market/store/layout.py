"""Where candles lie: folders of symbols, names of segments, and the time each name stands for (candles.md 2)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pbtui.core.clock import DAY_MS
from pbtui.core.errors import DataError
from pbtui.core.sanitize import sanitize_line
from pbtui.core.system import POSIX

_COLON = ":" if POSIX else "%3A"  # Windows allows none in a name
QUARANTINE = "quarantine"
Kind = Literal["shard", "day", "month"]  # in ascending order of whose rows win
_NAME = re.compile(r"(\d{4})-(\d{2})(?:-(\d{2}))?\.(parquet|npy)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Segment:
    """A file of candles: Passivbot's shard of a day, or a day or month of ours. It holds [start_ms, end_ms)."""

    name: str
    kind: Kind
    start_ms: int
    end_ms: int


def folder_of(symbol: str) -> str:
    """Return the folder of a symbol, `BTC_USDT:USDT`; raises DataError for a text that cannot be one."""
    name = symbol.replace("/", "_", 1).replace(":", _COLON)
    if not is_name(name) or symbol_of(name) != symbol:
        raise DataError(f"{sanitize_line(symbol, limit=60)!r} is no symbol that candles can be kept of")
    return name


def is_name(text: str) -> bool:
    """Return whether a text is a visible name of a folder, and not a way to another one."""
    separated = "/" in text or "\\" in text
    long = len(text.encode("utf-8", "replace")) > 200
    return bool(text) and text.isprintable() and not text.startswith(".") and not separated and not long


def symbol_of(folder: str) -> str:
    """Return the symbol of a folder, `BTC/USDT:USDT`."""
    pair, colon, settle = folder.replace(_COLON, ":").partition(":")
    base, line, quote = pair.rpartition("_")
    return f"{base}/{quote}{colon}{settle}" if line else folder


def segment_of(name: str) -> Segment | None:
    """Return what a file name stands for; None for a file that is no segment."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    year, month, day = int(match[1]), int(match[2]), match[3]
    shard = match[4] == "npy"
    try:
        if day is not None:
            start = _ms(year, month, int(day))
            return Segment(name, "shard" if shard else "day", start, start + DAY_MS)
        if shard:
            return None
        return Segment(name, "month", _ms(year, month), _ms(year + month // 12, month % 12 + 1))
    except ValueError:
        return None


def month_at(moment_ms: int) -> Segment:
    """Return the month segment that a moment belongs to."""
    return _named(datetime.fromtimestamp(moment_ms // 1000, UTC).strftime("%Y-%m.parquet"))


def day_at(moment_ms: int) -> Segment:
    """Return the day segment that a moment belongs to."""
    return _named(datetime.fromtimestamp(moment_ms // 1000, UTC).strftime("%Y-%m-%d.parquet"))


def segments_in(folder: Path) -> list[Segment]:
    """Return the segments of a folder, ascending by time; none when it does not exist. Raises OSError.

    The names are read until they come out the same twice: a single look at a folder that is being changed may miss
    both the days that are being folded and the month made of them.
    """
    before = _names(folder)
    while (names := _names(folder)) != before:
        before = names
    found = [segment for name in names if (segment := segment_of(name)) is not None]
    return sorted(found, key=lambda segment: (segment.start_ms, segment.name))


def present(segments: list[Segment], start_ms: int, end_ms: int) -> list[Segment]:
    """Return the segments that may hold candles of [start, end)."""
    return [segment for segment in segments if segment.start_ms < end_ms and segment.end_ms > start_ms]


def _named(name: str) -> Segment:
    segment = segment_of(name)
    if segment is None:
        raise DataError(f"no segment is named {name}")
    return segment


def _names(folder: Path) -> set[str]:
    try:
        return {path.name for path in folder.iterdir()}
    except (FileNotFoundError, NotADirectoryError):
        return set()


def _ms(year: int, month: int, day: int = 1) -> int:
    return int(datetime(year, month, day, tzinfo=UTC).timestamp()) * 1000
