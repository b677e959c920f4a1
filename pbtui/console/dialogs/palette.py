"""The command palette: every action, found by typing; those not possible now say why."""

from __future__ import annotations

from textual.app import ComposeResult

from pbtui.console.actions import ACTIONS, ConsoleAction, key_label
from pbtui.console.availability import why_not
from pbtui.console.dialogs.base import Words
from pbtui.console.dialogs.find import FindDialog
from pbtui.console.dialogs.help import COLUMNS, ListDialog, action_row
from pbtui.console.state import ViewState
from pbtui.console.widgets.columns import Row
from pbtui.console.widgets.grid import GridTable


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


class PaletteDialog(FindDialog[str], ListDialog[str]):
    """Returns the id of the chosen action."""

    ASKS = "type to find an action"

    def __init__(self, state: ViewState) -> None:
        super().__init__("Palette")
        self._state = state

    def compose_inside(self) -> ComposeResult:
        """Input and table, below them what an action does."""
        yield from super().compose_inside()
        yield Words(id="words")

    def on_mount(self) -> None:
        """Show all actions."""
        super().on_mount()
        self.query_one(GridTable).empty = ("no such action",)
        self.find("")

    def find(self, typed: str) -> None:
        """List the actions that fit."""
        table = self.query_one(GridTable)
        rows = found_rows(self._state, typed)
        table.cursor_key = rows[0].key if rows else None
        table.set_rows(COLUMNS, rows)
        self.explain()

    def take_row(self) -> None:
        """Take the action under the cursor."""
        key = self.query_one(GridTable).cursor_key
        if isinstance(key, str):
            self.dismiss(key)
