"""The command palette: every action, found by typing; those not possible now say why."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.binding import Binding
from textual.widgets import Input

from pbtui.console.actions import ACTIONS, ConsoleAction, key_label
from pbtui.console.availability import why_not
from pbtui.console.dialogs.base import Words
from pbtui.console.dialogs.help import COLUMNS, ListDialog, action_row
from pbtui.console.state import ViewState
from pbtui.console.widgets.columns import Row
from pbtui.console.widgets.grid import GridTable

_ROWS = 14


def score(action: ConsoleAction, typed: str) -> int | None:
    """Return how well an action fits what was typed (lower is better), None when it does not."""
    wanted = typed.casefold().split()
    if not wanted:
        return 0
    verb = f"{action.verb} {' '.join(map(key_label, action.keys))}".casefold()
    whole = f"{verb} {action.id} {action.help}".casefold()
    if not all(word in whole for word in wanted):
        return None
    return 0 if verb.startswith(wanted[0]) else 1 if all(word in verb for word in wanted) else 2


def found_rows(state: ViewState, typed: str) -> list[Row]:
    """Return the actions that fit, best first, possible ones before the others."""
    scored = [(score(action, typed), action) for action in ACTIONS if not action.id.startswith("cursor.")]
    fitting = [(number, bool(why_not(action, state)), action) for number, action in scored if number is not None]
    fitting.sort(key=lambda item: (item[1], item[0]) if not typed else (item[0], item[1]))
    return [action_row(action, state) for _, _, action in fitting]


class PaletteDialog(ListDialog[str]):
    """Returns the id of the chosen action."""

    BINDINGS = [  # noqa: RUF012 - Textual's way
        Binding("down,tab", "move(1)", "down", show=False, priority=True),
        Binding("up,shift+tab", "move(-1)", "up", show=False, priority=True),
        Binding("pagedown", "move(10)", "page down", show=False, priority=True),
        Binding("pageup", "move(-10)", "page up", show=False, priority=True),
    ]

    def __init__(self, state: ViewState) -> None:
        super().__init__("Palette")
        self._state = state

    def compose_inside(self) -> ComposeResult:
        """Input and table."""
        yield Input(placeholder="type to find an action", max_length=60, compact=True)
        yield GridTable(classes="list", header=False, markers=False, show_cursor=True)
        yield Words(id="words")

    def on_mount(self) -> None:
        """Show all actions."""
        super().on_mount()
        table = self.query_one(GridTable)
        table.can_focus = False
        table.empty = ("no such action",)
        self._fill("")

    def focus_first(self) -> None:
        """Typing goes into the input."""
        self.query_one(Input).focus()

    def _fill(self, typed: str) -> None:
        table = self.query_one(GridTable)
        rows = found_rows(self._state, typed)
        table.cursor_key = rows[0].key if rows else None
        table.set_rows(COLUMNS, rows)
        self.explain()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Find."""
        self._fill(event.value)

    def on_input_submitted(self) -> None:
        """Take the action under the cursor."""
        self._take()

    def on_grid_table_opened(self) -> None:
        """Take the double-clicked action."""
        self._take()

    def _take(self) -> None:
        key = self.query_one(GridTable).cursor_key
        if isinstance(key, str):
            self.dismiss(key)

    def wanted_rows(self) -> int:
        """A page that does not jump while typing."""
        return _ROWS

    def action_move(self, by: int) -> None:
        """Move the cursor."""
        self.query_one(GridTable).move_by(by)
