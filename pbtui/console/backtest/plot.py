"""Curves over time as styled lines: Braille dots, round figures beside them, dates below. Loads numpy: import late."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pbtui.backtest.pictures_text import dates
from pbtui.backtest.pictures_ticks import log_ticks, number_ticks
from pbtui.console.text import Line, Span

Floats = NDArray[np.float64]
_WEIGHTS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]])
_BLANK = 0x2800
_MARKS = "*o.x"  # without Unicode, one for each curve
_LEAST_COLUMNS, _LEAST_ROWS = 12, 3
_ROWS_PER_TICK = 4


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """One curve; where several meet, the first one's ink is seen."""

    values: Floats
    ink: str


def plot(
    ts_ms: Sequence[int] | NDArray[np.int64],
    series: Sequence[Series],
    columns: int,
    rows: int,
    *,
    logarithmic: bool = False,
    plain: bool = False,
    with_dates: bool = True,
    gutter: int = 0,
    suffix: str = "",
) -> list[Line]:
    """Return curves in `columns` × `rows`; values hold until the next one, gaps (NaN) stay empty.

    `gutter` is the least width of the figures at the left, so that charts below each other line up; `suffix` is put
    behind them. Nothing where there is no room or nothing finite; a logarithmic scale shows positive values only.
    """
    times = np.asarray(ts_ms, dtype=np.int64)
    body = rows - 1 if with_dates else rows
    values = [_scaled(each.values, logarithmic=logarithmic) for each in series]
    low, high = _range(values)
    if not len(times) or body < _LEAST_ROWS or not np.isfinite(low):
        return []
    ticks = _ticks(low, high, body, logarithmic=logarithmic)
    words = {row: text + suffix for row, text in reversed(ticks)}
    left = max([gutter, *map(len, words.values())])
    room = columns - left - 2
    if room < _LEAST_COLUMNS:
        return []
    first, last = int(times[0]), int(times[-1])
    cells = _draw(times, values, [each.ink for each in series], room, body, (low, high), plain=plain)
    lines: list[Line] = [
        ((f"{words.get(row, ''):>{left}} ", "dim"), ("┤" if row in words else "│", "border"), *cells[row])
        for row in range(body)
    ]
    if with_dates:
        lines.append(((" " * (left + 2) + (dates(first, last, room) if last > first else ""), "dim"),))
    return lines


def gutter_of(series: Sequence[Series], rows: int, *, logarithmic: bool = False) -> int:
    """Return how wide the figures beside such a chart are."""
    low, high = _range([_scaled(each.values, logarithmic=logarithmic) for each in series])
    if not np.isfinite(low):
        return 0
    return max((len(text) for _, text in _ticks(low, high, rows, logarithmic=logarithmic)), default=0)


def _scaled(values: Floats, *, logarithmic: bool) -> Floats:
    found = np.where(np.isfinite(values), values, np.nan)
    if not logarithmic:
        return found
    return np.log10(np.where(found > 0, found, np.nan))


def _range(values: Sequence[Floats]) -> tuple[float, float]:
    """Return the lowest and highest value with a little room, NaN where there is none."""
    finite = [part for each in values if len(part := each[np.isfinite(each)])]
    if not finite:
        return np.nan, np.nan
    low, high = float(min(part.min() for part in finite)), float(max(part.max() for part in finite))
    if high <= low:
        margin = abs(low) * 0.01 or 1.0
        return low - margin, high + margin
    return low, high


def _ticks(low: float, high: float, rows: int, *, logarithmic: bool) -> list[tuple[int, str]]:
    """Return (row, text) of round values."""
    most = max(2, rows // _ROWS_PER_TICK)
    found = log_ticks(10.0**low, 10.0**high, most) if logarithmic else number_ticks(low, high, most)
    placed: list[tuple[int, str]] = []
    for value, text in found:
        at = np.log10(value) if logarithmic else value
        placed.append((round((high - at) / (high - low) * (rows - 1)), text))
    return placed


def _draw(
    times: NDArray[np.int64],
    values: Sequence[Floats],
    inks: Sequence[str],
    columns: int,
    rows: int,
    span: tuple[float, float],
    *,
    plain: bool,
) -> list[list[Span]]:
    """Return the plot row by row, as spans of equal ink."""
    across, down = (1, 1) if plain else (2, 4)
    bits = np.zeros((rows, columns), dtype=np.int64)
    owner = np.full((rows, columns), -1)
    for number, each in enumerate(values):
        dots = _dots(times, each, columns * across, rows * down, span)
        mine = dots.reshape(rows, down, columns, across).swapaxes(1, 2)
        if plain:
            seen = mine.any(axis=(2, 3))
        else:
            weights = (mine * _WEIGHTS).sum(axis=(2, 3))
            bits |= weights
            seen = weights > 0
        owner[seen & (owner < 0)] = number
    return [_spans(bits[row].tolist(), owner[row].tolist(), inks, plain=plain) for row in range(rows)]


def _dots(
    times: NDArray[np.int64], values: Floats, width: int, height: int, span: tuple[float, float]
) -> NDArray[np.bool_]:
    """Return which dots a curve covers: in each column from the lowest to the highest value that falls into it."""
    edges = np.linspace(times[0], times[-1] + 1, width + 1)
    starts = np.maximum(np.searchsorted(times, edges[:-1], side="left") - 1, 0)
    ends = np.maximum(np.searchsorted(times, edges[1:], side="left"), starts + 1)
    places = np.column_stack((starts, ends)).ravel()
    padded = np.append(values, values[-1])
    lowest, highest = np.fmin.reduceat(padded, places)[::2], np.fmax.reduceat(padded, places)[::2]
    low, high = span
    with np.errstate(invalid="ignore"):
        top = np.round((high - highest) / (high - low) * (height - 1))
        bottom = np.round((high - lowest) / (high - low) * (height - 1))
        at = np.arange(height)[:, None]
        return (at >= top) & (at <= bottom)


def _spans(bits: list[int], owners: list[int], inks: Sequence[str], *, plain: bool) -> list[Span]:
    spans: list[Span] = []
    for bit, owner in zip(bits, owners, strict=True):
        glyph = " " if owner < 0 else _MARKS[owner % len(_MARKS)] if plain else chr(_BLANK + bit)
        ink = "text" if owner < 0 else inks[owner]
        if spans and spans[-1][1] == ink:
            spans[-1] = (spans[-1][0] + glyph, ink)
        else:
            spans.append((glyph, ink))
    return spans
