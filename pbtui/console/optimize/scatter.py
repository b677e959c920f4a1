"""A cloud of points as styled lines: Braille dots, one of them marked, round figures at the axes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from pbtui.backtest.pictures_ticks import number_ticks
from pbtui.console.text import Line, Span, cut, safe, width

_BITS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
_BLANK = 0x2800
_LEAST_COLUMNS, _LEAST_ROWS = 12, 3
_ROWS_PER_TICK, _COLUMNS_PER_TICK = 4, 16
_BETTER = {-1: " · more is better", 1: " · less is better", 0: ""}
Range = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Axis:
    """What lies along one side: a name, and -1 where more is better, 1 where less is, 0 where it does not matter."""

    name: str
    better: int = 0

    def words(self, letter: str, room: int) -> str:
        """Return its name, with what is better where there is room."""
        name = f"{letter} {safe(self.name, 60)}"
        whole = name + _BETTER[self.better]
        return whole if width(whole) <= room else cut(name, room)


def scatter(
    points: Sequence[tuple[float | None, float | None]],
    axes: tuple[Axis, Axis],
    columns: int,
    rows: int,
    *,
    marked: int | None = None,
    plain: bool = False,
) -> list[Line]:
    """Return points (across, upwards) in `columns` × `rows`; `marked` is the place of the one to stand out.

    Points that lack a value are left out, and counted in words where none is left.
    """
    seen = [
        (place, x, y)
        for place, (x, y) in enumerate(points)
        if x is not None and y is not None and math.isfinite(x) and math.isfinite(y)
    ]
    head: Line = ((axes[1].words("y", columns), "dim"),)
    foot: Line = ((axes[0].words("x", columns), "dim"),)
    body = rows - 3
    if not seen:
        return [(("no member keeps the limits yet" if points else "no member yet", "dim"),)]
    across, upwards = (_range([point[axis] for point in seen]) for axis in (1, 2))
    ticks = [(_place(value, upwards, body - 1), text) for value, text in _ticks(upwards, body // _ROWS_PER_TICK)]
    words = {body - 1 - row: text for row, text in ticks}
    left = max(map(len, words.values()), default=0)
    room = columns - left - 2
    if body < _LEAST_ROWS or room < _LEAST_COLUMNS:
        return [(("too little room for a picture", "dim"),)]
    cells = _cells([(place, _place(x, across, room * 2 - 1), body * 4 - 1 - _place(y, upwards, body * 4 - 1))
                    for place, x, y in seen], marked)  # fmt: skip
    lines: list[Line] = [head]
    for row in range(body):
        edge: list[Span] = [(f"{words.get(row, ''):>{left}} ", "dim"), ("┤" if row in words else "│", "border")]
        lines.append((*edge, *_spans(cells.get(row, {}), room, plain=plain)))
    return [*lines, ((" " * (left + 2) + _figures(across, room), "dim"),), foot]


def _range(values: Sequence[float]) -> Range:
    low, high = min(values), max(values)
    if high <= low:
        margin = abs(low) * 0.01 or 1.0
        return low - margin, high + margin
    return low, high


def _ticks(span: Range, most: int) -> list[tuple[float, str]]:
    return number_ticks(*span, max(2, most))


def _place(value: float, span: Range, last: int) -> int:
    return round((value - span[0]) / (span[1] - span[0]) * last)


def _cells(dots: Sequence[tuple[int, int, int]], marked: int | None) -> dict[int, dict[int, int]]:
    """Return the bits of Braille cells by row and column; -1 is the marked point."""
    found: dict[int, dict[int, int]] = {}
    for place, x, y in sorted(dots, key=lambda dot: dot[0] == marked):
        row = found.setdefault(y // 4, {})
        row[x // 2] = -1 if place == marked else row.get(x // 2, 0) | _BITS[y % 4][x % 2]
    return found


def _spans(row: dict[int, int], room: int, *, plain: bool) -> list[Span]:
    spans: list[Span] = []
    for column in range(room):
        bits = row.get(column, 0)
        if bits < 0:
            glyph, ink = ("#" if plain else "◆"), "key"
        else:
            glyph, ink = (" ", "text") if not bits else ("*" if plain else chr(_BLANK + bits), "accent")
        if spans and spans[-1][1] == ink:
            spans[-1] = (spans[-1][0] + glyph, ink)
        else:
            spans.append((glyph, ink))
    return spans


def _figures(span: Range, room: int) -> str:
    """Return round figures below their places, none of which meet."""
    line = ""
    for value, text in _ticks(span, room // _COLUMNS_PER_TICK):
        at = max(0, min(_place(value, span, room - 1) - len(text) // 2, room - len(text)))
        if at > len(line) or (not line and at == 0):
            line += " " * (at - len(line)) + text
    return line
