"""The rows of a whole session: those of every bot it started, and its own, in one sequence."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from itertools import islice

from pbtui.core.sanitize import sanitize_line, sanitize_text
from pbtui.core.snapshot import EventRow

Listener = Callable[[EventRow], None]
_SHOWN = 200  # rows that every snapshot carries
_KEPT = 5_000  # rows for a console that comes later


class Journal:
    """Keeps the newest rows and hands each to the listeners; `now_ms` stamps the session's own rows."""

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._now_ms = now_ms
        self._rows: deque[EventRow] = deque(maxlen=_KEPT)
        self._listeners: list[Listener] = []
        self._seq = 0

    def subscribe(self, listener: Listener) -> None:
        """Call `listener` with every row from now on; it must neither block nor raise."""
        self._listeners.append(listener)

    def take(self, row: EventRow) -> None:
        """Keep a bot's row under the session's own number."""
        self._seq += 1
        kept = replace(row, seq=self._seq)
        self._rows.append(kept)
        for listener in self._listeners:
            listener(kept)

    def say(self, tag: str, text: str, *, level: int = 1, is_error: bool = False) -> None:
        """Keep a row of the session itself."""
        self.take(EventRow(self._now_ms(), level, tag, "", sanitize_line(text), is_error=is_error))

    def trace(self, tag: str, text: str) -> None:
        """Keep a traceback as a detail, with its lines: the log screen folds them, others show one line."""
        self.take(EventRow(self._now_ms(), 2, tag, "", sanitize_text(text.strip("\n"))))

    def tail(self) -> tuple[EventRow, ...]:
        """Return the rows a snapshot shows, oldest first."""
        return self.last(_SHOWN)

    def last(self, n: int) -> tuple[EventRow, ...]:
        """Return at most the last `n` rows, oldest first."""
        return tuple(islice(reversed(self._rows), max(0, n)))[::-1]

    @property
    def said(self) -> int:
        """How many rows there were so far."""
        return self._seq
