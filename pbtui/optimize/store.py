"""All evaluations of a run on disk: a line in the journal each and, where wanted, a record in `all_results.bin`."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pbtui.core.errors import StateError
from pbtui.core.sanitize import sanitize_line
from pbtui.optimize.all_results import FILE as RECORDS
from pbtui.optimize.all_results import AllResults
from pbtui.optimize.journal import FILE as JOURNAL
from pbtui.optimize.journal import Entry, Journal, Shape
from pbtui.optimize.recall import end_before, first_unsound


class Store:
    """Opens what a run has written, mended, and adds to it. `notes` tell what was damaged."""

    def __init__(self, folder: Path, shape: Shape, *, records: bool, compress: bool) -> None:
        self.notes: list[str] = []
        self._journal = Journal(folder / JOURNAL, shape)
        try:
            if self._journal.cut:
                self.notes.append(f"{JOURNAL} had an unfinished entry of {self._journal.cut:,} bytes: cut away")
            self._records = self._open_records(folder / RECORDS, compress=compress) if records else None
        except BaseException:
            self._journal.close()
            raise

    @property
    def entries(self) -> Sequence[Entry]:
        """Return what was there when the store was opened, in the order it was written."""
        return self._journal.entries

    def add(self, entry: Entry, record: Mapping[str, Any] | None) -> None:
        """Keep an evaluation: its record first, so that the journal never names one that is missing."""
        if self._records is not None and record is not None:
            entry = replace(entry, written=self._records.append(record))
        self._journal.append(entry)

    def sync(self) -> None:
        """Make what was added to the journal durable."""
        self._journal.sync()

    def close(self) -> None:
        """Make everything durable and close the files."""
        if self._records is not None:
            self._records.close()
        self._journal.sync()
        self._journal.close()

    def _open_records(self, path: Path, *, compress: bool) -> AllResults:
        entries = self._journal.entries
        sound = first_unsound(path, entries)
        lost = sum(entry.written is not None for entry in entries[sound:])
        if lost:
            self.notes.append(f"{path.name} is damaged: its last {lost:,} records are left out of it")
            self._journal.forget_records(sound)
        try:
            if path.exists():
                end = end_before(entries, sound)
                over = path.stat().st_size - end
                if over > 0 and not lost:
                    self.notes.append(f"{path.name} had {over:,} bytes after its last record: cut away")
                os.truncate(path, end)
        except OSError as error:
            why = sanitize_line(error.strerror or error, limit=120)
            raise StateError(f"{path.name} cannot be mended: {why}") from error
        count = sum(entry.written is not None for entry in entries[:sound])
        return AllResults(path, compress=compress, count=count)
