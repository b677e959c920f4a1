"""What the log screen shows and how: the rows, the cursor, filters, marks. No widget, no thread."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from pbtui.console.log.index import Index, Place
from pbtui.console.log.pattern import Pattern
from pbtui.console.log.reader import Batch
from pbtui.console.log.record import Record
from pbtui.console.log.wanted import Wanted, read_words

Source = Literal["", "file", "events"]
MOST_MARKED = 10_000


@dataclass(slots=True)
class LogView:
    """Everything the screen draws."""

    index: Index = field(default_factory=Index)
    source: Source = ""  # nothing to read yet, the file, or the events of the link
    path: str = ""
    problem: str = ""  # why there is nothing, or nothing new
    why_events: str = ""  # why it is not the file
    wanted: Wanted = field(default_factory=Wanted)  # what the rows have passed
    only: str = ""  # the filter as typed
    asked: Wanted = field(default_factory=Wanted)  # the same understood, of any level
    search: Pattern | None = None
    cursor: Place | None = None
    tail: bool = True  # follows the end
    new: int = 0  # rows that came since it does not
    marked: set[Place] = field(default_factory=set)
    last_mark: Place | None = None
    unfolded: set[Place] = field(default_factory=set)
    share: float = 0.0
    done: bool = False  # everything has been read

    def take(self, batch: Batch) -> None:
        """Use what a step of reading found."""
        if batch.anew:
            self.index = Index()
            self.new = 0
        if batch.dropped:
            self.index.drop(batch.dropped)
            self.marked = {place for place in self.marked if place[0] not in batch.dropped}
        before = len(self.index)
        self.index.add(batch.older, batch.newer)
        if not self.tail and not batch.anew:
            self.new += len(self.index) - before - sum(len(block.starts) for block in batch.older)
        self.share, self.done, self.problem = batch.share, batch.done, batch.problem

    def forget(self) -> None:
        """Forget places: another log, or the same one read again, has others."""
        self.index, self.cursor, self.tail, self.new = Index(), None, True, 0
        self.marked, self.last_mark, self.unfolded = set(), None, set()
        self.share, self.done, self.problem = 0.0, False, ""

    # -- the cursor ----------------------------------------------------------------------------------------------

    @property
    def row(self) -> int:
        """The row of the cursor; the last one while following."""
        last = len(self.index) - 1
        return max(0, last) if self.tail or self.cursor is None else self.index.row(self.cursor)

    @property
    def place(self) -> Place | None:
        """The place of the cursor, None without rows."""
        return self.index.place(self.row) if len(self.index) else None

    @property
    def record(self) -> Record | None:
        """The record under the cursor, None without rows."""
        return self.index.record(self.row) if len(self.index) else None

    def move_to(self, row: int) -> None:
        """Put the cursor on a row, kept within the rows; the last one follows the end."""
        if not len(self.index):
            return
        row = max(0, min(row, len(self.index) - 1))
        self.cursor = self.index.place(row)
        self.tail = row == len(self.index) - 1
        if self.tail:
            self.new = 0

    def go(self, place: Place) -> None:
        """Put the cursor on the row at a place."""
        self.move_to(self.index.row(place))

    # -- what passes ---------------------------------------------------------------------------------------------

    def want(self, only: str) -> None:
        """Take typed words as the filter; raises ConfigError for a bad pattern and keeps the one before.

        Marks go: those on lines that no longer pass could not be seen.
        """
        self.asked = read_words(only, 3)
        self.only = only
        self.marked.clear()

    def down_to(self, level: int) -> Wanted:
        """Return the filter down to a level."""
        return replace(self.asked, level=level)

    def toggle_word(self, column: str, name: str) -> str:
        """Return the filter's words with `column:name`, or without that column when it is there already."""
        words = self.only.split()
        others = [word for word in words if not word.startswith(f"{column}:")]
        word = f"{column}:{name.lower()}"
        return " ".join(others if word in words else [*others, word])

    # -- marks and folds -----------------------------------------------------------------------------------------

    def mark(self) -> None:
        """Mark the row under the cursor, or not."""
        place = self.place
        if place is not None:
            self.marked ^= {place}
            self.last_mark = place

    def mark_to(self) -> int:
        """Mark every row from the last mark to the cursor; returns how many were left out because they are too many."""
        place = self.place
        if place is None:
            return 0
        first, last = sorted((self.index.row(self.last_mark or place), self.row))
        room = max(0, MOST_MARKED - len(self.marked))
        rows = range(first, last + 1)
        self.marked |= {self.index.place(row) for row in rows[:room]}
        self.last_mark = place
        return max(0, len(rows) - room)

    def chosen_rows(self) -> list[int]:
        """Return the rows that are marked, else the one under the cursor."""
        if not len(self.index):
            return []
        rows = [self.index.row(place) for place in sorted(self.marked)]
        found = [row for row, place in zip(rows, sorted(self.marked), strict=True) if self.index.place(row) == place]
        return found or [self.row]

    def toggle_fold(self) -> bool:
        """Unfold the text under the cursor; False when it has one line only or is unfolded already."""
        place, record = self.place, self.record
        if place is None or record is None or len(record.lines) < 2 or place in self.unfolded:
            return False
        self.unfolded.add(place)
        return True
