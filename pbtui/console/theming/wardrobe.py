"""The themes as the app wears them: the first one, changes by hand, changes of their files."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from rich.style import Style

from pbtui.console.theming.themes import MONO, Themes
from pbtui.console.widgets.lines import LineView

if TYPE_CHECKING:
    from pbtui.console.app import ConsoleApp

LOOK_S = 2.0


class Wardrobe:
    """Puts a theme on an app, and a better one on when its file changes."""

    def __init__(self, app: ConsoleApp) -> None:
        self._app = app
        self.themes = Themes(app.options.themes_dir)

    def begin(self) -> None:
        """Put on the theme that was asked for or fits the terminal; raises ConfigError for an unknown one."""
        app = self._app
        no_color = bool(app.no_color)
        self.wear(self.themes.choose(app.options.theme, app.console.color_system, no_color=no_color))
        if self.themes.problems:
            app.say(self.themes.problems[0], ink="warn")

    def watch(self) -> None:
        """Look for files that change, for as long as the app runs."""
        self._app.set_interval(LOOK_S, self._look_soon)

    def wear(self, name: str) -> None:
        """Use a theme for styles and lines."""
        app, palette = self._app, self.themes.palettes[name]
        app.inks, app.cursor_style = palette.inks(), palette.cursor()
        if app.no_color:  # badges and the cursor stay what they are without colour
            app.inks |= {ink: Style(bold=True, reverse=True) for ink in app.inks if ink.startswith("badge")}
            app.cursor_style = Style(reverse=True)
        app.register_theme(palette.theme())
        app.set_class(bool(app.no_color) or name == MONO, "-mono")
        if app.theme == name:  # its file has changed
            app.mutate_reactive(type(app).theme)
        app.theme = name
        for screen in app.screen_stack if app.is_running else ():
            for widget in screen.query(LineView):
                widget.refresh()

    def _look_soon(self) -> None:
        self._app.run_worker(self.look(), group="themes", exclusive=True, exit_on_error=False)

    async def look(self) -> None:
        """Read the theme files that changed, off the screen's thread."""
        app = self._app
        change = await asyncio.to_thread(self.themes.look)
        if app.theme in change.names and app.theme in self.themes.palettes:
            self.wear(app.theme)
            app.say(f"theme {app.theme} read again")
        if change.problems:
            app.say(change.problems[0], ink="warn")
