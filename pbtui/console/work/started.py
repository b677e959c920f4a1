"""What is known of work that goes on in a process of its own, and the line that says how far it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pbtui.console.numbers import bar
from pbtui.console.text import Line, fit
from pbtui.jobs.standing import Standing

JobState = Literal["starting", "running", "stopping", "done", "failed", "stopped"]
_MOST_NOTES = 50
_BAR = 24


@dataclass(slots=True)
class StartedJob:
    """Something started here; `last_lines` are what it wrote last when it crashed."""

    number: int
    name: str
    state: JobState = "starting"
    standing: Standing = field(default_factory=Standing)
    notes: list[str] = field(default_factory=list[str])
    line: str = ""  # what came of it
    last_lines: tuple[str, ...] = ()
    folder: Path | None = None
    changes: int = 0  # grows with what is drawn of it

    @property
    def running(self) -> bool:
        """Tell whether it has not ended yet."""
        return self.state in ("starting", "running", "stopping")

    def note(self, text: str) -> None:
        """Keep a line for the person who waits, once: later stages read the same candles again."""
        if text not in self.notes:
            self.notes = [*self.notes, text][-_MOST_NOTES:]


def progress_line(job: StartedJob, columns: int) -> Line:
    """Return the stage of a running job, with a bar where it tells its share."""
    share = job.standing.share
    title = job.standing.title() if job.state != "starting" else "reading the config"
    if share is None:
        return ((title, "text"),)
    room = max(6, min(_BAR, columns - len(title) - 8))
    filled, empty = bar(share, room)
    return (
        (fit(title, min(len(title), max(4, columns - room - 8))), "text"),
        ("  ", "text"), (filled, "accent"), (empty, "border"), (f" {share:>4.0%}", "strong"),
    )  # fmt: skip
