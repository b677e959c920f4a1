"""What may go wrong with stored candles, as values to show and as errors to react to."""

from __future__ import annotations

import errno
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pbtui.core.errors import DataError
from pbtui.core.sanitize import sanitize_line

TroubleKind = Literal["corrupt", "unreadable", "shard", "unwritable", "locked", "unsound", "notes"]
_REASONS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EFBIG: "the file may not grow so large",
    errno.EROFS: "the disk is read-only",
    errno.EACCES: "no permission",
    errno.EPERM: "no permission",
    errno.EIO: "the disk fails",
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something about stored candles that the user should know; the program goes on.

    corrupt: a segment of ours is not what was written and was put aside · unreadable: the disk does not give out a
    file · shard: a shard of Passivbot's cannot be used and was left alone · unwritable: the disk refuses · locked:
    another process holds a lock for too long · unsound: rows that are no candles were not stored · notes: what was
    known of gaps was unreadable.
    """

    kind: TroubleKind
    exchange: str
    symbol: str
    path: str
    text: str

    def line(self) -> str:
        """Return the trouble as one line."""
        where = "" if self.text.startswith(self.path) else f" {self.path}"
        return sanitize_line(f"{self.exchange} {self.symbol}{where}: {self.text}", limit=400)


class StoreUnwritable(DataError):
    """The disk refuses candles: what was stored is untouched, what was to be stored is only in memory."""


class StoreBusy(DataError):
    """Another process or task holds a lock of the store for too long; `holder` is its pid where that is known."""

    def __init__(self, message: str, *, holder: int | None = None, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.holder = holder


def reason_of(error: OSError) -> str:
    """Return why the disk refuses, in few words."""
    known = _REASONS.get(error.errno or 0)
    return known or sanitize_line(error.strerror or error, limit=120)


def unwritable(path: Path, error: OSError) -> StoreUnwritable:
    """Return the error for a disk that refuses to write `path`."""
    shown = sanitize_line(path, limit=200)
    return StoreUnwritable(f"{shown} cannot be written: {reason_of(error)}")
