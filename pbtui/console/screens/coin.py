"""The coin screen: a large chart, and everything about one coin and side in words."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll

from pbtui.console.coin_facts import fact_lines
from pbtui.console.screens.base import ConsoleScreen
from pbtui.console.tables import orders
from pbtui.console.text import safe
from pbtui.console.widgets.chart_panel import ChartPanel
from pbtui.console.widgets.grid import GridTable
from pbtui.console.widgets.lines import LineView


class CoinScreen(ConsoleScreen):
    """Opened from a row of the live screen."""

    PLACE = "coin"

    def compose_body(self) -> ComposeResult:
        """Chart left, facts and orders right; on narrow screens below each other."""
        with Horizontal(id="body", classes="coin"):
            with Vertical(id="left"):
                yield ChartPanel(id="coin-chart")
            with Vertical(id="right", classes="facts"):
                with VerticalScroll(id="facts-panel", classes="panel"):
                    yield LineView(id="facts")
                yield GridTable(id="coin-orders", classes="panel", markers=False)

    def on_mount(self) -> None:
        """Focus the chart."""
        super().on_mount()
        self.query_one("#facts-panel").border_title = "Now and why"
        self.query("#coin-chart").focus()

    def refresh_body(self) -> None:
        """Draw chart, facts and orders of the current coin."""
        state = self.console.state
        if state.current is None or state.snapshot is None:
            return
        symbol, pside = state.current
        coin = safe(state.coin(symbol), 20)
        self.query_one(ChartPanel).want(symbol, f"{coin} {pside}", state.timeframe)
        facts = self.query_one("#facts", LineView)
        facts.show(fact_lines(state, state.current, max(20, facts.content_size.width)))
        table = self.query_one("#coin-orders", GridTable)
        found = tuple(row for row in state.snapshot.orders if row.symbol == symbol)
        table.set_title(f"Orders: {coin} {len(found)} {orders.difference(found)}")
        table.empty = ("no orders",)
        rows = orders.rows(found, "", state.sorts["orders"], state.snapshot.market_ms, one_coin=True)
        table.set_rows(orders.ONE_COIN_COLUMNS, rows)
