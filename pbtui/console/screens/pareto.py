"""The screen of fronts: runs and members at the left, the cloud and one member's parameters at the right."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from pbtui.console.optimize.view import ParetoView
from pbtui.console.screens.paged import Page, PagedScreen, members_of
from pbtui.console.tables import pareto_lists as lists
from pbtui.console.text import Line
from pbtui.console.widgets.columns import Rows
from pbtui.console.widgets.curve_panel import CurvePanel
from pbtui.console.widgets.grid import GridTable


class ParetoScreen(PagedScreen):
    """Screen 4."""

    PLACE = "pareto"
    OPENS = "pareto.open"
    LEFT: ClassVar[Page] = ("fronts", "members")
    RIGHT: ClassVar[Page] = ("pareto-front", "parameters")
    NARROW: ClassVar[tuple[Page, ...]] = (("fronts", "members"), ("pareto-front",), ("parameters",))
    CARDS: ClassVar[tuple[Page, ...]] = (("fronts",), ("members",), ("pareto-front",), ("parameters",))

    def compose_body(self) -> ComposeResult:
        """Runs and members, beside them the pictures of one."""
        with Horizontal(id="body", classes="pareto"):
            with Vertical(id="lists-side"):
                yield GridTable(id="fronts", classes="panel", show_cursor=True)
                yield GridTable(id="members", classes="panel", show_cursor=True)
            with Vertical(id="result-side"):
                yield CurvePanel(id="pareto-front")
                yield GridTable(id="parameters", classes="panel", markers=False, airy=True)

    def on_mount(self) -> None:
        """Start with the members, and look for what there is."""
        super().on_mount()
        self.query_one(f"#{self.in_view[-1] if self.in_view[-1] in self.LEFT else 'members'}").focus()
        self.console.optimizer.look()

    @property
    def view(self) -> ParetoView:
        """What is shown."""
        return self.console.state.pareto

    def sortable(self, panel: str) -> list[str]:
        """Return what a panel can be sorted by."""
        return lists.sortable(self.view) if panel == "members" else lists.FRONT_SORTABLE

    def refresh_body(self) -> None:
        """Draw the panels in view; all but the runs follow the member under the cursor."""
        draw = {
            "fronts": self._draw_fronts,
            "members": self._draw_members,
            "pareto-front": self._draw_cloud,
            "parameters": self._draw_parameters,
        }
        for name in self.in_view:
            self.draw(name, draw[name])

    def _draw_fronts(self) -> None:
        view, table = self.view, self.query_one("#fronts", GridTable)
        wanted, sort = self.choices("fronts")
        table.set_title(lists.fronts_title(view, wanted))
        table.empty = lists.fronts_empty(view, wanted)
        rows = lists.front_rows(view, wanted, sort)
        if view.current in rows.keys:
            table.cursor_key = view.current
        table.set_rows(lists.FRONT_COLUMNS, rows, sort=sort.column, descending=sort.descending)
        if rows and table.cursor_key != view.current:  # the filter hides the current one
            self._choose_run(table.cursor_key)

    def _draw_members(self) -> None:
        view, table = self.view, self.query_one("#members", GridTable)
        wanted, sort = self.choices("members")
        front = view.front()
        shown, problem = view.shown(wanted, sort)
        table.set_title(lists.members_title(view, len(shown), wanted, problem))
        table.empty = lists.members_empty(view, wanted)
        if front is None:
            table.set_rows((), Rows.of(()))
            return
        rows = lists.member_rows(view, front, shown)
        chosen = view.chosen()
        if chosen is not None and chosen.id in rows.keys:
            table.cursor_key = chosen.id
        table.set_rows(lists.member_columns(view), rows, sort=sort.column, descending=sort.descending)
        if rows and (chosen is None or table.cursor_key != chosen.id):
            self._choose_member(table.cursor_key)

    def _draw_cloud(self) -> None:
        view, panel, plain = self.view, self.query_one("#pareto-front", CurvePanel), self.console.ascii_only
        wanted, sort = self.choices("members")
        shown, _ = view.shown(wanted, sort)
        chosen = view.chosen()
        panel.set_title(f"Front · {members_of(len(shown))}" if shown else "Front")

        def make(columns: int, rows: int) -> list[Line]:
            from pbtui.console.optimize.pictures import pareto_lines

            return pareto_lines(view, list(shown), columns, rows, plain=plain)

        panel.draw(
            (view.current, bool(shown), view.changes, chosen.id if chosen else "", view.axes, view.metric, plain), make
        )

    def _draw_parameters(self) -> None:
        table, member = self.query_one("#parameters", GridTable), self.view.chosen()
        if member is None:
            table.set_title("Parameters")
            table.empty = ("no member chosen",)
            table.set_rows((), Rows.of(()))
            return
        from pbtui.console.optimize.reading import parameters

        front = self.view.front()
        found = parameters(member, front.tuned if front is not None else frozenset())
        table.set_title(lists.bars_title(found, member.id))
        table.empty = ("its file tells no bounds",)
        table.set_rows(lists.BAR_COLUMNS, lists.bar_rows(found))

    # -- moving --------------------------------------------------------------------------------------------------

    def table_moved(self, table: GridTable) -> None:
        """The run or member under the cursor becomes the one looked at."""
        if table.id == "fronts":
            self._choose_run(table.cursor_key)
        elif table.id == "members":
            self._choose_member(table.cursor_key)

    def _choose_run(self, key: object) -> None:
        if isinstance(key, Path) and key != self.view.current:
            self.view.current = key
            self.console.optimizer.open()
            self.changed()

    def _choose_member(self, key: object) -> None:
        view = self.view
        if isinstance(key, str) and view.current is not None and view.member.get(view.current) != key:
            view.member[view.current] = key
            self.changed()
