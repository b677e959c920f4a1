"""Lines to stdout and stderr that never make the bot wait: a reader that stops costs lines, not turns."""

from __future__ import annotations

import os
import threading
from collections import deque
from datetime import UTC, datetime

from pbtui.core.sanitize import sanitize_line
from pbtui.core.snapshot import EventRow

_LEVELS = ("WARNING", "INFO", "DEBUG", "TRACE")
_KEPT = 20_000


class LineWriter:
    """A thread that writes lines to a descriptor; beyond `kept` waiting lines the oldest are dropped and counted."""

    def __init__(self, fd: int, *, kept: int = _KEPT) -> None:
        self._fd = fd
        self._kept = kept
        self._lines: deque[str] = deque()
        self._dropped = 0
        self._wake = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name=f"writer {fd}", daemon=True)
        self._thread.start()

    def put(self, line: str) -> None:
        """Queue a line (sanitised already); never blocks."""
        with self._wake:
            if len(self._lines) >= self._kept:
                self._lines.popleft()
                self._dropped += 1
            self._lines.append(line)
            self._wake.notify()

    def close(self, wait_s: float = 5.0) -> None:
        """Write what is queued, giving a stuck reader `wait_s` seconds at most."""
        with self._wake:
            self._closed = True
            self._wake.notify()
        self._thread.join(wait_s)

    def _work(self) -> None:
        while True:
            with self._wake:
                while not self._lines and not self._closed:
                    self._wake.wait()
                if not self._lines:
                    return
                lines, self._lines = self._lines, deque()
                dropped, self._dropped = self._dropped, 0
            if dropped:
                lines.appendleft(f"… {dropped} lines dropped: nobody read them in time")
            self._write("".join(f"{line}\n" for line in lines).encode(errors="replace"))

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(self._fd, view) :]
        except OSError:
            return  # the reader is gone (hang-up, closed pipe): there is nobody to tell


def log_line(row: EventRow) -> str:
    """Return an event as `time LEVEL [tag] message`, safe for a terminal."""
    stamp = datetime.fromtimestamp(row.ts_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    word = "ERROR" if row.is_error else _LEVELS[min(max(row.level, 0), 3)]
    coin = f"{sanitize_line(row.coin)} " if row.coin else ""
    return f"{stamp} {word:<8} [{sanitize_line(row.tag)}] {coin}{sanitize_line(row.text, limit=2_000)}"
