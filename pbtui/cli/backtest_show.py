"""A running job for those who wait: a progress bar on a terminal, plain lines elsewhere, JSON lines for programs."""

from __future__ import annotations

import os
import shutil
import sys
from typing import Protocol, TextIO

from pbtui.cli.narrate import say
from pbtui.core.clock import Clock, RealClock
from pbtui.jobs.events import Event, Note, Progress, SearchState, Stage, to_json
from pbtui.jobs.standing import Standing

_REDRAW_S = 0.1
_PLAIN_STEPS = 10
_BAR = 20
_CLEAR = "\r\x1b[K"


class Show(Protocol):
    """Whoever is told the events of a job."""

    def take(self, event: Event) -> None:
        """Show an event."""
        ...

    def close(self) -> None:
        """Leave the terminal tidy."""
        ...


class JsonShow:
    """Every event as a line on standard output."""

    def take(self, event: Event) -> None:
        """Write the event."""
        sys.stdout.write(to_json(event) + "\n")
        sys.stdout.flush()

    def close(self) -> None:
        """Do nothing: every line is whole."""


class _Notes:
    """Says what is worth a line, each once: the stages of a search read the same candles again and again."""

    def __init__(self) -> None:
        self._said: set[str] = set()

    def say(self, note: Note) -> None:
        """Say a note that was not said before."""
        line = note.text if note.level == "info" else f"{note.level}: {note.text}"
        if line not in self._said:
            self._said.add(line)
            say(line)


class QuietShow:
    """Warnings only."""

    def __init__(self) -> None:
        self._notes = _Notes()

    def take(self, event: Event) -> None:
        """Say a warning."""
        if isinstance(event, Note) and event.level != "info":
            self._notes.say(event)

    def close(self) -> None:
        """Do nothing."""


class BarShow:
    """One line that is drawn over and over on a terminal."""

    def __init__(self, out: TextIO | None = None, clock: Clock | None = None, *, unicode: bool = True) -> None:
        self._out = out or sys.stderr
        self._clock = clock or RealClock()
        self._unicode = unicode
        self._notes = _Notes()
        self._standing = Standing()
        self._drawn_at = -1.0
        self._dirty = False

    def take(self, event: Event) -> None:
        """Draw what has changed, at most ten times a second; notes stay above the bar."""
        if isinstance(event, Note):
            self._put(_CLEAR)
            self._notes.say(event)
            self._dirty = False
        self._standing.take(event)
        now = self._clock.monotonic()
        if now - self._drawn_at >= _REDRAW_S or not self._dirty:
            self._drawn_at = now
            self._put(_CLEAR + self.line(shutil.get_terminal_size().columns - 1))
            self._dirty = True

    def close(self) -> None:
        """Take the bar away."""
        self._put(_CLEAR)

    def line(self, width: int) -> str:
        """Return the bar in at most `width` columns; the least important figures go first."""
        share = self._standing.share
        parts = [self._standing.title()]
        if share is not None:
            parts.append(f"{self._bar(share)} {share:>4.0%}")
        for figure in self._standing.figures():
            if len("  ".join([*parts, figure])) > width:
                break
            parts.append(figure)
        return "  ".join(parts)[: max(width, 0)]

    def _bar(self, share: float) -> str:
        full = round(share * _BAR)
        on, off = ("█", "░") if self._unicode else ("#", ".")
        return on * full + off * (_BAR - full)

    def _put(self, text: str) -> None:
        try:
            self._out.write(text)
            self._out.flush()
        except (OSError, ValueError):
            return  # the terminal is gone: the result is what counts


class PlainShow:
    """A line for every new stage and every tenth of a long one."""

    def __init__(self) -> None:
        self._notes = _Notes()
        self._standing = Standing()
        self._said = ""
        self._tenth = 0

    def take(self, event: Event) -> None:
        """Say what is new."""
        self._standing.take(event)
        if isinstance(event, Note):
            self._notes.say(event)
        elif isinstance(event, Stage) and event.text != self._said:
            self._said, self._tenth = event.text, 0
            say(self._standing.title())
        elif isinstance(event, Progress | SearchState) and int(event.share * _PLAIN_STEPS) > self._tenth:
            self._tenth = int(event.share * _PLAIN_STEPS)
            say(", ".join([f"{self._standing.title()}: {event.share:.0%}", *self._standing.figures()]))

    def close(self) -> None:
        """Do nothing: every line is whole."""


def show_for(*, json: bool, quiet: bool) -> Show:
    """Return the way to show a job that suits where it is shown."""
    if json:
        return JsonShow()
    if quiet:
        return QuietShow()
    if sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb":
        return BarShow(unicode=speaks_unicode(sys.stderr))
    return PlainShow()


def speaks_unicode(stream: TextIO) -> bool:
    """Tell whether a stream can write more than ASCII."""
    return (stream.encoding or "").lower().replace("-", "").startswith("utf")
