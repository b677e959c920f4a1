"""Runs, results and the form of the backtest screen; reading happens in threads, runs are processes of their own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from pbtui.console.asking import FormDesk, Say
from pbtui.console.backtest.jobs import Runs
from pbtui.console.backtest.view import BacktestView, PastRun
from pbtui.console.text import safe
from pbtui.core.clock import Clock

if TYPE_CHECKING:
    from pbtui.console.backtest.around import Around
    from pbtui.console.backtest.reading import Result
    from pbtui.console.state import Sort, Timeframe
    from pbtui.market.holdings import Library
    from pbtui.market.store import Trouble

_RESULTS = "backtests"


class BacktestDesk(FormDesk):
    """Backtests below a base folder. `say` shows one line, `draw` draws the screen; both are called on the loop."""

    def __init__(
        self,
        base_dir: Path,
        view: BacktestView,
        clock: Clock,
        *,
        say: Say,
        draw: Callable[[], None],
        config: Path | None = None,
    ) -> None:
        """Take a base folder; `config` is the file the bot runs on, where it is known."""
        super().__init__(base_dir, clock, say=say, draw=draw)
        self.view = view
        self.running_config = config
        self._library: Library | None = None
        self._known: dict[Path, tuple[int, PastRun]] = {}
        self._roots = [base_dir / _RESULTS]
        self.runs = Runs(self)
        view.root = safe(self._roots[0], 200)

    def add_results(self, folder: Path) -> None:
        """Look for results in a folder, too: where a configuration says that its own lie."""
        if not any(folder.is_relative_to(root) for root in self._roots):
            self._roots.append(folder)
            self.view.root = safe(", ".join(str(root) for root in self._roots), 200)
            self.look()

    async def let_go(self) -> None:
        """Let the runs finish without this console."""
        await self.runs.let_go()

    # -- past runs -----------------------------------------------------------------------------------------------

    def look(self) -> None:
        """Find the result folders; again afterwards if a look runs already."""
        if self.view.reading:
            self._again = True
            return
        self.view.reading, self._again = True, False
        self.start("results", self._look, self._unread)

    def _look(self) -> Callable[[], None]:
        from pbtui.console.backtest.finding import find_runs

        found = find_runs(tuple(self._roots), self._known)
        return lambda: self._seen(found)

    def _seen(self, found: dict[Path, tuple[int, PastRun]]) -> None:
        view = self.view
        changed = [folder for folder, (moment, _) in found.items() if self._known.get(folder, (moment,))[0] != moment]
        for folder in changed:
            view.results.pop(folder, None)
        self._known = found
        view.reading, view.problem = False, ""
        view.take_runs({folder: run for folder, (_, run) in found.items()})
        self.open()
        if self._again:
            self.look()

    def _unread(self, why: str) -> None:
        self.view.reading, self.view.asked, self.view.problem = False, True, why
        self.say(why, "bad")

    # -- results -------------------------------------------------------------------------------------------------

    def open(self) -> None:
        """Read the result looked at, and the one to compare with, unless they are read or being read."""
        view = self.view
        for folder in (view.folder(), view.second):
            if folder is not None and folder not in view.results and folder not in view.opening:
                view.opening.add(folder)
                self._read(folder)

    def _read(self, folder: Path) -> None:
        def work() -> Callable[[], None]:
            import pbtui.console.backtest.charts  # noqa: F401 - loading it on the loop would hold that up
            from pbtui.console.backtest.reading import read_result

            found = read_result(folder)
            return lambda: self.view.keep(folder, found)

        self.start("result", work, lambda why: self.view.keep(folder, why))

    def arrange(self, result: Result, wanted: str, sort: Sort) -> None:
        """Put the fills of a result into the order that is asked for, unless they are or are being put into it."""
        order = self.view.order
        asked = (result.folder, wanted, sort)
        if order.wanted == asked:
            return
        order.wanted = asked

        def work() -> Callable[[], None]:
            from pbtui.console.backtest.arranging import arranged

            assert result.fills is not None
            found = arranged(result.fills, wanted, sort)
            return lambda: self._arranged(asked, found)

        self.start("fills", work, lambda why: self.say(why, "bad"))

    def _arranged(self, asked: tuple[object, ...], found: list[int]) -> None:
        order = self.view.order
        if order.wanted == asked:
            order.made, order.rows = asked, found

    # -- the form ------------------------------------------------------------------------------------------------

    def choose_config(self, path: Path | None) -> None:
        """Take a config for the form and read what it says."""
        form = self.view.form
        form.labels = ()

        def read() -> Callable[[], None]:
            from pbtui.console.backtest.adopt import load_for_form
            from pbtui.console.backtest.form import labels_of, told_of

            config = load_for_form(path, self.base_dir, self.clock.now_ms())
            told, labels = told_of(config), labels_of(list(config.backtest.scenarios))
            results = self.base_dir / Path(config.backtest.base_dir).expanduser()

            def take() -> None:
                form.told, form.labels = told, labels
                self.add_results(results)

            return take

        self.read_config(form, path, read)

    # -- candles -------------------------------------------------------------------------------------------------

    def around(
        self,
        result: Result,
        row: int,
        timeframe: Timeframe,
        count: int,
        *,
        done: Callable[[Around], None],
        failed: Callable[[str], None],
    ) -> None:
        """Read the candles around a fill; `done` or `failed` is called on the loop."""

        def work() -> Callable[[], None]:
            from pbtui.console.backtest.around import around

            found = around(self._candles(), self.base_dir, result, row, timeframe, count)
            return lambda: done(found)

        self.start("candles", work, failed)

    def _candles(self) -> Library:
        if self._library is None:
            from pbtui.market.holdings import Library

            self._library = Library(self.base_dir, self.clock, self._trouble)
        return self._library

    def _trouble(self, trouble: Trouble) -> None:
        line = trouble.line()
        self._threads.post(lambda: self.say(line, "warn"))
