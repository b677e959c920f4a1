"""What the keys of the screens of searches and fronts do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from pbtui.console.asking import change_field
from pbtui.console.optimize.desk import OptimizeDesk
from pbtui.console.optimize.view import OptimizeView, ParetoView
from pbtui.console.screen_keys import ScreenKeys
from pbtui.console.state import Sort
from pbtui.console.takeover import take_over
from pbtui.console.text import safe
from pbtui.core.errors import PbtuiError

if TYPE_CHECKING:
    from pbtui.console.app import ConsoleApp
    from pbtui.optimize.results import Stored

PURPOSE = "search:"
_METRIC, _WRITE = "metric", "write"


class OptimizeKeys(ScreenKeys):
    """Handlers of the actions on searches and fronts."""

    def __init__(self, app: ConsoleApp, to_live: Callable[[], None]) -> None:
        super().__init__(app, to_live)
        self.handlers = {
            "screen.optimize": self.to_optimize,
            "screen.pareto": self.to_pareto,
            "optimize.run": self.run,
            "optimize.pause": self.pause,
            "optimize.stop": self.stop,
            "optimize.open": self.open,
            "front.across": lambda: self._turn(0),
            "front.upwards": lambda: self._turn(1),
            "pareto.open": self.open_member,
            "pareto.metric": self.metric,
            "pareto.write": self.write,
            "pareto.adopt": self.adopt,
            "pareto.again": self._again,
        }

    @property
    def _view(self) -> OptimizeView:
        return self._app.state.optimize

    @property
    def _pareto(self) -> ParetoView:
        return self._app.state.pareto

    @property
    def _desk(self) -> OptimizeDesk:
        return self._app.optimizer

    def to_optimize(self) -> None:
        """Show the searches."""
        from pbtui.console.screens.optimize import OptimizeScreen

        self._go_to(OptimizeScreen)

    def to_pareto(self) -> None:
        """Show the fronts."""
        from pbtui.console.screens.pareto import ParetoScreen

        self._go_to(ParetoScreen)

    # -- searches ------------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Search as the form says; the search is looked at."""
        from pbtui.console.screens.optimize import OptimizeScreen

        search = self._desk.searches.start(self._view.form)
        self._view.current = search.number
        screen = self._in_front(OptimizeScreen)
        if screen is not None:
            screen.show_panel("search")
        self._app.say(f"search {search.name}: starting")

    def pause(self) -> None:
        """Let the search rest, or go on."""
        search = self._view.steered()
        if search is not None:
            self._app.say(f"search {search.name}: {self._desk.searches.pause(search)}")

    def stop(self) -> None:
        """End the search in order; a second time kills it."""
        search = self._view.steered()
        if search is not None:
            doing = self._desk.searches.stop(search)
            more = " after the running evaluations; x again kills it" if doing == "stopping" else ""
            self._app.say(f"{doing} search {search.name}{more}", ink="warn")

    def open(self) -> None:
        """Change the field, or show the front of the search."""
        state, search = self._app.state, self._view.search()
        if state.panel == "search-form":
            self._edit()
        elif search is None or search.folder is None:
            self._app.say("open: the front is on screen 4 when the search has ended", ink="warn")
        else:
            self._pareto.current = search.folder
            self.to_pareto()

    def _edit(self) -> None:
        change_field(
            self._app,
            self._view.form,
            self._desk.base_dir,
            title="Optimize this config",
            purpose=PURPOSE,
            choose=self._desk.choose_config,
        )

    def _turn(self, axis: int) -> None:
        view = self._view if self._app.state.place == "optimize" else self._pareto
        view.turn(axis)
        self._app.refresh_views()

    def typed(self, purpose: str, text: str) -> None:
        """Take a text from the prompt: a field's, the metric to sort by, the file to write."""
        name = purpose.removeprefix(PURPOSE)
        if name == _METRIC:
            self._sort_by(text.strip())
        elif name == _WRITE:
            self._write(text.strip())
        else:
            self._view.form.put(name, text)
        self._app.refresh_views()

    # -- fronts --------------------------------------------------------------------------------------------------

    def _again(self) -> None:
        self._pareto.fronts.clear()
        self._desk.look()
        self._app.say("looking for fronts")

    def open_member(self) -> None:
        """Backtest the member; on the runs, go to its members."""
        from pbtui.console.screens.pareto import ParetoScreen

        screen, member = self._in_front(ParetoScreen), self._pareto.chosen()
        if self._app.state.panel == "fronts" and screen is not None:
            screen.show_panel("members")
        elif member is not None:
            path = member.path.resolve()
            self._app.perform("screen.backtest", from_list=True)
            self._app.backtests.choose_config(path)
            self._app.say(f"member {safe(member.id[:8], 8)}: ^r runs it")

    def metric(self) -> None:
        """Ask for a metric to show and sort the members by."""
        from pbtui.console.prompt import from_list

        front = self._pareto.front()
        known = front.metrics if front is not None else ()
        hint = "a metric, or one with .min .max .mean .std; empty: none · tab completes"
        self._app.open_prompt(f"{PURPOSE}{_METRIC}", self._pareto.metric, hint, from_list(known))

    def _sort_by(self, key: str) -> None:
        front, state = self._pareto.front(), self._app.state
        if front is not None and key and not any(item.knows(key) for item in front.results.members):
            self._app.say(f"{safe(key, 60)} is nothing these members tell", ink="warn")
            return
        from pbtui.console.optimize.arranging import more_is_better

        self._pareto.metric = key
        state.sorts["members"] = Sort(key, more_is_better(key)) if key else Sort()

    def write(self) -> None:
        """Ask for the file the member becomes."""
        from pbtui.console.configs import shown_path

        member = self._pareto.chosen()
        if member is not None:
            target = shown_path(self._free(member), self._desk.base_dir)
            self._app.open_prompt(f"{PURPOSE}{_WRITE}", target, "the file to write; one that is there stays as it is")

    def _free(self, member: Stored) -> Path:
        folder = self._desk.base_dir.resolve() / "configs"
        stem = f"pareto_{''.join(letter for letter in member.id[:12] if letter.isalnum())}"
        names = (folder / f"{stem}.json", *(folder / f"{stem}_{number}.json" for number in range(2, 1_000)))
        return next(path for path in names if not path.exists())

    def _write(self, text: str) -> None:
        from pbtui.optimize.exports import config_text, write_new

        member = self._pareto.chosen()
        if member is None or not text:
            return
        path = self._desk.base_dir / Path(text).expanduser()
        if path.exists():
            self._app.say(f"not written, it is there already: {safe(text, 200)}", ink="warn")
            return
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_new(path, config_text(member))
        except PbtuiError as error:
            self._app.say(error.line(), ink="bad")
        except OSError as error:
            self._app.say(f"{safe(path.parent, 200)}: {safe(error.strerror or error, 100)}", ink="bad")
        else:
            self._app.say(f"written: {safe(text, 200)}", ink="up")

    # -- taking a member over --------------------------------------------------------------------------------------

    def adopt(self) -> None:
        """Write the member as a config to trade with, after a look at what it changes."""
        member = self._pareto.chosen()
        if member is not None:
            work = take_over(self._app, member.path, f"pareto_{member.id[:12]}")
            self._app.run_worker(work, group="pareto.adopt", exclusive=True)
