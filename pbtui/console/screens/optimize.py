"""The screen of searches: form and searches at the left, how one goes and its front at the right."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from pbtui.console.optimize.form import FIELDS
from pbtui.console.optimize.view import OptimizeView
from pbtui.console.screens.paged import Page, PagedScreen, members_of
from pbtui.console.tables import optimize_lists as lists
from pbtui.console.tables.forms import FORM_COLUMNS, form_rows
from pbtui.console.text import Line
from pbtui.console.widgets.curve_panel import CurvePanel
from pbtui.console.widgets.grid import GridTable


class OptimizeScreen(PagedScreen):
    """Screen 3."""

    PLACE = "optimize"
    OPENS = "optimize.open"
    LEFT: ClassVar[Page] = ("search-form", "searches")
    RIGHT: ClassVar[Page] = ("search", "search-front")
    NARROW: ClassVar[tuple[Page, ...]] = (("search-form", "searches"), ("search",), ("search-front",))
    CARDS: ClassVar[tuple[Page, ...]] = (("searches",), ("search-form",), ("search",), ("search-front",))

    def compose_body(self) -> ComposeResult:
        """Form and searches, beside them the pictures of one."""
        with Horizontal(id="body", classes="backtest"):
            with Vertical(id="lists-side"):
                yield GridTable(id="search-form", classes="panel", header=False)
                yield GridTable(id="searches", classes="panel", show_cursor=True)
            with Vertical(id="result-side"):
                yield CurvePanel(id="search")
                yield CurvePanel(id="search-front")

    def on_mount(self) -> None:
        """Start with the form."""
        super().on_mount()
        self.query_one(f"#{self.in_view[0]}").focus()
        desk, form = self.console.optimizer, self.view.form
        if not form.told and not form.reading:
            desk.choose_config(form.config or self.console.backtests.running_config)

    @property
    def view(self) -> OptimizeView:
        """What is shown."""
        return self.console.state.optimize

    def layout_changed(self) -> None:
        """The form takes the rows it has, but for the narrowest terminals."""
        super().layout_changed()
        self.fit_form("search-form", len(FIELDS))

    def refresh_body(self) -> None:
        """Draw the panels in view."""
        draw = {
            "search-form": self._draw_form,
            "searches": self._draw_searches,
            "search": self._draw_search,
            "search-front": self._draw_front,
        }
        for name in self.in_view:
            self.draw(name, draw[name])

    def _draw_form(self) -> None:
        form, table = self.view.form, self.query_one("#search-form", GridTable)
        table.set_title("Optimize" + (" · reading the config…" if form.reading else ""))
        table.set_rows(FORM_COLUMNS, form_rows(form))

    def _draw_searches(self) -> None:
        view, table = self.view, self.query_one("#searches", GridTable)
        table.set_title(lists.searches_title(view))
        table.empty = lists.SEARCHES_EMPTY
        if view.current is not None:
            table.cursor_key = view.current
        table.set_rows(lists.SEARCH_COLUMNS, lists.search_rows(view))

    def _draw_search(self) -> None:
        search, panel, plain = self.view.search(), self.query_one("#search", CurvePanel), self.console.ascii_only
        panel.set_title("Search" if search is None else f"Search {search.number}")
        if search is None:
            panel.draw("", lambda _columns, _rows: [((" nothing is searched yet", "dim"),)])
            return

        def make(columns: int, rows: int) -> list[Line]:
            from pbtui.console.optimize.pictures import search_lines

            return search_lines(search, columns, rows, plain=plain)

        panel.draw((search.number, search.state, search.changes, plain), make)

    def _draw_front(self) -> None:
        view, panel, plain = self.view, self.query_one("#search-front", CurvePanel), self.console.ascii_only
        search, axes = view.search(), view.axes
        points = search.points if search is not None else None
        panel.set_title("Front" if points is None else f"Front · {members_of(len(points.members))}")
        if search is None:
            panel.draw("", lambda _columns, _rows: [((" the front of the search comes here", "dim"),)])
            return

        def make(columns: int, rows: int) -> list[Line]:
            from pbtui.console.optimize.pictures import front_lines

            return front_lines(search, axes, columns, rows, plain=plain)

        panel.draw((search.number, search.changes, axes, plain), make)

    def table_moved(self, table: GridTable) -> None:
        """The search under the cursor becomes the one looked at."""
        if table.id == "searches" and isinstance(table.cursor_key, int) and table.cursor_key != self.view.current:
            self.view.current = table.cursor_key
            self.changed()
