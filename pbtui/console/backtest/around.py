"""Candles around a fill, as a chart with the fills of that time. Loads numpy: for threads."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pbtui.console.backtest.candles_of import candles_of
from pbtui.console.backtest.reading import Result
from pbtui.console.draw import draw
from pbtui.console.state import Timeframe
from pbtui.console.text import Line
from pbtui.core.record import record
from pbtui.core.snapshot import Chart, Level
from pbtui.core.types import Pside

if TYPE_CHECKING:
    from pbtui.market.holdings import Library

_MINUTES: dict[Timeframe, int] = {"1m": 1, "15m": 15, "1h": 60}
_MINUTE_MS = 60_000
MOST_CANDLES = 400
_BEFORE = 0.6  # which part of the candles lies before the fill


@record
class Around:
    """A chart with a fill in it; `marks` are (time, bought, is the one) of the fills of that coin."""

    chart: Chart
    exchange: str
    fill_ms: int
    marks: tuple[tuple[int, bool, bool], ...]


def around(library: Library, base_dir: Path, result: Result, row: int, timeframe: Timeframe, count: int) -> Around:
    """Return `count` candles around a fill; raises PbtuiError when none are held."""
    fills = result.fills
    assert fills is not None
    minutes, count = _MINUTES[timeframe], max(8, min(count, MOST_CANDLES))
    step_ms = minutes * _MINUTE_MS
    at_ms, coin = int(fills.ts_ms[row]), fills.coin[row]
    start_ms = at_ms // step_ms * step_ms - round(count * _BEFORE) * step_ms
    end_ms = start_ms + count * step_ms
    exchange, symbol, rows = candles_of(library, base_dir, result, coin, start_ms, end_ms)
    candles = _merged(rows, step_ms)
    chart = Chart(
        symbol,
        timeframe,
        *candles,
        levels=_levels(result, row),
        price_decimals=_decimals([*candles[1][-50:], *candles[4][-50:], float(fills.figures["price"][row])]),
    )
    near = np.flatnonzero((fills.ts_ms >= start_ms) & (fills.ts_ms < end_ms))
    marks = tuple(
        (int(fills.ts_ms[other]), bool(fills.figures["qty"][other] > 0), int(other) == row)
        for other in near.tolist()
        if fills.coin[other] == coin
    )
    return Around(chart, exchange, at_ms, marks)


def _merged(rows: np.ndarray, step_ms: int) -> tuple[tuple[int, ...], *tuple[tuple[float, ...], ...]]:
    """Return times, opens, highs, lows and closes of longer candles."""
    times = rows["ts"] // step_ms * step_ms
    first = np.flatnonzero(np.append(True, np.diff(times) != 0))
    last = np.append(first[1:], len(rows)) - 1
    return (
        tuple(times[first].tolist()),
        tuple(rows["o"][first].astype(float).tolist()),
        tuple(np.maximum.reduceat(rows["h"], first).astype(float).tolist()),
        tuple(np.minimum.reduceat(rows["l"], first).astype(float).tolist()),
        tuple(rows["c"][last].astype(float).tolist()),
    )


def _levels(result: Result, row: int) -> tuple[Level, ...]:
    fills = result.fills
    assert fills is not None
    figures, kind = fills.figures, fills.kind[row]
    pside: Pside = "short" if "short" in kind else "long"
    levels = [Level(kind, pside, float(figures["price"][row]), float(figures["qty"][row]))]
    if figures["psize"][row] and np.isfinite(figures["pprice"][row]):
        levels.append(Level("entry(pos)", pside, float(figures["pprice"][row])))
    return tuple(levels)


def _decimals(values: Sequence[float]) -> int:
    """Return how many decimals prices have, as far as single precision tells."""
    texts = (f"{value:.7g}" for value in values)
    return max((len(text.partition(".")[2]) for text in texts if "e" not in text), default=2)


def chart_lines(found: Around, columns: int, rows: int) -> list[Line]:
    """Return the chart, with a line of marks below its candles: ▲ bought, ▼ sold."""
    lines = draw(found.chart, columns, rows - 1)
    plot = len(lines[-1][0][0]) if lines and lines[-1] else 0
    if len(lines) < 3 or not plot:
        return lines
    candles = found.chart.ts_ms[-plot:]
    cells: list[tuple[str, str]] = [(" ", "text")] * plot
    for ts_ms, bought, chosen in sorted(found.marks, key=lambda mark: mark[2]):
        place = int(np.searchsorted(candles, ts_ms, side="right")) - 1
        if place >= 0:
            ink = "key" if chosen else "up" if bought else "down"
            cells[plot - len(candles) + place] = ("▲" if bought else "▼", ink)
    return [*lines[:-1], tuple(cells), lines[-1]]
