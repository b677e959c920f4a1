"""The candles screen: coins by weeks, what is missing and why, checks and downloads."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widget import Widget

from pbtui.console.candles.view import CandlesView
from pbtui.console.screens.base import ConsoleScreen
from pbtui.console.tables import candle_lists as lists
from pbtui.console.tables import coverage
from pbtui.console.text import fold
from pbtui.console.widgets.coverage import CoverageMap
from pbtui.console.widgets.grid import GridTable
from pbtui.console.widgets.lines import LineView

# What is in view per layout and view number (the key v goes round).
VIEWS: dict[str, tuple[tuple[str, ...], ...]] = {
    "cards": (("coverage",), ("gaps",), ("findings",), ("downloads",)),
    "narrow": (("coverage", "gaps"), ("coverage", "findings"), ("coverage", "downloads")),
    "normal": (("coverage", "gaps", "findings"), ("coverage", "gaps", "downloads")),
    "wide": (("coverage", "gaps", "findings", "downloads"),),
}
LISTS = ("gaps", "findings", "downloads")
_MOST_OF_BODY = 0.62  # what the map may take of the height
_LEAST_MAP = 6


class CandlesScreen(ConsoleScreen):
    """Screen 5."""

    PLACE = "candles"
    OPENS = "candles.open"

    def compose_body(self) -> ComposeResult:
        """The map, the words of its cell, three lists side by side."""
        with Vertical(id="body", classes="candles"):
            yield CoverageMap(id="coverage", classes="panel")
            yield LineView(id="cell")
            with Horizontal(id="lists"):
                yield GridTable(id="gaps", classes="panel", markers=False, airy=True)
                yield GridTable(id="findings", classes="panel", markers=False, airy=True)
                yield GridTable(id="downloads", classes="panel", markers=False, airy=True)

    def on_mount(self) -> None:
        """Start with the map and read what is held."""
        super().on_mount()
        self.query("#coverage").focus()
        self.console.candles.look()

    @property
    def view(self) -> CandlesView:
        """What is shown."""
        return self.console.state.candles

    # -- layout --------------------------------------------------------------------------------------------------

    @property
    def in_view(self) -> tuple[str, ...]:
        """The panels of this layout and view."""
        views = VIEWS[self.layout_name]
        return views[self.view.view % len(views)]

    def layout_changed(self) -> None:
        """Show the panels of the view; the focus never stays on a hidden one."""
        shown = self.in_view
        for name in ("coverage", *LISTS):
            self.query_one(f"#{name}").display = name in shown
        self.query_one("#cell").display = "coverage" in shown
        self.query_one("#lists").display = any(name in shown for name in LISTS)
        if self.focused is not None and not self.focused.display:
            self.query_one(f"#{shown[0]}").focus()

    def panels(self) -> list[Widget]:
        """Return the panels in view."""
        return [self.query_one(f"#{name}") for name in self.in_view]

    def cycle_view(self) -> bool:
        """Show the next view."""
        self.view.view = (self.view.view + 1) % len(VIEWS[self.layout_name])
        self.layout_changed()
        if self.layout_name == "cards":
            self.panels()[0].focus()
        self.call_after_refresh(self.refresh_view)
        return True

    def bring(self, name: str) -> None:
        """Show a list."""
        views = VIEWS[self.layout_name]
        if name not in self.in_view:
            self.view.view = next(number for number, shown in enumerate(views) if name in shown)
            self.layout_changed()
            self.call_after_refresh(self.refresh_view)

    # -- drawing -------------------------------------------------------------------------------------------------

    def refresh_body(self) -> None:
        """Draw the panels in view."""
        draw = {
            "coverage": self._draw_map,
            "gaps": self._draw_gaps,
            "findings": self._draw_findings,
            "downloads": self._draw_downloads,
        }
        for name in self.in_view:
            self.draw(name, draw[name])
        if "coverage" in self.in_view:
            self.draw("cell", self._draw_cell)

    def _draw_map(self) -> None:
        view, table = self.view, self.query_one("#coverage", CoverageMap)
        wanted, sort = self.choices("coverage")
        table.set_title(coverage.title(view, wanted))
        table.empty = coverage.empty_words(view, wanted)
        table.selected = view.marked
        table.set_map(view.cells, view.week)
        view.week = table.week
        rows = coverage.rows(view, wanted, sort)
        if view.current in rows.keys:
            table.cursor_key = view.current
        self._fit_map(len(rows) or len(table.empty))
        table.set_rows(coverage.COLUMNS, rows, sort=sort.column, descending=sort.descending)
        if rows and table.cursor_key != view.current:  # the filter hides the current one
            self._choose(table.cursor_key)

    def _draw_cell(self) -> None:
        words = self.query_one("#cell", LineView)
        words.show(fold(((" ", "text"), *coverage.cell_line(self.view)), max(20, words.content_size.width - 1))[:2])

    def _fit_map(self, count: int) -> None:
        """Give the map the lines it needs, up to a share; the lists get the rest."""
        table, room = self.query_one("#coverage"), self.query_one("#body").size.height
        if room <= 0 or self.layout_name == "cards":
            table.styles.height = "1fr"
            return
        frame = 2 if self.has_class("-flat") else 3
        most = max(_LEAST_MAP, round(room * _MOST_OF_BODY))
        table.styles.height = min(most, max(_LEAST_MAP, count + frame))

    def _draw_gaps(self) -> None:
        view, table = self.view, self.query_one("#gaps", GridTable)
        wanted, sort = self.choices("gaps")
        known = view.survey_of(view.current)
        coin = coverage.coin_word(view.current) if view.current else ""
        count = f" · {len(known.gaps):,} · {known.missing:,} min" if known and known.gaps else ""
        table.set_title(f"Gaps: {coin}{count}" if coin else "Gaps")
        table.empty = ("no gap between the first and the last candle",) if known else ("",)
        rows = lists.gap_rows(known, wanted, sort)
        table.set_rows(lists.GAP_COLUMNS, rows, sort=sort.column, descending=sort.descending)

    def _draw_findings(self) -> None:
        check, table = self.view.check, self.query_one("#findings", GridTable)
        wanted, sort = self.choices("findings")
        table.set_title(lists.findings_title(check, wanted))
        table.empty = lists.findings_empty(check, wanted)
        rows = lists.finding_rows(check, wanted, sort)
        table.set_rows(lists.FINDING_COLUMNS, rows, sort=sort.column, descending=sort.descending)

    def _draw_downloads(self) -> None:
        fetch, table = self.view.fetch, self.query_one("#downloads", GridTable)
        table.set_title(lists.fetch_title(fetch))
        table.empty = lists.fetch_empty(fetch)
        table.set_rows(lists.FETCH_COLUMNS, lists.fetch_rows(fetch))

    # -- moving --------------------------------------------------------------------------------------------------

    def sideways(self, by: int) -> bool:
        """Move from week to week on the map; elsewhere from panel to panel."""
        return self.focused is self.query_one("#coverage") and self.step_weeks(by)

    def step_weeks(self, by: int) -> bool:
        """Move the cursor of the map by weeks; False where there is no map."""
        week = self.query_one("#coverage", CoverageMap).week_by(by)
        if week is None:
            return False
        self.view.week = week
        self.refresh_view()
        return True

    def page_weeks(self, pages: int) -> None:
        """Move the cursor of the map by a screenful of weeks."""
        self.step_weeks(pages * max(1, self.query_one("#coverage", CoverageMap).cells_in_view - 1))

    def take_back(self) -> bool:
        """Drop the filter of the panel, then the marks; False when there is neither."""
        state = self.console.state
        if state.filters.pop(state.panel, ""):
            self.refresh_view()
            return True
        if self.view.marked:
            self.view.marked.clear()
            self.refresh_view()
            return True
        return False

    def _choose(self, key: object) -> None:
        """Make the symbol of a row the current one."""
        pair = next((pair for pair in self.view.pairs if pair == key), None)
        if pair is not None and pair != self.view.current:
            self.view.current = pair
            self.refresh_view()

    def table_moved(self, table: GridTable) -> None:
        """The row under the cursor becomes the current one; a gap shows its week."""
        key = table.cursor_key
        if table.id == "coverage":
            self._choose(key)
        elif table.id == "gaps" and isinstance(key, int):
            cells = self.view.cells.get(self.view.current) if self.view.current else None
            week = max((start for start in cells or () if start <= key), default=None)
            if week is not None and week != self.view.week:
                self.view.week = week
                self.refresh_view()

    def on_coverage_map_week_chosen(self, message: CoverageMap.WeekChosen) -> None:
        """A cell was clicked."""
        self.view.week = message.week
        self.refresh_view()
