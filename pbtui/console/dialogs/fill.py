"""The price around a fill: candles from the store, the fill and its neighbours marked, the position's price."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding

from pbtui.console.candles.words import span_word
from pbtui.console.dialogs.base import Dialog
from pbtui.console.numbers import gain, gain_ink, utc
from pbtui.console.state import TIMEFRAMES, Timeframe
from pbtui.console.text import Line, fold, safe
from pbtui.console.widgets.lines import LineView

if TYPE_CHECKING:
    from pbtui.console.backtest.around import Around
    from pbtui.console.backtest.reading import FillTable, Result

_FRAME = 8  # columns of border, padding and a scrollbar
_GUTTER = 22  # columns of prices and names beside the candles
_LEAST_ROWS = 8
_FRAME_ROWS = 5  # of the box: frame, padding, the line of keys
_SHARE = 0.92  # of the terminal's height, as in the style sheet


class FillDialog(Dialog[None]):
    """Shows one fill; left and right go to the fills before and after it in the order of the table."""

    BINDINGS = [  # noqa: RUF012 - Textual's way
        Binding("enter,q", "leave", "back", show=False),
        Binding("comma", "timeframe(-1)", "shorter", show=False),
        Binding("full_stop", "timeframe(1)", "longer", show=False),
        Binding("right,down,l,j", "step(1)", "next fill", show=False),
        Binding("left,up,h,k", "step(-1)", "fill before", show=False),
    ]

    def __init__(self, result: Result, places: list[int], row: int) -> None:
        super().__init__("Fill")
        self._result = result
        self._places = places
        self._at = places.index(row)
        self._timeframe: Timeframe = "1m"
        self._found: Around | None = None
        self._asked = 0

    @property
    def _row(self) -> int:
        return self._places[self._at]

    @property
    def _fills(self) -> FillTable:
        assert self._result.fills is not None
        return self._result.fills

    def compose_inside(self) -> ComposeResult:
        """The fill in words, the chart, the keys."""
        yield LineView(id="fill-words")
        yield LineView(id="fill-chart")
        yield LineView(id="fill-keys")

    def on_mount(self) -> None:
        """Read the candles."""
        super().on_mount()
        self._arrange()

    def on_resize(self, event: events.Resize) -> None:
        """Read what fits into the new size."""
        self._arrange()

    def _arrange(self) -> None:
        self.query_one("#box").styles.width = min(self.app.size.width - 2, 140)
        self._read()

    def _read(self) -> None:
        self._asked += 1
        asked = self._asked
        room = min(self.app.size.width - 2, 140) - _FRAME
        words = [part for line in self._words() for part in fold(line, room)]
        self.query_one("#fill-words", LineView).show(words)
        self.query_one("#fill-chart").styles.height = max(
            _LEAST_ROWS, int(self.app.size.height * _SHARE) - _FRAME_ROWS - len(words)
        )
        keys: Line = ((", .", "key"), (f" candles ({self._timeframe})  ", "dim"), ("< >", "key"), (" fills", "dim"))
        self.query_one("#fill-keys", LineView).show([keys])
        count = max(20, room - _GUTTER)
        self.console.backtests.around(
            self._result,
            self._row,
            self._timeframe,
            count,
            done=lambda found: self._take(asked, found),
            failed=lambda why: self._fail(asked, why),
        )

    def _words(self) -> list[Line]:
        fills, row = self._fills, self._row
        figures = {name: float(values[row]) for name, values in fills.figures.items()}
        bought, pnl = figures["qty"] > 0, figures["pnl"]
        first: Line = (
            (utc(int(fills.ts_ms[row]), "%Y-%m-%d %H:%MZ"), "dim"),
            (f"  {fills.coin[row]}", "strong"),
            (f"  {'buy' if bought else 'sell'} {abs(figures['qty']):,.8g}", "up" if bought else "down"),
            (f" @ {figures['price']:,.8g}", "text"),
            (f"  {gain(pnl)}" if pnl else "", gain_ink(pnl)),
        )
        held = f"holds {figures['psize']:+,.8g} @ {figures['pprice']:,.8g}" if figures["psize"] else "closed"
        return [first, ((f"{fills.kind[row]} · {held} · WE {figures['we']:.4f}{self._since()}", "dim"),)]

    def _since(self) -> str:
        """Return how long after the last fill of the same coin this one came."""
        fills, row = self._fills, self._row
        before = next((at for at in range(row - 1, -1, -1) if fills.coin[at] == fills.coin[row]), None)
        if before is None:
            return " · the coin's first"
        return f" · {span_word((int(fills.ts_ms[row]) - int(fills.ts_ms[before])) / 1000)} after the last"

    def _take(self, asked: int, found: Around) -> None:
        if asked != self._asked or not self.is_attached:
            return
        self._found = found
        self._draw()

    def _fail(self, asked: int, why: str) -> None:
        if asked == self._asked and self.is_attached:
            self._found = None
            self.query_one("#fill-chart", LineView).show([((safe(why, 200), "warn"),)])

    def _draw(self) -> None:
        from pbtui.console.backtest.around import chart_lines

        panel = self.query_one("#fill-chart", LineView)
        size = panel.content_size
        found = self._found
        if found is not None and size.width > 0:
            panel.guarded(lambda: panel.show(chart_lines(found, size.width, size.height)))

    def action_timeframe(self, by: int) -> None:
        """Show longer or shorter candles."""
        place = TIMEFRAMES.index(self._timeframe) + by
        self._timeframe = TIMEFRAMES[max(0, min(place, len(TIMEFRAMES) - 1))]
        self._read()

    def action_step(self, by: int) -> None:
        """Show another fill."""
        self._at = max(0, min(self._at + by, len(self._places) - 1))
        self._read()
