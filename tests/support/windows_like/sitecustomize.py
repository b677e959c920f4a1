"""Makes a process of Linux lack what Windows lacks; what it has instead (`msvcrt`) is played by locks of open files.

Python imports it at its start from a folder that PYTHONPATH names, in the processes a program starts, too.
"""

import asyncio
import asyncio.unix_events
import fcntl
import os
import signal
import struct
import sys
import types


def _locking(handle: int, _mode: int, count: int) -> None:
    """Lock bytes at the present position, for nobody else, until the file is closed; raises PermissionError if held."""
    # A lock to read is enough for a file that is open to be read: it goes no better with a lock to write.
    kind = fcntl.F_RDLCK if fcntl.fcntl(handle, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY else fcntl.F_WRLCK
    wanted = struct.pack("hhqqi", kind, os.SEEK_SET, os.lseek(handle, 0, os.SEEK_CUR), count, 0)
    try:
        fcntl.fcntl(handle, fcntl.F_OFD_SETLK, wanted)
    except BlockingIOError:
        raise PermissionError(13, "Permission denied") from None


def _no_handlers(*_: object) -> None:
    raise NotImplementedError


_msvcrt = types.ModuleType("msvcrt")
_msvcrt.LK_NBLCK, _msvcrt.locking = 2, _locking
sys.modules["msvcrt"] = _msvcrt
for _name in ("fcntl", "termios", "tty", "pty", "pwd", "grp", "resource", "curses", "syslog", "uvloop"):
    sys.modules[_name] = None
for _name in (
    *("fork", "killpg", "setsid", "pread", "pwrite", "fchmod", "nice", "sysconf", "posix_fallocate"),
    *("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "ttyname", "tcgetpgrp", "tcsetpgrp", "getpgrp"),
):
    delattr(os, _name)
for _name in ("SIGHUP", "pthread_sigmask", "SIGTTOU", "SIGCONT"):
    delattr(signal, _name)
for _name in ("open_unix_connection", "start_unix_server"):
    delattr(asyncio, _name)
asyncio.unix_events._UnixSelectorEventLoop.add_signal_handler = _no_handlers
