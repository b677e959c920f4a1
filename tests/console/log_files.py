"""Logs to read in tests: written by the bot's own writer, or line by line."""

from __future__ import annotations

from pathlib import Path

from pbtui.console.log.index import Index
from pbtui.console.log.pieces import LogFiles
from pbtui.console.log.reader import Reader
from pbtui.console.log.record import encode
from pbtui.console.log.wanted import Wanted
from pbtui.core.snapshot import EventRow
from pbtui.live.logfile import LogFile

START_MS = 1_747_224_000_000  # 2025-05-14 12:00:00Z
TRACEBACK = 'Traceback (most recent call last):\n  File "bot.py", line 7\nValueError: no price'


def row(number: int, text: str = "", **changes: object) -> EventRow:
    """Return an event; one every second."""
    values: dict = {"level": 1, "tag": "note", "coin": "", "seq": number, **changes}
    return EventRow(ts_ms=START_MS + number * 1000, text=text or f"line {number}", **values)


def write(path: Path, rows: list[EventRow], **options: int) -> LogFile:
    """Write rows as a bot does; the writer stays open."""
    log = LogFile(path, **options)
    for each in rows:
        log(each)
    return log


class Following:
    """A log that is read by hand."""

    def __init__(self, path: Path, wanted: Wanted | None = None) -> None:
        self.log = LogFiles(path)
        self.reader = Reader(self.log, wanted or Wanted())
        self.index = Index()
        self.problem = ""
        self.restarts = 0

    def read(self) -> Following:
        """Read until nothing is left."""
        for _ in range(10_000):
            batch = self.reader.step()
            if batch.anew:
                self.index = Index()
                self.restarts += 1
            if batch.dropped:
                self.index.drop(batch.dropped)
            self.index.add(batch.older, batch.newer)
            self.problem = batch.problem
            if batch.done:
                return self
        raise AssertionError("reading never ends")

    @property
    def texts(self) -> list[str]:
        """The first line of every row."""
        return [self.index.record(at).head for at in range(len(self.index))]


def encoded(rows: list[EventRow]) -> bytes:
    """Return rows as bytes of a file."""
    return b"".join(map(encode, rows))
