"""What the keys of the candles screen do: downloads, checks, deleting, marking."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from pbtui.console.candles.desk import CandleDesk
from pbtui.console.candles.view import CandlesView, Pair
from pbtui.console.candles.words import size_word
from pbtui.console.dialogs.confirm import ConfirmDialog, words
from pbtui.console.dialogs.pick import PickDialog
from pbtui.console.dialogs.words import WordsDialog
from pbtui.console.screen_keys import ScreenKeys
from pbtui.console.tables import candle_lists, coverage
from pbtui.console.text import Line, safe

if TYPE_CHECKING:
    from pbtui.console.app import ConsoleApp
    from pbtui.console.screens.candles import CandlesScreen
    from pbtui.market.survey import Survey

_MOST_LISTED = 12


class CandleKeys(ScreenKeys):
    """Handlers of the actions on stored candles."""

    def __init__(self, app: ConsoleApp, to_live: Callable[[], None]) -> None:
        super().__init__(app, to_live)
        self.handlers = {
            "screen.candles": self.to_candles,
            "candles.download": self.download,
            "candles.stop": self.stop,
            "candles.verify": self.verify,
            "candles.delete": self.delete,
            "candles.mark": self.mark,
            "candles.mark_all": self.mark_all,
            "candles.open": self.open,
            "candles.earlier": lambda: self._page(-1),
            "candles.later": lambda: self._page(1),
            "candles.again": self._again,
        }

    @property
    def _view(self) -> CandlesView:
        return self._app.state.candles

    @property
    def _desk(self) -> CandleDesk:
        return self._app.candles

    @property
    def _screen(self) -> CandlesScreen | None:
        from pbtui.console.screens.candles import CandlesScreen

        return self._in_front(CandlesScreen)

    def to_candles(self) -> None:
        """Show the candles."""
        from pbtui.console.screens.candles import CandlesScreen

        self._go_to(CandlesScreen)

    # -- work ----------------------------------------------------------------------------------------------------

    def download(self) -> None:
        """Ask for a config and fetch what it needs."""
        self._app.push_screen(PickDialog("Download what a config needs", self._desk.base_dir), self._picked)

    def _picked(self, path: Path | None) -> None:
        if path is None:
            return
        self._desk.downloads.start(path, path.name)
        if self._screen is not None:
            self._screen.bring("downloads")

    def stop(self) -> None:
        """Stop what runs."""
        doing = self._desk.stop()
        self._app.say(f"stopping the {doing}")

    def verify(self) -> None:
        """Look for what is wrong with the marked symbols, or the one under the cursor."""
        self._desk.verify(self._view.targets())
        if self._screen is not None:
            self._screen.bring("findings")
        self._app.refresh_views()

    def delete(self) -> None:
        """Delete our files of the marked symbols, or of the one under the cursor, after a look at what that means."""
        self._app.run_worker(self._delete(self._view.targets()), group="candles.delete", exclusive=True)

    async def _delete(self, pairs: list[Pair]) -> None:
        known = [found for pair in pairs if (found := self._view.survey_of(pair)) is not None]
        if not any(found.our_bytes for found in known):
            self._app.say("nothing of ours there: day files of Passivbot are never deleted", ink="warn")
            return

        async def ask() -> list[Line]:
            return delete_words(known)

        title = f"Delete candles of {coverage.coin_word(pairs[0])}" if len(pairs) == 1 else "Delete candles"
        if await self._app.push_screen_wait(ConfirmDialog(title, ask, "delete")):
            self._desk.delete([(found.holding.exchange, found.holding.symbol) for found in known if found.our_bytes])

    def _again(self) -> None:
        self._desk.look()
        self._app.say("reading what is on disk")

    # -- looking -------------------------------------------------------------------------------------------------

    def mark(self) -> None:
        """Mark the current row and move on."""
        view, screen = self._view, self._screen
        if view.current is None or screen is None:
            return
        view.marked ^= {view.current}
        table = screen.table
        if table is not None and table.id == "coverage":
            table.move_by(1)
            screen.table_moved(table)
        self._app.refresh_views()

    def mark_all(self) -> None:
        """Mark every row that passes the filter, or none."""
        state = self._app.state
        rows = set(coverage.chosen(self._view, state.filters.get("coverage", ""), state.sorts["coverage"]))
        self._view.marked = set() if rows <= self._view.marked else self._view.marked | rows
        self._app.refresh_views()

    def open(self) -> None:
        """Show in full what is under the cursor."""
        view, screen = self._view, self._screen
        table = screen.table if screen is not None else None
        key = table.cursor_key if table is not None and table.rows else None
        panel = table.id if table is not None else ""
        if panel == "findings" and isinstance(key, int) and key < len(view.check.findings):
            self._show("Finding", candle_lists.finding_lines(view.check.findings[key]))
        elif panel == "downloads" and view.fetch.name:
            row = next((row for pair, row in view.fetch.rows.items() if pair == key), None)
            text = row.text or row.state if row is not None else view.fetch.doing
            self._show("Download", [((view.fetch.name, "strong"),), *words(text)])
        elif view.current is not None:
            self._show("Candles", coverage.week_words(view))

    def _show(self, title: str, lines: list[Line]) -> None:
        self._app.push_screen(WordsDialog(title, lines))

    def _page(self, pages: int) -> None:
        if self._screen is not None:
            self._screen.page_weeks(pages)


def delete_words(known: list[Survey]) -> list[Line]:
    """Return what deleting means, symbol by symbol."""
    lines: list[Line] = []
    for found in [each for each in known if each.our_bytes][:_MOST_LISTED]:
        files = sum(piece.kind != "shard" for piece in found.pieces)
        name = f"{safe(found.holding.exchange, 20)} {safe(found.holding.symbol, 40)}"
        size = f"{size_word(found.our_bytes)} in {files} file{'s' * (files != 1)}"
        lines.append(((name, "strong"), (f": {size}, {found.holding.coverage.count:,} candles", "text")))
    more = sum(bool(each.our_bytes) for each in known) - len(lines)
    if more > 0:
        lines.append(((f"and {more} more", "text"),))
    lines += [(), (("A download brings them again, if the venue still has them.", "text"),)]
    shards = sum(each.shard_bytes for each in known)
    kept = f"Day files of Passivbot ({size_word(shards)}) stay" if shards else "Day files of Passivbot would stay"
    return [*lines, ((f"{kept}: they are read only.", "dim"),)]
