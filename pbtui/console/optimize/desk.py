"""Searches, their form and their fronts; reading happens in threads, searches are processes of their own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pbtui.console.asking import FormDesk, Say
from pbtui.console.optimize.searches import Searches
from pbtui.console.optimize.view import OptimizeView, ParetoView
from pbtui.console.text import safe
from pbtui.core.clock import Clock


class OptimizeDesk(FormDesk):
    """Searches below a base folder. `say` shows one line, `draw` draws the screen; both are called on the loop."""

    def __init__(
        self,
        base_dir: Path,
        view: OptimizeView,
        pareto: ParetoView,
        clock: Clock,
        *,
        say: Say,
        draw: Callable[[], None],
    ) -> None:
        super().__init__(base_dir, clock, say=say, draw=draw)
        self.view = view
        self.pareto = pareto
        self.searches = Searches(self)

    async def let_go(self) -> None:
        """Let the searches finish without this console."""
        await self.searches.let_go()

    # -- the form ------------------------------------------------------------------------------------------------

    def choose_config(self, path: Path | None) -> None:
        """Take a config for the form and read what it says."""
        form = self.view.form

        def read() -> Callable[[], None]:
            from pbtui.config import load
            from pbtui.console.optimize.form import told_of

            told = told_of(load(path, command="optimize", base_dir=self.base_dir, now_ms=self.clock.now_ms()))

            def take() -> None:
                form.told = told

            return take

        self.read_config(form, path, read)

    # -- fronts --------------------------------------------------------------------------------------------------

    def look(self) -> None:
        """Find the folders of searches; again afterwards if a look runs already."""
        pareto = self.pareto
        if pareto.reading:
            self._again = True
            return
        pareto.reading, self._again = True, False

        def work() -> Callable[[], None]:
            import pbtui.console.optimize.arranging
            import pbtui.console.optimize.pictures  # noqa: F401 - loading them on the loop would hold that up
            from pbtui.console.optimize.reading import find_fronts
            from pbtui.optimize.folder import RESULTS

            found = find_fronts(self.base_dir)

            def take() -> None:
                pareto.reading, pareto.problem = False, ""
                pareto.root = safe(self.base_dir / RESULTS, 200)
                pareto.take_runs(found)
                self.open()
                if self._again:
                    self.look()

            return take

        self.start("fronts", work, self._unread)

    def _unread(self, why: str) -> None:
        self.pareto.reading, self.pareto.asked, self.pareto.problem = False, True, why
        self.say(why, "bad")

    def open(self) -> None:
        """Read the front looked at, unless it is read or being read."""
        pareto = self.pareto
        folder = pareto.current
        if folder is None or folder in pareto.fronts or folder in pareto.opening:
            return
        pareto.opening.add(folder)

        def work() -> Callable[[], None]:
            from pbtui.console.optimize.reading import read_front

            found = read_front(folder, self.base_dir)
            return lambda: pareto.keep(folder, found)

        self.start("front", work, lambda why: pareto.keep(folder, why))
