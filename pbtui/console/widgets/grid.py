"""A table that keeps cursor and scroll by key and repaints changed cells only."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from collections.abc import Set as AbstractSet

from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.message import Message

from pbtui.console.text import Line, fit, fold
from pbtui.console.widgets.columns import GAP, Column, Row, Rows, airy_gap, layout, natural_widths, place
from pbtui.console.widgets.lines import LineView

MARKER = 2
_WHEEL = 3


def _anywhere(key: Hashable) -> bool:
    return key is not None


class GridTable(LineView, can_focus=True):
    """Rows under a header line; words say so when there are none. `tall` is the number of lines of a row."""

    DEFAULT_CSS = "GridTable { height: 1fr; }"

    class Moved(Message):
        """The cursor stands on another row."""

        def __init__(self, table: GridTable, key: Hashable) -> None:
            super().__init__()
            self.table = table
            self.key = key

    class Opened(Message):
        """A row was double-clicked."""

        def __init__(self, table: GridTable, key: Hashable) -> None:
            super().__init__()
            self.table = table
            self.key = key

    class Pressed(Message):
        """A row was clicked, at a column of the panel's inside."""

        def __init__(self, table: GridTable, key: Hashable, x: int) -> None:
            super().__init__()
            self.table = table
            self.key = key
            self.x = x

    class HeaderClicked(Message):
        """A column title was clicked."""

        def __init__(self, table: GridTable, column: str) -> None:
            super().__init__()
            self.table = table
            self.column = column

    def __init__(
        self,
        *,
        id: str | None = None,
        classes: str | None = None,
        follow: bool = False,
        show_cursor: bool = False,
        header: bool = True,
        markers: bool = True,
        airy: bool = False,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.columns: tuple[Column, ...] = ()
        self.rows = Rows.of(())
        self.selected: AbstractSet[Hashable] = frozenset()
        self.hidden: AbstractSet[str] = frozenset()  # columns the operator took out
        self.empty: tuple[str, ...] = ()
        self.sort = ""
        self.descending = False
        self.cursor_key: Hashable | None = None
        self.top = 0
        self.rests: Callable[[Hashable], bool] = _anywhere  # rows the cursor may stand on
        self.tail = follow  # the view sticks to the end until the cursor leaves it
        self._follow = follow
        self._show_cursor = show_cursor
        self._header = header
        self._markers = markers
        self._airy = airy  # spare room goes between the columns
        self._gap = GAP
        self._grown: list[int] = []
        self._grown_for: tuple[object, ...] = ()
        self._spread: list[tuple[int, int]] = []

    # -- what is shown -------------------------------------------------------------------------------------------

    def set_rows(
        self, columns: Sequence[Column], rows: Sequence[Row], *, sort: str = "", descending: bool = False
    ) -> None:
        """Show these rows; the cursor stays on its key, or on its place when the key is gone."""
        index = self.cursor_index
        self.columns, self.rows = tuple(columns), rows if isinstance(rows, Rows) else Rows.of(rows)
        self.sort, self.descending = sort, descending
        keys = self.rows.keys
        if self.tail and keys:
            self.cursor_key = keys[-1]
        elif keys and self.cursor_key not in keys:
            self.cursor_key = keys[min(index, len(keys) - 1)]
        self.redraw()

    @property
    def cursor_row(self) -> Row | None:
        """Return the row under the cursor; None without rows."""
        return self.rows[self.cursor_index] if self.rows else None

    def room_of(self, column: str) -> int:
        """Return how wide a column is drawn, 0 when there is no room for it."""
        return next((room for index, room in self._spread if self.columns[index].id == column), 0)

    def show_header(self, shown: bool) -> None:
        """Show the titles of the columns, or not; counts from the next drawing."""
        self._header = shown

    @property
    def cursor_index(self) -> int:
        """Return the place of the cursor; 0 without rows."""
        keys = self.rows.keys
        return keys.index(self.cursor_key) if self.cursor_key in keys else 0

    @property
    def page(self) -> int:
        """Return how many rows fit."""
        return max(1, self.content_size.height - self._header)

    def redraw(self) -> None:
        """Lay out and show the rows that are in view."""
        if self.content_size.width > 0:
            self.guarded(self._redraw)

    def _redraw(self) -> None:
        room = self.content_size.width
        self._keep_in_view()
        if not self.rows:
            told = [fold(((f" {text}" if text else "", "dim"),), room) for text in self.empty]
            self.show([line for folded in told for line in folded])
            return
        page = self.rows[self.top : self.top + self.page]
        inner = room - (MARKER if self._markers else 0) - self.kept_free(room)
        self._spread = layout(self.columns, self._widths(room, page), inner, self.hidden)
        self._gap = airy_gap(self._spread, inner) if self._airy else GAP
        lines: list[Line] = [self._titles()] if self._header else []
        lines += [self._row(row) for row in page]
        self.show(lines)
        self._place_note()

    def kept_free(self, room: int) -> int:
        """Return how much of `room` columns is for something else than the table's own columns."""
        return 0

    def _widths(self, room: int, page: Sequence[Row]) -> list[int]:
        """Return column widths that only grow while the layout stays, so that figures do not dance."""
        found = natural_widths(self.columns, page, self.sort)
        mark = (room, self.sort, tuple(column.id for column in self.columns))
        if mark == self._grown_for:
            found = [max(old, new) for old, new in zip(self._grown, found, strict=True)]
        self._grown, self._grown_for = found, mark
        return found

    def _titles(self) -> Line:
        spans: list[tuple[str, str]] = [(" " * MARKER, "head")] if self._markers else []
        for index, room in self._spread:
            column = self.columns[index]
            sorted_by = column.id == self.sort
            title = column.title + (("▾" if self.descending else "▴") if sorted_by else "")
            spans.append((fit(title, room, column.align) + " " * self._gap, "accent" if sorted_by else "head"))
        return tuple(spans)

    def _row(self, row: Row) -> Line:
        spans: list[tuple[str, str]] = []
        if self._markers:
            here = row.key == self.cursor_key and (self.has_focus or self._show_cursor)
            spans = [("›" if here else " ", "key"), ("●" if row.key in self.selected else " ", "accent")]
        if len(row.cells) < len(self.columns):
            whole = sum(room for _, room in self._spread) + self._gap * (len(self._spread) - 1)
            return (*spans, *place(row.cells[0], whole, "<"))
        for index, room in self._spread:
            spans += place(row.cells[index], room, self.columns[index].align)
            spans.append((" " * self._gap, "text"))
        return tuple(spans)

    def _place_note(self) -> None:
        hidden = len(self.rows) > self.page
        note = f"{self.top + 1}–{min(len(self.rows), self.top + self.page)} of {len(self.rows)}" if hidden else ""
        if self._follow and not self.tail:
            note = f"{note} paused".strip()
        self.set_note(note)

    def line_style(self, y: int) -> Style | None:
        """Return the cursor's ground for its row."""
        row = y - self._header
        if not self.rows or not (self.has_focus or self._show_cursor) or not 0 <= row < self.page:
            return None
        index = self.top + row
        here = index < len(self.rows) and self.rows.keys[index] == self.cursor_key
        return self.painter.cursor_style if here else None

    # -- moving --------------------------------------------------------------------------------------------------

    def _keep_in_view(self) -> None:
        last = max(0, len(self.rows) - self.page)
        index = self.cursor_index
        end = index
        while end + 1 < len(self.rows) and not self.rests(self.rows.keys[end + 1]):
            end += 1
        if self.tail:
            self.top = last
        elif end >= self.top + self.page:
            self.top = end - self.page + 1
        if index < self.top and not self.tail:
            self.top = index
        self.top = max(0, min(self.top, last))

    def move_to(self, index: int) -> None:
        """Put the cursor on a row (kept within the rows)."""
        if not self.rows:
            return
        index = max(0, min(index, len(self.rows) - 1))
        before = self.cursor_index
        index = self._rest_near(index, 1 if index >= before else -1)
        self.cursor_key = self.rows.keys[index]
        self.tail = self._follow and index == len(self.rows) - 1
        self.redraw()
        self._repaint_rows(before, index)
        self.post_message(self.Moved(self, self.cursor_key))

    def _rest_near(self, index: int, step: int) -> int:
        """Return the next row in a direction on which the cursor may stand, else the last one in the other."""
        for way in (step, -step):
            at = index
            while 0 <= at < len(self.rows):
                if self.rests(self.rows.keys[at]):
                    return at
                at += way
        return index

    def move_by(self, rows: int) -> None:
        """Move the cursor by some rows."""
        self.move_to(self.cursor_index + rows)

    def _repaint_rows(self, *indexes: int) -> None:
        for index in indexes:
            y = index - self.top + self._header
            if 0 <= y < self.content_size.height:
                self.refresh(Region(0, y, self.content_size.width, 1))

    # -- events --------------------------------------------------------------------------------------------------

    def on_resize(self) -> None:
        """Lay out again."""
        self.redraw()

    def on_focus(self) -> None:
        """Show the cursor."""
        self.redraw()
        self._repaint_rows(self.cursor_index)

    def on_blur(self) -> None:
        """Hide the cursor."""
        self.on_focus()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Move down."""
        event.stop()
        self.move_by(_WHEEL)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Move up."""
        event.stop()
        self.move_by(-_WHEEL)

    def on_click(self, event: events.Click) -> None:
        """Choose the row, sort by the title, or open the row on the second click."""
        offset = event.get_content_offset(self)
        if offset is None or not self.rows:
            return
        if self._header and offset.y == 0:
            self._click_title(offset.x)
            return
        index = self.top + offset.y - self._header
        if index < len(self.rows):
            key = self.rows.keys[index]
            self.move_to(self._rest_near(index, -1))  # a line of a card belongs to its head above
            self.post_message(self.Pressed(self, key, offset.x - (MARKER if self._markers else 0)))
            if event.chain > 1:
                self.post_message(self.Opened(self, self.rows.keys[index]))

    def _click_title(self, x: int) -> None:
        left = MARKER if self._markers else 0
        for index, room in self._spread:
            if left <= x < left + room + self._gap:
                self.post_message(self.HeaderClicked(self, self.columns[index].id))
                return
            left += room + self._gap
