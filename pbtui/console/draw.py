"""Candles and order levels as styled lines.

Drawn here rather than by a plotting library because levels need tags that never collide, every character must pass
the text gate, and theme colours must survive: two price steps per row, one candle per column.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from pbtui.console.levels import Gutter, Scale, by_weight, gutter_for, level_ink, tags
from pbtui.console.numbers import utc
from pbtui.console.text import Line, Span
from pbtui.core.snapshot import Chart, Level

_ROWS_PER_REACH = 12  # every so many rows, levels one more candle range away fit in
_MIN_PLOT = 8
_STAMP = len("00:00Z") + 2
_STEPS_MIN = (1, 2, 5, 10, 15, 30, 60, 120, 240, 480, 720, 1_440, 2_880, 10_080)
_DAY_MIN = 1_440
_MINUTE_MS = 60_000
# (upper half, lower half) of a cell: 0 nothing, 1 wick, 2 body
_GLYPHS = {
    (0, 0): " ", (1, 0): "╵", (0, 1): "╷", (1, 1): "│", (2, 0): "╹", (0, 2): "╻", (2, 2): "┃", (2, 1): "╿",
    (1, 2): "╽",
}  # fmt: skip


def scale_of(lows: Sequence[float], highs: Sequence[float], levels: Sequence[Level], rows: int) -> Scale:
    """Return the scale that shows all candles, and the levels beyond them that leave the candles room."""
    low, high = min(lows), max(highs)
    reach = max(high - low, high * 1e-4, 1e-12) * max(1.0, rows / _ROWS_PER_REACH)
    near = [level.price for level in levels if low - reach <= level.price <= high + reach]
    low, high = min([low, *near]), max([high, *near])
    margin = ((high - low) or reach) * 0.03
    return Scale(low - margin, high + margin, rows)


def _fine(values: Sequence[float]) -> bool:
    return all(math.isfinite(value) and value > 0 for value in values)


def draw(chart: Chart, columns: int, rows: int) -> list[Line]:
    """Return a chart in `columns` × `rows`: candles left, price tags right, times below."""
    levels = [level for level in chart.levels if _fine((level.price,))]
    values = [v for v in (*chart.high, *chart.low, *(level.price for level in levels)) if math.isfinite(v)]
    gutter = gutter_for(levels, values, chart.price_decimals, columns)
    if columns - gutter.width < _MIN_PLOT:
        gutter = Gutter(0, 0, tight=True, sides=False)
    plot = columns - gutter.width
    body = rows - 1
    candles = list(zip(chart.ts_ms, chart.open, chart.high, chart.low, chart.close, strict=True))[-plot:]
    candles = [candle for candle in candles if _fine(candle[1:])]
    if not candles or body < 3:
        return [(("no candles yet", "dim"),)]
    scale = scale_of([c[3] for c in candles], [c[2] for c in candles], levels, body)
    cells = _plot(candles, levels, scale, plot)
    beside = tags(levels, scale, chart.price_decimals, gutter)
    lines: list[Line] = [_join(cells[row], beside[row]) for row in range(body)]
    lines.append(((times([c[0] for c in candles], plot), "dim"),))
    return lines


def _plot(
    candles: Sequence[tuple[int, float, float, float, float]], levels: Sequence[Level], scale: Scale, plot: int
) -> list[list[Span]]:
    grid: list[list[Span]] = [[(" ", "text")] * plot for _ in range(scale.rows)]
    for level in reversed(by_weight(levels)):
        if scale.holds(level.price):
            ink = level_ink(level)
            grid[scale.half(level.price) // 2] = [("─" if ink in ("strong", "accent") else "╌", ink)] * plot
    left = plot - len(candles)
    for x, (_, opened, high, low, closed) in enumerate(candles, start=left):
        top, bottom = scale.half(max(opened, closed)), scale.half(min(opened, closed))
        first, last = scale.half(high), scale.half(low)
        for row in range(first // 2, last // 2 + 1):
            halves = tuple(
                2 if top <= half <= bottom else 1 if first <= half <= last else 0 for half in (row * 2, row * 2 + 1)
            )
            glyph = _GLYPHS[halves[0], halves[1]]
            if glyph != " ":
                grid[row][x] = (glyph, "up" if closed >= opened else "down")
    return grid


def times(stamps: Sequence[int], plot: int) -> str:
    """Return the time axis: round times (UTC) under their candles, as far apart as their words need."""
    text = [" "] * plot
    left = plot - len(stamps)
    if len(stamps) > 1:
        period = max(1, (stamps[-1] - stamps[0]) // (len(stamps) - 1) // _MINUTE_MS)
        step = next((step for step in _STEPS_MIN if step >= period * _STAMP), _STEPS_MIN[-1])
        free = 0
        for x, stamp in enumerate(stamps, start=left):
            word = utc(stamp, "%d %b" if stamp % (_DAY_MIN * _MINUTE_MS) == 0 else "%H:%MZ")
            if stamp % (step * _MINUTE_MS) == 0 and x >= free and x + len(word) <= plot:
                text[x : x + len(word)] = word
                free = x + len(word) + 1
    return "".join(text)


def _join(cells: Sequence[Span], tag: Line) -> Line:
    """Return a row of single characters as spans of equal ink, followed by its tag."""
    spans: list[Span] = []
    for text, ink in cells:
        if spans and spans[-1][1] == ink:
            spans[-1] = (spans[-1][0] + text, ink)
        else:
            spans.append((text, ink))
    return (*spans, *tag)
