"""Prepared datasets in use are held by a lock on their facts, so that nobody clears away what somebody runs on.

The lock belongs to an open file: the kernel frees it with the process, however that ends. Where locks of files cannot
be shared (Windows), a mapped file keeps its folder where it is by itself.
"""

from __future__ import annotations

import contextlib
import os
import weakref
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pbtui.core.system import CLOEXEC, POSIX, lock_file

FACTS = "meta.json"
_TRIES = 3


@contextlib.contextmanager
def held(folder: Path) -> Iterator[int | None]:
    """Hold a dataset within the block; gives the handle that holds it, None where there is nothing that could be."""
    handle = _shared(folder / FACTS) if POSIX else None
    try:
        yield handle
    finally:
        if handle is not None:
            os.close(handle)


def hold_with(arrays: Iterable[Any], handle: int | None) -> None:
    """Go on holding a held dataset as long as one of these arrays, or a part of it, is used."""
    if handle is not None:
        for array in arrays:
            weakref.finalize(array, os.close, os.dup(handle))


@contextlib.contextmanager
def free(folder: Path) -> Iterator[bool]:
    """Tell whether nobody holds a dataset, and let nobody begin to within the block; one without facts is free."""
    if not POSIX:
        yield True
        return
    try:
        handle = os.open(folder / FACTS, os.O_RDONLY | CLOEXEC)
    except FileNotFoundError:
        yield True
        return
    except OSError:
        yield False
        return
    try:
        try:
            lock_file(handle)
        except OSError:  # held, or a disk that knows no locks: then nobody can tell
            yield False
        else:
            yield True
    finally:
        os.close(handle)


def _shared(path: Path) -> int | None:
    """Return the locked file of that name; None where it is gone, or cannot be locked."""
    for _ in range(_TRIES):
        try:
            handle = os.open(path, os.O_RDONLY | CLOEXEC)
        except OSError:
            return None
        try:
            lock_file(handle, wait=True, shared=True)
            if os.path.samestat(os.fstat(handle), path.stat()):
                return handle
        except FileNotFoundError:  # cleared away while we waited for the lock; perhaps made anew since
            pass
        except OSError:
            os.close(handle)
            return None
        os.close(handle)
    return None
