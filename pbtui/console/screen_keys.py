"""What the keys of every screen share: showing it, and finding it while it is in front."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from pbtui.console.app import ConsoleApp
    from pbtui.console.screens.base import ConsoleScreen

S = TypeVar("S", bound="ConsoleScreen")


class ScreenKeys:
    """Sub-classes name the handlers of a screen's actions; `to_live` goes back to the bottom of the screens."""

    handlers: dict[str, Callable[[], None]]

    def __init__(self, app: ConsoleApp, to_live: Callable[[], None]) -> None:
        self._app = app
        self._to_live = to_live

    def _go_to(self, kind: type[ConsoleScreen]) -> None:
        """Put a screen right above the bottom one, unless it is in front."""
        if not isinstance(self._app.screen, kind):
            self._to_live()
            self._app.push_screen(kind())

    def _in_front(self, kind: type[S]) -> S | None:
        """Return the screen behind dialogs if it is of a kind."""
        screen = self._app.console_screen
        return screen if isinstance(screen, kind) else None
