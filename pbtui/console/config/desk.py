"""Reading a configuration for the screen: the bot's over the link, a file's from the disk, beside the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from pbtui.console.config.view import ConfigView
from pbtui.console.text import safe
from pbtui.core.actions import ConfigQuery, Query, ReloadQuery
from pbtui.core.errors import PbtuiError
from pbtui.core.record import record
from pbtui.core.snapshot import ConfigFacts, ConfigProblem, ReloadPreview
from pbtui.link.base import Reply


@record
class FileRead:
    """A file as a live bot would take it; without `facts` it cannot be used."""

    facts: ConfigFacts | None
    faults: tuple[ConfigProblem, ...] = ()
    problem: str = ""


class ConfigDesk:
    """Fills a view; `ask` puts questions to the bot, `draw` draws the screen."""

    def __init__(
        self,
        base_dir: Path,
        view: ConfigView,
        ask: Callable[[Query], Awaitable[Reply]],
        draw: Callable[[], None],
    ) -> None:
        self.base_dir = base_dir
        self.view = view
        self._ask = ask
        self._draw = draw

    async def look(self) -> None:
        """Read again what is shown; what is there stays where nothing new can be had."""
        view = self.view
        view.reading = True
        try:
            if view.file is None:
                await self._look_at_bot()
            else:
                self._take(view.file, await asyncio.to_thread(read_file, view.file, self.base_dir))
        except PbtuiError as error:
            view.problem = safe(error.line())
        finally:
            view.reading = False
            self._draw()

    async def _look_at_bot(self) -> None:
        facts = await self._ask(ConfigQuery())
        preview = await self._ask(ReloadQuery())
        view = self.view
        if view.file is None and isinstance(facts, ConfigFacts):  # another file may have been chosen meanwhile
            view.current = None if view.facts is None else view.current
            view.facts, view.problem, view.faults = facts, "", ()
            view.preview = preview if isinstance(preview, ReloadPreview) else None

    def _take(self, file: Path, found: FileRead) -> None:
        view = self.view
        if view.file == file:
            view.facts, view.faults, view.problem, view.preview = found.facts, found.faults, found.problem, None

    def choose(self, file: Path | None) -> None:
        """Look at another file, or at what the bot runs on (None)."""
        view = self.view
        if view.file != file:
            view.file, view.facts, view.preview, view.faults, view.problem = file, None, None, (), ""


def read_file(file: Path, base_dir: Path) -> FileRead:
    """Return a file as a live bot would take it, with every fault by key; never raises for what is in the file."""
    from pbtui.config import load
    from pbtui.config.effective import config_facts, problems_of

    try:
        return FileRead(config_facts(load(file, command="live", base_dir=base_dir)))
    except PbtuiError as error:
        return FileRead(None, problems_of(error), safe(error.line()))
