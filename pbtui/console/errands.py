"""Carrying typed commands out: each goes to the action it stands for, behind that action's ritual."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pbtui.console.actions import BY_ID
from pbtui.console.availability import why_not
from pbtui.console.commands import Command, completions, find_keys, hint, parse
from pbtui.console.screens.coin import CoinScreen
from pbtui.console.text import safe
from pbtui.core.actions import SetReplaySpeed

if TYPE_CHECKING:
    from pbtui.console.app import ConsoleApp
    from pbtui.console.look import Look
    from pbtui.console.operate import Operate

_MOST_FILES = 200
_ENDINGS = (".json", ".hjson")


class Errands:
    """What a typed line does."""

    def __init__(self, app: ConsoleApp, look: Look, operate: Operate) -> None:
        self._app = app
        self._look = look
        self._operate = operate
        self._files: list[str] | None = None
        self._verbs: dict[str, Callable[[Command], None]] = {
            "do": lambda command: app.perform(command.argument, from_list=True),
            "mode": self._steer,
            "panic": self._steer,
            "theme": lambda command: self._theme(command.argument),
            "speed": lambda command: self._speed(command.argument),
            "filter": lambda command: app.state.filters.update(positions=command.argument),
            "sort": lambda command: self._sort(command.argument),
            "coin": lambda command: self._coin(command.argument.split()[0]),
            "account": lambda command: look.switching.typed(command.argument),
            "bt": partial(self._with_file, use=self._backtest),
            "look": partial(self._with_file, use=self._config),
        }

    def carry_out(self, text: str) -> None:
        """Carry out a typed command, or say what is wrong with it."""
        self._files = None
        self._look.switching.forget()
        self._app.notes.hush()  # the hint was for typing
        command = parse(text, self._app.state)
        if command.problem:
            self._app.say(command.problem, ink="warn")
        elif command.verb in self._verbs:
            self._verbs[command.verb](command)

    def complete(self, text: str) -> list[str]:
        """Return the whole lines that a typed beginning may become."""
        words = text.split(maxsplit=1)
        verb = words[0].casefold() if words else ""
        files = self._config_files() if verb in ("bt", "look") else []
        accounts = self._look.switching.offered() if verb == "account" else []
        return completions(text, self._app.state, self._app.themes.names, files, accounts)

    def tell(self, text: str) -> None:
        """Say what the line typed so far would do, or what may follow."""
        words, ink = hint(text, self._app.state, self.complete(text))
        if words:
            self._app.say(words, ink=ink)
        else:
            self._app.notes.hush()  # what was said of a shorter line no longer holds
            self._app.refresh_views()

    def _config_files(self) -> list[str]:
        """Return the configs in the base folder's `configs`; read once for each command typed."""
        if self._files is None:
            folder = self._app.options.base_dir / "configs"
            try:
                names = sorted(path.name for path in folder.iterdir() if path.name.endswith(_ENDINGS))
            except OSError:
                names = []
            self._files = [f"configs/{safe(name, 120)}" for name in names[:_MOST_FILES] if " " not in name]
        return self._files

    # -- verbs ---------------------------------------------------------------------------------------------------

    def _steer(self, command: Command) -> None:
        app = self._app
        reason = why_not(BY_ID["panic.all"], app.state)
        if reason:
            app.say(f"{command.verb}: {reason}", ink="warn")
        elif command.verb == "panic":
            work = self._operate.panic(command.targets[0])
            app.run_worker(work, group="mode.panic", exclusive=True, exit_on_error=False)
        else:
            work = self._operate.set_mode(command.targets, command.mode)
            app.run_worker(work, group="mode", exit_on_error=False)

    def _theme(self, name: str) -> None:
        if name in self._app.themes.palettes:
            self._app.use_theme(name)
            self._app.say(f"theme {name}")
        else:
            self._app.say(f"no theme {safe(name, 20)}: {', '.join(self._app.themes.names)}", ink="warn")

    def _speed(self, text: str) -> None:
        reason = why_not(BY_ID["bot.faster"], self._app.state)
        if reason:
            self._app.say(f"speed: {reason}", ink="warn")
            return
        action = SetReplaySpeed(0.0 if text == "max" else float(text), by=self._app.operator)
        self._app.run_worker(self._operate.act(action), group="speed", exit_on_error=False)

    def _sort(self, column: str) -> None:
        if not self._look.sort_by("positions", column):
            self._app.say(f"no column {safe(column, 20)}", ink="warn")

    def _coin(self, coin: str) -> None:
        self._app.choose(find_keys(self._app.state, coin, None)[0])
        if not isinstance(self._app.console_screen, CoinScreen):
            self._app.push_screen(CoinScreen())

    def _with_file(self, command: Command, *, use: Callable[[Path], None]) -> None:
        path = self._file(command.argument)
        if path is None:
            self._app.say(f"no file {safe(command.argument, 80)}", ink="warn")
        else:
            use(path)

    def _file(self, name: str) -> Path | None:
        """Return the file meant: as given, else below the base folder."""
        try:
            given = Path(name).expanduser()
            return next((p for p in (given, self._app.options.base_dir / given) if p.is_file()), None)
        except (OSError, RuntimeError, ValueError):
            return None

    def _backtest(self, path: Path) -> None:
        self._app.perform("screen.backtest", from_list=True)
        self._app.backtests.choose_config(path.resolve())

    def _config(self, path: Path) -> None:
        self._app.configs.choose(path.resolve())
        here = self._app.state.place == "config"  # the screen reads by itself when it opens
        self._app.perform("config.again" if here else "screen.config", from_list=True)
