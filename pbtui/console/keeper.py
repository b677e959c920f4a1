"""The app's side of kept view choices: used at the start, written when they change and when it leaves."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import TYPE_CHECKING

from pbtui.console.kept import Kept, kept_of, read_kept, use_kept, write_kept
from pbtui.core.errors import StateError

if TYPE_CHECKING:
    from pbtui.console.app import ConsoleApp

_SCREENS = {name: f"screen.{name}" for name in ("log", "candles", "backtest", "optimize", "pareto", "config", "fills")}


class Keeper:
    """Keeps the choices of one console; without a file it keeps nothing."""

    def __init__(self, app: ConsoleApp, path: Path | None) -> None:
        self._app = app
        self._path = path
        self._written: Kept | None = None
        self._failed = False
        self._start_theme = ""  # often the terminal's doing, not the operator's: no choice to keep
        self.problem = ""  # why what was kept is not used

    def begin(self) -> str:
        """Use what was kept; returns the theme to start with, empty where none was kept."""
        if self._path is None:
            return ""
        try:
            self._written = read_kept(self._path)
        except StateError as error:
            self.problem = f"{error.line()}; starting with the usual view"
            return ""
        if self._written is None:
            return ""
        use_kept(self._written, self._app.state)
        return self._written.theme

    def arrive(self) -> None:
        """Go to the screen that was left, once there is one to go from; tell of what could not be used."""
        self._start_theme = self._app.theme
        if self.problem:
            if logging.getLogger().handlers:  # without any, Python would write on the screen
                logging.getLogger("pbtui.console").warning("[screen] %s", self.problem)
            self._app.say(self.problem, ink="warn")
        place = self._written.place if self._written is not None else "live"
        if place in _SCREENS:
            self._app.call_after_refresh(self._app.perform, _SCREENS[place], from_list=True)

    async def keep(self) -> None:
        """Write what changed since the last time, beside the event loop."""
        kept = self._changed()
        if kept is not None and self._path is not None:
            await asyncio.to_thread(self._write, self._path, kept)

    def keep_now(self) -> None:
        """Write what changed before leaving."""
        kept = self._changed()
        if kept is not None and self._path is not None:
            self._write(self._path, kept)

    def _changed(self) -> Kept | None:
        if self._path is None or self._failed:
            return None
        kept = kept_of(self._app.state, self._theme())
        return None if kept == self._written else kept

    def _theme(self) -> str:
        """Return the theme chosen here, else the one kept before (NO_COLOR may have kept it from being worn)."""
        before = self._written.theme if self._written is not None else ""
        chosen = self._app.theme
        return before if chosen == self._start_theme else chosen

    def _write(self, path: Path, kept: Kept) -> None:
        try:
            write_kept(path, kept)
        except StateError:
            self._failed = True  # the disk refuses: a convenience is not worth another word a second
        self._written = kept
