"""A dialog that wants a word typed: the account name unlocks the read-only lock."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.widgets import Input

from pbtui.console.dialogs.base import Choice, Dialog, Words
from pbtui.console.dialogs.confirm import words


class TypedDialog(Dialog[bool]):
    """Returns True once `word` is typed."""

    def __init__(self, title: str, text: str, word: str) -> None:
        super().__init__(title)
        self._text = text
        self._word = word

    def compose_inside(self) -> ComposeResult:
        """Words, input, Cancel."""
        yield Words(id="words")
        yield Input(placeholder="type it and press Enter", max_length=80, compact=True)
        yield self.choices(Choice("cancel", "esc", "Cancel"))

    def on_mount(self) -> None:
        """Say what to type."""
        super().on_mount()
        self.show(words(self._text))

    def focus_first(self) -> None:
        """The word is typed into the input."""
        self.query_one(Input).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Leave when the word is right."""
        if event.value.strip() == self._word:
            self.dismiss(True)
        else:
            self.query_one(Input).value = ""
            self.query_one(Input).placeholder = "that is not it; esc leaves"
