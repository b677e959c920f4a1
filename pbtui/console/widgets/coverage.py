"""The coverage map: a table whose rows end in one cell for each week, shaded by how much of it is there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import cast

from textual import events
from textual.message import Message

from pbtui.console.candles.view import Cells, Pair
from pbtui.console.text import Line
from pbtui.console.widgets.columns import Row
from pbtui.console.widgets.grid import MARKER, GridTable

WEEK_MS = 604_800_000
LEAST_CELLS = 16
_SHARE_OF_ROOM = 0.55
_LITTLE_ROOM, _SHARE_OF_LITTLE = 50, 0.44  # columns below which the map leaves room for coin and exchange only
_MOST_MS = 253_000_000_000_000  # beyond it there are no dates
# share from which a shade is used, shade, ink; below the last there is nothing
SHADES = ((1.0, "█", "up"), (0.99, "▓", "up"), (0.5, "▒", "warn"), (0.0, "░", "warn"))
NONE = ("×", "bad")
SHARDS_INK = "accent"
_UNDER_CURSOR = {"█": " ", " ": "·"}  # a full cell would hide the cursor's ground
LEGEND = "█ whole ▓ 99 % ▒ 50 % ░ less × none"


def shade(share: float, source: str = "") -> tuple[str, str]:
    """Return glyph and ink of a week; only a whole one gets the fullest."""
    if share <= 0.0:
        return NONE
    glyph, ink = next((glyph, ink) for least, glyph, ink in SHADES if share >= least)
    return glyph, SHARDS_INK if source == "shards" and ink == "up" else ink


class CoverageMap(GridTable):
    """Rows of symbols; `left`/`right` move the cursor from week to week, the map scrolls with it."""

    class WeekChosen(Message):
        """A cell was clicked."""

        def __init__(self, week: int) -> None:
            super().__init__()
            self.week = week

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes, show_cursor=True)
        self._cells: Mapping[Pair, Cells] = {}
        self._first = self._last = 0  # weeks of the whole map
        self._left = 0  # week of the leftmost cell
        self.week: int | None = None

    def set_map(self, cells: Mapping[Pair, Cells], week: int | None) -> None:
        """Show these cells; `week` has the cursor, None for the newest."""
        weeks = [edge for row in cells.values() if row for edge in ends(row)]
        self._cells = cells
        self._first, self._last = (min(weeks), max(weeks)) if weeks else (0, 0)
        self.week = None if not weeks else self._within(self._last if week is None else week)

    def week_by(self, weeks: int) -> int | None:
        """Return the week so many cells further, within the map."""
        return None if self.week is None else self._within(self.week + weeks * WEEK_MS)

    @property
    def cells_in_view(self) -> int:
        """Return how many weeks fit."""
        return max(1, self.content_size.width - self._map_at())

    @property
    def _n_drawn(self) -> int:
        return min(self.cells_in_view, (self._last - self._left) // WEEK_MS + 1)

    def kept_free(self, room: int) -> int:
        """Return the room of the map: a share of all, but never more than it has weeks."""
        if not self._cells:
            return 0
        weeks = (self._last - self._first) // WEEK_MS + 1
        share = _SHARE_OF_LITTLE if room < _LITTLE_ROOM else _SHARE_OF_ROOM
        return min(max(LEAST_CELLS, round(room * share)), max(LEAST_CELLS, weeks + 1))

    def _within(self, week: int) -> int:
        return max(self._first, min(week, self._last))

    def _map_at(self) -> int:
        """Return the column at which the map begins."""
        return MARKER + sum(room + self._gap for _, room in self._spread)

    def _keep_week_in_view(self) -> None:
        room = self.cells_in_view
        week = self._last if self.week is None else self.week
        latest = max(self._first, self._last - (room - 1) * WEEK_MS)
        left = self._left if self._left else latest
        left = min(left, week)
        left = max(left, week - (room - 1) * WEEK_MS)
        self._left = max(self._first, min(left, latest))

    def _titles(self) -> Line:
        self._keep_week_in_view()
        return (*super()._titles(), *self._axis())

    def _axis(self) -> Line:
        """Return months over their first cells, years in January; the cursor's week stands out."""
        if not self._cells or self.week is None:
            return ()
        room = self._n_drawn
        text, free = [" "] * room, 0
        for x in range(room):
            word = month_word(self._left + x * WEEK_MS)
            if word and x >= free and x + len(word) <= room:
                text[x : x + len(word)] = word
                free = x + len(word) + 1
        here = (self.week - self._left) // WEEK_MS
        if not 0 <= here < room:
            return (("".join(text), "head"),)
        mark = "▾" if text[here] == " " else text[here]
        return (("".join(text[:here]), "head"), (mark, "key"), ("".join(text[here + 1 :]), "head"))

    def _row(self, row: Row) -> Line:
        return (*super()._row(row), *self._weeks(row.key))

    def _weeks(self, key: object) -> Line:
        cells = self._cells.get(cast("Pair", key))
        if not cells:
            return ()
        first, last = ends(cells)
        on_cursor_row = key == self.cursor_key
        spans: list[tuple[str, str]] = []
        for x in range(self._n_drawn):
            week = self._left + x * WEEK_MS
            glyph, ink = shade(*cells.get(week, (0.0, ""))) if first <= week <= last else (" ", "text")
            if on_cursor_row and week == self.week:
                glyph, ink = _UNDER_CURSOR.get(glyph, glyph), "badge_note"
            if spans and spans[-1][1] == ink:
                spans[-1] = (spans[-1][0] + glyph, ink)
            else:
                spans.append((glyph, ink))
        return tuple(spans)

    def _place_note(self) -> None:
        hidden = len(self.rows) > self.page
        page = f" · {self.top + 1}–{min(len(self.rows), self.top + self.page)} of {len(self.rows)}" if hidden else ""
        self.set_note(LEGEND + page)

    def on_click(self, event: events.Click) -> None:
        """Choose the cell beside the row."""
        super().on_click(event)
        offset = event.get_content_offset(self)
        at = self._map_at()
        if offset is not None and offset.y and at <= offset.x < at + self.cells_in_view and self.week is not None:
            self.post_message(self.WeekChosen(self._within(self._left + (offset.x - at) * WEEK_MS)))


def ends(cells: Cells) -> tuple[int, int]:
    """Return the first and the last week of a row."""
    return next(iter(cells)), next(reversed(cells))


def month_word(week_ms: int) -> str:
    """Return the month that begins in a week, its year for January, empty where none begins."""
    if not 0 <= week_ms < _MOST_MS:
        return ""
    monday = datetime.fromtimestamp(week_ms / 1000, UTC)
    sunday = datetime.fromtimestamp((week_ms + WEEK_MS - 1) / 1000, UTC)
    if monday.day != 1 and monday.month == sunday.month:
        return ""
    return f"{sunday:%Y}" if sunday.month == 1 else f"{sunday:%b}"
