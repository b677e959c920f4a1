"""Equity since the bot began: which stretch of it is looked at, and how that stretch is drawn."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field

from pbtui.console.numbers import age, gain_ink, money, pct, utc
from pbtui.console.text import Line, line_width
from pbtui.core.history import Equity

_HOUR_MS = 3_600_000
SPANS_MS = (_HOUR_MS, 6 * _HOUR_MS, 24 * _HOUR_MS, 7 * 24 * _HOUR_MS, 0)  # 0: all of it
_NAMES = ("1 h", "6 h", "1 d", "7 d", "all")
_ALL = len(SPANS_MS) - 1
STEPS = 8  # a key press moves by this part of the stretch
_DRAWDOWN_FROM_ROWS = 14
_MOST_FIGURE_LINES = 2
_NOW = -1


@dataclass(slots=True)
class EquityView:
    """What is known, and the stretch of it in view; `end_ms` is -1 where the newest is followed."""

    known: Equity = field(default_factory=Equity)
    problem: str = ""  # why nothing is known
    span: int = _ALL
    end_ms: int = _NOW

    def take(self, known: Equity) -> None:
        """Use what the bot tells now."""
        self.known, self.problem = known, ""

    def zoom(self, by: int) -> None:
        """Look at a longer (+1) or shorter (−1) stretch that ends at the same moment."""
        self.span = max(0, min(self.span + by, _ALL))
        self._settle(self.end_ms)

    def step(self, by: int) -> bool:
        """Move the stretch into the past (−1) or back (+1); False where all is in view."""
        length, times = SPANS_MS[self.span], self.known.ts_ms
        if not length or not times or times[-1] - times[0] <= length:
            return False
        end = times[-1] if self.end_ms == _NOW else self.end_ms
        self._settle(end + by * max(1, length // STEPS))
        return True

    def jump(self, *, first: bool) -> None:
        """Look at the first stretch, or follow the newest."""
        self._settle(0 if first else _NOW)

    def _settle(self, end_ms: int) -> None:
        """Keep the stretch inside what is known; one that reaches the end follows it."""
        length, times = SPANS_MS[self.span], self.known.ts_ms
        if end_ms == _NOW or not length or not times:
            self.end_ms = _NOW
            return
        end_ms = max(end_ms, times[0] + length)
        self.end_ms = _NOW if end_ms >= times[-1] else end_ms

    def shown(self) -> Equity:
        """Return the points of the stretch in view."""
        length, known = SPANS_MS[self.span], self.known
        if not length or not known.ts_ms:
            return known
        end = known.ts_ms[-1] if self.end_ms == _NOW else self.end_ms
        left, right = bisect_left(known.ts_ms, end - length), bisect_left(known.ts_ms, end + 1)
        return Equity(known.ts_ms[left:right], known.balance[left:right], known.equity[left:right])

    def title(self) -> str:
        """Return the words above it."""
        if not self.known.ts_ms:
            return "Equity since the start"
        if self.end_ms != _NOW:
            return f"Equity · {_NAMES[self.span]} until {utc(self.end_ms, '%m-%d %H:%MZ')}"
        if self.span != _ALL:
            return f"Equity · last {_NAMES[self.span]}"
        begun = utc(self.known.ts_ms[0], "%Y-%m-%d %H:%MZ")
        return f"Equity since {begun} · {age((self.known.ts_ms[-1] - self.known.ts_ms[0]) / 1000)}"


def equity_lines(view: EquityView, columns: int, rows: int, *, plain: bool) -> list[Line]:
    """Return the stretch in view as figures over a chart of equity and balance, with the drawdown where it fits."""
    shown = view.shown()
    if len(shown.ts_ms) < 2:
        if view.problem:
            return [((f" {view.problem}", "warn"),)]
        nothing = "one point a minute: the curve comes" if shown.ts_ms else "no account read yet"
        return [((f" {nothing}", "dim"),)]
    import numpy as np

    from pbtui.console.backtest.charts import drawdown_of
    from pbtui.console.backtest.plot import Series, gutter_of, plot

    equity = np.array(shown.equity)
    fallen = drawdown_of(equity)
    lines = _figures(shown, float(fallen.max()), columns, plain=plain)
    room = rows - len(lines)
    below = room // 4 if room >= _DRAWDOWN_FROM_ROWS else 0
    series = [Series(equity, "accent"), Series(np.array(shown.balance), "warn")]
    drawdown = [Series(-100.0 * fallen, "down")]
    under = gutter_of(drawdown, below) + 1 if below else 0
    gutter = max(gutter_of(series, room - below), under)
    lines += plot(shown.ts_ms, series, columns, room - below, plain=plain, with_dates=not below, gutter=gutter)
    if below:
        lines += plot(shown.ts_ms, drawdown, columns, below, plain=plain, gutter=gutter, suffix="%")
    return lines


def _figures(shown: Equity, worst: float, columns: int, *, plain: bool) -> list[Line]:
    """Return legend and figures in at most two lines; what does not fit is left out whole."""
    first, second = ("*", "o") if plain else ("━", "━")
    change = shown.equity[-1] / shown.equity[0] - 1 if shown.equity[0] > 0 else 0.0
    groups: list[Line] = [
        ((f"{first} ", "accent"), ("equity ", "dim"), (money(shown.equity[-1]), "strong"),
         (f" {pct(change)}", gain_ink(change * 100))),
        ((f"{second} ", "warn"), ("balance ", "dim"), (money(shown.balance[-1]), "text")),
        (("low ", "dim"), (money(min(shown.equity)), "text")),
        (("high ", "dim"), (money(max(shown.equity)), "text")),
        (("drawdown ", "dim"), (pct(-worst), "text")),
    ]  # fmt: skip
    lines: list[Line] = []
    for group in groups:
        if lines and line_width(lines[-1]) + 2 + line_width(group) <= columns:
            lines[-1] = (*lines[-1], ("  ", "text"), *group)
        elif len(lines) < _MOST_FIGURE_LINES:
            lines.append(((" ", "text"), *group))
    return lines
