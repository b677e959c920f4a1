"""The frame of dialogs in which typing finds rows of a list, and Enter takes the one under the cursor."""

from __future__ import annotations

from typing import TypeVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.widgets import Input

from pbtui.console.dialogs.base import Dialog
from pbtui.console.widgets.grid import GridTable

T = TypeVar("T")
_ROWS = 14


class FindDialog(Dialog[T]):
    """Sub-classes fill the list with what fits, and take a row."""

    BINDINGS = [  # noqa: RUF012 - Textual's way
        Binding("down,tab", "move(1)", "down", show=False, priority=True),
        Binding("up,shift+tab", "move(-1)", "up", show=False, priority=True),
        Binding("pagedown", "move(10)", "page down", show=False, priority=True),
        Binding("pageup", "move(-10)", "page up", show=False, priority=True),
    ]
    ASKS = ""  # what to type, told while nothing is
    MOST_TYPED = 60

    def compose_inside(self) -> ComposeResult:
        """Input and table."""
        yield Input(placeholder=self.ASKS, max_length=self.MOST_TYPED, compact=True)
        yield GridTable(classes="list", header=False, markers=False, show_cursor=True)

    def on_mount(self) -> None:
        """Leave the focus to the input."""
        super().on_mount()
        self.query_one(GridTable).can_focus = False

    def focus_first(self) -> None:
        """Typing goes into the input."""
        self.query_one(Input).focus()

    def find(self, typed: str) -> None:
        """Fill the list with what fits."""
        raise NotImplementedError

    def take_row(self) -> None:
        """Take the row under the cursor."""
        raise NotImplementedError

    def on_input_changed(self, event: Input.Changed) -> None:
        """Find."""
        self.find(event.value)

    def on_input_submitted(self) -> None:
        """Take the row under the cursor."""
        self.take_row()

    def on_grid_table_opened(self) -> None:
        """Take the double-clicked row."""
        self.take_row()

    def wanted_rows(self) -> int:
        """A page that does not jump while typing."""
        return _ROWS

    def action_move(self, by: int) -> None:
        """Move the cursor."""
        self.query_one(GridTable).move_by(by)
