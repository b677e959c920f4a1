"""The frame of every dialog: a box, lines, choices; escape leaves, and what confirms rests for a moment first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar, cast

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.worker import Worker, WorkerState

from pbtui.console.faults import Sturdy, reason_of
from pbtui.console.text import Line, fold, line_width, safe, to_ascii
from pbtui.console.widgets.lines import LineView

if TYPE_CHECKING:
    from pbtui.console.app import ConsoleApp

T = TypeVar("T")
Lines = Sequence[Line] | Callable[[int], Sequence[Line]]
WIDEST = 72  # columns of words in a dialog, where the terminal has them
_FRAME = 6  # columns of border and padding
_SMALL_FRAME = 4
_SMALL_COLUMNS, _SMALL_ROWS = 60, 20  # below, a dialog takes the whole terminal
_SHARE = 0.94  # of the terminal's width, as in the style sheet
_SHARE_ROWS = 0.92
_LEAST_WORDS, _LEAST_LIST = 3, 3


class Choice(LineView, can_focus=True):
    """A word to choose: by its letter, by Enter on it, or by a click."""

    BINDINGS = [Binding("enter", "choose", "choose", show=False)]  # noqa: RUF012 - Textual's way

    class Chosen(Message):
        """This choice was taken."""

        def __init__(self, choice: str) -> None:
            super().__init__()
            self.choice = choice

    def __init__(self, choice: str, key: str, text: str, ink: str = "text", *, focusable: bool = True) -> None:
        super().__init__(classes="choice")
        self.choice = choice
        self.can_focus = focusable
        self._line: Line = ((f" {key} " if key else "  ", "key"), (f"{text} ", ink))

    def on_mount(self) -> None:
        """Show the word."""
        self.fold(words_room(self.app.size.width))

    def fold(self, room: int) -> None:
        """Show the word in as many lines as it needs."""
        self.show(fold(self._line, room))

    def get_content_width(self, container: object, viewport: object) -> int:
        """Return the width of the word."""
        return max(map(line_width, self.lines), default=1)

    def action_choose(self) -> None:
        """Take this choice."""
        self.post_message(self.Chosen(self.choice))

    def on_click(self, event: events.Click) -> None:
        """Take this choice."""
        event.stop()
        self.action_choose()


def words_room(columns: int) -> int:
    """Return how many columns of words a dialog has in a terminal of `columns`."""
    if columns < _SMALL_COLUMNS:
        return max(10, columns - _SMALL_FRAME)
    return max(10, min(WIDEST, int(columns * _SHARE) - _FRAME))


class Words(LineView):
    """Lines as wide as the box lets them be, folded at words; those beyond `limit` are scrolled to."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._whole: Lines = ()
        self._folded: list[Line] = []
        self._most = 0  # lines in view, 0 = all
        self._top = 0

    def tell(self, lines: Lines, room: int) -> None:
        """Show these lines, folded to `room`; a function is asked for lines that fit a room."""
        self._whole = lines
        self.fold(room)

    def fold(self, room: int) -> None:
        """Show the same lines in another room."""
        lines = self._whole(room) if callable(self._whole) else self._whole
        self._folded = [part for line in lines for part in fold(line, room)]
        self._show_part()

    def limit(self, most: int) -> None:
        """Show so many lines at once at most."""
        self._most = most
        self._show_part()

    def scroll_lines(self, by: int) -> None:
        """Move the lines in view."""
        self._top += by
        self._show_part()

    @property
    def below(self) -> int:
        """Return how many lines come after those in view."""
        return len(self._folded) - self._top - len(self.lines)

    @property
    def page(self) -> int:
        """Return how many lines are in view."""
        return len(self.lines)

    def _show_part(self) -> None:
        most = self._most or len(self._folded)
        self._top = max(0, min(self._top, len(self._folded) - most))
        self.show(self._folded[self._top : self._top + most])

    def get_content_width(self, container: object, viewport: object) -> int:
        """Return the width of the longest line."""
        return max(map(line_width, self._folded), default=1)


class Dialog(Sturdy, ModalScreen[T], inherit_bindings=False):
    """A box over the screen; sub-classes give its inside in `compose_inside`. One that fails closes, doing nothing."""

    BINDINGS = [  # noqa: RUF012 - Textual's way
        Binding("escape,ctrl+c", "leave", "cancel", show=False),
        Binding("tab,right,down", "step(1)", "next", show=False),
        Binding("shift+tab,left,up", "step(-1)", "previous", show=False),
        Binding("ctrl+l", "redraw", "redraw", show=False),
        Binding("pagedown", "page(1)", "page down", show=False),
        Binding("pageup", "page(-1)", "page up", show=False),
    ]
    DEFAULT_CLASSES = ""
    AUTO_FOCUS = None

    def __init__(self, title: str, *, danger: bool = False) -> None:
        super().__init__()
        self._title_text = safe(title, 80)
        self._born = 0.0
        self.set_class(danger, "-danger")

    @property
    def console(self) -> ConsoleApp:
        """The app."""
        return cast("ConsoleApp", self.app)

    def compose(self) -> ComposeResult:
        """Put the inside into the box."""
        with Vertical(id="box"):
            yield from self.compose_inside()

    def compose_inside(self) -> ComposeResult:
        """Yield what is inside the box."""
        raise NotImplementedError

    def choices(self, *items: Choice) -> Horizontal:
        """Return a row of choices."""
        return Horizontal(*items, id="choices")

    def on_mount(self) -> None:
        """Write the title and start the rest period of confirming keys."""
        title = to_ascii(self._title_text) if self.console.ascii_only else self._title_text
        self.query_one("#box").border_title = Text(title)
        self._born = self.console.clock.monotonic()
        self.focus_first()
        self._size_up(self.app.size.width, self.app.size.height)

    def focus_first(self) -> None:
        """Focus the last choice: the one that changes nothing."""
        items = self.stops()
        if items:
            items[-1].focus()

    def stops(self) -> list[Widget]:
        """Return what can take the focus, in order."""
        return [widget for widget in self.query("Input, Choice") if widget.can_focus and widget.display]

    @property
    def rested(self) -> bool:
        """Tell whether the dialog stood long enough for a confirming key to be meant."""
        return self.console.guard_passed(self._born)

    def show(self, lines: Lines, where: str = "#words") -> None:
        """Show lines in the dialog."""
        self.query_one(where, Words).tell(lines, words_room(self.app.size.width))
        self.call_after_refresh(self.fit)

    def on_resize(self, event: events.Resize) -> None:
        """Fold the words anew."""
        self._size_up(event.size.width, event.size.height)

    def _size_up(self, columns: int, rows: int) -> None:
        self.set_class(columns < _SMALL_COLUMNS or rows < _SMALL_ROWS, "-small")
        room = words_room(columns)
        for widget in (*self.query(Words), *self.query(Choice)):
            widget.fold(room)
        self.fit()
        self.call_after_refresh(self.fit)

    def wanted_rows(self) -> int:
        """Return how many rows the dialog's list would like; 0 for one that has none, or sees to its height itself."""
        return 0

    def fit(self) -> None:
        """Give list and words the rows there are, so that what is below them stays in view."""
        if not self.is_attached:
            return
        box, rows = self.query_one("#box"), self.app.size.height
        most = (rows if self.has_class("-small") else int(rows * _SHARE_ROWS)) - box.gutter.height
        table = next(iter(box.query(".list")), None) if self.wanted_rows() else None
        words = next(iter(box.query(Words)), None)
        for child in box.children:
            if child.display and child is not table and child is not words:
                most -= child.outer_size.height + child.styles.margin.height
        if words is not None:
            words.limit(max(_LEAST_WORDS, most - (_LEAST_LIST if table is not None else 0)))
            most -= words.page + words.styles.margin.height
            box.border_subtitle = Text(self._more(words.below)) if words.below > 0 else None
        if table is not None:
            table.styles.height = max(_LEAST_LIST, min(self.wanted_rows(), most))

    def _more(self, lines: int) -> str:
        text = f" {lines} more ▾ pgdn "
        return to_ascii(text) if self.console.ascii_only else text

    def action_page(self, by: int) -> None:
        """Scroll the words."""
        for words in self.query(Words):
            words.scroll_lines(by * max(1, words.page - 1))
        self.fit()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll the words."""
        event.stop()
        self.action_page(1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll the words."""
        event.stop()
        self.action_page(-1)

    def action_step(self, by: int) -> None:
        """Move the focus."""
        items = self.stops()
        if items:
            here = items.index(self.focused) if self.focused in items else 0
            items[(here + by) % len(items)].focus()

    def action_leave(self) -> None:
        """Leave without doing anything."""
        self.dismiss(None)

    def action_redraw(self) -> None:
        """Paint again."""
        for panel in self.query(LineView):
            panel.restart()
        self.refresh(layout=True)

    def broke(self, error: Exception) -> None:
        """Leave without doing anything and say why."""
        self.console.note_fault(f"the dialog {self._title_text}", reason_of(error))
        if self.is_current:
            self.dismiss(None)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Leave when what the dialog asks for fails in a way it does not know."""
        if event.state is WorkerState.ERROR and isinstance(event.worker.error, Exception):
            self.broke(event.worker.error)

    def on_choice_chosen(self, message: Choice.Chosen) -> None:
        """Take a choice; `cancel` leaves."""
        if message.choice == "cancel":
            self.action_leave()
        else:
            self.take(message.choice)

    def take(self, choice: str) -> None:
        """Do what a choice says; for sub-classes with choices beside cancel."""
