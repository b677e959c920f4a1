"""What operating systems do differently, in one place: locks on files, offsets, folders, owners, processes.

Linux and macOS have all of it. Where the modules of POSIX are missing (Windows), locks are those of the C runtime,
and what the system does not have is left out: see `docs/windows.md`.
"""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from pathlib import Path

try:
    import fcntl
except ImportError:
    fcntl = None

POSIX = fcntl is not None
"""Whether this system has sockets of files, hang-ups, permissions of owners, and locks that come with them."""

# Flags of `os.open` that not every system knows: what they ask for is then either default there or not to be had.
NOFOLLOW: int = getattr(os, "O_NOFOLLOW", 0)
NONBLOCK: int = getattr(os, "O_NONBLOCK", 0)
CLOEXEC: int = getattr(os, "O_CLOEXEC", 0)
BINARY: int = getattr(os, "O_BINARY", 0)

_SHORTEST_S, _LONGEST_S = 0.002, 0.1
_LOCKED_BYTE = 1 << 30  # far behind any content: Windows forbids others to read what is locked
_QUERY = 0x1000  # PROCESS_QUERY_LIMITED_INFORMATION
_STILL_ACTIVE = 259


def lock_file(handle: int, *, wait: bool = False, shared: bool = False) -> None:
    """Lock an open file until it is closed; raises BlockingIOError when it is held and `wait` is false, OSError.

    Only POSIX knows locks that several may share; elsewhere every lock is for one.
    """
    if fcntl is not None:
        kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        fcntl.flock(handle, kind if wait else kind | fcntl.LOCK_NB)
        return
    pause_s, waiting = _SHORTEST_S, threading.Event()
    while not _lock_byte(handle):
        if not wait:
            raise BlockingIOError("the file is locked by another process")
        waiting.wait(pause_s)
        pause_s = min(2 * pause_s, _LONGEST_S)


def _lock_byte(handle: int) -> bool:
    """Lock one byte by the C runtime of Windows; returns False while somebody else has it."""
    import msvcrt

    at = os.lseek(handle, 0, os.SEEK_CUR)
    os.lseek(handle, _LOCKED_BYTE, os.SEEK_SET)
    try:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # pyright: ignore[reportAttributeAccessIssue]
    except PermissionError:
        return False
    finally:
        os.lseek(handle, at, os.SEEK_SET)
    return True


def read_at(handle: int, count: int, offset: int) -> bytes:
    """Return up to `count` bytes from `offset`; elsewhere than on POSIX this moves the position of the file."""
    if POSIX:
        return os.pread(handle, count, offset)
    os.lseek(handle, offset, os.SEEK_SET)
    return os.read(handle, count)


def write_at(handle: int, data: bytes, offset: int) -> int:
    """Write at `offset` and return how many bytes that were; elsewhere than on POSIX this moves the position."""
    if POSIX:
        return os.pwrite(handle, data, offset)
    os.lseek(handle, offset, os.SEEK_SET)
    return os.write(handle, data)


def sync_folder(folder: Path) -> None:
    """Make names in a folder durable; raises OSError. Windows opens no folders, and writes names at once."""
    if not POSIX:
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_file(path: Path) -> None:
    """Make the content of a file durable; raises OSError. Opened for writing, without which Windows refuses."""
    with path.open("r+b") as file:
        os.fsync(file.fileno())


def set_mode(handle: int, mode: int) -> None:
    """Give an open file its permissions where files have such; raises OSError."""
    if POSIX:
        os.fchmod(handle, mode)


def is_mine(status: os.stat_result) -> bool:
    """Return whether a file belongs to this user; where owners have no number, being able to read it has to do."""
    return not POSIX or status.st_uid == os.getuid()


def open_to_others(mode: int) -> bool:
    """Return whether permissions let others in. Windows keeps them elsewhere (access lists) and says nothing here."""
    return POSIX and bool(mode & 0o077)


def is_running(pid: int) -> bool:
    """Return whether a process of this number runs."""
    if POSIX:
        with suppress(PermissionError):
            try:
                os.kill(pid, 0)
            except ProcessLookupError:
                return False
        return True
    return _runs_on_windows(pid)


def _runs_on_windows(pid: int) -> bool:
    import ctypes

    kernel = ctypes.windll.kernel32  # pyright: ignore[reportAttributeAccessIssue]
    process = kernel.OpenProcess(_QUERY, False, pid)
    if not process:
        return False
    code = ctypes.c_ulong()
    known = kernel.GetExitCodeProcess(process, ctypes.byref(code))
    kernel.CloseHandle(process)
    return not known or code.value == _STILL_ACTIVE


def be_humble(nice: int) -> None:
    """Take the processor last; harmless where that is refused or not known."""
    if POSIX:
        with suppress(OSError):
            os.nice(nice)
