"""Room for prepared datasets: what was used longest ago goes first, what somebody runs on stays.

They can be made anew from the candles at any time: all that is lost is the time that takes.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pbtui.core.clock import DAY_MS, MINUTE_MS
from pbtui.market.prepare.holding import FACTS, free
from pbtui.market.sealed import read_sealed

GONE = ".gone-"
HEX = 24  # digits of a fingerprint used as a name
MOST_BYTES = 50 << 30
SHARE = 4  # they take at most one part in so many of what they and the free room are together
UNUSED_MS = 30 * DAY_MS
_FRESH_MS = MINUTE_MS  # so long one that was just made stays, whoever has not opened it yet
_SPARE_BYTES = 1 << 30  # left free on the disk beside a new one
_NAME = re.compile(rf"[0-9a-f]{{{HEX}}}")
_numbers = itertools.count()


@dataclass(frozen=True, slots=True)
class Kept:
    """A dataset on the disk."""

    path: Path
    size: int  # bytes
    used_ms: int  # when it was made or found last

    @property
    def in_use(self) -> bool:
        """Whether a process runs on it now; also True where that cannot be told."""
        with free(self.path) as nobody:
            return not nobody


def kept(root: Path) -> list[Kept]:
    """Return the datasets in `caches/datasets`, the one used longest ago first."""
    try:
        folders = [path for path in root.iterdir() if _NAME.fullmatch(path.name) and path.is_dir()]
    except OSError:
        return []
    found: list[Kept] = []
    for folder in folders:
        with contextlib.suppress(OSError):  # cleared away by another process meanwhile
            size = sum(each.stat().st_size for each in folder.iterdir())
            facts = folder / FACTS
            used_s = (facts if facts.exists() else folder).stat().st_mtime
            found.append(Kept(folder, size, round(used_s * 1000)))
    return sorted(found, key=lambda each: (each.used_ms, each.path.name))


def make_room(root: Path, needed: int, now_ms: int) -> list[Kept]:
    """Clear what is unused for 30 days, and more until `needed` bytes fit; returns what was cleared.

    All together keep to `MOST_BYTES` and to a quarter of the room there is. Sizes are in bytes.
    """
    found = kept(root)
    if not found:
        return []
    taken, room = sum(each.size for each in found), free_bytes(root)
    most = min(MOST_BYTES, (taken + room) // SHARE)
    over = max(taken + needed - most, needed + _SPARE_BYTES - room)
    return clear(root, found, before_ms=now_ms - UNUSED_MS, over=over, until_ms=now_ms - _FRESH_MS)


def clear(
    root: Path, found: Sequence[Kept], *, before_ms: int, over: int, until_ms: int, really: bool = True
) -> list[Kept]:
    """Clear those last used before a time, then others in sequence until `over` bytes are free; returns what went.

    One in use stays, and one used since `until_ms`. Without `really` nothing is cleared: returns what would go.
    """
    gone: list[Kept] = []
    for each in found:
        if each.used_ms >= until_ms or (each.used_ms >= before_ms and over <= 0):
            continue
        if _take(root, each.path) if really else not each.in_use:
            gone.append(each)
            over -= each.size
    if gone and really:
        _forget(root)
    return gone


def put_away(root: Path, folder: Path) -> bool:
    """Remove a dataset whole: first its name, then its files; processes that map it keep what they have.

    Returns False where it keeps its name.
    """
    aside = root / f"{GONE}{os.getpid()}-{next(_numbers)}"
    try:
        folder.rename(aside)
    except OSError:
        return False
    shutil.rmtree(aside, ignore_errors=True)
    return True


def report(gone: Sequence[Kept]) -> str:
    """Say in one line what was cleared."""
    size = sum(each.size for each in gone)
    count = "one prepared dataset" if len(gone) == 1 else f"{len(gone):,} prepared datasets"
    return f"{count} of earlier runs cleared, {mebibytes(size)}: they are made anew when needed"


def free_bytes(root: Path) -> int:
    """Return the free room of a folder's disk; raises OSError."""
    return shutil.disk_usage(root).free


def mebibytes(size: int) -> str:
    """Return a size in MiB, in GiB above a thousand of them."""
    return f"{size / (1 << 20):,.1f} MiB" if size < 1000 << 20 else f"{size / (1 << 30):,.1f} GiB"


def _take(root: Path, folder: Path) -> bool:
    with free(folder) as nobody:
        return nobody and put_away(root, folder)


def _forget(root: Path) -> None:
    """Remove what leads to datasets that are gone; one is there before anything leads to it."""
    with contextlib.suppress(OSError):
        for pointer in (root / "inputs").glob("*.json"):
            target = (read_sealed(pointer) or {}).get("dataset")
            if isinstance(target, str) and not (root / target[:HEX]).exists():
                with contextlib.suppress(OSError):
                    pointer.unlink()
