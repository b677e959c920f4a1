"""The charts of the backtest screen: equity with its drawdown, exposure, and a run that is under way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from pbtui.console.backtest.plot import Floats, Series, gutter_of, plot
from pbtui.console.backtest.view import RunJob
from pbtui.console.numbers import money, pct
from pbtui.console.text import Line, Span, fold, line_width, safe, width
from pbtui.console.work.started import progress_line

if TYPE_CHECKING:
    from pbtui.backtest.metric_groups import Unit
    from pbtui.console.backtest.reading import Curve, FillTable

Named = tuple[str, str, str]  # a mark, its ink, what it stands for
_DRAWDOWN_FROM_ROWS = 13
_LAST_NOTES = 3


def equity_lines(
    curve: Curve, other: Curve | None, unit: Unit, columns: int, rows: int, *, logarithmic: bool, plain: bool
) -> list[Line]:
    """Return equity and balance in a unit, another run's equity with them, and the drawdown below."""
    equity, balance = curve.equity.get(unit), curve.balance.get(unit)
    if equity is None or balance is None:
        return [((f"this result tells nothing in {unit.upper()}", "dim"),)]
    if not len(equity):
        return [(("nothing was recorded", "dim"),)]
    fallen = drawdown_of(equity)
    lines: list[Line] = [
        _equity_legend(equity, balance, fallen, unit, columns, with_other=other is not None, plain=plain)
    ]
    room = rows - 1
    below = max(4, room // 4) if room >= _DRAWDOWN_FROM_ROWS else 0
    series = [Series(equity, "accent"), Series(balance, "warn")]
    if other is not None and (theirs := other.equity.get(unit)) is not None and len(theirs):
        series.append(Series(at_times(other.ts_ms, theirs, curve.ts_ms), "dim"))
    drawdown = [Series(-100.0 * fallen, "down")]
    under = gutter_of(drawdown, below) + 1 if below else 0
    gutter = max(gutter_of(series, room - below, logarithmic=logarithmic), under)
    above = plot(
        curve.ts_ms, series, columns, room - below, logarithmic=logarithmic, plain=plain, with_dates=not below,
        gutter=gutter,
    )  # fmt: skip
    lines += above or [(("too little room for a chart" if rows < 8 else "no value above zero", "dim"),)]
    if below:
        lines += plot(curve.ts_ms, drawdown, columns, below, plain=plain, gutter=gutter, suffix="%")
    return lines


def _equity_legend(
    equity: Floats, balance: Floats, fallen: Floats, unit: Unit, columns: int, *, with_other: bool, plain: bool
) -> Line:
    digits = 2 if unit == "usd" else 5
    first, second, third, fourth = ("*", "o", ".", "*") if plain else ("━", "━", "━", "━")
    worst = float(np.nanmax(fallen)) if len(fallen) else 0.0
    named: list[Named] = [
        (first, "accent", f"equity {money(float(equity[-1]), digits)}"),
        (second, "warn", f"balance {money(float(balance[-1]), digits)}"),
        *([(third, "dim", "the other")] if with_other else []),
        (fourth, "down", f"drawdown, worst {pct(-worst)}"),
    ]
    return legend(named, columns)


def legend(named: Sequence[Named], columns: int) -> Line:
    """Return marks with what they stand for, as many as fit; none is cut."""
    spans: list[Span] = []
    for mark, ink, words in named:
        gap = "  " * bool(spans)
        if line_width(tuple(spans)) + width(f"{gap}{mark} {words}") <= columns:
            spans += [(f"{gap}{mark} ", ink), (words, "text")]
    return tuple(spans)


def drawdown_of(equity: Floats) -> Floats:
    """Return how far below its highest value so far the equity is, as a fraction."""
    peak = np.fmax.accumulate(equity)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(peak > 0, 1.0 - equity / peak, np.nan)


def at_times(ts_ms: np.ndarray, values: Floats, wanted: np.ndarray) -> Floats:
    """Return the values that hold at other times; NaN before the first and after the last."""
    places = np.searchsorted(ts_ms, wanted, side="right") - 1
    inside = (places >= 0) & (wanted <= ts_ms[-1])
    return np.where(inside, values[np.maximum(places, 0)], np.nan)


def exposure_lines(fills: FillTable, columns: int, rows: int, *, plain: bool) -> list[Line]:
    """Return the wallet exposure of both sides over time; short is below zero."""
    if not len(fills):
        return [(("no fills: nothing was ever exposed", "dim"),)]
    long, short = fills.figures["twe_long"], fills.figures["twe_short"]
    if not (np.isfinite(long).any() or np.isfinite(short).any()):
        return [(("these fills tell no exposure", "dim"),)]
    shown = [(long, "up"), (short, "down")]
    series = [Series(values, ink) for values, ink in shown if np.nan_to_num(values).any()]
    first, second = ("*", "o") if plain else ("━", "━")
    drawn = bool(series) and (len(series) > 1 or series[0].ink == "up")
    named = [
        (first if drawn else " ", "up", f"long, most {_most(long):.4f}"),
        (second if plain and len(series) > 1 else first, "down", f"short, most {_most(short):.4f}"),
    ]
    return [legend(named, columns), *(plot(fills.ts_ms, series, columns, rows - 1, plain=plain) if series else [])]


def _most(values: Floats) -> float:
    return float(np.nanmax(np.abs(np.nan_to_num(values))))


def job_lines(job: RunJob, columns: int, rows: int, *, plain: bool) -> list[Line]:
    """Return how a run goes: stage, bar, rate, time left, equity so far; how it ended; its last lines."""
    standing = job.standing
    lines: list[Line] = [((safe(job.name, 80), "strong"), (f"  {_STATES.get(job.state, job.state)}", _ink(job)))]
    if job.running:
        lines.append(progress_line(job, columns))
        lines += fold(((" · ".join(standing.figures()) or "", "dim"),), columns)
    elif job.line:
        lines += fold(((safe(job.line), _ink(job)),), columns)
    tail: list[Line] = []
    for text in job.notes[-_LAST_NOTES:]:
        tail += fold((("⚠ ", "warn"), (safe(text), "dim")), columns)
    for text in job.last_lines:
        tail += fold((("│ ", "border"), (safe(text), "dim")), columns)
    room = rows - len(lines) - min(len(tail), max(0, rows // 2)) - 1
    if len(job.samples) > 1 and room >= 5:
        times = [sample[0] for sample in job.samples]
        series = [
            Series(np.array([sample[2] for sample in job.samples]), "accent"),
            Series(np.array([sample[1] for sample in job.samples]), "warn"),
        ]
        lines += [(), *plot(times, series, columns, room, plain=plain)]
    left = max(0, rows - len(lines))
    return [*lines, *(tail[-left:] if left else [])]


_STATES = {"failed": "✗ failed", "stopped": "● stopped", "done": "✓ done", "stopping": "stopping…"}


def _ink(job: RunJob) -> str:
    return {"failed": "bad", "stopped": "warn", "done": "up", "stopping": "warn"}.get(job.state, "accent")
