"""A curve in a few rows of blocks: cheap enough to be drawn anew every second, without any plotting package."""

from __future__ import annotations

import math
from collections.abc import Sequence

from pbtui.console.text import Line

_BLOCKS = " ▁▂▃▄▅▆▇█"
_ASCII = "  ..::##@"
_EIGHTHS = 8


def area(values: Sequence[float], columns: int, rows: int, *, plain: bool = False, ink: str = "accent") -> list[Line]:
    """Return a curve filled down to its lowest value, the newest at the right; nothing where there is nothing to draw.

    More values than columns are thinned to the last of each column; values that are no numbers leave a gap.
    """
    found = [value for value in values if math.isfinite(value)]
    if not found or columns < 1 or rows < 1:
        return []
    shown = thinned(values, columns)
    low, high = min(found), max(found)
    span = high - low or 1.0
    # One eighth at least, so that the lowest value is seen too.
    heights = [
        0 if not math.isfinite(value) else 1 + round((value - low) / span * (rows * _EIGHTHS - 1)) for value in shown
    ]
    signs = _ASCII if plain else _BLOCKS
    lines: list[Line] = []
    for row in range(rows - 1, -1, -1):
        cells = (signs[max(0, min(_EIGHTHS, height - row * _EIGHTHS))] for height in heights)
        lines.append((("".join(cells), ink),))
    return lines


def thinned(values: Sequence[float], columns: int) -> list[float]:
    """Return at most `columns` values, evenly spread, the newest among them."""
    count = len(values)
    if count <= columns:
        return list(values)
    return [values[(column + 1) * count // columns - 1] for column in range(columns)]
