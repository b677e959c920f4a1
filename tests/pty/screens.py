"""What stands on a terminal's screen: a program repaints what changed only, so no text need come in one piece."""

from __future__ import annotations

import codecs
import re
import time
from collections.abc import Mapping, Sequence

from terminals import Terminal

_PART = re.compile(
    r"\x1b\[(?P<given>[0-?]*)[ -/]*(?P<last>[@-~])"
    r"|\x1b[\]P_^X].*?(?:\x07|\x1b\\)"  # titles and questions
    r"|\x1b[ -/]*[0-Z\\^-~]"
    r"|(?P<told>[^\x1b]+)",
    re.DOTALL,
)
_OTHER_SCREENS = ("?1049", "?47")


class Screen:
    """Letters by row and column, as an xterm would show them; colours and wide letters are left out."""

    def __init__(self, columns: int, rows: int) -> None:
        self._columns, self._rows = columns, rows
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._left = ""  # the beginning of a sequence whose end has not come
        self._clear()
        self._row = self._column = 0

    @property
    def text(self) -> str:
        """Return what is seen, a line a row."""
        return "\n".join("".join(row).rstrip() for row in self._cells)

    def feed(self, data: bytes) -> None:
        """Take what a program wrote."""
        told, at = self._left + self._decoder.decode(data), 0
        for part in _PART.finditer(told):
            if part.start() != at:
                break
            at = part.end()
            if part["told"] is not None:
                self._write(part["told"])
            elif part["last"] is not None:
                self._obey(part["given"], part["last"])
        self._left = told[at:]

    def _write(self, told: str) -> None:
        for letter in told:
            if letter == "\r":
                self._column = 0
            elif letter == "\n":
                self._next_row()
            elif letter == "\b":
                self._column = max(0, self._column - 1)
            elif letter >= " ":
                if self._column >= self._columns:
                    self._column = 0
                    self._next_row()
                self._cells[self._row][self._column] = letter
                self._column += 1

    def _next_row(self) -> None:
        if self._row + 1 < self._rows:
            self._row += 1
        else:
            self._cells = [*self._cells[1:], [" "] * self._columns]

    def _obey(self, given: str, last: str) -> None:
        if given.startswith(_OTHER_SCREENS) and last in "hl":
            self._clear()
        if not re.fullmatch(r"[\d;]*", given):
            return  # a mode of the terminal: nothing that is seen
        numbers = [int(number or 0) for number in given.split(";")]
        first = numbers[0]
        if last in "Hf":
            self._go(first - 1, (numbers[1] if len(numbers) > 1 else 1) - 1)
        elif last in "ABCD":
            down, right = {"A": (-1, 0), "B": (1, 0), "C": (0, 1), "D": (0, -1)}[last]
            self._go(self._row + down * max(1, first), self._column + right * max(1, first))
        elif last == "J":
            self._wipe(self._row if first == 0 else 0, self._column if first == 0 else 0)
        elif last == "K" and first == 0:
            self._cells[self._row][self._column :] = [" "] * max(0, self._columns - self._column)

    def _go(self, row: int, column: int) -> None:
        self._row = min(max(0, row), self._rows - 1)
        self._column = min(max(0, column), self._columns - 1)

    def _wipe(self, row: int, column: int) -> None:
        """Empty everything from a place on."""
        self._cells[row][column:] = [" "] * max(0, self._columns - column)
        for below in range(row + 1, self._rows):
            self._cells[below] = [" "] * self._columns

    def _clear(self) -> None:
        self._cells = [[" "] * self._columns for _ in range(self._rows)]


class SeenTerminal(Terminal):
    """A terminal that is looked at: `screen` is what stands there now."""

    def __init__(self, words: Sequence[str], env: Mapping[str, str], *, columns: int = 120, rows: int = 36) -> None:
        self.screen = Screen(columns, rows)
        super().__init__(words, env, columns=columns, rows=rows)

    def read(self, seconds: float) -> bytes:
        """Collect output as every terminal does, and let it be seen."""
        data = super().read(seconds)
        self.screen.feed(data)
        return data

    def wait_to_see(self, *texts: str, without: Sequence[str] = (), seconds: float = 120.0) -> None:
        """Read until every text stands on the screen, and none of those that have to be gone."""
        end = time.monotonic() + seconds
        while not self._seen(texts, without):
            assert time.monotonic() < end, f"{texts} without {without} never stood there:\n{self.screen.text}"
            if not self.read(0.2) and self.ended():
                assert self._seen(texts, without), f"ended without {texts}:\n{self.screen.text}"

    def _seen(self, texts: Sequence[str], without: Sequence[str]) -> bool:
        seen = self.screen.text
        return all(text in seen for text in texts) and not any(text in seen for text in without)
