"""Choosing the columns of a table: the one behind the dialog shows the choice at once."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.binding import Binding

from pbtui.console.dialogs.base import Dialog, Words
from pbtui.console.text import Line
from pbtui.console.widgets.columns import Column, Row, cell
from pbtui.console.widgets.grid import GridTable

_COLUMNS = (Column("shown", "shown"), Column("title", "column", least=8))
_HINT: Line = (
    ("space", "key"), (" show or hide  ", "dim"), ("a", "key"), (" all  ", "dim"), ("esc", "key"), (" done", "dim"),
)  # fmt: skip


def column_rows(columns: Sequence[Column], hidden: set[str]) -> list[Row]:
    """Return the columns that can be hidden: the first one names the row and stays."""
    return [
        Row(column.id, (cell(" " if column.id in hidden else "✓", "accent"), cell(column.title.strip() or column.id)))
        for column in columns[1:]
    ]


class ColumnsDialog(Dialog[None]):
    """Shows and hides columns of a panel's table; every key counts at once."""

    BINDINGS = [  # noqa: RUF012 - Textual's way
        Binding("space,enter", "turn", "show or hide", show=False, priority=True),
        Binding("a", "all", "all", show=False),
        Binding("down,j,tab", "move(1)", "down", show=False, priority=True),
        Binding("up,k,shift+tab", "move(-1)", "up", show=False, priority=True),
    ]

    def __init__(self, panel: str, columns: Sequence[Column]) -> None:
        super().__init__(f"Columns: {panel}")
        self._panel = panel
        self._columns = columns

    def compose_inside(self) -> ComposeResult:
        """The list, and its keys."""
        yield GridTable(classes="list", header=False, markers=False, show_cursor=True)
        yield Words(id="words")

    def on_mount(self) -> None:
        """Show the columns."""
        super().on_mount()
        self._list()
        self.query_one(GridTable).focus()
        self.show([(), _HINT])

    def wanted_rows(self) -> int:
        """As many as can be hidden."""
        return len(self._columns) - 1

    def action_move(self, by: int) -> None:
        """Move the cursor."""
        self.query_one(GridTable).move_by(by)

    def action_turn(self) -> None:
        """Show or hide the column under the cursor."""
        key = self.query_one(GridTable).cursor_key
        if isinstance(key, str):
            self._hide(self._hidden ^ {key})

    def action_all(self) -> None:
        """Show all."""
        self._hide(set())

    def on_grid_table_opened(self) -> None:
        """Show or hide the double-clicked column."""
        self.action_turn()

    @property
    def _hidden(self) -> set[str]:
        return set(self.console.state.hidden.get(self._panel, ()))

    def _hide(self, hidden: set[str]) -> None:
        everywhere = {name: ids for name, ids in self.console.state.hidden.items() if name != self._panel}
        self.console.state.hidden = {**everywhere, self._panel: frozenset(hidden)} if hidden else everywhere
        self._list()
        self.console.refresh_views()

    def _list(self) -> None:
        self.query_one(GridTable).set_rows(_COLUMNS, column_rows(self._columns, self._hidden))
