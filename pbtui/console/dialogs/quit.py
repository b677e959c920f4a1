"""Leaving: detach or one of three ways to stop; and the progress of a stop."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical

from pbtui.console.dialogs.base import Choice, Dialog, Words
from pbtui.console.dialogs.confirm import words
from pbtui.console.state import ViewState
from pbtui.console.text import Line, safe
from pbtui.core.record import record


@record
class Way:
    """One way to leave: its id, its key and its words."""

    id: str
    key: str
    text: str
    ink: str = "text"


DETACH = Way("detach", "d", "Detach: the bot goes on, `pbtui attach` opens this again", "accent")
WAYS: tuple[Way, ...] = (
    DETACH,
    Way("cancel_entries", "e", "Stop: cancel entries, keep closes"),
    Way("keep", "l", "Stop: leave all orders"),
    Way("cancel_all", "a", "Stop: cancel all orders", "warn"),
)


class QuitDialog(Dialog[str]):
    """Returns the id of the chosen way; Cancel has the focus."""

    BINDINGS = [Binding(way.key, f"pick('{way.id}')", way.text, show=False) for way in WAYS]  # noqa: RUF012

    def __init__(self, state: ViewState) -> None:
        super().__init__("Leave")
        self._may_stop = state.role == "controller" and not state.locked
        self._why = (
            "" if self._may_stop else "read-only: stopping is locked" if state.locked else "watching: only detaching"
        )
        self._lines = _risk_lines(state)

    def compose_inside(self) -> ComposeResult:
        """What is at stake, the ways, Cancel."""
        yield Words(id="words")
        with Vertical(id="choices"):
            for way in WAYS if self._may_stop else (DETACH,):
                yield Choice(way.id, way.key, way.text, way.ink)
            yield Choice("cancel", "esc", "Cancel")

    def on_mount(self) -> None:
        """Say what is at stake."""
        super().on_mount()
        self.show([*self._lines, *(words(self._why, "warn") if self._why else [])])

    def take(self, choice: str) -> None:
        """Return the way."""
        if self.rested:
            self.dismiss(choice)

    def action_pick(self, way: str) -> None:
        """Take a way by its letter."""
        if way == DETACH.id or self._may_stop:
            self.take(way)


def _risk_lines(state: ViewState) -> list[Line]:
    snapshot = state.snapshot
    if snapshot is None:
        return [(("nothing is known of the bot yet", "text"),)]
    held = sum(row.size != 0 for row in snapshot.positions)
    resting = sum(row.state in ("open", "cancel") for row in snapshot.orders)
    positions = f"{held} position{'s' * (held != 1)}"
    orders = f"{resting} resting order{'s' * (resting != 1)}"
    text = f"{safe(snapshot.account.user, 30)} holds {positions} and {orders}."
    return [((text, "text"),)]


class StoppingDialog(Dialog[str]):
    """Shows how a stop goes on; returns "detach" when the operator does not want to wait."""

    BINDINGS = [Binding("d", "detach", "detach", show=False)]  # noqa: RUF012

    def __init__(self) -> None:
        super().__init__("Stopping")

    def compose_inside(self) -> ComposeResult:
        """Progress and two ways out."""
        yield Words(id="words")
        yield self.choices(Choice("detach", "d", "do not wait"), Choice("cancel", "esc", "back"))

    def on_mount(self) -> None:
        """Show where it stands."""
        super().on_mount()
        self.progress(self.console.state)

    def progress(self, state: ViewState) -> None:
        """Show the bot's state."""
        snapshot = state.snapshot
        if snapshot is None:
            return
        resting = sum(row.state in ("open", "cancel") for row in snapshot.orders)
        lines = words(f"{snapshot.health.state}: {snapshot.health.reason or 'finishing its turn'}")
        self.show([*lines, ((f"{resting} orders rest on the venue", "dim"),)])

    def take(self, choice: str) -> None:
        """Do not wait."""
        self.dismiss(choice)

    def action_detach(self) -> None:
        """Do not wait."""
        self.dismiss("detach")
