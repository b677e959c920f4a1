"""What came of evaluations made before: from `all_results.bin`, else by making them again, which gives the same."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from pbtui.core.errors import DataError
from pbtui.optimize.all_results import FILE, Reader
from pbtui.optimize.evaluate import Evaluated
from pbtui.optimize.genes import Genes
from pbtui.optimize.journal import Entry
from pbtui.optimize.record import restored

_TRUSTED = 64 << 20
Again = Callable[[Genes], Evaluated]


class Recall:
    """Finds metrics of the journal's entries."""

    def __init__(self, folder: Path, entries: Sequence[Entry], again: Again) -> None:
        self._path = folder / FILE
        self._entries = entries
        self._again = again
        self._block: tuple[int, list[Mapping[str, Any]]] = (-1, [])

    def __call__(self, n: int) -> Evaluated:
        """Return what came of the journal's entry `n`; raises what an evaluation raises."""
        entry = self._entries[n]
        record = self._record(n) if entry.written is not None else None
        if record is not None:
            found = restored(record, entry.genes, entry.score)
            if _objectives(record) == list(entry.score.objectives):
                return found
        return self._again(entry.genes)

    def _record(self, n: int) -> Mapping[str, Any] | None:
        first = n
        while not _whole(self._entries[first]):
            if first == 0:
                return None
            first -= 1
        if self._block[0] != first:
            self._block = (first, self._read(first))
        return self._block[1][n - first] if n - first < len(self._block[1]) else None

    def _read(self, first: int) -> list[Mapping[str, Any]]:
        """Return the records from a whole one up to the next."""
        following = range(first + 1, len(self._entries))
        last = next((n for n in following if self._entries[n].written is None or _whole(self._entries[n])), None)
        reader = Reader(self._path, end_before(self._entries, first))
        try:
            return list(islice(reader, (len(self._entries) if last is None else last) - first))
        except DataError:
            return []


def end_before(entries: Sequence[Entry], n: int) -> int:
    """Return where the last record before that of entry `n` ends."""
    ends = (entry.written.end for entry in reversed(entries[:n]) if entry.written is not None)
    return next(ends, 0)


def first_unsound(path: Path, entries: Sequence[Entry]) -> int:
    """Return the first entry whose record is missing or damaged; the last 64 MB are looked at byte by byte."""
    before = 0
    try:
        size = path.stat().st_size if path.exists() else 0
        with path.open("rb") as file:
            for n, entry in enumerate(entries):
                written = entry.written
                if written is None:
                    continue
                if written.end > size:
                    return n
                if size - before <= _TRUSTED:
                    file.seek(before)
                    if zlib.crc32(file.read(written.end - before)) != written.crc:
                        return n
                before = written.end
    except OSError:
        return next((n for n, entry in enumerate(entries) if entry.written is not None), len(entries))
    return len(entries)


def _whole(entry: Entry) -> bool:
    return entry.written is not None and entry.written.whole


def _objectives(record: Mapping[str, Any]) -> list[Any]:
    return list(record.get("metrics", {}).get("objectives", {}).values())
