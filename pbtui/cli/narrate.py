"""What the program says of itself: one line on stderr, and an exit code for every error."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from pbtui.core.errors import ExitCode, PbtuiError
from pbtui.core.sanitize import sanitize_line


def report(work: Callable[[], int]) -> int:
    """Do `work` and turn its errors into one line and an exit code."""
    try:
        return work()
    except PbtuiError as error:
        say(f"pbtui: {error.line()}")
        return int(error.exit_code)
    except KeyboardInterrupt:
        return int(ExitCode.INTERRUPTED)
    except BrokenPipeError:
        # The reader of our data has gone: nothing is left to say to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return int(ExitCode.OK)


def say(line: str) -> None:
    """Write a line of narration; a terminal that is gone does not matter."""
    try:
        print(sanitize_line(line, limit=2_000), file=sys.stderr, flush=True)
    except (OSError, ValueError):
        return
