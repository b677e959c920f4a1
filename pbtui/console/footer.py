"""The footer: the keys that work here and now, as many as there is room for."""

from __future__ import annotations

from textual import events
from textual.message import Message

from pbtui.console.actions import ConsoleAction, actions_of, key_label
from pbtui.console.availability import why_not
from pbtui.console.state import ViewState
from pbtui.console.text import Line, Span, width
from pbtui.console.widgets.lines import LineView

MOST_HINTS = 12
_ONE_PANEL = 60  # columns below which one panel is in view


def hints(state: ViewState) -> list[ConsoleAction]:
    """Return the actions worth a hint now, most telling first."""
    place = state.place
    panel = place if place != "live" else state.panel
    found = [
        action
        for action in actions_of(place)
        if action.hint and (not action.hint_panels or panel in action.hint_panels) and not why_not(action, state)
    ]
    found.sort(key=lambda action: action.hint)
    # The way to everything else must never be crowded out.
    tail = [action for action in found if action.id in ("help", "palette")]
    rest = [action for action in found if action not in tail]
    return [*rest[: MOST_HINTS - len(tail)], *tail]


def footer_line(actions: list[ConsoleAction], room: int) -> tuple[Line, list[tuple[int, int, str]]]:
    """Return the line and, for the mouse, `(from, to, action id)` of each hint; drops hints before the last two.

    Where one panel fills the screen, the way to the next one comes first.
    """
    kept = sorted(actions, key=lambda action: action.id != "view.cycle") if room < _ONE_PANEL else list(actions)
    while len(kept) > 1 and sum(_room(action) for action in kept) > room - 1:
        kept.pop(-3 if len(kept) > 2 else -1)
    spans: list[Span] = [(" ", "text")]
    places: list[tuple[int, int, str]] = []
    x = 1
    for action in kept:
        spans += [(key_label(action.keys[0]), "key"), (f" {action.verb}  ", "dim")]
        places.append((x, x + _room(action) - 2, action.id))
        x += _room(action)
    return tuple(spans), places


def _room(action: ConsoleAction) -> int:
    return width(key_label(action.keys[0])) + width(action.verb) + 3


class Footer(LineView):
    """Shows the hints; a click on one does it."""

    class Clicked(Message):
        """A hint was clicked."""

        def __init__(self, action_id: str) -> None:
            super().__init__()
            self.action_id = action_id

    def __init__(self) -> None:
        super().__init__(id="footer")
        self._places: list[tuple[int, int, str]] = []

    def update_hints(self, state: ViewState) -> None:
        """Show the hints for this state."""
        line, self._places = footer_line(hints(state), self.content_size.width)
        self.show([line])

    def on_click(self, event: events.Click) -> None:
        """Do what the hint under the mouse says."""
        for left, right, action_id in self._places:
            if left <= event.x < right:
                self.post_message(self.Clicked(action_id))
