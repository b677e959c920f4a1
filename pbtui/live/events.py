"""What happened, as rows: a bounded memory for the screen, and listeners for logs."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from itertools import islice

from pbtui.core.sanitize import sanitize_line, sanitize_text
from pbtui.core.snapshot import EventRow

WARNING, INFO, DEBUG, TRACE = 0, 1, 2, 3
Listener = Callable[[EventRow], None]


class EventLog:
    """Rows of the run, newest last; `level` is the highest level kept (0 warning … 3 trace).

    Every text passes the sanitiser here, so that no reader has to think of it. `now_ms` gives the venue's time.
    """

    def __init__(self, now_ms: Callable[[], int], *, level: int = INFO, keep: int = 1_000) -> None:
        self.level = level
        self.errors = 0
        self._now_ms = now_ms
        self._rows: deque[EventRow] = deque(maxlen=keep)
        self._listeners: list[Listener] = []
        self._seq = 0
        self._last_said: dict[str, int] = {}

    def subscribe(self, listener: Listener) -> None:
        """Call `listener` with every row from now on; it must not block or raise."""
        self._listeners.append(listener)

    def wants(self, level: int) -> bool:
        """Tell whether rows of this level are kept: saves building texts nobody reads."""
        return level <= self.level

    def add(self, level: int, tag: str, text: object, *, coin: str = "", is_error: bool = False) -> None:
        """Keep a row; `tag` is a short word such as order, fill, mode."""
        if is_error:
            self.errors += 1
        if self.wants(level):
            self._keep(level, tag, sanitize_line(text), coin, is_error=is_error)

    def _keep(self, level: int, tag: str, text: str, coin: str, *, is_error: bool) -> None:
        self._seq += 1
        row = EventRow(
            ts_ms=self._now_ms(),
            level=level,
            tag=sanitize_line(tag),
            coin=sanitize_line(coin),
            text=text,
            seq=self._seq,
            is_error=is_error,
        )
        self._rows.append(row)
        for listener in self._listeners:
            listener(row)

    def trace(self, tag: str, text: str) -> None:
        """Keep a traceback as a detail, with its lines: the log screen folds them, others show one line."""
        if self.wants(DEBUG):
            self._keep(DEBUG, tag, sanitize_text(text.strip("\n")), "", is_error=False)

    def error(self, tag: str, text: object, *, coin: str = "") -> None:
        """Keep an error."""
        self.add(WARNING, tag, text, coin=coin, is_error=True)

    def warn(self, tag: str, text: object, *, coin: str = "") -> None:
        """Keep a warning."""
        self.add(WARNING, tag, text, coin=coin)

    def info(self, tag: str, text: object, *, coin: str = "") -> None:
        """Keep what an operator wants to know."""
        self.add(INFO, tag, text, coin=coin)

    def debug(self, tag: str, text: object, *, coin: str = "") -> None:
        """Keep a detail."""
        self.add(DEBUG, tag, text, coin=coin)

    def warn_rarely(self, key: str, tag: str, text: object, *, coin: str = "", every_ms: int = 300_000) -> None:
        """Keep a warning unless the same `key` was said less than `every_ms` ago (live.md 7.5, 10.4)."""
        now = self._now_ms()
        said = self._last_said.get(key)
        if said is not None and 0 <= now - said < every_ms:
            return
        if len(self._last_said) > 4_096:
            self._last_said.clear()
        self._last_said[key] = now
        self.warn(tag, text, coin=coin)

    def tail(self, n: int = 200) -> tuple[EventRow, ...]:
        """Return the last `n` rows, oldest first."""
        return tuple(islice(self._rows, max(0, len(self._rows) - n), None))
