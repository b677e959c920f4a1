"""A local tree of day files that is tried before the store (backtest.md 4.2, `backtest.ohlcv_source_dir`).

`<dir>/<exchange>/1m/<name>/YYYY-MM-DD.npz` or `.npy`; the name is the coin or the symbol, with or without slashes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np

from pbtui.core.clock import DAY_MS, MINUTE_MS
from pbtui.core.errors import DataError
from pbtui.core.sanitize import sanitize_line
from pbtui.market.recording_files import read_shard
from pbtui.market.store.rows import MINUTE, Rows

_SUFFIXES = (".npz", ".npy")  # in the order tried


@dataclass(slots=True)
class TreeFeed:
    """Day files of one coin: for each epoch day the candidates in the order they are tried.

    `troubles` collects one line for each file that had to be passed over.
    """

    days: dict[int, list[Path]]
    troubles: dict[Path, str] = field(default_factory=dict[Path, str])

    def facts(self, start_ms: int, end_ms: int) -> list[tuple[str, int, int]]:
        """Return name, size and time of change of every file that may hold minutes of [start, end)."""
        found: list[tuple[str, int, int]] = []
        for day in self._days(start_ms, end_ms):
            for path in self.days[day]:
                try:
                    stat = path.stat()
                except OSError:
                    continue
                found.append((f"{path.parent.name}/{path.name}", stat.st_size, stat.st_mtime_ns))
        return found

    def read(self, start_ms: int, end_ms: int) -> Rows:
        """Return the real rows of [start, end): of each day those of its first file that is readable and not empty."""
        parts = [self._day(day) for day in self._days(start_ms, end_ms)]
        rows = np.concatenate(parts) if parts else np.empty(0, MINUTE)
        first, last = np.searchsorted(rows["ts"], (start_ms, end_ms))
        return rows[first:last]

    def _days(self, start_ms: int, end_ms: int) -> Iterator[int]:
        return (day for day in range(start_ms // DAY_MS, -(-end_ms // DAY_MS)) if day in self.days)

    def _day(self, day: int) -> Rows:
        for path in self.days[day]:
            try:
                rows = _clean(path, day)
            except DataError as error:
                self.troubles[path] = error.line()
                continue
            if len(rows):
                return rows
        return np.empty(0, MINUTE)


def find_tree(root: Path, exchange: str, coin: str, symbol: str) -> TreeFeed | None:
    """Return the day files of a coin, None when the tree has none."""
    days: dict[int, list[Path]] = {}
    names = dict.fromkeys((coin, symbol, coin.replace("/", "_"), symbol.replace("/", "_")))
    for name in names:
        folder = root / exchange / "1m" / name
        try:
            listed = {path.name: path for path in folder.iterdir()}
        except OSError:
            continue
        for suffix in _SUFFIXES:
            for path in (listed[name] for name in sorted(listed) if name.endswith(suffix)):
                day = _day_of(path.stem)
                if day is not None:
                    days.setdefault(day, []).append(path)
    return TreeFeed(days) if days else None


def _day_of(text: str) -> int | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1000 // DAY_MS


def _clean(path: Path, day: int) -> Rows:
    """Return the rows of a file that belong to its day: on the minute, rounded to float32, the last of doubles.

    Raises DataError for a file that is no shard; rows without sound numbers count as missing.
    """
    ts, values = read_shard(path)
    rows = np.empty(len(ts), MINUTE)
    rows["ts"] = ts // MINUTE_MS * MINUTE_MS
    with np.errstate(over="ignore", invalid="ignore"):
        for name, column in zip(("o", "h", "l", "c", "bv"), values, strict=True):
            rows[name] = column
    sound = np.all([np.isfinite(rows[name]) for name in ("o", "h", "l", "c", "bv")], axis=0)
    sound &= np.minimum(np.minimum(rows["o"], rows["c"]), np.minimum(rows["h"], rows["l"])) > 0
    sound &= (rows["bv"] >= 0) & (rows["ts"] // DAY_MS == day)
    if len(rows) and not sound.any():
        raise DataError(f"{sanitize_line(path, limit=200)}: no sound candle of its day in it")
    rows = rows[sound]
    order = np.argsort(rows["ts"], kind="stable")
    rows = rows[order]
    return rows[np.append(np.diff(rows["ts"]) > 0, True)] if len(rows) else rows
