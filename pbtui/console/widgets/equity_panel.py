"""The equity panel: asks the bot now and then for what it remembers, draws the stretch that is looked at."""

from __future__ import annotations

from pbtui.console.equity import EquityView, equity_lines
from pbtui.console.widgets.curve_panel import CurvePanel

AGAIN_S = 5.0  # a point a minute: more often shows nothing new but the last one


class EquityPanel(CurvePanel):
    """Shows balance and equity since the bot began."""

    DEFAULT_CSS = "EquityPanel { height: 1fr; }"

    def __init__(self) -> None:
        super().__init__(id="equity")
        self.asked_at = float("-inf")  # monotonic seconds

    def look(self, view: EquityView) -> None:
        """Draw the stretch in view."""
        self.set_title(view.title())
        mark = (view.known, view.problem, view.span, view.end_ms)
        plain = self.painter.ascii_only
        self.draw(mark, lambda columns, rows: equity_lines(view, columns, rows, plain=plain))
