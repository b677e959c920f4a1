"""Charts as PNG files: lines, filled areas and marks over time or bars, panels stacked.

Drawn with Pillow at twice the size and shrunk, which smooths the edges; a line of any length costs one pass over its
points, as each column of pixels needs only its extremes.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from pbtui.backtest.pictures_ticks import Tick, log_ticks, number_ticks, time_ticks

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont
    from PIL.ImageFont import ImageFont as BitmapFont

Floats = NDArray[np.float64]
Kind = Literal["line", "steps", "area", "up", "down", "dot"]
_SMOOTH = 2
_PAPER, _INK, _GRID, _EDGE = "#ffffff", "#303030", "#e6e6e6", "#9a9a9a"
_LEFT, _RIGHT, _TOP, _BOTTOM, _GAP = 110, 30, 60, 40, 70
_BIG, _SMALL = 22, 15


@dataclass(frozen=True, slots=True)
class Series:
    """One curve or set of marks; x ascending for curves, which break where y is NaN. `area` is filled down to zero."""

    label: str
    x: Floats
    y: Floats
    colour: str
    kind: Kind = "line"
    width: float = 1.5


@dataclass(frozen=True, slots=True)
class Panel:
    """Series on common axes; x is epoch ms where `dates`, y logarithmic where `log` (nothing at or below 0 shows)."""

    title: str
    series: Sequence[Series]
    log: bool = False
    dates: bool = True
    height: float = 1.0
    empty: str = "nothing to show"
    around: tuple[float, ...] = field(default=())
    """Values that the y axis must include."""


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where a panel lies, in pixels, and the values at its edges; y already logarithmic where the panel is."""

    left: int
    top: int
    right: int
    bottom: int
    x0: float
    x1: float
    y0: float
    y1: float

    def across(self, x: Floats) -> Floats:
        return self.left + (x - self.x0) / (self.x1 - self.x0) * (self.right - self.left)

    def down(self, y: Floats) -> Floats:
        return self.bottom - (y - self.y0) / (self.y1 - self.y0) * (self.bottom - self.top)


def save_chart(path: Path, title: str, panels: Sequence[Panel], *, size: tuple[int, int] = (1600, 1000)) -> None:
    """Draw panels one above the other and write them as a PNG, whole or not at all. Raises OSError."""
    part = path.with_name(f".{path.name}.part")
    try:
        render(title, panels, size=size).save(part, format="PNG", compress_level=2)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def render(title: str, panels: Sequence[Panel], *, size: tuple[int, int] = (1600, 1000)) -> Image:
    """Return the picture of panels one above the other."""
    from PIL import Image, ImageDraw

    width, height = size[0] * _SMOOTH, size[1] * _SMOOTH
    image = Image.new("RGB", (width, height), _PAPER)
    draw = ImageDraw.Draw(image)
    draw.text((_LEFT * _SMOOTH, 14 * _SMOOTH), title, fill=_INK, font=_font(_BIG))
    room = size[1] - _TOP - _BOTTOM - _GAP * len(panels) + _GAP // 2
    top = _TOP
    for panel in panels:
        own = round(room * panel.height / sum(other.height for other in panels))
        _panel(draw, panel, (_LEFT, top + _GAP // 2, size[0] - _RIGHT, top + _GAP // 2 + own))
        top += own + _GAP
    return image.reduce(_SMOOTH)


def _font(size: int) -> FreeTypeFont | BitmapFont:
    from PIL import ImageFont

    return ImageFont.load_default(size * _SMOOTH)


def _panel(draw: ImageDraw, panel: Panel, box: tuple[int, int, int, int]) -> None:
    left, top, right, bottom = (edge * _SMOOTH for edge in box)
    _legend(draw, panel, left, top)
    shown = [_visible(series, panel.log) for series in panel.series]
    shown = [series for series in shown if np.isfinite(series.y).any()]
    if not shown:
        draw.rectangle((left, top, right, bottom), outline=_EDGE, width=_SMOOTH)
        draw.text((left + 40, (top + bottom) // 2), panel.empty, fill=_EDGE, font=_font(_SMALL))
        return
    frame = _frame(panel, shown, left, top, right, bottom)
    _axes(draw, panel, frame)
    for series in shown:
        _draw_series(draw, series, frame, panel.log)
    draw.rectangle((left, top, right, bottom), outline=_EDGE, width=_SMOOTH)


def _visible(series: Series, log: bool) -> Series:
    y = np.asarray(series.y, dtype=np.float64)
    x = np.asarray(series.x, dtype=np.float64)
    y = np.where(np.isfinite(y) & ((y > 0) | (not log)), y, np.nan)
    return Series(series.label, x, np.log10(y) if log else y, series.colour, series.kind, series.width)


def _frame(panel: Panel, shown: list[Series], left: int, top: int, right: int, bottom: int) -> _Frame:
    x0, x1 = min(series.x.min() for series in shown), max(series.x.max() for series in shown)
    around = [value for value in panel.around if not panel.log]
    if not panel.log and any(series.kind == "area" for series in shown):
        around.append(0.0)
    y0 = min([*(float(np.nanmin(series.y)) for series in shown), *around])
    y1 = max([*(float(np.nanmax(series.y)) for series in shown), *around])
    if x1 <= x0:
        x0, x1 = x0 - 1.0, x1 + 1.0
    margin = (y1 - y0) * 0.04 or abs(y1) * 0.01 or 1.0
    return _Frame(left, top, right, bottom, float(x0), float(x1), y0 - margin, y1 + margin)


def _axes(draw: ImageDraw, panel: Panel, frame: _Frame) -> None:
    font = _font(_SMALL)
    rows = max(2, (frame.bottom - frame.top) // (55 * _SMOOTH))
    columns = max(2, (frame.right - frame.left) // (120 * _SMOOTH))
    for value, text in _value_ticks(panel, frame, rows):
        y = round(float(frame.down(np.array([value]))[0]))
        draw.line((frame.left, y, frame.right, y), fill=_GRID, width=_SMOOTH)
        draw.text((frame.left - 8 * _SMOOTH, y), text, fill=_INK, font=font, anchor="rm")
    ticks = (time_ticks if panel.dates else number_ticks)(frame.x0, frame.x1, columns)
    for value, text in ticks:
        x = round(float(frame.across(np.array([value]))[0]))
        draw.line((x, frame.top, x, frame.bottom), fill=_GRID, width=_SMOOTH)
        draw.text((x, frame.bottom + 6 * _SMOOTH), text, fill=_INK, font=font, anchor="mt")


def _value_ticks(panel: Panel, frame: _Frame, rows: int) -> list[Tick]:
    if not panel.log:
        return number_ticks(frame.y0, frame.y1, rows)
    ticks = log_ticks(10.0**frame.y0, 10.0**frame.y1, rows)
    return [(float(np.log10(value)), text) for value, text in ticks]


def _legend(draw: ImageDraw, panel: Panel, left: int, top: int) -> None:
    font = _font(_SMALL)
    y = top - 14 * _SMOOTH
    draw.text((left, y), panel.title, fill=_INK, font=font, anchor="lm")
    x = left + draw.textlength(panel.title, font=font) + 30 * _SMOOTH
    for series in panel.series:
        draw.rectangle((x, y - 4 * _SMOOTH, x + 18 * _SMOOTH, y + 4 * _SMOOTH), fill=series.colour)
        x += 24 * _SMOOTH
        draw.text((x, y), series.label, fill=_INK, font=font, anchor="lm")
        x += draw.textlength(series.label, font=font) + 22 * _SMOOTH


def _draw_series(draw: ImageDraw, series: Series, frame: _Frame, log: bool) -> None:
    x, y = frame.across(series.x), frame.down(series.y)
    if series.kind in ("up", "down", "dot"):
        good = np.isfinite(y)
        _marks(draw, series, x[good], y[good])
        return
    width = max(1, round(series.width * _SMOOTH))
    zero = float(frame.down(np.array([frame.y0 if log else 0.0]))[0])
    for start, end in _unbroken(y):
        if series.kind == "line":
            draw.line(_outline(x[start:end], y[start:end]), fill=series.colour, width=width)
            continue
        # The last step lasts until the value that broke it off.
        until = x[end : end + 1]
        points = _outline(
            *_stairs(np.append(x[start:end], until), np.append(y[start:end], y[end - 1 : end][: len(until)]))
        )
        if series.kind == "steps":
            draw.line(points, fill=series.colour, width=width)
        else:
            draw.polygon([(points[0][0], zero), *points, (points[-1][0], zero)], fill=series.colour)


def _unbroken(y: Floats) -> list[tuple[int, int]]:
    """Return start and end of the stretches without NaN."""
    edges = np.diff(np.isfinite(y).astype(np.int8), prepend=0, append=0)
    return list(zip(np.flatnonzero(edges == 1).tolist(), np.flatnonzero(edges == -1).tolist(), strict=True))


def _outline(x: Floats, y: Floats) -> list[tuple[float, float]]:
    """Return the points of a curve, at most four a column of pixels: its first, highest, lowest and last."""
    if len(x) > 4 * _SMOOTH * 2_000:
        column = np.floor(x).astype(np.int64)
        starts = np.flatnonzero(np.diff(column, prepend=column[0] - 1))
        ends = np.append(starts[1:], len(x)) - 1
        middle = x[starts]
        picked = np.stack([y[starts], np.minimum.reduceat(y, starts), np.maximum.reduceat(y, starts), y[ends]], axis=1)
        x, y = np.repeat(middle, 4), picked.ravel()
    points = list(zip(x.tolist(), y.tolist(), strict=True))
    return points if len(points) > 1 else [points[0], (points[0][0] + 1.0, points[0][1])]


def _stairs(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    return np.repeat(x, 2)[1:], np.repeat(y, 2)[:-1]


def _marks(draw: ImageDraw, series: Series, x: Floats, y: Floats) -> None:
    reach = series.width * 3 * _SMOOTH
    for across, down in set(zip(np.round(x).tolist(), np.round(y).tolist(), strict=True)):
        if series.kind == "dot":
            draw.ellipse((across - reach, down - reach, across + reach, down + reach), fill=series.colour)
            continue
        tip = down - reach if series.kind == "up" else down + reach
        base = down + reach if series.kind == "up" else down - reach
        draw.polygon([(across, tip), (across - reach, base), (across + reach, base)], fill=series.colour)
