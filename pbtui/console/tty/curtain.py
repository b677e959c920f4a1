"""What is seen before the console is: market, account and an outline, long before what draws screens is loaded."""

from __future__ import annotations

import os
import select
import sys
from contextlib import suppress
from types import TracebackType
from typing import Self, TextIO

from pbtui.console.tty.sketch import outline
from pbtui.console.tty.terminal import speaks_utf8
from pbtui.core.sanitize import sanitize_line

_UP = "\x1b[?1049h\x1b[?25l\x1b[H\x1b[2J"  # the other screen, no cursor, empty
_DOWN = "\x1b[?25h\x1b[?1049l"


class Curtain:
    """An outline on the terminal's other screen; the console draws over it, `fall` gives the normal screen back."""

    def __init__(self, badge: str, text: str, waiting: str = "", *, file: TextIO | None = None) -> None:
        """Take a badge, what follows it, and what is waited for; `file` is the terminal, stderr as for the console."""
        self._badge, self._text, self._waiting = sanitize_line(badge), sanitize_line(text), sanitize_line(waiting)
        self._file = file or sys.__stderr__
        self._up = False

    def __enter__(self) -> Self:
        """Show the line, unless the terminal is stopped: waiting for it would keep the bot waiting."""
        with suppress(OSError, ValueError):
            if self._file is not None and select.select((), (self._file,), (), 0)[1]:
                picture = self._picture(self._file.fileno())
                self._up = True  # a signal may come as soon as it is written
                self._write(_UP + picture)
        return self

    def _picture(self, fd: int) -> str:
        columns, rows = os.get_terminal_size(fd)
        badge = f" {self._badge} "
        line = f" {badge}   STARTING   {self._text}"[: max(0, columns - 1)]
        at = min(1 + len(badge), len(line))
        below = outline(self._waiting, columns, rows, ascii_only=not speaks_utf8()) if self._waiting else []
        return f"{line[:1]}\x1b[1;7m{line[1:at]}\x1b[0m{line[at:]}" + "".join(
            f"\x1b[{row};1H{text}" for row, text in enumerate(below, 2) if text
        )

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
