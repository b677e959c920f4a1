"""The fills screen: every filled order that is kept, with sums by day, coin and type."""

from __future__ import annotations

from collections.abc import Hashable
from functools import partial

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widget import Widget

from pbtui.console.fills.keys import look
from pbtui.console.fills.view import BYS, FillsView
from pbtui.console.screens.base import ConsoleScreen
from pbtui.console.tables import fill_lists as lists
from pbtui.console.text import safe
from pbtui.console.widgets.grid import GridTable


class FillsScreen(ConsoleScreen):
    """Screen 8."""

    PLACE = "fills"
    _top: Hashable | None = None  # the newest row when last drawn

    def compose_body(self) -> ComposeResult:
        """The filled orders, and beside or below them the sums."""
        with Vertical(id="body", classes="fills"):
            yield GridTable(id="fills", classes="panel", markers=False)
            yield GridTable(id="fill-sums", classes="panel", markers=False)

    def on_mount(self) -> None:
        """Start in the list and ask for what there is."""
        super().on_mount()
        self.query("#fills").focus()
        self.look()

    def look(self) -> None:
        """Ask the bot again."""
        self.run_worker(partial(look, self.console), group="fills", exclusive=True, exit_on_error=False)

    @property
    def view(self) -> FillsView:
        """What is shown."""
        return self.console.state.fills

    def panels(self) -> list[Widget]:
        """Return list and sums."""
        return [self.query_one("#fills"), self.query_one("#fill-sums")]

    def refresh_body(self) -> None:
        """Draw both tables; new fills and another filter are asked for."""
        state, view = self.console.state, self.view
        known = state.snapshot.money.n_fills if state.snapshot is not None else -1
        if not view.reading and (known != view.known or view.asked != self._wanted) and not state.link_ended:
            self.look()
        self.draw("fills", self._draw_list)
        self.draw("fill-sums", self._draw_sums)

    @property
    def _wanted(self) -> str:
        return self.console.state.filters.get("fills", "")

    def _draw_list(self) -> None:
        table = self.query_one("#fills", GridTable)
        table.set_title(lists.title(self.view, self._wanted))
        table.empty = tuple(safe(text, 300) for text in lists.empty_words(self.view, self._wanted))
        found = lists.rows(self.view, self._wanted)
        top = found.keys[0] if found.keys else None
        # Who stands on the newest looks at what comes: the cursor goes with it.
        if top is not None and table.cursor_key in (None, self._top) and table.cursor_key != top:
            table.cursor_key = top
            table.refresh()
        self._top = top
        table.set_rows(lists.COLUMNS, found)

    def _draw_sums(self) -> None:
        table = self.query_one("#fill-sums", GridTable)
        table.set_title(f"By {self.view.by}")
        table.empty = ("no sums yet",)
        table.set_rows(lists.sum_columns(self.view.by), lists.sum_rows(self.view))

    def cycle_view(self) -> bool:
        """Sum by the next of day, coin, type."""
        view = self.view
        view.by = BYS[(BYS.index(view.by) + 1) % len(BYS)]
        self.refresh_view()
        return True

    def take_back(self) -> bool:
        """Drop the filter."""
        if self.console.state.filters.pop("fills", ""):
            self.refresh_view()
            return True
        return False
