"""The request budget of a venue and this machine's address: one bucket for all bots, kept in a small locked file."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from pbtui.core.clock import Clock
from pbtui.core.system import BINARY, CLOEXEC, NOFOLLOW, lock_file, read_at, write_at

_MINUTE_MS = 60_000
_BURST = 0.2  # of a minute's units may be spent at once


@dataclass(slots=True)
class _Level:
    """What is left in the bucket, and when that was true."""

    left: float
    at_ms: int


class Budget:
    """A token bucket: `per_minute` units come back a minute; the last `reserve` are for urgent calls only.

    The bucket is small, so that no minute, the first one included, sees more than 1.2 times `per_minute` (or, with a
    larger reserve, that and twice the reserve): what venues allow is at least that.
    With a `path` all processes that name the same file draw from one bucket; a file that can't be used (full disk,
    wrong owner) leaves each process its own.
    """

    def __init__(self, clock: Clock, per_minute: float, *, reserve: float, path: Path | None = None) -> None:
        self._clock = clock
        self._per_minute = per_minute
        self._reserve = reserve
        self._size = max(_BURST * per_minute, 2 * reserve)
        self._path = path
        self._own = _Level(self._size, clock.now_ms())

    async def take(self, cost: float, *, urgent: bool = False) -> None:
        """Wait until `cost` units may be spent, and spend them; urgent calls may use the reserve."""
        floor = 0.0 if urgent else self._reserve
        cost = min(cost, self._size - floor)
        while True:
            missing = self._try(cost, floor)
            if missing <= 0.0:
                return
            await self._clock.sleep(missing * _MINUTE_MS / self._per_minute / 1000.0)

    def used(self) -> float:
        """Return the share of the budget that is in use now, 0 to 1."""
        level = self._refilled(self._own)
        return 1.0 - level.left / self._size

    def _try(self, cost: float, floor: float) -> float:
        """Spend, or return how many units are missing."""
        if self._path is None:
            self._own, missing = self._spend(self._own, cost, floor)
            return missing
        try:
            fd = os.open(self._path, os.O_RDWR | os.O_CREAT | BINARY | NOFOLLOW | CLOEXEC, 0o600)
        except OSError:
            self._path = None
            return self._try(cost, floor)
        before = self._own
        try:
            # Held for microseconds: nobody sleeps or waits for a venue with it.
            lock_file(fd, wait=True)
            self._own, missing = self._spend(_read(fd) or self._own, cost, floor)
            write_at(fd, f"{self._own.left:24.6f} {self._own.at_ms:20d}\n".encode(), 0)
        except OSError:
            # What is spent could not be told to the others: on a full disk they would never see the bucket empty.
            self._path = None
            self._own, missing = self._spend(before, cost, floor)
        finally:
            os.close(fd)
        return missing

    def _spend(self, level: _Level, cost: float, floor: float) -> tuple[_Level, float]:
        level = self._refilled(level)
        missing = cost + floor - level.left
        if missing <= 0.0:
            level.left -= cost
        return level, missing

    def _refilled(self, level: _Level) -> _Level:
        now = self._clock.now_ms()
        passed = max(0, now - level.at_ms)  # a clock set back gives nothing
        return _Level(min(self._size, level.left + self._per_minute * passed / _MINUTE_MS), now)


def _read(fd: int) -> _Level | None:
    words = read_at(fd, 64, 0).split()
    try:
        left, at_ms = words
        return _Level(float(left), int(at_ms))
    except ValueError:
        return None  # new, or torn by a power cut
