"""Lines of standard input on the event loop: files, pipes and terminals alike, bounded however much comes."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import suppress

LONGEST = 4_096  # bytes of a line
TOO_LONG = f"(a line of more than {LONGEST:,} bytes)"  # stands for one, which is dropped whole
_WAITING = 64  # lines read ahead
_CHUNK = 65_536


class StdinLines:
    """Reads a descriptor in a thread; `next` gives one line, None at the end, `TOO_LONG` for one that is."""

    def __init__(self, fd: int = 0) -> None:
        self._fd = fd
        self._loop = asyncio.get_running_loop()
        self._queue: asyncio.Queue[str | None] = asyncio.Queue(_WAITING)
        threading.Thread(target=self._work, name="stdin", daemon=True).start()

    async def next(self) -> str | None:
        """Return the next line without its end; None once there will be none."""
        return await self._queue.get()

    def _work(self) -> None:
        # A loop that has ended cannot be told anything.
        with suppress(RuntimeError, CancelledError):
            for line in self._lines():
                asyncio.run_coroutine_threadsafe(self._queue.put(line), self._loop).result()
            asyncio.run_coroutine_threadsafe(self._queue.put(None), self._loop).result()

    def _lines(self) -> Iterator[str]:
        rest, too_long = b"", False
        while chunk := self._read():
            *whole, rest = (rest + chunk).split(b"\n")
            for line in whole:
                long = too_long or len(line) > LONGEST
                yield TOO_LONG if long else line.decode(errors="replace").rstrip("\r")
                too_long = False
            if len(rest) > LONGEST:
                rest, too_long = b"", True
        if rest or too_long:
            yield TOO_LONG if too_long else rest.decode(errors="replace")

    def _read(self) -> bytes:
        try:
            return os.read(self._fd, _CHUNK)
        except OSError:
            return b""  # no standard input, or its terminal is gone
