"""Locks between processes and between the tasks of one: the kernel frees those of a process that dies."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Generator
from pathlib import Path

from pbtui.core.sanitize import sanitize_line
from pbtui.core.system import BINARY, CLOEXEC, lock_file, read_at, write_at
from pbtui.market.store.trouble import StoreBusy, unwritable

_SHORTEST_S = 0.002
_LONGEST_S = 0.1
_mine: dict[str, threading.Lock] = {}  # a lock of this process for every lock file
_mine_guard = threading.Lock()


@contextlib.contextmanager
def held(path: Path, timeout_s: float) -> Generator[None]:
    """Hold the lock file `path`, made if need be with its folders; it may be entered and left in different threads.

    Raises StoreBusy naming the holder after `timeout_s`, StoreUnwritable when the file cannot be made.
    """
    with _mine_guard:
        mine = _mine.setdefault(os.path.abspath(path), threading.Lock())
    if not mine.acquire(timeout=timeout_s):
        raise _busy(path, timeout_s, os.getpid())
    try:
        handle = _locked(path, timeout_s)
        try:
            yield
        finally:
            os.close(handle)
    finally:
        mine.release()


def _locked(path: Path, timeout_s: float) -> int:
    """Return the handle of the locked file; waiting doubles up to a tenth of a second."""
    waited_s, pause_s, waiting = 0.0, _SHORTEST_S, threading.Event()
    while True:
        handle = _opened(path)
        try:
            lock_file(handle)
            if _is_at(handle, path):
                _sign(handle)
                return handle
        except BlockingIOError:
            if waited_s >= timeout_s:
                holder = _holder(handle)
                os.close(handle)
                raise _busy(path, timeout_s, holder) from None
            # The other processes' time counts here, not the clock's, which may stand still.
            waiting.wait(pause_s)
            waited_s += pause_s
            pause_s = min(2 * pause_s, _LONGEST_S)
        except OSError as error:
            os.close(handle)
            raise unwritable(path, error) from error
        os.close(handle)


def _opened(path: Path) -> int:
    for attempt in range(10):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            return os.open(path, os.O_RDWR | os.O_CREAT | BINARY | CLOEXEC, 0o666)
        except FileNotFoundError as error:  # the folder was deleted meanwhile
            if attempt == 9:
                raise unwritable(path, error) from error
        except OSError as error:
            raise unwritable(path, error) from error
    raise AssertionError("the last attempt returns or raises")


def _is_at(handle: int, path: Path) -> bool:
    """Return whether the locked file is still the one at `path`: a file that was deleted locks out nobody."""
    mine = os.fstat(handle)
    try:
        there = path.stat()
    except FileNotFoundError:
        return False
    return (mine.st_dev, mine.st_ino) == (there.st_dev, there.st_ino)


def _sign(handle: int) -> None:
    """Write who holds the lock, for the others' messages only; a full disk is no reason to go without the lock."""
    with contextlib.suppress(OSError):
        os.ftruncate(handle, 0)
        write_at(handle, str(os.getpid()).encode(), 0)


def _holder(handle: int) -> int | None:
    try:
        return int(read_at(handle, 20, 0))
    except (OSError, ValueError):
        return None


def _busy(path: Path, timeout_s: float, holder: int | None) -> StoreBusy:
    who = "another process" if holder is None else f"process {holder}"
    if holder == os.getpid():
        who = f"another task of this process ({holder})"
    return StoreBusy(
        f"{sanitize_line(path, limit=200)} has been held by {who} for {timeout_s:g} s",
        holder=holder,
        hint="try again when it is done",
    )
