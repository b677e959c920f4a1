"""The price tags beside a chart: which levels there are, what they are called, which of them get a row."""

from __future__ import annotations

import math
from collections.abc import Sequence

from pbtui.console.numbers import price, side_letter
from pbtui.console.text import Line, fit, width
from pbtui.core.record import record
from pbtui.core.snapshot import Level

TIGHT_BELOW = 72  # columns of a chart whose tags use the shorter names
_LEAST_TICK_ROWS = 4
_MORE = len("999 more ▲")
_SHORT = {
    "entry(pos)": "position", "mark": "mark", "ema_lower": "ema low", "ema_upper": "ema high", "foreign": "foreign",
    "trail_threshold": "threshold", "trail_turn": "turn", "trail_extreme": "extreme",
}  # fmt: skip
_TIGHT = {
    "position": "pos", "ema low": "ema-", "ema high": "ema+", "foreign": "other", "unstuck": "unstk",
    "reduce": "cut", "trail in": "trail", "trail out": "trail", "threshold": "thresh", "extreme": "extr",
}  # fmt: skip
_INK = {
    "mark": "strong", "entry(pos)": "accent", "ema_lower": "dim", "ema_upper": "dim", "foreign": "dim",
    "trail_threshold": "warn", "trail_turn": "warn", "trail_extreme": "dim",
}  # fmt: skip
# Of two in a row the lighter number is shown there.
_WEIGHT = {
    "mark": 0, "entry(pos)": 1, "trail_threshold": 3, "trail_turn": 3, "ema_lower": 4, "ema_upper": 4,
    "trail_extreme": 5,
}  # fmt: skip


@record
class Scale:
    """Prices from `low` to `high` over `rows` rows of two half rows each; half row 0 is the top."""

    low: float
    high: float
    rows: int

    def half(self, value: float) -> int:
        """Return the half row of a price."""
        share = (self.high - value) / (self.high - self.low)
        return min(self.rows * 2 - 1, max(0, round(share * (self.rows * 2 - 1))))

    def holds(self, value: float) -> bool:
        """Tell whether a price lies on the scale."""
        return self.low <= value <= self.high


@record
class Gutter:
    """The columns right of the plot: a rule, a price of `digits`, a name of `label`; 0 digits: no gutter at all."""

    digits: int
    label: int
    tight: bool
    sides: bool  # levels of both sides: names say which

    @property
    def width(self) -> int:
        """Return how many columns it takes."""
        return self.digits + self.label + 3 if self.digits else 0


def short_kind(kind: str) -> str:
    """Return the short name of a level: `entry`, `close`, `trail in`, `unstuck`, …"""
    if kind in _SHORT:
        return _SHORT[kind]
    for part, word in (("unstuck", "unstuck"), ("panic", "panic"), ("reduce", "reduce"), ("trailing", "trail")):
        if part in kind:
            return f"{word} {'in' if kind.startswith('entry') else 'out'}" if word == "trail" else word
    return "close" if kind.startswith("close") else "entry"


def level_ink(level: Level) -> str:
    """Return the ink of a level."""
    return _INK.get(level.kind) or ("down" if level.qty < 0 or level.kind.startswith("close") else "up")


def by_weight(levels: Sequence[Level]) -> list[Level]:
    """Return levels so that of those in one row the first is the one to show."""
    return sorted(levels, key=lambda level: _WEIGHT.get(level.kind, 2))


def gutter_for(levels: Sequence[Level], values: Sequence[float], decimals: int, columns: int) -> Gutter:
    """Return the gutter that these levels and prices need in a chart of `columns`."""
    sides = len({level.pside for level in levels if level.pside}) > 1
    highest = max(values, default=1.0) * 1.1  # round prices may lie a little above all others
    digits = max(width(price(v, decimals)) for v in (*values, highest))
    bare = Gutter(digits, 0, columns < TIGHT_BELOW, sides)
    return Gutter(digits, max((len(name_of(level, bare)) for level in levels), default=0), bare.tight, sides)


def name_of(level: Level, gutter: Gutter) -> str:
    """Return what a tag calls a level; with levels of both sides the letter of its side comes first."""
    name = short_kind(level.kind)
    name = _TIGHT.get(name, name) if gutter.tight else name
    return f"{side_letter(level.pside)} {name}" if gutter.sides and level.pside else name


def tags(levels: Sequence[Level], scale: Scale, decimals: int, gutter: Gutter) -> list[Line]:
    """Return one tag per row: the weightiest level there, else a round price every few rows, else the rule."""
    if not gutter.digits:
        return [()] * scale.rows
    found: list[Line] = [()] * scale.rows
    places, hidden = _places(levels, scale)
    for row, level in places.items():
        ink = level_ink(level)
        name, more = name_of(level, gutter), f" +{hidden.get(row, 0)}"
        name = fit(name + more if row in hidden and len(name + more) <= gutter.label else name, gutter.label)
        # A tag beside its own row hangs on the rule rather than on a line of the plot.
        joint = "┤" if scale.half(level.price) // 2 == row else "│"
        found[row] = ((joint, ink), (f" {fit(price(level.price, decimals), gutter.digits, '>')} {name}", ink))
    for value in round_prices(scale):
        row = scale.half(value) // 2
        if not found[row]:
            found[row] = (("┤", "border"), (f" {fit(price(value, decimals), gutter.digits, '>')}", "dim"))
    above = sum(level.price > scale.high for level in levels)
    below = sum(level.price < scale.low for level in levels)
    _count(found, range(min(3, scale.rows)), above, "▲", gutter)
    _count(found, range(scale.rows - 1, max(-1, scale.rows - 4), -1), below, "▼", gutter)
    return [tag or (("│", "border"),) for tag in found]


def _places(levels: Sequence[Level], scale: Scale) -> tuple[dict[int, Level], dict[int, int]]:
    """Return which level has its tag in which row, and how many of a row have none.

    A tag stands in its level's own row, or in a free one next to it, above or below as it is; tags stay in the order
    of their prices. A level at the price of one that is shown needs none.
    """
    found: dict[int, Level] = {}
    hidden: dict[int, int] = {}
    crowded: list[tuple[int, Level]] = []
    for level in by_weight(levels):
        row = scale.half(level.price) // 2
        if not scale.holds(level.price):
            continue
        if row in found:
            crowded.append((row, level))
        else:
            found[row] = level
    for own, level in crowded:
        row = own - 1 if level.price > found[own].price else own + 1
        free = 0 <= row < scale.rows and row not in found and level.price != found[own].price
        if free and _in_order(found, row, level.price):
            found[row] = level
        elif level.price != found[own].price:
            hidden[own] = hidden.get(own, 0) + 1
    return found, hidden


def _in_order(found: dict[int, Level], row: int, value: float) -> bool:
    above, below = found.get(row - 1), found.get(row + 1)
    return (above is None or above.price >= value) and (below is None or below.price <= value)


def round_prices(scale: Scale) -> list[float]:
    """Return round prices (1, 2 or 5 times a power of ten apart) that are at least a few rows from each other."""
    least = (scale.high - scale.low) * _LEAST_TICK_ROWS / max(1, scale.rows)
    if not least > 0 or not math.isfinite(least):
        return []
    power = 10.0 ** math.floor(math.log10(least))
    step = next((power * factor for factor in (1, 2, 5) if power * factor >= least), power * 10)
    first = math.ceil(scale.low / step)
    return [number * step for number in range(first, first + scale.rows) if number > 0 and number * step <= scale.high]


def _count(found: list[Line], rows: range, count: int, mark: str, gutter: Gutter) -> None:
    """Say how many levels lie beyond an end, in the first row there that no level has taken."""
    # Round prices give way, they hang on a bare rule.
    free = next((row for row in rows if not found[row] or found[row][0][1] == "border"), None)
    if count and free is not None and gutter.width > _MORE:
        found[free] = (("│", "border"), (f" {count} more {mark}", "dim"))
