"""The coin screen: a large chart, and everything about one coin and side: orders, reasons, fills, parameters."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widget import Widget

from pbtui.console.coin_facts import fact_lines
from pbtui.console.screens.base import ConsoleScreen
from pbtui.console.tables import fills, orders, params
from pbtui.console.text import safe
from pbtui.console.widgets.chart_panel import ChartPanel
from pbtui.console.widgets.grid import GridTable
from pbtui.console.widgets.lines import LineView
from pbtui.core.snapshot import CoinFacts

# What is in view per layout and view number (the key v goes round).
VIEWS: dict[str, tuple[tuple[str, ...], ...]] = {
    "cards": (("facts",), ("chart",), ("orders",), ("fills",), ("params",)),
    "narrow": (("chart", "facts"), ("orders", "fills"), ("params",)),
    "normal": (("chart", "orders", "facts", "fills"), ("chart", "orders", "facts", "params")),
    "wide": (("chart", "orders", "facts", "fills", "params"),),
}
_PANELS = {
    "chart": "coin-chart", "orders": "coin-orders", "facts": "facts-panel", "fills": "coin-fills",
    "params": "coin-params",
}  # fmt: skip
_LEFT = frozenset({"chart", "orders"})


class CoinScreen(ConsoleScreen):
    """Opened from a row of the live screen."""

    PLACE = "coin"

    def compose_body(self) -> ComposeResult:
        """Chart and orders left, reasons, fills and parameters right; on narrow screens below each other."""
        with Horizontal(id="body", classes="coin"):
            with Vertical(id="left"):
                yield ChartPanel(id="coin-chart")
                yield GridTable(id="coin-orders", classes="panel", markers=False, airy=True)
            with Vertical(id="right"):
                with VerticalScroll(id="facts-panel", classes="panel"):
                    yield LineView(id="facts")
                yield GridTable(id="coin-fills", classes="panel", markers=False, airy=True)
                yield GridTable(id="coin-params", classes="panel", markers=False, airy=True)

    def on_mount(self) -> None:
        """Begin with the first view."""
        super().on_mount()
        self.panels()[0].focus()

    # -- layout --------------------------------------------------------------------------------------------------

    @property
    def in_view(self) -> tuple[str, ...]:
        """The panels of this layout and view."""
        views = VIEWS[self.layout_name]
        return views[self.console.state.coin_view % len(views)]

    def layout_changed(self) -> None:
        """Show the panels of the view."""
        shown = set(self.in_view)
        for name, panel in _PANELS.items():
            self.query_one(f"#{panel}").display = name in shown
        self.query_one("#left").display = bool(shown & _LEFT)
        self.query_one("#right").display = bool(shown - _LEFT)
        pad = " " if self.has_class("-flat") else ""
        self.query_one("#facts-panel").border_title = f"{pad}Now and why{pad}"
        if self.focused is not None and not self.focused.display:
            self.panels()[0].focus()

    def cycle(self) -> None:
        """Show the next view and give its first new panel the focus."""
        before = set(self.in_view)
        self.console.state.coin_view += 1
        self.layout_changed()
        new = [name for name in self.in_view if name not in before]
        if new:
            self.query_one(f"#{_PANELS[new[0]]}").focus()
        self.call_after_refresh(self.refresh_view)

    def panels(self) -> list[Widget]:
        """Return the panels in view."""
        return [self.query_one(f"#{_PANELS[name]}") for name in self.in_view]

    # -- drawing -------------------------------------------------------------------------------------------------

    def refresh_body(self) -> None:
        """Draw the panels in view for the current coin."""
        state = self.console.state
        if state.current is None or state.snapshot is None:
            return
        symbol, pside = state.current
        coin = safe(state.coin(symbol), 20)
        self.query_one(ChartPanel).want(symbol, f"{coin} {pside}", state.timeframe)
        known = state.facts if state.facts and (state.facts.symbol, state.facts.pside) == state.current else None
        self.draw("facts", self._draw_facts)
        self.draw("coin-orders", lambda: self._draw_orders(symbol, coin))
        self.draw("coin-fills", lambda: self._draw_fills(known))
        self.draw("coin-params", lambda: self._draw_params(known))
        self.console.ask_coin_once()

    def _draw_facts(self) -> None:
        state, facts = self.console.state, self.query_one("#facts", LineView)
        if state.current is not None:
            facts.show(fact_lines(state, state.current, max(20, facts.content_size.width)))

    def _draw_orders(self, symbol: str, coin: str) -> None:
        state, table = self.console.state, self._table("orders")
        found = tuple(row for row in state.snapshot.orders if row.symbol == symbol) if state.snapshot else ()
        table.set_title(" ".join(filter(None, (f"Orders: {coin} {len(found)}", orders.difference(found)))))
        table.empty = ("no orders",)
        now_ms = state.snapshot.market_ms if state.snapshot else 0
        short = self.layout_name == "cards"
        rows = orders.rows(found, "", state.sorts["orders"], now_ms, one_coin=True, short=short)
        table.set_rows(orders.columns_for(one_coin=True, short=short), rows)

    def _draw_fills(self, known: CoinFacts | None) -> None:
        table = self._table("fills")
        table.set_title(f"Fills · newest first{f' · {len(known.fills)}' if known and known.fills else ''}")
        table.empty = ("no fills yet",) if known else (self.console.state.facts_problem or "asking the bot…",)
        table.set_rows(fills.COLUMNS, fills.rows(known))

    def _draw_params(self, known: CoinFacts | None) -> None:
        table = self._table("params")
        own = sum(row.own for row in known.params) if known else 0
        table.set_title(f"Parameters{f' · {own} of this coin only' if own else ''}")
        table.empty = (self.console.state.facts_problem or "asking the bot…",)
        table.set_rows(params.COLUMNS, params.rows(known))

    def _table(self, name: str) -> GridTable:
        return self.query_one(f"#{_PANELS[name]}", GridTable)
