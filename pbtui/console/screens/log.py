"""The log screen: all events this console has seen, with level and text filter."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical

from pbtui.console.screens.base import ConsoleScreen
from pbtui.console.tables import events
from pbtui.console.text import safe
from pbtui.console.widgets.grid import GridTable


class LogScreen(ConsoleScreen):
    """Screen 7."""

    PLACE = "log"

    def compose_body(self) -> ComposeResult:
        """One table, as high as the screen."""
        with Vertical(id="body"):
            yield GridTable(id="log", classes="panel", follow=True, markers=False)

    def on_mount(self) -> None:
        """Focus the table."""
        super().on_mount()
        self.query("#log").focus()

    def refresh_body(self) -> None:
        """Show the events; follows the newest until the cursor leaves the end."""
        state, table = self.console.state, self.query_one("#log", GridTable)
        wanted = state.filters.get("log", "")
        note = f" /{safe(wanted, 30)}" if wanted.strip() else ""
        table.set_title(f"Log · down to {events.LEVELS[state.event_level]}{note}")
        table.empty = ("no event matches",) if wanted else ("nothing to tell",)
        rows = events.rows(state.events, state.event_level, wanted, full=True, most=len(state.events))
        table.set_rows(events.LOG_COLUMNS, rows)

    def next_error(self) -> bool:
        """Move to the next error after the cursor, from the top after the last; False when there is none."""
        state, table = self.console.state, self.query_one("#log", GridTable)
        errors = {event.seq for event in state.events if event.is_error}
        places = [index for index, key in enumerate(table.rows.keys) if key in errors]
        if not places:
            return False
        here = table.cursor_index
        table.move_to(next((place for place in places if place > here), places[0]))
        return True
