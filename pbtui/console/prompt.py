"""The one-line prompt above the footer: filters as typed, commands when entered."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual import events
from textual.binding import Binding
from textual.message import Message
from textual.suggester import Suggester
from textual.widgets import Input

from pbtui.core.sanitize import sanitize_line

_LONGEST = 200
Completer = Callable[[str], Sequence[str]]  # from a beginning to whole lines


def from_list(known: Sequence[str]) -> Completer:
    """Return what completes to one of some texts."""
    return lambda text: [each for each in known if each.casefold().startswith(text.casefold())]


def _common(lines: Sequence[str]) -> str:
    """Return the beginning that all lines share."""
    low, high = min(lines, default=""), max(lines, default="")
    at = next(
        (at for at, (one, two) in enumerate(zip(low, high, strict=False)) if one != two), min(len(low), len(high))
    )
    return low[:at]


class _First(Suggester):
    """Shows the first completion behind the cursor."""

    def __init__(self, complete: Completer) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._complete = complete

    async def get_suggestion(self, value: str) -> str | None:
        """Return the first completion that begins as typed."""
        found = (each for each in self._complete(value) if each.startswith(value) and each != value)
        return next(found, None) if value else None


class Prompt(Input):
    """Hidden until opened; `purpose` says what its text is for."""

    BINDINGS = [  # noqa: RUF012 - Textual's way
        Binding("escape", "leave", "back", show=False),
        Binding("ctrl+c", "leave", "back", show=False),
        Binding("tab", "complete", "complete", show=False),
    ]

    class Typed(Message):
        """The text changed."""

        def __init__(self, purpose: str, text: str) -> None:
            super().__init__()
            self.purpose = purpose
            self.text = text

    class Done(Message):
        """Enter was pressed (`kept`) or the prompt was left."""

        def __init__(self, purpose: str, text: str, *, kept: bool) -> None:
            super().__init__()
            self.purpose = purpose
            self.text = text
            self.kept = kept

    def __init__(self) -> None:
        super().__init__(id="prompt", max_length=_LONGEST, select_on_focus=False, compact=True)
        self.purpose = ""
        self._complete: Completer | None = None
        self._opened = 0.0  # by the clock of messages
        self.can_focus = False

    def open(self, purpose: str, text: str, hint: str, complete: Completer | None = None) -> None:
        """Show the prompt with the focus in it."""
        self.purpose = purpose
        self.placeholder = hint
        self._complete = complete
        self.suggester = _First(complete) if complete is not None else None
        self.can_focus = True
        self.add_class("-open")
        self.value = text
        self.cursor_position = len(text)
        self._opened = Message().time
        self.screen.set_focus(self)  # at once: `focus` would leave the next keys to what had the focus before

    def takes(self, key: events.Key) -> bool:
        """Take a key that was pressed before the prompt was open, but comes back from elsewhere only now.

        What is typed after `:` is meant for the prompt, also where a stall handed it to the screen.
        """
        ahead = bool(self.purpose) and key.is_forwarded and key.time < self._opened
        if ahead:
            self.post_message(events.Key(key.key, key.character))
        return ahead

    def shut(self) -> None:
        """Hide the prompt."""
        self.purpose = ""
        self.remove_class("-open")
        self.can_focus = False

    def on_input_changed(self, event: Input.Changed) -> None:
        """Tell of the text so far."""
        event.stop()
        if self.purpose:
            self.post_message(self.Typed(self.purpose, sanitize_line(event.value)))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Tell of the text and hide."""
        event.stop()
        self._finish(kept=True)

    def action_complete(self) -> None:
        """Take what all completions have in common, else the first of them; the only one with a blank behind it."""
        found = list(self._complete(self.value)) if self._complete is not None else []
        if len(found) == 1:
            found = [f"{found[0].rstrip()} "]
        common = _common(found)
        if found:
            self.value = common if len(common) > len(self.value) else found[0]
            self.cursor_position = len(self.value)

    def action_leave(self) -> None:
        """Hide without taking the text."""
        self._finish(kept=False)

    def _finish(self, *, kept: bool) -> None:
        purpose, text = self.purpose, sanitize_line(self.value)
        self.shut()
        self.post_message(self.Done(purpose, text, kept=kept))
