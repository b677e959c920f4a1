"""Signals of this process, handed to an event loop on every system."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable

HANG_UP: int | None = getattr(signal, "SIGHUP", None)
"""The terminal is gone; Windows has no such signal."""
BREAK: int | None = getattr(signal, "SIGBREAK", None)
"""Ctrl+Break, a closed window, or a parent that asks to end: Windows only."""


def listen(loop: asyncio.AbstractEventLoop, number: int | None, call: Callable[[], object]) -> None:
    """Call `call` in the loop at each such signal; a signal the system does not have (None) never comes.

    For the main thread only.
    """
    if number is None:
        return
    try:
        loop.add_signal_handler(number, call)
    except NotImplementedError:  # the loops of Windows wake up for Python's own handlers, and have no others
        signal.signal(number, lambda *_: loop.call_soon_threadsafe(call))
