"""The dialog of danger level 2: says what will happen, focus on Cancel, confirmed by the letter y, never by Enter."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from textual.app import ComposeResult
from textual.binding import Binding

from pbtui.console.dialogs.base import Choice, Dialog, Words
from pbtui.console.text import Line, safe
from pbtui.core.errors import PbtuiError


class ConfirmDialog(Dialog[bool]):
    """Asks the bot what an action would do, shows it, and waits for y. `ask` returns the lines.

    Where it raises PbtuiError its line is shown instead, and there is nothing to confirm.
    """

    BINDINGS = [Binding("y", "confirm", "yes", show=False), Binding("n", "leave", "no", show=False)]  # noqa: RUF012

    def __init__(self, title: str, ask: Callable[[], Awaitable[Sequence[Line]]], verb: str) -> None:
        super().__init__(title)
        self._ask = ask
        self._verb = verb
        self._ready = False

    def compose_inside(self) -> ComposeResult:
        """Lines, then y and Cancel."""
        yield Words(id="words")
        yield self.choices(
            Choice("confirm", "y", self._verb, "warn", focusable=False), Choice("cancel", "esc", "Cancel")
        )

    def on_mount(self) -> None:
        """Ask at once."""
        super().on_mount()
        self.show([(("asking the bot…", "dim"),)])
        self.run_worker(self._load(), exit_on_error=False)

    async def _load(self) -> None:
        try:
            lines = await self._ask()
        except PbtuiError as error:
            self.query("#choices Choice").first().display = False  # nothing to confirm
            self.show(words(error.line(), "bad"))
            return
        self._ready = True
        self.show(lines)

    def take(self, choice: str) -> None:
        """A click on the verb confirms."""
        if choice == "confirm":
            self.action_confirm()

    def action_confirm(self) -> None:
        """Confirm, once what will happen is on the screen and the dialog has stood a moment."""
        if self._ready and self.rested:
            self.dismiss(True)


def words(text: str, ink: str = "text") -> list[Line]:
    """Return outside text as a line; dialogs fold it."""
    return [((safe(text, 2_000), ink),)]
