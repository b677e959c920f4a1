"""A widget that shows styled lines and repaints only what changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, cast

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from pbtui.console.faults import Sturdy, fault_lines, reason_of
from pbtui.console.text import BLANK, Line, cut, fold, line_width, to_ascii, width
from pbtui.core.sanitize import sanitize_line, sanitize_text

_PART = " · "
_CORNERS = 6  # columns of a border beside its title


class Painter(Protocol):
    """What lines need of the app: the styles of its theme, and whether the terminal knows UTF-8."""

    inks: dict[str, Style]
    cursor_style: Style
    ascii_only: bool

    def note_fault(self, where: str, reason: str) -> None:
        """Tell of a panel that failed."""
        ...


def changed_span(old: Line, new: Line) -> tuple[int, int] | None:
    """Return the columns `(x, width)` in which two lines differ, None when they are the same."""
    if old == new:
        return None
    x = 0
    for before, after in zip(old, new, strict=False):
        if before != after:
            break
        x += width(after[0])
    was, end = line_width(old), line_width(new)
    if was != end:
        end = max(was, end)
    else:
        for before, after in zip(reversed(old), reversed(new), strict=False):
            if before != after:
                break
            end -= width(after[0])
    return x, max(1, end - x)


class LineView(Sturdy, Widget):
    """Draws lines handed to `show`; the last gate for text on its way to the terminal.

    A fault while drawing, painting or handling a message shows here instead, until `restart`.
    """

    ALLOW_SELECT = False
    DEFAULT_CSS = "LineView { height: auto; }"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.lines: tuple[Line, ...] = ()
        self.fault = ""  # why nothing is drawn
        self._told: dict[str, str] = {}
        self._heads: dict[str, str] = {}

    @property
    def painter(self) -> Painter:
        """The app, as far as lines need it."""
        return cast("Painter", self.app)

    def guarded(self, draw: Callable[[], None]) -> None:
        """Draw, unless the panel has failed; a fault fails it."""
        if self.fault:
            return
        try:
            draw()
        except Exception as error:  # noqa: BLE001 - drawing may fail, watching the bot must not
            self.broke(error)

    def broke(self, error: Exception) -> None:
        """Show a fault in place of what was to be seen."""
        self.fault = reason_of(error)
        self.painter.note_fault(self.id or type(self).__name__, self.fault)
        self.refresh(layout=self.styles.is_auto_height or self.styles.is_auto_width)

    def restart(self) -> None:
        """Forget the fault; the next drawing counts."""
        if self.fault:
            self.fault, self.lines = "", ()
            self.refresh(layout=True)

    def show(self, lines: Sequence[Line]) -> None:
        """Show these lines; repaints only the columns that differ from what is shown."""
        old, new = self.lines, tuple(lines)
        if old == new:
            return
        self.lines = new
        if self._outgrown(old, new):
            self.refresh(layout=True)
            return
        room = self.content_size.width
        for y in range(max(len(old), len(new))):
            before = old[y] if y < len(old) else BLANK
            after = new[y] if y < len(new) else BLANK
            span = changed_span(before, after)
            if span is not None and span[0] < room:
                self.refresh(Region(span[0], y, min(span[1], room - span[0]) or 1, 1))

    def _outgrown(self, old: tuple[Line, ...], new: tuple[Line, ...]) -> bool:
        """Tell whether the widget takes its size from its lines, and that size changes."""
        if self.styles.is_auto_height and len(old) != len(new):
            return True
        return self.styles.is_auto_width and max(map(line_width, old), default=0) != max(
            map(line_width, new), default=0
        )

    def set_title(self, text: str) -> None:
        """Write a title into the upper border; repaints only when it changes."""
        self._told["title"] = text
        head = self._head(text)
        if self._heads.get("title", "") != head:
            self._heads["title"] = head
            self.border_title = Text(head) if head else None

    def set_note(self, text: str) -> None:
        """Write a note into the lower border; repaints only when it changes."""
        self._told["note"] = text
        head = self._head(text)
        if self._heads.get("note", "") != head:
            self._heads["note"] = head
            self.border_subtitle = Text(head) if head else None

    def on_resize(self) -> None:
        """Fit the titles anew."""
        self.set_title(self._told.get("title", ""))
        self.set_note(self._told.get("note", ""))

    def _head(self, text: str) -> str:
        # Becomes a Text, because Textual reads markup in a str; frames with corners pad it themselves.
        pad = " " if self.screen.has_class("-flat") else ""
        room = self.outer_size.width - _CORNERS
        fitting = fit_title(text, room) if room > 0 else text
        return f"{pad}{clean(fitting, plain=self.painter.ascii_only)}{pad}" if text else ""

    def get_content_height(self, container: object, viewport: object, width: int) -> int:
        """Return the number of lines."""
        return len(self._fault_lines(width)) if self.fault else len(self.lines)

    def render_lines(self, crop: Region) -> list[Strip]:
        """Paint the lines of a region; a fault in painting fails the panel."""
        try:
            return super().render_lines(crop)
        except Exception as error:  # noqa: BLE001 - painting may fail, watching the bot must not
            if not self.fault:
                self.broke(error)
            return [Strip.blank(crop.width, self.rich_style)] * crop.height

    def _fault_lines(self, room: int) -> list[Line]:
        return [part for line in fault_lines(self.fault) for part in fold(line, room)]

    def line_style(self, y: int) -> Style | None:
        """Return a style to lay under line `y`."""
        return None

    def render_line(self, y: int) -> Strip:
        """Draw one line, padded to the width of the widget."""
        room = self.content_size.width
        lines = self._fault_lines(room) if self.fault else self.lines
        line = lines[y] if y < len(lines) else BLANK
        inks, plain = self.painter.inks, self.painter.ascii_only
        ground = Style(bgcolor=self.rich_style.bgcolor)
        under = None if self.fault else self.line_style(y)
        base = ground + under if under is not None else ground
        segments = [Segment(clean(text, plain=plain), base + inks.get(ink, inks["text"])) for text, ink in line if text]
        return Strip(segments).adjust_cell_length(room, base)


def fit_title(text: str, room: int) -> str:
    """Return a title of parts in at most `room` columns: the last parts go first, then the end of the first."""
    parts = text.split(_PART)
    while len(parts) > 1 and width(_PART.join(parts)) > room:
        parts.pop()
    title = _PART.join(parts)
    return title if width(title) <= room else cut(title, room).rstrip()


def clean(text: str, *, plain: bool) -> str:
    """Return span text without anything a terminal could obey, in ASCII where asked."""
    if not text.isprintable():
        text = sanitize_text(text).replace("\n", " ").replace("\t", " ")
        if not text.isprintable():  # rare separators that are neither control nor printable
            text = sanitize_line(text)
    return to_ascii(text) if plain else text
