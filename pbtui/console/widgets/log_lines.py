"""The lines of the log that are in view: folded texts, matches marked, the end followed until the cursor leaves it."""

from __future__ import annotations

from rich.style import Style
from textual import events
from textual.message import Message

from pbtui.console.actions import label_of
from pbtui.console.log.index import Place
from pbtui.console.log.pattern import Pattern, Spans
from pbtui.console.log.record import Record
from pbtui.console.log.view import LogView
from pbtui.console.numbers import utc
from pbtui.console.text import Line, Span, fit, fold, line_width, width
from pbtui.console.widgets.columns import place
from pbtui.console.widgets.lines import LineView

_WHEEL = 3
_MARK = 2
_MOST_TAG, _MOST_COIN = 14, 10
_WIDE, _MIDDLE = 100, 60
_SHOWN = 2_000  # characters of a text that are drawn
_INKS = {"E": "bad", "W": "warn", "I": "text", "D": "dim", "T": "dim", "?": "dim"}


class LogLines(LineView, can_focus=True):
    """Draws a page of a log."""

    DEFAULT_CSS = "LogLines { height: 1fr; }"

    class Opened(Message):
        """A line was double-clicked."""

    def __init__(self, view: LogView, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.view = view
        self.empty: tuple[str, ...] = ()
        self._top: Place | None = None
        self._owners: list[int] = []  # the row each drawn line belongs to
        self._widths = (0, 0)  # of tag and coin: they only grow, so that texts do not dance

    @property
    def page(self) -> int:
        """Return how many lines fit."""
        return max(1, self.content_size.height)

    def redraw(self) -> None:
        """Show what is in view."""
        if self.content_size.width > 0:
            self.guarded(self._redraw)

    def move_by(self, rows: int) -> None:
        """Move the cursor by rows."""
        self.view.move_to(self.view.row + rows)
        self.redraw()
        self.refresh()  # the ground of the cursor moves even where the text stays

    # -- drawing -------------------------------------------------------------------------------------------------

    def _redraw(self) -> None:
        room = self.content_size.width
        if not len(self.view.index):
            self._owners = []
            self.show([line for text in self.empty for line in fold(((f" {text}", "dim"),), room)])
            return
        rows = self._rows_in_view()
        records = [self.view.index.record(row) for row in rows]
        self._grow(records)
        lines: list[Line] = []
        owners: list[int] = []
        for row, record, spans in zip(rows, records, self._matches(records), strict=True):
            drawn = self._row(row, record, spans, room)[: self.page]
            lines += drawn
            owners += [row] * len(drawn)
        skip = max(0, len(lines) - self.page) if self.view.tail else 0
        lines, owners = lines[skip : skip + self.page], owners[skip : skip + self.page]
        if owners != self._owners:
            self._owners = owners
            self.refresh()
        self.show(lines)

    def _rows_in_view(self) -> list[int]:
        """Return the rows of the page, and keep the first for the next time."""
        view, last = self.view, len(self.view.index) - 1
        cursor = view.row
        top = min(view.index.row(self._top), last) if self._top is not None else cursor
        if cursor < top:
            top = cursor
        if view.tail or self._lines_from(top, cursor) > self.page:
            top, used = cursor, self._height(cursor)
            while top > 0 and used + self._height(top - 1) <= self.page:
                top -= 1
                used += self._height(top)
            if view.tail and top > 0 and used < self.page:
                top -= 1  # the upper lines of this one stay outside
        rows, used = [top], self._height(top)
        while rows[-1] < last and used < self.page:
            rows.append(rows[-1] + 1)
            used += self._height(rows[-1])
        if used < self.page and not view.tail:  # the end came into view: fill the page from above
            while rows[0] > 0 and used + self._height(rows[0] - 1) <= self.page:
                rows.insert(0, rows[0] - 1)
                used += self._height(rows[0])
        self._top = view.index.place(rows[0])
        return rows

    def _lines_from(self, top: int, row: int) -> int:
        """Return how many lines the rows from `top` to `row` take, or more than a page."""
        if row - top >= self.page:
            return self.page + 1
        return sum(self._height(at) for at in range(top, row + 1))

    def _height(self, row: int) -> int:
        if not self.view.unfolded or self.view.index.place(row) not in self.view.unfolded:
            return 1
        return min(len(self.view.index.record(row).lines), max(1, self.page - 1))

    def _grow(self, records: list[Record]) -> None:
        tags = max(width(record.tag) + record.is_error for record in records)
        coins = max(width(record.coin) for record in records)
        self._widths = (
            min(_MOST_TAG, max(self._widths[0], tags)),
            min(_MOST_COIN, max(self._widths[1], coins)),
        )

    def _matches(self, records: list[Record]) -> list[list[Spans]]:
        """Return for each record where the search matches: in tag, coin, and each line of its text."""
        pattern = self.view.search
        if pattern is None:
            return [[] for _ in records]
        texts = [text for record in records for text in self._texts(record)]
        return _dealt(pattern, texts, [len(self._texts(record)) for record in records])

    def _texts(self, record: Record) -> list[str]:
        return [record.tag, record.coin, *(line[:_SHOWN] for line in record.lines[: self.page])]

    def _row(self, row: int, record: Record, spans: list[Spans], room: int) -> list[Line]:
        place_of = self.view.index.place(row)
        head = self._stem(record, spans, room)
        mark: Span = ("●" if place_of in self.view.marked else " ", "accent")
        start: Line = (("›" if row == self.view.row else " ", "key"), mark, *head)
        left = max(1, room - line_width(start))
        ink = _INKS[record.letter]
        open_ = place_of in self.view.unfolded
        more = len(record.lines) - 1
        tail: Line = ((f" ▸ +{more} line{'s' * (more != 1)} ", "accent"),) if more and not open_ else ()
        body = _inked(record.head[:_SHOWN], spans[2] if spans else [], ink)
        lines: list[Line] = [(*start, *place(body, left - line_width(tail), "<"), *tail)]
        if not open_:
            return lines
        shown = self._height(row)
        for number in range(1, shown):
            text = record.lines[number]
            if number == shown - 1 and shown < len(record.lines):
                line: Line = (
                    (f"… {len(record.lines) - shown + 1} more lines: {label_of('log.open')} opens all", "accent"),
                )
            else:
                line = _inked(text[:_SHOWN], spans[2 + number] if len(spans) > 2 + number else [], ink)
            lines.append(((" " * (room - left), "text"), *place(line, left, "<")))
        return lines

    def _stem(self, record: Record, spans: list[Spans], room: int) -> Line:
        """Return time, level, tag and coin; narrow screens have less of them."""
        ink = _INKS[record.letter]
        form = "%Y-%m-%d %H:%M:%SZ" if room >= _WIDE else "%H:%M:%SZ" if room >= _MIDDLE else "%H:%M"
        stamp = utc(record.ts_ms, form)
        time_room = 20 if room >= _WIDE else 9 if room >= _MIDDLE else 5
        head: list[Span] = [(fit(stamp, time_room), "dim"), (f" {record.letter} ", ink)]
        tag_room, coin_room = self._widths
        if room < _MIDDLE:
            tag_room = min(tag_room, 8)
        tag = _inked(record.tag, spans[0] if spans else [], "accent" if ink == "text" else ink)
        if record.is_error:
            tag = (("!", "bad"), *tag)
        head += [*place(tag, tag_room, "<"), (" ", "text")]
        if coin_room and (room >= _MIDDLE or record.coin):
            coin = _inked(record.coin, spans[1] if spans else [], "strong")
            head += [*place(coin, min(coin_room, 5) if room < _MIDDLE else coin_room, "<"), (" ", "text")]
        return tuple(head)

    def line_style(self, y: int) -> Style | None:
        """Return the cursor's ground for the lines of its row."""
        here = y < len(self._owners) and self._owners[y] == self.view.row
        return self.painter.cursor_style if here and self.has_focus else None

    # -- events --------------------------------------------------------------------------------------------------

    def on_resize(self) -> None:
        """Lay out again."""
        self._widths = (0, 0)
        self.redraw()

    def on_focus(self) -> None:
        """Show the cursor."""
        self.refresh()

    def on_blur(self) -> None:
        """Hide the cursor."""
        self.refresh()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Move down."""
        event.stop()
        self.move_by(_WHEEL)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Move up."""
        event.stop()
        self.move_by(-_WHEEL)

    def on_click(self, event: events.Click) -> None:
        """Choose the line; the second click opens it."""
        offset = event.get_content_offset(self)
        if offset is None or offset.y >= len(self._owners):
            return
        self.move_by(self._owners[offset.y] - self.view.row)
        if event.chain > 1:
            self.post_message(self.Opened())


def _dealt(pattern: Pattern, texts: list[str], counts: list[int]) -> list[list[Spans]]:
    """Return the matches in texts, dealt out by how many texts each record has."""
    found = iter(pattern.spans(texts))
    return [[next(found) for _ in range(count)] for count in counts]


def _inked(text: str, spans: Spans, ink: str) -> Line:
    """Return text with its matches in the ink of matches."""
    line: list[Span] = []
    at = 0
    for begin, end in spans:
        line += [(text[at:begin], ink), (text[begin:end], "badge_note")]
        at = end
    line.append((text[at:], ink))
    return tuple(span for span in line if span[0]) or (("", ink),)
