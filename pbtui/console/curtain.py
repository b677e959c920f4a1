"""What is seen before the console is: one line that names the market, long before what draws screens is loaded."""

from __future__ import annotations

import os
import select
import sys
from contextlib import suppress
from types import TracebackType
from typing import Self, TextIO

from pbtui.core.sanitize import sanitize_line

_UP = "\x1b[?1049h\x1b[?25l\x1b[H\x1b[2J"  # the other screen, no cursor, empty
_DOWN = "\x1b[?25h\x1b[?1049l"


class Curtain:
    """A line on the terminal's other screen; the console draws over it, `fall` gives the normal screen back."""

    def __init__(self, badge: str, text: str, *, file: TextIO | None = None) -> None:
        """Take a badge and what follows it; `file` is the terminal, stderr as for the console itself."""
        self._badge, self._text = sanitize_line(badge), sanitize_line(text)
        self._file = file or sys.__stderr__
        self._up = False

    def __enter__(self) -> Self:
        """Show the line, unless the terminal is stopped: waiting for it would keep the bot waiting."""
        with suppress(OSError, ValueError):
            if self._file is not None and select.select((), (self._file,), (), 0)[1]:
                badge = f" {self._badge} "
                room = max(0, os.get_terminal_size(self._file.fileno()).columns - 1)
                line = f"{badge} {self._text}"[:room]
                at = min(len(badge), len(line))
                self._up = True  # a signal may come as soon as it is written
                self._write(f"{_UP}\x1b[1;7m{line[:at]}\x1b[0m{line[at:]}")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.fall()

    def fall(self) -> None:
        """Give the normal screen back, once; before anything is said on it."""
        if self._up:
            self._up = False
            with suppress(OSError, ValueError):
                self._write(_DOWN)

    def _write(self, text: str) -> None:
        assert self._file is not None
        self._file.write(text)
        self._file.flush()
