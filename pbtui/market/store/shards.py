"""Day shards of Passivbot in the same folders: read, checked against its `index.json`, never changed (candles.md 2).

Its index may lag behind its shards, so a checksum only counts if the index is the younger one and agrees otherwise.
"""

from __future__ import annotations

import json
import tokenize
from dataclasses import dataclass
from os import stat_result
from pathlib import Path
from typing import Any

import numpy as np

from pbtui.core.errors import DataError
from pbtui.market.recording_files import read_shard
from pbtui.market.store.layout import Segment
from pbtui.market.store.rows import FIELDS, MINUTE, Rows, between, crc32_of, last_of_each, sound

INDEX = "index.json"
_MOST_BYTES = 16_000_000  # a day is a hundred times smaller


class BadShard(DataError):
    """A shard that cannot be used."""


@dataclass(frozen=True, slots=True)
class ShardIndex:
    """Passivbot's index of a folder; `entries` by day, empty when there is none or it is unreadable."""

    entries: dict[str, dict[str, Any]]
    mtime_ns: int = 0
    broken: bool = False

    def contradicts(self, segment: Segment, rows: Rows, shard_mtime_ns: int) -> bool:
        """Return whether the index knows other bytes of just these minutes."""
        entry = self.entries.get(segment.name.removesuffix(".npy"))
        if entry is None or not len(rows) or self.mtime_ns < shard_mtime_ns:
            return False
        told = (entry.get("count"), entry.get("min_ts"), entry.get("max_ts"))
        return (
            told == (len(rows), int(rows["ts"][0]), int(rows["ts"][-1]))
            and isinstance(entry.get("crc32"), int)
            and entry["crc32"] != crc32_of(rows)
        )


def read_index(folder: Path) -> ShardIndex:
    """Return Passivbot's index of a folder."""
    path = folder / INDEX
    try:
        mtime_ns = path.stat().st_mtime_ns
        shards = json.loads(path.read_bytes())["shards"]
        return ShardIndex({day: entry for day, entry in shards.items() if isinstance(entry, dict)}, mtime_ns)
    except FileNotFoundError:
        return ShardIndex({})
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return ShardIndex({}, broken=True)


def raw_rows(path: Path, stat: stat_result) -> tuple[Rows, bool]:
    """Return a shard's rows as they lie there and whether they are bit for bit; raises BadShard, FileNotFoundError."""
    if stat.st_size > _MOST_BYTES:
        raise BadShard("is far too large for a day of candles")
    try:
        with np.errstate(all="ignore"):  # what comes of impossible casts is no candle
            ts, values = read_shard(path)
            rows = np.empty(len(ts), dtype=MINUTE)
            rows["ts"] = ts
            for name, column in zip(FIELDS, values, strict=True):
                rows[name] = column
    except (DataError, MemoryError, SyntaxError, tokenize.TokenError, RecursionError, ValueError, TypeError) as error:
        if isinstance(error.__cause__, FileNotFoundError):
            raise error.__cause__ from None
        raise BadShard("cannot be read") from error
    return rows, all(column.dtype == np.float32 for column in values)


def shard_rows(path: Path, segment: Segment, stat: stat_result, index: ShardIndex, step_ms: int) -> Rows:
    """Return the candles of a shard: those that are sound, of its day, and were finished when it was written.

    Raises BadShard for a file that cannot be read or whose bytes are others than its index knows.
    """
    raw, exact = raw_rows(path, stat)
    rows = last_of_each(raw)
    if exact and index.contradicts(segment, rows, stat.st_mtime_ns):
        raise BadShard("its bytes are not those its index.json knows")
    rows = between(rows[sound(rows, step_ms)], segment.start_ms, segment.end_ms)
    if len(rows) and 0 <= stat.st_mtime_ns // 1_000_000 - int(rows["ts"][-1]) < step_ms:
        return rows[:-1]  # Passivbot may keep the running minute
    return rows
