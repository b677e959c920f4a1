"""What happens when a part of the screen fails: it says so in its own place, everything else goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message_pump import MessagePump

from pbtui.console.actions import BY_ID, key_label
from pbtui.console.text import Line, safe

if TYPE_CHECKING:
    from textual.message import Message

_MOST_REASON = 160
RESTART = "redraw"  # the action that starts failed panels again


def reason_of(error: BaseException) -> str:
    """Return a fault as one harmless line."""
    text = str(error)
    return safe(f"{type(error).__name__}: {text}" if text else type(error).__name__, _MOST_REASON)


def restart_key() -> str:
    """Return the label of the key that starts failed panels again."""
    return key_label(BY_ID[RESTART].keys[0])


def fault_lines(reason: str) -> list[Line]:
    """Return what a failed panel shows."""
    return [
        ((" ✗ ", "bad"), (f"failed: {reason}", "bad")),
        (("   the bot goes on; ", "dim"), (restart_key(), "key"), (" starts this panel again", "dim")),
    ]


class Sturdy(MessagePump):
    """Part of a widget, screen or app: a fault in a message handler goes to `broke` and never ends the console."""

    async def _dispatch_message(self, message: Message) -> None:
        try:
            await super()._dispatch_message(message)
        except Exception as error:  # noqa: BLE001 - a handler may fail, watching the bot must not
            self.broke(error)

    def broke(self, error: Exception) -> None:
        """Show a fault."""
        raise NotImplementedError
