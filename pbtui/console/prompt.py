"""The one-line prompt above the footer: filters as typed, commands when entered."""

from __future__ import annotations

from textual.binding import Binding
from textual.message import Message
from textual.suggester import SuggestFromList
from textual.widgets import Input

from pbtui.core.sanitize import sanitize_line

_LONGEST = 200


class Prompt(Input):
    """Hidden until opened; `purpose` says what its text is for."""

    BINDINGS = [  # noqa: RUF012 - Textual's way
        Binding("escape", "leave", "back", show=False),
        Binding("ctrl+c", "leave", "back", show=False),
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
        self.can_focus = False

    def open(self, purpose: str, text: str, hint: str, suggestions: list[str] | None = None) -> None:
        """Show the prompt with the focus in it."""
        self.purpose = purpose
        self.placeholder = hint
        self.suggester = SuggestFromList(suggestions, case_sensitive=False) if suggestions else None
        self.can_focus = True
        self.add_class("-open")
        self.value = text
        self.cursor_position = len(text)
        self.focus()

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

    def action_leave(self) -> None:
        """Hide without taking the text."""
        self._finish(kept=False)

    def _finish(self, *, kept: bool) -> None:
        purpose, text = self.purpose, sanitize_line(self.value)
        self.shut()
        self.post_message(self.Done(purpose, text, kept=kept))
