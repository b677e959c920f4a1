"""What is known of segments without opening them: `segments.json`, a cache that may be stale, broken or absent."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass
from os import stat_result
from pathlib import Path
from typing import Any

import numpy as np

from pbtui.market.sealed import read_sealed, write_sealed
from pbtui.market.store.rows import Rows
from pbtui.market.store.spans import Stretch, without

INDEX = "segments.json"
_VERSION = 1


@dataclass(frozen=True, slots=True)
class Facts:
    """A segment's candles as they were when its file had this size, time of change and number."""

    size: int
    mtime_ns: int
    inode: int
    count: int
    first_ms: int
    last_ms: int
    holes: tuple[tuple[int, int], ...]  # [start, end) without candles between first and last

    def still(self, stat: stat_result) -> bool:
        """Return whether a file is still the one the facts are of; segments are replaced, never changed in place."""
        return (self.size, self.mtime_ns, self.inode) == (stat.st_size, stat.st_mtime_ns, stat.st_ino)

    def spans(self, step_ms: int) -> list[Stretch]:
        """Return the stretches that hold candles."""
        if not self.count:
            return []
        return without([Stretch(self.first_ms, self.last_ms + step_ms)], (Stretch(*hole) for hole in self.holes))


NOTHING = Facts(0, 0, 0, 0, 0, 0, ())  # of a file that cannot be reached


def facts_of(rows: Rows, stat: stat_result, step_ms: int) -> Facts:
    """Return the facts of a segment that was just read or written."""
    signature = (stat.st_size, stat.st_mtime_ns, stat.st_ino)
    if not len(rows):
        return Facts(*signature, 0, 0, 0, ())
    ts = rows["ts"]
    breaks = np.flatnonzero(np.diff(ts) > step_ms)
    holes = zip((ts[breaks] + step_ms).tolist(), ts[breaks + 1].tolist(), strict=True)
    return Facts(*signature, len(rows), int(ts[0]), int(ts[-1]), tuple(holes))


class FactsCache:
    """The facts of one folder's segments, in memory and in `segments.json`."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / INDEX
        self._facts = _read(self._path)
        self._changed = False

    def get(self, name: str, stat: stat_result) -> Facts | None:
        """Return what is known of a file as it is now."""
        found = self._facts.get(name)
        return found if found is not None and found.still(stat) else None

    def put(self, name: str, facts: Facts) -> None:
        """Remember the facts of a file."""
        self._facts[name] = facts
        self._changed = True

    def save(self, names: Iterable[str]) -> None:
        """Keep the facts of the files there are on disk; a disk that refuses costs the next program some reading."""
        there = set(names)
        gone = self._facts.keys() - there
        if not self._changed and not gone:
            return
        for name in gone:
            self._facts.pop(name, None)
        body = {"version": _VERSION, "segments": {name: _plain(facts) for name, facts in list(self._facts.items())}}
        with contextlib.suppress(OSError):
            write_sealed(self._path, body)
            self._changed = False


def _plain(facts: Facts) -> list[Any]:
    flat = [edge for hole in facts.holes for edge in hole]
    return [facts.size, facts.mtime_ns, facts.inode, facts.count, facts.first_ms, facts.last_ms, flat]


def _read(path: Path) -> dict[str, Facts]:
    body = read_sealed(path)
    if body is None or body.get("version") != _VERSION:
        return {}
    found: dict[str, Facts] = {}
    for name, (size, mtime_ns, inode, count, first, last, flat) in body["segments"].items():
        holes = tuple(zip(flat[::2], flat[1::2], strict=True))
        found[name] = Facts(size, mtime_ns, inode, count, first, last, holes)
    return found
