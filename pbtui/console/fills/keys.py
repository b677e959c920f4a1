"""What the keys of the fills screen do, and asking the bot for its fills."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pbtui.console.fills.view import MOST, PAGE, asked_for
from pbtui.console.screen_keys import ScreenKeys
from pbtui.console.text import safe
from pbtui.core.errors import PbtuiError
from pbtui.core.fill_pages import FillsPage, FillsQuery

if TYPE_CHECKING:
    from pbtui.console.app import ConsoleApp
    from pbtui.console.screens.fills import FillsScreen


class FillsKeys(ScreenKeys):
    """Handlers of the actions on fills."""

    def __init__(self, app: ConsoleApp, to_live: Callable[[], None]) -> None:
        super().__init__(app, to_live)
        self.handlers = {
            "screen.fills": self.to_fills,
            "fills.more": self.more,
            "fills.again": self.again,
        }

    @property
    def _screen(self) -> FillsScreen | None:
        from pbtui.console.screens.fills import FillsScreen

        return self._in_front(FillsScreen)

    def to_fills(self) -> None:
        """Show the fills."""
        from pbtui.console.screens.fills import FillsScreen

        self._go_to(FillsScreen)

    def more(self) -> None:
        """Ask for older orders, too."""
        view = self._app.state.fills
        if view.page is None or not view.page.more:
            self._app.say("these are all there are")
        elif view.n >= MOST:
            self._app.say(f"no more than {MOST:,} here: `pbtui fills show` lists all")
        else:
            view.n = min(view.n + 2 * PAGE, MOST)
            self.again()

    def again(self) -> None:
        """Ask again."""
        if self._screen is not None:
            self._screen.look()


async def look(app: ConsoleApp) -> None:
    """Ask the bot for the fills that the filter lets through; what is there stays where nothing new can be had."""
    view, state = app.state.fills, app.state
    wanted = state.filters.get("fills", "")
    only, _ = asked_for(wanted)
    view.reading, view.asked = True, wanted
    view.known = state.snapshot.money.n_fills if state.snapshot is not None else -1
    try:
        found = await app.link.ask(FillsQuery(only, view.n))
        if isinstance(found, FillsPage) and view.asked == wanted:
            view.page, view.problem = found, ""
    except PbtuiError as error:
        view.problem = safe(error.line())
    finally:
        view.reading = False
        app.refresh_views()
