"""What the keys of the log screen do: searching, filtering, marking, copying, opening."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING

from pbtui.console.dialogs.words import WordsDialog
from pbtui.console.log.desk import LogDesk
from pbtui.console.log.pattern import Pattern
from pbtui.console.log.record import MOST_FULL, Record
from pbtui.console.log.search import iso
from pbtui.console.log.view import LogView
from pbtui.console.log.wanted import Wanted
from pbtui.console.screen_keys import ScreenKeys
from pbtui.console.text import Line, safe
from pbtui.console.tty import clipboard
from pbtui.core.errors import PbtuiError

if TYPE_CHECKING:
    from pbtui.console.app import ConsoleApp

PURPOSE = "log:"
HOUR_MS = 3_600_000
_MOST_OPENED = 2_000  # lines of a text shown in a dialog


class LogKeys(ScreenKeys):
    """Handlers of the actions on the log."""

    def __init__(self, app: ConsoleApp, to_live: Callable[[], None]) -> None:
        super().__init__(app, to_live)
        self.handlers = {
            "screen.log": self.to_log,
            "log.search": self.search,
            "log.next": lambda: self._work(self._next(1)),
            "log.previous": lambda: self._work(self._next(-1)),
            "log.only": self.only,
            "log.coin": lambda: self._toggle("coin"),
            "log.tag": lambda: self._toggle("tag"),
            "log.next_error": lambda: self._work(self._error(1)),
            "log.error_before": lambda: self._work(self._error(-1)),
            "log.earlier": lambda: self._work(self._hour(-1)),
            "log.later": lambda: self._work(self._hour(1)),
            "log.open": self.open,
            "log.mark": self.mark,
            "log.mark_to": self.mark_to,
            "log.copy": lambda: self._work(self._copy(to_file=False)),
            "log.write": lambda: self._work(self._copy(to_file=True)),
        }

    @property
    def _view(self) -> LogView:
        return self._app.state.log

    @property
    def _desk(self) -> LogDesk:
        return self._app.logs

    def to_log(self) -> None:
        """Show the log."""
        from pbtui.console.screens.log import LogScreen

        self._go_to(LogScreen)

    def _work(self, doing: Coroutine[None, None, None]) -> None:
        """Do something that may have to wait for the file; a newer wish takes its place."""
        self._app.run_worker(doing, group="log-search", exclusive=True)

    # -- typed ---------------------------------------------------------------------------------------------------

    def search(self) -> None:
        """Ask what to search for."""
        known = self._view.search.text if self._view.search is not None else ""
        self._app.open_prompt(f"{PURPOSE}search", known, "words, or a regular expression; n and N go on")

    def only(self) -> None:
        """Ask for the filter."""
        self._app.open_prompt(f"{PURPOSE}only", self._view.only, "coin:SOL · tag:order · !tag:market · text")

    def typed(self, purpose: str, text: str) -> None:
        """Use what was typed into the prompt."""
        try:
            if purpose == f"{PURPOSE}only":
                self._filter(text)
            elif not text.strip():
                self._view.search = None
            else:
                self._view.search = Pattern(text)
                self._work(self._next(1, here=True))
        except PbtuiError as error:
            self._app.say(error.line(), ink="warn")
        self._app.refresh_views()

    def _filter(self, text: str) -> None:
        self._view.want(text)
        self._app.refresh_views()  # the screen asks for it

    def _toggle(self, column: str) -> None:
        record = self._view.record
        name = (record.coin if column == "coin" else record.tag) if record is not None else ""
        present = any(word.startswith(f"{column}:") for word in self._view.only.split())
        if not name and not present:
            self._app.say(f"no {column} on this line", ink="warn")
            return
        self._filter(self._view.toggle_word(column, name.replace(" ", "")))

    # -- moving --------------------------------------------------------------------------------------------------

    async def _next(self, step: int, *, here: bool = False) -> None:
        pattern = self._view.search
        if pattern is None:
            self._app.say("nothing is searched for: / asks what", ink="warn")
            return
        if here and await self._matches_here(pattern):
            return
        from_end = here and self._view.tail  # the newest one
        found, wrapped = await self._desk.find(Wanted(pattern=pattern), -1 if from_end else step, from_end=from_end)
        if found is None:
            self._app.say(f"{safe(pattern.text, 40)} does not occur in the lines shown", ink="warn")
            return
        self._go(found)
        if wrapped:
            self._app.say("on from the beginning" if step > 0 else "on from the end")

    async def _matches_here(self, pattern: Pattern) -> bool:
        """Tell whether the line under the cursor matches already."""
        await self._desk.settled()
        record = self._view.record
        if record is None or not any(pattern.matches([record.tag, record.coin, *record.lines])):
            return False
        self._view.move_to(self._view.row)
        return True

    async def _error(self, step: int) -> None:
        wanted, found, wrapped = Wanted(errors=True), None, False
        if self._view.tail and step > 0:  # nothing comes after the end: the newest one
            found, _ = await self._desk.find(wanted, -1, from_end=True)
        if found is None or found == self._view.place:
            found, wrapped = await self._desk.find(wanted, step)
        if found is None:
            self._app.say("no errors here")
            return
        self._go(found)
        if wrapped:
            self._app.say("on from the beginning" if step > 0 else "on from the end")

    async def _hour(self, step: int) -> None:
        record = self._view.record
        if record is None or not record.ts_ms:
            self._app.say("this line has no time", ink="warn")
            return
        found = await self._desk.at_time(iso(record.ts_ms + step * HOUR_MS), step)
        if found is not None:
            self._go(found)
            return
        self._view.move_to(len(self._view.index) - 1 if step > 0 else 0)
        self._app.say("the log ends within the hour" if step > 0 else "the log begins within the hour")
        self._app.refresh_views()

    def _go(self, place: tuple[int, int]) -> None:
        self._view.go(place)
        self._app.refresh_views()

    # -- lines ---------------------------------------------------------------------------------------------------

    def open(self) -> None:
        """Unfold a text of several lines; a line that is whole already opens in full."""
        if self._view.toggle_fold():
            self._app.refresh_views()
        else:
            self._work(self._open())

    async def _open(self) -> None:
        records = await self._desk.records([self._view.row])
        if records:
            self._app.push_screen(WordsDialog("Line", record_words(records[0])))

    def mark(self) -> None:
        """Mark the line and move on."""
        self._view.mark()
        self._step_on()

    def mark_to(self) -> None:
        """Mark from the last mark to here."""
        left_out = self._view.mark_to()
        if left_out:
            self._app.say(f"{left_out:,} lines are too many to mark", ink="warn")
        self._app.refresh_views()

    def _step_on(self) -> None:
        screen = self._app.console_screen
        if screen is not None:
            screen.step_rows(1)

    async def _copy(self, *, to_file: bool) -> None:
        rows = self._view.chosen_rows()
        records = await self._desk.records(rows)
        if not records:
            self._app.say("this can no longer be read", ink="warn")
            return
        text = "\n".join(record.plain() for record in records)
        what = f"{len(records):,} line{'s' * (len(records) != 1)}"
        try:
            if to_file:
                path = await asyncio.to_thread(clipboard.write_file, text)
                self._app.say(f"{what}: written to {safe(path, 300)}")
            else:
                self._app.say(clipboard.copy(self._app, text, what))
        except PbtuiError as error:
            self._app.say(error.line(), ink="bad")


def record_words(record: Record) -> list[Line]:
    """Return a line of the log in full."""
    head = record.plain().partition("\n")[0]
    head = head[: len(head) - len(record.head)].strip() if not record.junk else "not written by a bot"
    ink = "bad" if record.is_error else "text"
    shown = record.lines[:_MOST_OPENED]
    lines: list[Line] = [((head, "dim"),), (), *(((line, ink),) for line in shown)]
    if record.cut or len(shown) < len(record.lines):
        text = f"cut here: longer than {MOST_FULL // 1024:,} KiB or {_MOST_OPENED:,} lines"
        lines.append(((text, "warn"),))
    return lines
