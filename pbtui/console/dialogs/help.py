"""Help: every key of the screen in front, what it does, and why it does not now."""

from __future__ import annotations

from typing import TypeVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding

from pbtui.console.actions import ConsoleAction, Danger, actions_of, key_label
from pbtui.console.availability import why_not
from pbtui.console.dialogs.base import Dialog, Words
from pbtui.console.state import ViewState
from pbtui.console.text import Line, fold
from pbtui.console.widgets.columns import Column, Row, cell
from pbtui.console.widgets.grid import GridTable

COLUMNS = (Column("key", "key"), Column("verb", "action"), Column("help", "what it does", rank=1, least=28))
T = TypeVar("T")
_FULL_HELP = 48  # columns in which what an action does is told whole, nearly always
_EXPLAINED = 2
_GROUP = "group:"  # begins the key of a row that is a heading
RITUALS = {
    Danger.VIEW: "",
    Danger.REVERSIBLE: "",
    Danger.ORDERS: " [y]",
    Danger.COSTS: " [type the coin]",
    Danger.ACCOUNT: " [type PANIC]",
}


def ritual(action: ConsoleAction) -> str:
    """Return what stands between the key and its effect."""
    return RITUALS[action.danger] or (RITUALS[Danger.ORDERS] if action.asks else "")


def action_row(action: ConsoleAction, state: ViewState) -> Row:
    """Return an action as a row; one that is not possible now is quiet and says why."""
    reason = why_not(action, state)
    keys = " ".join(key_label(key) for key in action.keys)
    if reason:
        return Row(action.id, (cell(keys, "dim"), cell(action.verb, "dim"), cell(f"not now: {reason}", "dim")))
    ink = "warn" if action.danger >= Danger.COSTS else "strong"
    return Row(action.id, (cell(keys, "key"), cell(action.verb, ink), cell(action.help + ritual(action))))


def help_rows(state: ViewState) -> list[Row]:
    """Return the actions of the screen in front, by group."""
    rows: list[Row] = []
    actions = actions_of(state.place)
    for group in dict.fromkeys(action.group for action in actions):
        rows.append(Row(f"{_GROUP}{group}", (cell(""), cell(group, "accent"), cell(""))))
        rows += [action_row(action, state) for action in actions if action.group == group]
    return rows


def _is_action(key: object) -> bool:
    return not str(key).startswith(_GROUP)


class ListDialog(Dialog[T]):
    """A list of actions; where there is no room for what they do, it is told below for the one under the cursor."""

    def explain(self) -> None:
        """Tell in full what the list has no room for; always in as many lines, so that nothing jumps."""
        table = self.query_one(GridTable)
        row = table.cursor_row
        if table.room_of("help") >= _FULL_HELP or row is None:
            self.show([])
            return

        def told(room: int) -> list[Line]:
            return [*fold(row.cells[-1], room), (), ()][:_EXPLAINED]

        self.show(told)

    def on_grid_table_moved(self) -> None:
        """Explain another action."""
        self.explain()

    def on_resize(self, event: events.Resize) -> None:
        """See whether there is room now."""
        self.call_after_refresh(self.explain)


class HelpDialog(ListDialog[None]):
    """A scrolling table of keys."""

    BINDINGS = [  # noqa: RUF012 - Textual's way
        Binding("question_mark,q,enter", "leave", "back", show=False),
        Binding("down,j", "move(1)", "down", show=False),
        Binding("up,k", "move(-1)", "up", show=False),
        Binding("pagedown,space", "move(10)", "page down", show=False),
        Binding("pageup", "move(-10)", "page up", show=False),
    ]

    def __init__(self, state: ViewState) -> None:
        super().__init__(f"Help: {state.place}")
        self._rows = help_rows(state)

    def compose_inside(self) -> ComposeResult:
        """The table."""
        yield GridTable(classes="list", header=False, markers=False)
        yield Words(id="words")

    def on_mount(self) -> None:
        """Fill the table."""
        super().on_mount()
        table = self.query_one(GridTable)
        table.rests = _is_action
        table.cursor_key = next((row.key for row in self._rows if _is_action(row.key)), None)
        table.set_rows(COLUMNS, self._rows)
        self.explain()
        table.focus()

    def wanted_rows(self) -> int:
        """As many as there are."""
        return len(self._rows)

    def action_move(self, by: int) -> None:
        """Scroll."""
        self.query_one(GridTable).move_by(by)
