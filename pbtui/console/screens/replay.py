"""The replay screen: one minute of a backtest, the orders wanted after it, why, and what filled."""

from __future__ import annotations

from collections.abc import Hashable

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widget import Widget

from pbtui.console.replay import lines, tables
from pbtui.console.replay.view import ReplayView
from pbtui.console.screens.base import ConsoleScreen
from pbtui.console.text import Line, safe
from pbtui.console.widgets.curve_panel import CurvePanel
from pbtui.console.widgets.grid import GridTable
from pbtui.console.widgets.lines import LineView

# What is in view per layout and view number (the key v goes round).
VIEWS: dict[str, tuple[tuple[str, ...], ...]] = {
    "cards": (("orders",), ("why",), ("fills",), ("chart",)),
    "narrow": (("orders", "why"), ("fills",), ("chart",)),
    "normal": (("chart", "orders", "why", "fills"), ("orders", "why", "fills")),
    "wide": (("chart", "orders", "why", "fills"), ("orders", "why", "fills")),
}
_ROOM_FOR_RUN = 30  # rows from which the run is named below the header of a bot
_ALL = ("chart", "orders", "why", "fills")
_LEFT, _RIGHT = frozenset({"chart", "orders"}), frozenset({"why", "fills"})


class ReplayScreen(ConsoleScreen):
    """Opened from a backtest."""

    PLACE = "replay"

    def __init__(self) -> None:
        super().__init__()
        self._row_now: Hashable | None = None  # the fill that the list last moved to

    def compose_body(self) -> ComposeResult:
        """Where the run is, above chart and orders left, reasons and fills right."""
        with Vertical(id="body", classes="replay"):
            yield LineView(id="replay-head")
            with Horizontal(id="replay-panels"):
                with Vertical(id="left"):
                    yield CurvePanel(id="replay-chart")
                    yield GridTable(id="replay-orders", classes="panel", markers=False, airy=True, show_cursor=True)
                with Vertical(id="right"):
                    with VerticalScroll(id="replay-why", classes="panel"):
                        yield LineView(id="replay-reasons")
                    yield GridTable(id="replay-fills", classes="panel", markers=False, airy=True)

    def on_mount(self) -> None:
        """Begin with the orders."""
        super().on_mount()
        self.query("#replay-orders").focus()

    @property
    def view(self) -> ReplayView:
        """What is shown."""
        return self.console.state.replay

    # -- layout --------------------------------------------------------------------------------------------------

    @property
    def in_view(self) -> tuple[str, ...]:
        """The panels of this layout and view."""
        views = VIEWS[self.layout_name]
        return views[self.view.page % len(views)]

    def layout_changed(self) -> None:
        """Show the panels of the view; the focus never stays on a hidden one."""
        shown = set(self.in_view)
        for name in _ALL:
            self.query_one(f"#replay-{name}").display = name in shown
        self.query_one("#left").display = bool(shown & _LEFT)
        self.query_one("#right").display = bool(shown & _RIGHT)
        pad = " " if self.has_class("-flat") else ""
        self.query_one("#replay-why").border_title = f"{pad}Why{pad}"
        if self.focused is not None and not self.focused.display:
            self.panels()[0].focus()

    def panels(self) -> list[Widget]:
        """Return the panels in view."""
        return [self.query_one(f"#replay-{name}") for name in self.in_view]

    def cycle_view(self) -> bool:
        """Show the next view and give its first new panel the focus."""
        before = set(self.in_view)
        self.view.page += 1
        self.layout_changed()
        new = [name for name in self.in_view if name not in before]
        if new:
            self.query_one(f"#replay-{new[0]}").focus()
        self.call_after_refresh(self.refresh_view)
        return True

    # -- drawing -------------------------------------------------------------------------------------------------

    def refresh_body(self) -> None:
        """Draw the head and the panels in view."""
        draw = {
            "chart": self._draw_chart,
            "orders": self._draw_orders,
            "why": self._draw_why,
            "fills": self._draw_fills,
        }
        self.draw("replay-head", self._draw_head)
        for name in self.in_view:
            self.draw("replay-reasons" if name == "why" else f"replay-{name}", draw[name])

    def _draw_header(self) -> None:
        """Tell of the run where there is no bot to tell of."""
        if self.console.state.snapshot is not None:
            super()._draw_header()
        else:
            header = self.query_one("#header", LineView)
            rows = 2 if header.has_class("-two") else 1
            header.show(lines.run_lines(self.view, self.app.size.width, rows))

    def _draw_head(self) -> None:
        head, room = self.query_one("#replay-head", LineView), max(20, self.app.size.width - 2)
        told = self.console.state.snapshot is None or self.app.size.height < _ROOM_FOR_RUN
        head.show([*([] if told else lines.run_lines(self.view, room, 1)), *lines.head_lines(self.view, room)])

    def _draw_chart(self) -> None:
        view, panel, plain = self.view, self.query_one("#replay-chart", CurvePanel), self.console.ascii_only
        shown = view.shown
        panel.set_title(f"{safe(shown.coin, 20)} · up to this minute" if shown is not None else "Chart")
        picture = shown.chart if shown is not None else None

        def make(columns: int, rows: int) -> list[Line]:
            from pbtui.console.backtest.around import chart_lines

            if picture is None:
                return [(("no candles", "dim"),)]
            return chart_lines(picture, columns, rows)

        panel.draw((id(picture), plain), make)

    def _draw_orders(self) -> None:
        view, table = self.view, self.query_one("#replay-orders", GridTable)
        count = len(view.orders)
        whole = "whole ladders" if view.shown is not None and view.shown.whole else "as the run needed them"
        table.set_title(f"Orders wanted now {count} · {whole}" if view.shown is not None else "Orders")
        table.empty = (view.stage or ("" if view.problem else "no orders"),)
        table.set_rows(tables.ORDER_COLUMNS, tables.order_rows(view))

    def _draw_why(self) -> None:
        panel = self.query_one("#replay-reasons", LineView)
        room = max(20, self.query_one("#replay-why").content_size.width - 1)
        panel.show(lines.reason_lines(self.view, lines.side_in_front(self.view), room))

    def _draw_fills(self) -> None:
        view, table = self.view, self.query_one("#replay-fills", GridTable)
        table.set_title(tables.fills_title(view))
        table.empty = ("no fills",)
        now = tables.row_now(view)
        if now is not None and now != self._row_now:  # the list goes along with the minute
            table.cursor_key = now
        self._row_now = now
        table.set_rows(tables.FILL_COLUMNS, tables.fill_rows(view))
        if now is not None and table.cursor_key == now:
            table.refresh()
