"""A dialog of words to read: one event in full, the standing warnings."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.binding import Binding

from pbtui.console.checklist import checklist_lines
from pbtui.console.dialogs.base import WIDEST, Dialog, Words
from pbtui.console.dialogs.confirm import words
from pbtui.console.numbers import utc
from pbtui.console.tables.events import LEVELS
from pbtui.console.text import Line, safe
from pbtui.core.snapshot import EventRow, Snapshot


class WordsDialog(Dialog[None]):
    """Shows lines; any of escape, enter and q leaves."""

    BINDINGS = [  # noqa: RUF012 - Textual's way
        Binding("enter,q", "leave", "back", show=False),
        Binding("down,j", "scroll(1)", "down", show=False),
        Binding("up,k", "scroll(-1)", "up", show=False),
        Binding("space", "page(1)", "page down", show=False),
    ]

    def __init__(self, title: str, lines: Sequence[Line]) -> None:
        super().__init__(title)
        self._lines = lines

    def compose_inside(self) -> ComposeResult:
        """The lines, scrolling where they are too many."""
        yield Words(id="words")

    def on_mount(self) -> None:
        """Show the lines."""
        super().on_mount()
        self.show(self._lines)

    def action_scroll(self, by: int) -> None:
        """Scroll."""
        self.query_one("#words", Words).scroll_lines(by)
        self.fit()


def warning_words(snapshot: Snapshot | None) -> list[Line]:
    """Return the standing warnings and the checklist."""
    lines: list[Line] = []
    for warning in snapshot.warnings if snapshot else ():
        lines += [(("⚠ ", "warn"), *line) for line in words(warning)]
    lines = lines or [(("no warnings", "dim"),)]
    return [*lines, *checklist_lines(snapshot, WIDEST)]


def event_words(event: EventRow) -> list[Line]:
    """Return one event in full."""
    head = f"{utc(event.ts_ms, '%Y-%m-%d %H:%M:%SZ')}  {LEVELS[max(0, min(event.level, 3))]}  {safe(event.tag, 40)}"
    coin: Line = ((f"  {safe(event.coin, 20)}", "strong"),) if event.coin else ()
    return [((head, "dim"), *coin), (), *words(event.text, "bad" if event.is_error else "text")]
