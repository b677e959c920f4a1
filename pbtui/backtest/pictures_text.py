"""A curve as text: two by four dots of Braille a character, for terminals of any width."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from pbtui.backtest.pictures_ticks import time_ticks

_DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
_BLANK = 0x2800
_LEAST_COLUMNS, _LEAST_ROWS = 8, 2


def sketch(values: Sequence[float], columns: int, rows: int, *, plain: bool = False) -> list[str]:
    """Return a curve in `columns` × `rows` characters, highest row first; values that are not finite leave gaps.

    Every column of dots reaches from the lowest to the highest value that falls into it, so no spike is lost. `plain`
    draws with `*`, for terminals without Unicode.
    """
    across, down = (1, 1) if plain else (2, 4)
    finite = [value for value in values if math.isfinite(value)]
    if not finite or columns < 1 or rows < 1:
        return [" " * max(columns, 0)] * max(rows, 0)
    low, high = min(finite), max(finite)
    height, width = rows * down, columns * across
    cells = [[0] * columns for _ in range(rows)]
    last: int | None = None
    for x, part in enumerate(_columns(values, width)):
        levels = [_level(value, low, high, height) for value in part if math.isfinite(value)]
        if not levels:
            last = None
            continue
        joined = levels if last is None else [*levels, last]
        for y in range(min(joined), max(joined) + 1):
            cells[y // down][x // across] |= 1 if plain else _DOTS[x % 2][y % 4]
        last = levels[-1]
    if plain:
        return ["".join("*" if cell else " " for cell in row) for row in cells]
    return ["".join(chr(_BLANK + cell) if cell else " " for cell in row) for row in cells]


def chart(ts_ms: Sequence[int], values: Sequence[float], columns: int, rows: int, *, plain: bool = False) -> list[str]:
    """Return a sketch with its highest and lowest value at the left and dates below; nothing where it cannot fit."""
    finite = [value for value in values if math.isfinite(value)]
    if not finite:
        return []
    words = {0: f"{max(finite):,.2f}", rows - 1: f"{min(finite):,.2f}"}
    gutter = max(map(len, words.values()))
    plot = columns - gutter - 2
    if plot < _LEAST_COLUMNS or rows < _LEAST_ROWS:
        return []
    edge = "|" if plain else "┤"
    lines = sketch(values, plot, rows, plain=plain)
    drawn = [f"{words.get(n, ''):>{gutter}} {edge}{line}".rstrip() for n, line in enumerate(lines)]
    return [*drawn, " " * (gutter + 2) + dates(ts_ms[0], ts_ms[-1], plot)]


def _columns(values: Sequence[float], width: int) -> list[Sequence[float]]:
    count = len(values)
    starts = [x * count // width for x in range(width + 1)]
    # Where there are fewer values than columns, each value spans several.
    return [values[start : max(end, start + 1)] for start, end in pairwise(starts)]


def _level(value: float, low: float, high: float, height: int) -> int:
    # By halves: the difference of two finite numbers may be none.
    share = (value / 2.0 - low / 2.0) / (high / 2.0 - low / 2.0) if high / 2.0 > low / 2.0 else 0.5
    return min(height - 1, max(0, round((1.0 - share) * (height - 1))))


def dates(first_ms: int, last_ms: int, plot: int) -> str:
    """Return the words below a time axis of `plot` columns."""
    text = [" "] * plot
    free = 0
    for ms, word in time_ticks(first_ms, last_ms, max(1, plot // 12)):
        at = round((ms - first_ms) / (last_ms - first_ms) * (plot - 1))
        if at >= free and at + len(word) <= plot:
            text[at : at + len(word)] = word
            free = at + len(word) + 1
    return "".join(text).rstrip()
