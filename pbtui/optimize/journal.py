"""The journal of a run: genes and score of every finished evaluation, all it takes to go on with the search."""

from __future__ import annotations

import os
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pbtui.core.errors import ConfigError, StateError
from pbtui.core.sanitize import sanitize_line
from pbtui.core.system import BINARY, lock_file, write_at
from pbtui.optimize.all_results import Written, write_all
from pbtui.optimize.genes import Genes
from pbtui.optimize.scoring import Score

FILE = "journal.bin"
_CRC = 4


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """One evaluation: which of which generation, its genes and score; duplicates met by then; its record, if kept."""

    generation: int
    place: int
    genes: Genes
    score: Score
    duplicates: tuple[int, int]
    written: Written | None


@dataclass(frozen=True, slots=True)
class Shape:
    """What an entry holds: so many objectives, and these genes; the others never change."""

    objectives: int
    open_genes: tuple[int, ...]
    fixed: Genes
    """All genes; those that are open hold anything."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Return the layout of an entry in the file."""
        numbers = ("generation", "place", "total", "resolved", "whole", "crc")
        return np.dtype(
            [
                *((name, "<u4") for name in numbers),
                ("end", "<u8"),
                ("violation", "<f8"),
                ("objectives", "<f8", (self.objectives,)),
                ("genes", "<f8", (len(self.open_genes),)),
                ("seal", "<u4"),
            ]
        )

    def pack(self, entry: Entry) -> bytes:
        """Return an entry's bytes, sealed with a checksum."""
        row = np.zeros(1, self.dtype)
        written = entry.written
        row["generation"], row["place"] = entry.generation, entry.place
        row["total"], row["resolved"] = entry.duplicates
        if written is not None:
            row["end"], row["crc"], row["whole"] = written.end, written.crc, written.whole
        row["violation"], row["objectives"] = entry.score.violation, entry.score.objectives
        row["genes"] = [entry.genes[place] for place in self.open_genes]
        body = row.tobytes()[:-_CRC]
        return body + zlib.crc32(body).to_bytes(_CRC, "little")

    def unpack(self, data: bytes) -> list[Entry]:
        """Return the entries from the first up to the first that is damaged or cut off."""
        size = self.dtype.itemsize
        rows: NDArray[Any] = np.frombuffer(data, self.dtype, len(data) // size)
        found: list[Entry] = []
        for n, row in enumerate(rows):
            if zlib.crc32(data[n * size : (n + 1) * size - _CRC]) != int(row["seal"]):
                break
            found.append(self._entry(row))
        return found

    def _entry(self, row: Any) -> Entry:
        genes = list(self.fixed)
        for place, value in zip(self.open_genes, row["genes"].tolist(), strict=True):
            genes[place] = value
        end = int(row["end"])
        return Entry(
            generation=int(row["generation"]),
            place=int(row["place"]),
            genes=tuple(genes),
            score=Score(tuple(row["objectives"].tolist()), float(row["violation"])),
            duplicates=(int(row["total"]), int(row["resolved"])),
            written=Written(end, int(row["crc"]), bool(row["whole"])) if end else None,
        )


class Journal:
    """The open journal; while it is open no other process can open it.

    `entries` are those found. A damaged or unfinished tail is cut away: its evaluations are made again.
    """

    def __init__(self, path: Path, shape: Shape) -> None:
        self._shape = shape
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | BINARY, 0o644)
        except OSError as error:
            raise _trouble(error) from error
        try:
            lock_file(self._file)
            data = path.read_bytes()
            self.entries: Sequence[Entry] = shape.unpack(data)
            self.cut = len(data) - len(self.entries) * shape.dtype.itemsize
            if self.cut:
                os.ftruncate(self._file, len(data) - self.cut)
            os.lseek(self._file, 0, os.SEEK_END)
        except BlockingIOError:
            os.close(self._file)
            shown = sanitize_line(path.parent, limit=200)
            raise ConfigError(f"{shown} is being written by another process", hint="wait for it or stop it") from None
        except OSError as error:
            os.close(self._file)
            raise _trouble(error) from error

    def append(self, entry: Entry) -> None:
        """Add an evaluation; raises StateError when the disk refuses."""
        try:
            write_all(self._file, self._shape.pack(entry))
        except OSError as error:
            raise _trouble(error) from error

    def forget_records(self, first: int) -> None:
        """Note that the records of this entry and those after it are lost; raises StateError."""
        self.entries = [
            *self.entries[:first],
            *(replace(entry, written=None) for entry in self.entries[first:]),
        ]
        try:
            data = b"".join(self._shape.pack(entry) for entry in self.entries[first:])
            write_at(self._file, data, first * self._shape.dtype.itemsize)
        except OSError as error:
            raise _trouble(error) from error

    def sync(self) -> None:
        """Make all entries durable."""
        os.fsync(self._file)

    def close(self) -> None:
        """Close the file and give the lock back."""
        os.close(self._file)


def _trouble(error: OSError) -> StateError:
    why = sanitize_line(error.strerror or error, limit=120)
    return StateError(f"{FILE} cannot be written: {why}", hint="make room and go on with --resume")
