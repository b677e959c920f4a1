"""Carrying out a plan: files are copied whole, candles merged in; the old folder is only read."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pbtui.core.clock import MINUTE_MS
from pbtui.core.errors import StateError
from pbtui.core.sanitize import sanitize_line
from pbtui.core.system import set_mode
from pbtui.market.adopt.items import Candles, Item, Plan
from pbtui.market.holdings import Library
from pbtui.market.store.rows import Rows
from pbtui.market.transfer.take import take


@dataclass(frozen=True, slots=True)
class Done:
    """What became of an item; `faults` are files that could not be taken, one line each."""

    item: Item
    files: int = 0
    candles: int = 0
    faults: tuple[str, ...] = ()


def apply(plan: Plan, library: Library, now_ms: int) -> Iterator[Done]:
    """Carry out a plan item by item; what was done already is left as it is, so that it may be stopped and run again.

    Raises StateError when the disk refuses.
    """
    for item in plan.items:
        if item.candles is not None:
            yield _merge(item, item.candles, library, now_ms)
        elif item.kind != "left out":
            yield _copy_all(item, plan)


def _copy_all(item: Item, plan: Plan) -> Done:
    count = 0
    faults: list[str] = []
    for source, target in item.copies:
        try:
            copy_new(plan.place / source, plan.base / target, 0o600 if item.secret else None)
            count += 1
        except FileExistsError:
            faults.append(f"{sanitize_line(target, limit=200)}: came to be there meanwhile, and stays")
        except OSError as error:
            if error.filename == str(plan.place / source):
                faults.append(f"{sanitize_line(source, limit=200)}: can't be read ({error.strerror})")
                continue
            where = sanitize_line(error.filename or target, limit=200)
            raise StateError(f"{where} can't be copied: {error.strerror or error}") from error
    return Done(item, files=count, faults=tuple(faults))


def copy_new(source: Path, target: Path, mode: int | None = None) -> None:
    """Copy a file to a name that does not exist yet, whole, with its times; raises FileExistsError, OSError.

    `mode` are the permissions of the copy from its first byte on (default: the source's).
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.{os.getpid()}.new")
    facts = source.stat()
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as out, source.open("rb") as into:
            set_mode(handle, facts.st_mode & 0o777 if mode is None else mode)
            shutil.copyfileobj(into, out)
            out.flush()
            os.fsync(handle)
        os.utime(draft, ns=(facts.st_atime_ns, facts.st_mtime_ns))
        os.link(draft, target)  # unlike a rename it replaces nothing
    finally:
        with contextlib.suppress(FileNotFoundError):
            draft.unlink()


def _merge(item: Item, candles: Candles, library: Library, now_ms: int) -> Done:
    """Store the candles of minutes that are not held yet."""
    store = library.store(candles.exchange)
    files = stored = 0
    faults: list[str] = []
    for found in candles.found:
        taken = take(found, end_ms=now_ms // MINUTE_MS * MINUTE_MS)
        faults += taken.broken
        files += len(found.files) - len(taken.broken)
        if not len(taken.rows):
            continue
        first, last = int(taken.rows["ts"][0]), int(taken.rows["ts"][-1])
        absent = store.missing(found.symbol, first, last + MINUTE_MS)
        fresh = _within(taken.rows, [(each.start_ms, each.end_ms) for each in absent])
        stored += store.write(found.symbol, fresh) if len(fresh) else 0
    return Done(item, files=files, candles=stored, faults=tuple(faults))


def _within(rows: Rows, stretches: list[tuple[int, int]]) -> Rows:
    keep = np.zeros(len(rows), dtype=np.bool_)
    for start, end in stretches:
        first, last = np.searchsorted(rows["ts"], (start, end))
        keep[first:last] = True
    return rows[keep]
