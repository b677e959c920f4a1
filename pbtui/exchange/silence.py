"""Silence owed to a venue after a rate limit: venues ban an address, so all bots of a machine keep it together."""

from __future__ import annotations

import math
import os
from pathlib import Path

from pbtui.core.clock import Clock
from pbtui.core.system import BINARY, CLOEXEC, NOFOLLOW, lock_file, read_at, write_at

LONGEST_S = 3_600.0


class Silence:
    """Until when nobody may ask a venue; with a `path` all processes that name the same file share it.

    A file that can't be used (full disk, wrong owner) leaves each process its own. Times are those of the monotonic
    clock, which all processes of a machine share and which no correction of the time can move.
    """

    def __init__(self, clock: Clock, path: Path | None = None) -> None:
        self._clock = clock
        self._path = path
        self._until = 0.0  # of this process, on its monotonic clock

    def share(self, path: Path) -> None:
        """Keep the silence together with every process that names the same file."""
        self._path = path

    def keep(self, seconds: float) -> None:
        """Ask everybody to be silent for so long from now; an hour at most, and never shorter than asked before."""
        seconds = min(seconds, LONGEST_S)
        until = self._clock.monotonic() + seconds
        self._until = max(self._until, until)
        if self._path is not None:
            self._write(self._path, math.ceil(until * 1000))

    def owed_s(self) -> float:
        """Return the seconds of silence still owed."""
        now = self._clock.monotonic()
        own, others = self._until - now, 0.0
        if self._path is not None:
            try:
                others = _number(self._path.read_bytes()) / 1000 - now
            except OSError:
                others = 0.0
        # Longer than anybody may ask for: the machine was started anew since.
        return max(0.0, own, others if others <= LONGEST_S else 0.0)

    def _write(self, path: Path, until_ms: int) -> None:
        try:
            fd = os.open(path, os.O_RDWR | os.O_CREAT | BINARY | NOFOLLOW | CLOEXEC, 0o600)
        except OSError:
            return
        try:
            lock_file(fd, wait=True)
            known = _number(read_at(fd, 32, 0))
            if known < until_ms or known / 1000 - self._clock.monotonic() > LONGEST_S:
                write_at(fd, f"{until_ms:20d}\n".encode(), 0)
        except OSError:
            return
        finally:
            os.close(fd)


def _number(text: bytes) -> int:
    word = text.strip()
    return int(word) if word.isdigit() else 0
