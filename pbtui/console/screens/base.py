"""What every screen shares: header, message line, prompt, footer, bindings from the registry."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, cast

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingsMap
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input

from pbtui.console.actions import Place, actions_of
from pbtui.console.faults import Sturdy, reason_of
from pbtui.console.footer import Footer
from pbtui.console.header import header_lines
from pbtui.console.notes import message_line
from pbtui.console.prompt import Prompt
from pbtui.console.state import Sort
from pbtui.console.text import fold
from pbtui.console.tty.sketch import LEAST_COLUMNS, LEAST_ROWS, has_two_rows, is_flat
from pbtui.console.widgets.grid import GridTable
from pbtui.console.widgets.lines import LineView

if TYPE_CHECKING:
    from pbtui.console.app import ConsoleApp


def bindings_of(place: Place) -> Iterator[Binding]:
    """Yield a binding for every key of a screen's actions."""
    for action in actions_of(place):
        for key in action.keys:
            yield Binding(key, f"perform('{action.id}')", action.verb, show=False)


def width_class(columns: int) -> str:
    """Return the layout for a width: cards, narrow, normal or wide."""
    for limit, name in ((160, "wide"), (100, "normal"), (60, "narrow")):
        if columns >= limit:
            return name
    return "cards"


class ConsoleScreen(Sturdy, Screen[None], inherit_bindings=False):
    """A screen of the console; sub-classes give the body and draw it in `refresh_body`, panel by panel by `draw`."""

    PLACE: Place = "live"
    OPENS = ""  # the action of a double click in a table
    AUTO_FOCUS = None
    layout_name = "narrow"

    def __init__(self) -> None:
        super().__init__()
        self._composed = False
        self._n_children = 0
        self._bindings = BindingsMap(bindings_of(self.PLACE))

    @property
    def console(self) -> ConsoleApp:
        """The app."""
        return cast("ConsoleApp", self.app)

    def compose(self) -> ComposeResult:
        """Put header, body, message line, prompt and footer above each other."""
        yield LineView(id="tiny")
        yield LineView(id="header")
        yield from self.compose_body()
        yield LineView(id="message")
        yield Prompt()
        yield Footer()

    def compose_body(self) -> ComposeResult:
        """Yield the widgets of the body."""
        raise NotImplementedError

    def refresh_body(self) -> None:
        """Draw the panels that are in view."""
        raise NotImplementedError

    def panels(self) -> list[Widget]:
        """Return the panels in view, in the order of tab."""
        return [widget for widget in self.query(".panel") if widget.display and widget.is_on_screen]

    @property
    def _whole(self) -> bool:
        """Tell whether all widgets are there: calls that wait may come before the first or after the last."""
        return self._composed and not self.console.leaving and len(self.children) == self._n_children

    @property
    def table(self) -> GridTable | None:
        """The table with the focus."""
        return self.focused if isinstance(self.focused, GridTable) else None

    def on_mount(self) -> None:
        """Draw the bars at once, the panels when it is known how large they are."""
        self._composed, self._n_children = True, len(self.children)
        self.apply_size()
        if self.drawable:
            self._draw_bars()

    def on_resize(self, event: events.Resize) -> None:
        """Lay out for the new size."""
        self.apply_size(event.size.width, event.size.height)

    def apply_size(self, columns: int = 0, rows: int = 0) -> None:
        """Choose the layout for a size."""
        if not self.drawable:
            return
        columns, rows = columns or self.app.size.width, rows or self.app.size.height
        self.layout_name = width_class(columns)
        # All in one: each change of a class styles every widget of the screen anew.
        self.update_classes(
            {
                **{f"-{name}": name == self.layout_name for name in ("wide", "normal", "narrow", "cards")},
                "-flat": is_flat(columns, rows),
                "-tiny": columns < LEAST_COLUMNS or rows < LEAST_ROWS,
            }
        )
        self.query_one("#header").set_class(has_two_rows(columns, rows), "-two")
        self.layout_changed()
        self.call_after_refresh(self.refresh_view)

    @property
    def drawable(self) -> bool:
        """Tell whether all widgets are there: not before composing, not while the program takes them away."""
        return self._composed and not self.console.leaving and self.console.is_running

    def layout_changed(self) -> None:
        """Show and hide panels for the layout."""

    def refresh_view(self) -> None:
        """Draw everything from the app's state; cheap when nothing changed. A part that fails says so in its place."""
        if not self.drawable:
            return
        self._draw_bars()
        hidden = self.console.state.hidden
        for table in self.query(GridTable):
            table.hidden = hidden.get(table.id or "", frozenset())
        if not self.has_class("-tiny"):
            self.console.guarded_draw(self.refresh_body, type(self).PLACE)
        self.console.ask_chart_once()

    def _draw_bars(self) -> None:
        self.draw("header", self._draw_header)
        self.draw("tiny", self._draw_tiny)
        self.draw("message", self._draw_message)
        self.draw("footer", lambda: self.query_one(Footer).update_hints(self.console.state))

    def draw(self, panel: str, draw: Callable[[], None]) -> None:
        """Draw a panel, by its id; a fault shows in that panel only."""
        self.query_one(f"#{panel}", LineView).guarded(draw)

    def broke(self, error: Exception) -> None:
        """Tell of a fault that belongs to no panel."""
        self.console.note_fault(f"the {self.PLACE} screen", reason_of(error))

    def _draw_header(self) -> None:
        header = self.query_one("#header", LineView)
        rows = 2 if header.has_class("-two") else 1
        header.show(header_lines(self.console.state, self.console.clock.now_ms(), self.app.size.width, rows))

    def _draw_tiny(self) -> None:
        size = self.app.size
        text = f"pbtui needs {LEAST_COLUMNS}×{LEAST_ROWS}, this is {size.width}×{size.height}; the bot goes on"
        self.query_one("#tiny", LineView).show(fold(((text, "text"),), max(1, size.width)))

    def _draw_message(self) -> None:
        console = self.console
        now_ms, now, room = console.clock.now_ms(), console.clock.monotonic(), self.app.size.width
        self.query_one("#message", LineView).show([message_line(console.state, console.notes, now_ms, now, room)])

    def action_perform(self, action_id: str) -> None:
        """Do what a key stands for."""
        self.console.perform(action_id)

    def table_moved(self, table: GridTable) -> None:
        """A cursor stands on another row."""

    def step_rows(self, rows: int) -> bool:
        """Move the cursor by rows; False to leave it to the table with the focus."""
        return False

    def step_pages(self, pages: int) -> bool:
        """Move the cursor by pages; False to leave it to the table with the focus."""
        return False

    def step_end(self, *, first: bool) -> bool:
        """Move the cursor to an end; False to leave it to the table with the focus."""
        return False

    def sideways(self, by: int) -> bool:
        """Move left (−1) or right (+1) inside the focused panel; False to move to the panel beside it."""
        return False

    def sortable(self, panel: str) -> list[str]:
        """Return what a panel can be sorted by, where that depends on what it shows."""
        return []

    def choices(self, panel: str) -> tuple[str, Sort]:
        """Return the filter and the order of a panel."""
        state = self.console.state
        return state.filters.get(panel, ""), state.sorts.get(panel, Sort())

    def take_back(self) -> bool:
        """Undo what narrows the view, one thing at a time; False when nothing does."""
        return False

    def cycle_view(self) -> bool:
        """Show the next view; False for a screen that has one only."""
        return False

    def on_grid_table_moved(self, message: GridTable.Moved) -> None:
        """A cursor was moved by the mouse or a key."""
        self.table_moved(message.table)

    def on_grid_table_opened(self, message: GridTable.Opened) -> None:
        """Open what was double-clicked."""
        if self.OPENS:
            message.table.focus()
            self.console.perform(self.OPENS)

    def on_grid_table_header_clicked(self, message: GridTable.HeaderClicked) -> None:
        """Sort by the clicked column."""
        state = self.console.state
        if message.table.id in state.sorts:
            state.sort_by(message.table.id, message.column)
            self.refresh_view()

    def on_footer_clicked(self, message: Footer.Clicked) -> None:
        """Do what the clicked hint says."""
        self.console.perform(message.action_id)

    def on_descendant_focus(self) -> None:
        """Tell the app where the focus is; dangerous keys rest for a moment."""
        self._tell_panel()
        self.console.guard()
        self.call_after_refresh(self.refresh_view)

    def _tell_panel(self) -> None:
        if not isinstance(self.focused, Input):
            self.console.state.panel = (self.focused.id if self.focused else "") or self.PLACE

    def on_screen_resume(self) -> None:
        """Back in front."""
        self.console.state.place = self.PLACE
        self._tell_panel()
        self.console.guard()
        self.apply_size()
