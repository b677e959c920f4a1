"""The chart panel: asks the bot for candles now and then, draws them with their levels."""

from __future__ import annotations

from pbtui.console.draw import draw
from pbtui.console.state import Timeframe
from pbtui.console.text import safe
from pbtui.console.widgets.lines import LineView
from pbtui.core.snapshot import Chart


class ChartPanel(LineView, can_focus=True):
    """Shows the newest chart it was given, if it is of the coin and timeframe asked for."""

    DEFAULT_CSS = "ChartPanel { height: 1fr; }"

    def __init__(self, *, id: str = "chart", classes: str = "panel") -> None:
        super().__init__(id=id, classes=classes)
        self.wanted: tuple[str, Timeframe] = ("", "1m")
        self.chart: Chart | None = None
        self.problem = ""
        self._drawn: tuple[Chart, int, int] | None = None

    def want(self, symbol: str, coin: str, timeframe: Timeframe) -> None:
        """Set what to show; forgets a chart of something else."""
        if self.wanted != (symbol, timeframe):
            self.wanted = (symbol, timeframe)
            self.chart, self.problem = None, ""
        self.set_title(f"{safe(coin, 20)} · {timeframe}" if symbol else "Chart")
        self.draw()

    def take(self, chart: Chart) -> None:
        """Show a chart, unless another was asked for meanwhile."""
        if (chart.symbol, chart.timeframe) == self.wanted:
            self.chart, self.problem = chart, ""
            self.draw()

    def fail(self, problem: str) -> None:
        """Say why there is no chart."""
        self.problem = safe(problem)
        self.draw()

    def draw(self) -> None:
        """Draw what is known."""
        self.guarded(self._draw)

    def _draw(self) -> None:
        size = self.content_size
        if size.width <= 0 or size.height <= 0:
            return
        if self.chart is None:
            text = self.problem or ("reading candles…" if self.wanted[0] else "no coin chosen")
            self.show([((f" {text}", "warn" if self.problem else "dim"),)])
            self._drawn = None
            return
        drawn = (self.chart, size.width, size.height)
        if self._drawn != drawn:
            self._drawn = drawn
            self.show(draw(*drawn))

    def restart(self) -> None:
        """Draw anew, whatever was drawn before."""
        self._drawn = None
        super().restart()

    def on_resize(self) -> None:
        """Draw in the new size."""
        self.draw()
