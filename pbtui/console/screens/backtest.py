"""The backtest screen: a form and past runs at the left, a run under way or its result at the right."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message

from pbtui.console.actions import label_of
from pbtui.console.backtest.form import FIELDS
from pbtui.console.backtest.view import TABS, BacktestView, Tab, keys_of
from pbtui.console.screens.paged import ColumnsScreen, Page
from pbtui.console.tables import backtest_lists as lists
from pbtui.console.tables import backtest_result as tables
from pbtui.console.tables.forms import FORM_COLUMNS, form_rows
from pbtui.console.text import Line, Span, fold, safe
from pbtui.console.widgets.columns import Rows
from pbtui.console.widgets.curve_panel import CurvePanel
from pbtui.console.widgets.grid import GridTable
from pbtui.console.widgets.lines import LineView

if TYPE_CHECKING:
    from pbtui.console.backtest.reading import Result

PANEL_OF: dict[Tab, str] = {
    "summary": "summary", "equity": "equity", "coins": "run-coins", "fills": "run-fills", "exposure": "exposure",
}  # fmt: skip

_SHORT_TAB = 4  # letters of a tab's name where not all fit


class TabLine(LineView):
    """The names of the tabs; a click on one shows it."""

    class Chosen(Message):
        """A tab was clicked."""

        def __init__(self, tab: Tab) -> None:
            super().__init__()
            self.tab: Tab = tab

    def __init__(self) -> None:
        super().__init__(id="tabs")
        self._tabs: list[tuple[int, int, Tab]] = []

    def tell(self, current: Tab, tail: str) -> None:
        """Show the names, the current one in brackets, and a few words after them."""
        spans: list[Span] = [(" ", "text")]
        self._tabs, x = [], 1
        short = sum(len(tab) + 2 for tab in TABS) > self.size.width
        for tab in TABS:
            name = tab.title()[:_SHORT_TAB] if short and tab != current else tab.title()
            text = f"[{name}]" if tab == current else f" {name} "
            spans.append((text, "key" if tab == current else "dim"))
            self._tabs.append((x, x + len(text), tab))
            x += len(text)
        self.show([(*spans, (f"  {tail}", "accent"))])

    def on_click(self, event: events.Click) -> None:
        """Show the tab under the mouse."""
        for left, right, tab in self._tabs:
            if left <= event.x < right:
                self.post_message(self.Chosen(tab))


class BacktestScreen(ColumnsScreen):
    """Screen 2."""

    PLACE = "backtest"
    OPENS = "backtest.open"
    LEFT: ClassVar[Page] = ("form", "runs")
    RIGHT: ClassVar[Page] = (*PANEL_OF.values(), "job")

    def compose_body(self) -> ComposeResult:
        """Form and runs, beside them the panels of a result, one of which is in view."""
        with Horizontal(id="body", classes="backtest"):
            with Vertical(id="lists-side"):
                yield GridTable(id="form", classes="panel", header=False, markers=True)
                yield GridTable(id="runs", classes="panel", show_cursor=True)
            with Vertical(id="result-side"):
                yield TabLine()
                yield GridTable(id="summary", classes="panel", markers=False, airy=True)
                yield CurvePanel(id="equity")
                yield GridTable(id="run-coins", classes="panel", markers=False, airy=True)
                yield GridTable(id="run-fills", classes="panel", markers=False, airy=True)
                yield CurvePanel(id="exposure")
                yield CurvePanel(id="job")

    def on_mount(self) -> None:
        """Start with the runs and look for what there is."""
        super().on_mount()
        self.query("#runs").focus()
        desk = self.console.backtests
        if not self.view.form.told and not self.view.form.reading:
            desk.choose_config(self.view.form.config or desk.running_config)
        desk.look()

    @property
    def view(self) -> BacktestView:
        """What is shown."""
        return self.console.state.backtest

    # -- layout --------------------------------------------------------------------------------------------------

    @property
    def result_panel(self) -> str:
        """The panel at the right."""
        job = self.view.job()
        return "job" if job is not None and job.folder not in self.view.results else PANEL_OF[self.view.tab]

    @property
    def in_view(self) -> Page:
        """The panels of this layout and page."""
        if self.layout_name in ("normal", "wide"):
            return (*self.LEFT, self.result_panel)
        pages = (self.LEFT, (self.result_panel,)) if self.layout_name == "narrow" else (("runs",), (self.result_panel,))
        if self.layout_name == "cards" and self.view.page == 2:
            return ("form",)
        return pages[min(self.view.page, 1)]

    def layout_changed(self) -> None:
        """A run under way has no tabs."""
        super().layout_changed()
        self.query_one("#tabs").display = self.result_panel != "job"
        self.fit_form("form", len(FIELDS))

    def cycle_view(self) -> bool:
        """Show the next tab; on narrow terminals the lists come after the last one."""
        view, wide = self.view, self.layout_name in ("normal", "wide")
        most = 2 if self.layout_name == "cards" else 1
        if not wide and view.page != 1:
            view.page, view.tab = (1, TABS[0]) if view.page == 0 else (0, view.tab)
        elif not wide and (view.tab == TABS[-1] or self.result_panel == "job"):
            view.page = most if most == 2 else 0
        else:
            view.tab = TABS[(TABS.index(view.tab) + 1) % len(TABS)]
        self.changed()
        return True

    def show_tab(self, tab: Tab, *, focus: bool = False) -> None:
        """Show a tab of the result."""
        self.view.tab, self.view.page = tab, 1
        self.changed()
        if focus:
            self.query_one(f"#{self.result_panel}").focus()

    # -- drawing -------------------------------------------------------------------------------------------------

    def refresh_body(self) -> None:
        """Draw the panels in view."""
        shown = self.in_view
        if not all(self.query_one(f"#{name}").display for name in shown):
            self.layout_changed()  # a run has ended, or another kind of thing is looked at
        draw = {"form": self._draw_form, "runs": self._draw_runs, "job": self._draw_job}
        for name in shown:
            self.draw(name, draw.get(name, self._draw_result))

    def _draw_form(self) -> None:
        form, table = self.view.form, self.query_one("#form", GridTable)
        table.set_title("Backtest" + (" · reading the config…" if form.reading else ""))
        table.set_rows(FORM_COLUMNS, form_rows(form))

    def _draw_runs(self) -> None:
        view, table = self.view, self.query_one("#runs", GridTable)
        wanted, sort = self.choices("runs")
        table.set_title(lists.runs_title(view, wanted))
        table.empty = lists.runs_empty(view, wanted)
        rows = lists.run_rows(view, wanted, sort)
        if view.current in rows.keys:
            table.cursor_key = view.current
        table.set_rows(lists.RUN_COLUMNS, rows, sort=sort.column, descending=sort.descending)
        if rows and table.cursor_key != view.current:  # the filter hides the current one
            self._choose(table.cursor_key)

    def _draw_job(self) -> None:
        job, panel = self.view.job(), self.query_one("#job", CurvePanel)
        if job is None:
            return
        panel.set_title("Run" if job.running else f"Run · {job.state}")
        plain, standing = self.console.ascii_only, job.standing
        mark = (job.number, job.state, job.changes, standing.stage, standing.progress, job.line, len(job.notes), plain)

        def make(columns: int, rows: int) -> list[Line]:
            from pbtui.console.backtest.charts import job_lines

            return job_lines(job, columns, rows, plain=plain)

        panel.draw(mark, make)

    def _draw_result(self) -> None:
        view = self.view
        result, other = view.result(), view.other()
        self.query_one(TabLine).tell(view.tab, self._tail())
        if result is None or (result.suite is not None and view.tab != "summary"):
            self._draw_words(result)
        elif view.tab == "summary":
            table = self.query_one("#summary", GridTable)
            self._title(table, view.unit.upper() if result.suite is None else "suite")
            table.set_rows(tables.summary_columns(result, other), tables.summary_rows(result, other, view.unit))
        elif view.tab == "equity":
            self._draw_equity(result, other)
        elif view.tab == "coins":
            self._draw_coins(result)
        elif view.tab == "fills":
            self._draw_fills(result)
        else:
            self._draw_exposure(result)

    def _tail(self) -> str:
        run = self.view.runs.get(self.view.second) if self.view.second is not None else None
        if run is None:
            return ""
        if run.folder == self.view.folder():
            return "c: choose the other one"
        return f"against {safe(run.name, 40)}"

    def _title(self, panel: LineView, more: str = "") -> None:
        folder = self.view.folder()
        run = self.view.runs.get(folder) if folder is not None else None
        parts = [run.name if run is not None else "", folder.name if folder is not None else "", more]
        panel.set_title(" · ".join(part for part in (safe(part, 80) for part in parts) if part))

    def _draw_words(self, result: Result | None) -> None:
        """Say why there is nothing to see."""
        view = self.view
        folder = view.folder()
        found = view.results.get(folder) if folder is not None else None
        if result is not None:
            text, ink = "a suite: its runs are in the list, named after their scenarios", "dim"
        elif isinstance(found, str):
            text, ink = found, "bad"
        else:
            nothing = f"no run chosen: {label_of('backtest.run')} runs what the form says"
            text, ink = ("reading…" if folder is not None else nothing), "dim"
        panel = self.query_one(f"#{self.result_panel}", LineView)
        self._title(panel)
        if isinstance(panel, CurvePanel):
            panel.draw((text, ink), lambda columns, _rows: fold(((text, ink),), columns))
        elif isinstance(panel, GridTable):
            room = max(10, panel.content_size.width - 2)
            panel.empty = tuple("".join(part for part, _ in line) for line in fold(((text, ink),), room))
            panel.set_rows((), Rows.of(()))

    def _draw_equity(self, result: Result, other: Result | None) -> None:
        view, panel, plain = self.view, self.query_one("#equity", CurvePanel), self.console.ascii_only
        scale = "log" if view.logarithmic else "linear"
        self._title(panel, f"{view.unit.upper()} · {scale}")
        curve, theirs = result.curve, other.curve if other is not None else None

        def make(columns: int, rows: int) -> list[Line]:
            from pbtui.console.backtest.charts import equity_lines

            if curve is None:
                return fold(((" · ".join(result.problems), "bad"),), columns)
            return equity_lines(curve, theirs, view.unit, columns, rows, logarithmic=view.logarithmic, plain=plain)

        panel.draw((id(result), id(theirs), view.unit, view.logarithmic, plain), make)

    def _draw_exposure(self, result: Result) -> None:
        panel, plain = self.query_one("#exposure", CurvePanel), self.console.ascii_only
        self._title(panel, "wallet exposure")

        def make(columns: int, rows: int) -> list[Line]:
            from pbtui.console.backtest.charts import exposure_lines

            if result.fills is None:
                return fold(((" · ".join(result.problems), "bad"),), columns)
            return exposure_lines(result.fills, columns, rows, plain=plain)

        panel.draw((id(result), plain), make)

    def _draw_coins(self, result: Result) -> None:
        table = self.query_one("#run-coins", GridTable)
        wanted, sort = self.choices("run-coins")
        self._title(table, f"{len(result.coins)} coins")
        table.empty = result.problems or (("no coin passes the filter",) if wanted else ("no coin was traded",))
        rows = tables.coin_rows(result.coins, wanted, sort)
        table.set_rows(tables.COIN_COLUMNS, rows, sort=sort.column, descending=sort.descending)

    def _draw_fills(self, result: Result) -> None:
        table = self.query_one("#run-fills", GridTable)
        wanted, sort = self.choices("run-fills")
        if result.fills is None:
            table.empty = result.problems
            table.set_rows((), Rows.of(()))
            return
        self.console.backtests.arrange(result, wanted, sort)
        order = self.view.order
        if order.made != order.wanted:
            return  # the old rows stay until the new ones are there
        shown = f"{len(order.rows):,} of {len(result.fills):,} fills" if wanted else f"{len(result.fills):,} fills"
        self._title(table, f"{shown} /{safe(wanted, 30)}" if wanted else shown)
        table.empty = ("no fill passes the filter",) if wanted else ("no fills",)
        rows = tables.fill_rows(self.view, result.fills)
        table.set_rows(tables.FILL_COLUMNS, rows, sort=sort.column, descending=sort.descending)

    # -- moving --------------------------------------------------------------------------------------------------

    def _choose(self, key: object) -> None:
        """Look at another run."""
        view = self.view
        found = next((each for each in keys_of(view) if each == key), None)
        if found is not None and found != view.current:
            view.current = found
            self.console.backtests.open()
            self.changed()

    def table_moved(self, table: GridTable) -> None:
        """The run under the cursor becomes the one looked at."""
        if table.id == "runs":
            self._choose(table.cursor_key)

    def take_back(self) -> bool:
        """Drop the filter of the panel, then the comparison, then go back to the lists."""
        state, view = self.console.state, self.view
        if state.filters.pop(state.panel, ""):
            self.refresh_view()
            return True
        if view.second is not None:
            view.second = None
            self.refresh_view()
            return True
        if self.layout_name in ("narrow", "cards") and view.page != 0:
            view.page = 0
            self.changed()
            return True
        return False

    def on_tab_line_chosen(self, message: TabLine.Chosen) -> None:
        """A tab was clicked."""
        self.show_tab(message.tab)
