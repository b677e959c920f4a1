"""Candles and order levels as styled lines.

Drawn here rather than by a plotting library because levels need tags that never collide, every character must pass
the text gate, and theme colours must survive: two price steps per row, one candle per column.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from pbtui.console.numbers import price, utc
from pbtui.console.text import Line, Span, fit, width
from pbtui.core.snapshot import Chart, Level

_LABEL, _TIGHT_LABEL = 9, 5
_TIGHT_BELOW = 56
_ROWS_PER_REACH = 12  # every so many rows, levels one more candle range away fit in
_MIN_PLOT = 8
_TICK_EVERY = 4
_TIME_EVERY = 12
_SHORT = {
    "entry(pos)": "position",
    "mark": "mark",
    "ema_lower": "ema low",
    "ema_upper": "ema high",
    "foreign": "foreign",
}
_TIGHT = {
    "position": "pos", "ema low": "ema-", "ema high": "ema+", "foreign": "other", "unstuck": "unstk",
    "reduce": "cut", "trail in": "trail", "trail out": "trail",
}  # fmt: skip
_INK = {"mark": "strong", "entry(pos)": "accent", "ema_lower": "dim", "ema_upper": "dim", "foreign": "dim"}
# (upper half, lower half) of a cell: 0 nothing, 1 wick, 2 body
_GLYPHS = {
    (0, 0): " ", (1, 0): "╵", (0, 1): "╷", (1, 1): "│", (2, 0): "╹", (0, 2): "╻", (2, 2): "┃", (2, 1): "╿",
    (1, 2): "╽",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scale:
    """Prices from `low` to `high` over `rows` rows of two half rows each; half row 0 is the top."""

    low: float
    high: float
    rows: int

    def half(self, value: float) -> int:
        """Return the half row of a price."""
        share = (self.high - value) / (self.high - self.low)
        return min(self.rows * 2 - 1, max(0, round(share * (self.rows * 2 - 1))))

    def price(self, row: int) -> float:
        """Return the price at the middle of a row."""
        return self.high - (self.high - self.low) * (row * 2 + 0.5) / max(1, self.rows * 2 - 1)


def short_kind(kind: str) -> str:
    """Return the short name of a level: `entry`, `close`, `trail`, `unstuck`, …"""
    if kind in _SHORT:
        return _SHORT[kind]
    for part, word in (("unstuck", "unstuck"), ("panic", "panic"), ("reduce", "reduce"), ("trailing", "trail")):
        if part in kind:
            return f"{word} {'in' if kind.startswith('entry') else 'out'}" if word == "trail" else word
    return "close" if kind.startswith("close") else "entry"


def level_ink(level: Level) -> str:
    """Return the ink of a level."""
    return _INK.get(level.kind) or ("down" if level.qty < 0 or level.kind.startswith("close") else "up")


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
    digits = max((width(price(v, chart.price_decimals)) for v in values), default=0)
    label = _LABEL if columns >= _TIGHT_BELOW else _TIGHT_LABEL
    plot = columns - digits - label - 3
    if plot < _MIN_PLOT:
        plot, digits = columns, -1
    body = rows - 1
    candles = list(zip(chart.ts_ms, chart.open, chart.high, chart.low, chart.close, strict=True))[-plot:]
    candles = [candle for candle in candles if _fine(candle[1:])]
    if not candles or body < 3:
        return [(("no candles yet", "dim"),)]
    scale = scale_of([c[3] for c in candles], [c[2] for c in candles], levels, body)
    cells = _plot(candles, levels, scale, plot)
    tags = _tags(levels, scale, chart.price_decimals, digits, label) if digits >= 0 else [()] * body
    lines: list[Line] = [_join(cells[row], tags[row]) for row in range(body)]
    lines.append(((_times([c[0] for c in candles], plot), "dim"),))
    return lines


def _plot(
    candles: Sequence[tuple[int, float, float, float, float]], levels: Sequence[Level], scale: Scale, plot: int
) -> list[list[Span]]:
    grid: list[list[Span]] = [[(" ", "text")] * plot for _ in range(scale.rows)]
    for level in sorted(levels, key=lambda level: level.kind in ("mark", "entry(pos)")):
        if scale.low <= level.price <= scale.high:
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


def _tags(levels: Sequence[Level], scale: Scale, decimals: int, digits: int, label: int) -> list[Line]:
    """Return one tag per row: the weightiest level there, else a price every few rows."""
    tags: list[Line] = [()] * scale.rows
    weight = {"mark": 0, "entry(pos)": 1, "ema_lower": 3, "ema_upper": 3}
    for level in sorted(levels, key=lambda level: weight.get(level.kind, 2)):
        row = scale.half(level.price) // 2
        if scale.low <= level.price <= scale.high and not tags[row]:
            ink = level_ink(level)
            name = short_kind(level.kind)
            name = name if label == _LABEL else _TIGHT.get(name, name)
            text = f" {fit(price(level.price, decimals), digits, '>')} {fit(name, label)}"
            tags[row] = (("╌", ink), (text, ink))
    above = sum(level.price > scale.high for level in levels)
    below = sum(level.price < scale.low for level in levels)
    for row in range(0, scale.rows, _TICK_EVERY):
        if not tags[row]:
            tags[row] = ((f"  {fit(price(scale.price(row), decimals), digits, '>')}", "dim"),)
    room = digits + label + 3
    _count(tags, range(min(3, scale.rows)), above, "▲", room)
    _count(tags, range(scale.rows - 1, max(-1, scale.rows - 4), -1), below, "▼", room)
    return tags


def _count(tags: list[Line], rows: range, count: int, mark: str, room: int) -> None:
    """Say how many levels lie beyond an end, in the first row there that no level has taken."""
    free = next((row for row in rows if not tags[row] or tags[row][-1][1] == "dim"), None)
    if count and free is not None:
        tags[free] = ((fit(f"  {count} more {mark}", room), "dim"),)


def _times(stamps: Sequence[int], plot: int) -> str:
    """Return the time axis: a stamp every few candles, with its Z at the last."""
    text = [" "] * plot
    left = plot - len(stamps)
    for index in range(0, len(stamps) - 5, _TIME_EVERY):
        for offset, char in enumerate(utc(stamps[index], "%H:%M")):
            text[left + index + offset] = char
    return "".join(text) + " UTC"


def _join(cells: Sequence[Span], tag: Line) -> Line:
    """Return a row of single characters as spans of equal ink, followed by its tag."""
    spans: list[Span] = []
    for text, ink in cells:
        if spans and spans[-1][1] == ink:
            spans[-1] = (spans[-1][0] + text, ink)
        else:
            spans.append((text, ink))
    return (*spans, *tag)
