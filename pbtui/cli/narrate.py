"""What the program says of itself: one line on stderr, and an exit code for every error."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from typing import TextIO

from pbtui.core.errors import ExitCode, PbtuiError
from pbtui.core.sanitize import sanitize_line

_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS, errno.EACCES, errno.EPERM}


def report(work: Callable[[], int]) -> int:
    """Do `work` and turn its errors into one line and an exit code."""
    try:
        code = work()
        _hand_over()
        return code
    except PbtuiError as error:
        say(f"pbtui: {error.line()}")
        return int(error.exit_code)
    except KeyboardInterrupt:
        return int(ExitCode.INTERRUPTED)
    except BrokenPipeError:
        # The reader of our data has gone: nothing is left to say to it.
        _to_nobody()
        return int(ExitCode.OK)
    except OSError as error:
        if error.errno not in _DISK:
            raise
        where = f"{error.filename}: " if error.filename else "the output cannot be written: "
        say(f"pbtui: {where}{error.strerror}")
        _to_nobody()
        return int(ExitCode.FAILED)


def _hand_over() -> None:
    """Write what is still held back, so that a full disk is met while it can be told; raises OSError."""
    out: TextIO | None = sys.stdout  # None where the process was started without one
    try:
        if out is not None and not out.closed:
            out.flush()
    except BrokenPipeError:
        _to_nobody()


def _to_nobody() -> None:
    """Let what is still to be printed vanish: at the end of the process it would fail once more."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    except OSError:
        return


def say(line: str) -> None:
    """Write a line of narration; a terminal that is gone does not matter."""
    try:
        print(sanitize_line(line, limit=2_000), file=sys.stderr, flush=True)
    except (OSError, ValueError):
        return
