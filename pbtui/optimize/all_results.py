"""`all_results.bin`: every record of a run, whole or as what has changed since the one before (optimizer.md 12.3)."""

from __future__ import annotations

import math
import mmap
import os
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import msgspec

from pbtui.core.errors import DataError, StateError
from pbtui.core.sanitize import sanitize_line
from pbtui.core.system import BINARY
from pbtui.optimize.messagepack import NoValue, end_of

FILE = "all_results.bin"
WHOLE_EVERY = 100
Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Written:
    """Where a record ends in the file, the checksum of its bytes, and whether it is a whole one."""

    end: int
    crc: int
    whole: bool


class AllResults:
    """Appends records to the file as they come. Records handed in must not be changed afterwards.

    `count` records are there already. The first one written is whole: nothing before it needs to be known.
    """

    def __init__(self, path: Path, *, compress: bool, count: int = 0) -> None:
        self._compress = compress
        self._count = count
        self._before: Record | None = None
        try:
            self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | BINARY, 0o644)
            self._end = os.fstat(self._file).st_size
        except OSError as error:
            raise _unwritable(error) from error

    def append(self, record: Record) -> Written:
        """Add a record; raises StateError when the disk refuses, and leaves nothing of it behind."""
        before = self._before
        whole = before is None or not self._compress or self._count % WHOLE_EVERY == 0
        data = msgspec.msgpack.encode(record if before is None or whole else changes(before, record))
        try:
            write_all(self._file, data)
        except OSError as error:
            os.ftruncate(self._file, self._end)
            raise _unwritable(error) from error
        self._before = record
        self._count += 1
        self._end += len(data)
        return Written(self._end, zlib.crc32(data), whole)

    def close(self) -> None:
        """Make all records durable and close the file."""
        os.fsync(self._file)
        os.close(self._file)


def write_all(file: int, data: bytes) -> None:
    """Write all of `data` to a descriptor; raises OSError."""
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]


class Reader:
    """Reads records from `start`, where a whole one must begin; iterate once.

    A tail that was cut off or damaged ends the reading: `damage` then says so, and `end` is where the sound part ends.
    Raises DataError when the file cannot be read.
    """

    def __init__(self, path: Path, start: int = 0) -> None:
        self.end = start
        self.count = 0
        self.damage = ""
        self._path = path

    def __iter__(self) -> Iterator[dict[str, Any]]:
        try:
            with self._path.open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                if size > self.end:
                    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                        yield from self._records(data)
        except OSError as error:
            shown = sanitize_line(self._path, limit=200)
            raise DataError(f"{shown} cannot be read: {sanitize_line(error.strerror or error)}") from error

    def _records(self, data: mmap.mmap) -> Iterator[dict[str, Any]]:
        record: dict[str, Any] = {}
        while self.end < len(data):
            try:
                end = end_of(data, self.end)
                told = msgspec.msgpack.decode(data[self.end : end])
            except (NoValue, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                self._say(len(data), sanitize_line(error, limit=80))
                return
            if not isinstance(told, dict):
                self._say(len(data), "no record")
                return
            record = merged(record, cast("dict[str, Any]", told))
            self.end = end
            self.count += 1
            yield record

    def _say(self, size: int, why: str) -> None:
        self.damage = f"{FILE} is damaged after record {self.count:,}: {size - self.end:,} bytes are left out ({why})"


def changes(before: Record, now: Record) -> dict[str, Any]:
    """Return what is new or different in `now`; objects are compared inside, everything else as a whole."""
    found: dict[str, Any] = {}
    for name, value in now.items():
        was = before.get(name, _ABSENT)
        if was is value:
            continue
        if type(value) is dict and type(was) is dict:
            inner = changes(cast("Record", was), cast("Record", value))
            if inner:
                found[name] = inner
        elif not _same(was, value):
            found[name] = value
    return found


def merged(before: Record, told: Record) -> dict[str, Any]:
    """Return a record with changes applied; neither argument is changed."""
    result = dict(before)
    for name, value in told.items():
        was = before.get(name)
        both = isinstance(value, Mapping) and isinstance(was, Mapping)
        result[name] = merged(cast("Record", was), cast("Record", value)) if both else value
    return result


_ABSENT: Any = object()


def _same(was: Any, now: Any) -> bool:
    if type(was) is not type(now) or was != now:
        return False
    # -0 and 0 are equal, yet not the same bits.
    return now != 0.0 or not isinstance(now, float) or math.copysign(1.0, was) == math.copysign(1.0, now)


def _unwritable(error: OSError) -> StateError:
    why = sanitize_line(error.strerror or error, limit=120)
    return StateError(f"{FILE} cannot be written: {why}", hint="make room and go on with --resume")
