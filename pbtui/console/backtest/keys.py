"""What the keys of the backtest screen do: the form, runs, comparing, opening, taking a config over."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pbtui.console.actions import label_of
from pbtui.console.asking import change_field
from pbtui.console.backtest.desk import BacktestDesk
from pbtui.console.backtest.view import TABS, BacktestView
from pbtui.console.prompt import from_list
from pbtui.console.screen_keys import ScreenKeys
from pbtui.console.takeover import take_over
from pbtui.console.text import safe
from pbtui.console.tty import clipboard
from pbtui.core.errors import PbtuiError

if TYPE_CHECKING:
    from pbtui.console.app import ConsoleApp
    from pbtui.console.screens.backtest import BacktestScreen

PURPOSE = "form:"


class BacktestKeys(ScreenKeys):
    """Handlers of the actions on backtests."""

    def __init__(self, app: ConsoleApp, to_live: Callable[[], None]) -> None:
        super().__init__(app, to_live)
        self.handlers = {
            "screen.backtest": self.to_backtest,
            "backtest.run": self.run,
            "backtest.stop": self.stop,
            "backtest.open": self.open,
            "backtest.compare": self.compare,
            "backtest.copy": self.copy,
            "backtest.adopt": self.adopt,
            "backtest.again": self._again,
            "backtest.tab_before": lambda: self._step_tab(-1),
            "backtest.tab_after": lambda: self._step_tab(1),
            "backtest.scale": self._scale,
            "backtest.unit": self._unit,
        }

    @property
    def _view(self) -> BacktestView:
        return self._app.state.backtest

    @property
    def _desk(self) -> BacktestDesk:
        return self._app.backtests

    @property
    def _screen(self) -> BacktestScreen | None:
        from pbtui.console.screens.backtest import BacktestScreen

        return self._in_front(BacktestScreen)

    def to_backtest(self) -> None:
        """Show the backtests."""
        from pbtui.console.screens.backtest import BacktestScreen

        self._go_to(BacktestScreen)

    # -- runs ----------------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Run what the form says; the run is looked at."""
        job = self._desk.runs.start(self._view.form)
        self._view.current, self._view.page = job.number, 1
        if self._screen is not None:
            self._screen.changed()
        self._app.say(f"backtest {job.name}: starting")

    def stop(self) -> None:
        """Stop the run looked at, else the newest."""
        job = self._view.job()
        if job is None or not job.running:
            job = self._view.running()[-1]
        doing = self._desk.runs.stop(job)
        self._app.say(
            f"{doing} backtest {job.name}"
            + (f"; {label_of('backtest.stop')} again kills it" if doing == "stopping" else ""),
            ink="warn",
        )

    def _again(self) -> None:
        self._desk.look()
        self._app.say("looking for results")

    # -- the form ------------------------------------------------------------------------------------------------

    def open(self) -> None:
        """Change the field, look at the run, find the coin's fills, or show the fill: whatever the cursor is on."""
        screen = self._screen
        panel = self._app.state.panel
        if screen is None:
            return
        if panel == "form":
            self._edit()
        elif panel == "run-coins":
            self._fills_of_coin(screen)
        elif panel == "run-fills":
            self._show_fill(screen)
        elif panel == "runs":
            self._desk.open()
            screen.show_tab(self._view.tab, focus=True)

    def _edit(self) -> None:
        form = self._view.form
        change_field(
            self._app,
            form,
            self._desk.base_dir,
            title="Backtest this config",
            purpose=PURPOSE,
            choose=self._desk.choose_config,
            known=lambda each: from_list(form.labels) if each.id == "scenarios" else None,
        )

    def typed(self, purpose: str, text: str) -> None:
        """Take a field's text from the prompt; an empty one leaves it to the config."""
        self._view.form.put(purpose.removeprefix(PURPOSE), text)
        self._app.refresh_views()

    # -- results -------------------------------------------------------------------------------------------------

    def _fills_of_coin(self, screen: BacktestScreen) -> None:
        table = screen.table
        if table is not None and table.rows:
            self._app.state.filters["run-fills"] = f"coin:{table.cursor_key}"
            screen.show_tab("fills", focus=True)

    def _show_fill(self, screen: BacktestScreen) -> None:
        from pbtui.console.dialogs.fill import FillDialog

        result, table = self._view.result(), screen.table
        places = self._view.order.rows
        if result is None or result.fills is None or table is None or table.cursor_key not in places:
            return
        self._app.push_screen(FillDialog(result, places, int(str(table.cursor_key))))

    def compare(self) -> None:
        """Hold the run looked at against the next ones; the same run again ends that."""
        view = self._view
        folder = view.folder()
        if view.second == folder:
            view.second = None
            self._app.say("no comparison")
        else:
            view.second = folder
            self._app.say("now choose the run to hold against it")
        self._desk.open()
        self._app.refresh_views()

    def copy(self) -> None:
        """Copy the folder's path into the terminal's clipboard (OSC 52)."""
        folder = self._view.folder()
        if folder is not None:
            path = safe(folder.absolute(), 4_000)
            try:
                self._app.say(clipboard.copy(self._app, path, path))
            except PbtuiError as error:
                self._app.say(error.line(), ink="bad")

    def _step_tab(self, by: int) -> None:
        if self._screen is not None:
            self._screen.show_tab(TABS[(TABS.index(self._view.tab) + by) % len(TABS)])

    def _scale(self) -> None:
        self._view.logarithmic = not self._view.logarithmic
        self._app.refresh_views()

    def _unit(self) -> None:
        self._view.unit = "btc" if self._view.unit == "usd" else "usd"
        self._app.refresh_views()

    # -- taking a config over ------------------------------------------------------------------------------------

    def adopt(self) -> None:
        """Write the run's config as one to trade with, after a look at what it changes."""
        folder = self._view.folder()
        if folder is not None:
            work = take_over(self._app, folder / "config.json", folder.name)
            self._app.run_worker(work, group="backtest.adopt", exclusive=True)
