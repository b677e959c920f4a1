"""What the keys of the config screen do: folding, choosing a file, editing, copying."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pbtui.console.actions import label_of
from pbtui.console.config.editor import edit, editor_words
from pbtui.console.config.view import ConfigView
from pbtui.console.dialogs.pick import PickDialog
from pbtui.console.dialogs.words import WordsDialog
from pbtui.console.screen_keys import ScreenKeys
from pbtui.console.text import safe
from pbtui.core.errors import PbtuiError

if TYPE_CHECKING:
    from pbtui.console.app import ConsoleApp
    from pbtui.console.screens.config import ConfigScreen


class ConfigKeys(ScreenKeys):
    """Handlers of the actions on configurations."""

    def __init__(self, app: ConsoleApp, to_live: Callable[[], None]) -> None:
        super().__init__(app, to_live)
        self.handlers = {
            "screen.config": self.to_config,
            "config.open": self.open,
            "config.edit": self.edit,
            "config.changed": self._changed,
            "config.next": self._next,
            "config.file": self.file,
            "config.bot": lambda: self._choose(None),
            "config.copy": lambda: self._copy(whole=True),
            "config.copy_key": lambda: self._copy(whole=False),
            "config.again": self._again,
        }

    @property
    def _view(self) -> ConfigView:
        return self._app.state.config

    @property
    def _screen(self) -> ConfigScreen | None:
        from pbtui.console.screens.config import ConfigScreen

        return self._in_front(ConfigScreen)

    def to_config(self) -> None:
        """Show the config."""
        from pbtui.console.screens.config import ConfigScreen

        self._go_to(ConfigScreen)

    # -- looking -------------------------------------------------------------------------------------------------

    def open(self) -> None:
        """Fold or unfold a section; show a key in full."""
        screen = self._screen
        if screen is None:
            return
        from pbtui.console.config.words import key_words

        leaf = screen.leaf()
        if leaf is None:
            screen.fold_section()
        else:
            self._app.push_screen(WordsDialog(leaf.name, key_words(leaf)))

    def _changed(self) -> None:
        self._view.only_changed = not self._view.only_changed
        self._app.say("only what differs from the default" if self._view.only_changed else "every key")
        self._app.refresh_views()

    def _next(self) -> None:
        if self._screen is not None and not self._screen.next_told():
            self._app.say("no fault, no warning, nothing changed on disk")

    def _again(self) -> None:
        if self._screen is not None:
            self._screen.look()
            self._app.say("reading the config again")

    def _copy(self, *, whole: bool) -> None:
        leaf = self._screen.leaf() if self._screen is not None else None
        if leaf is None:
            self._app.say("no key on this row", ink="warn")
            return
        text = safe(f"{leaf.row.path}: {leaf.row.value}" if whole else leaf.row.path, 4_000)
        self._app.copy_to_clipboard(text)
        self._app.say(f"copied: {text}")

    # -- files ---------------------------------------------------------------------------------------------------

    def file(self) -> None:
        """Choose a file to look at."""
        dialog = PickDialog("Look at this config", self._app.options.base_dir)
        self._app.push_screen(dialog, lambda path: self._choose(path) if path is not None else None)

    def _choose(self, path: Path | None) -> None:
        self._app.configs.choose(path)
        if self._screen is not None:
            self._screen.look()
        self._app.refresh_views()

    def edit(self) -> None:
        """Open the file in the operator's editor."""
        file = self._view.editable()
        if file is not None:
            self._app.run_worker(self._edit(file), group="config.edit", exclusive=True, exit_on_error=False)

    async def _edit(self, file: Path) -> None:
        app, view = self._app, self._view
        try:
            words = editor_words(os.environ)
            view.editing = True
            with self._terminal_lent():
                code = await edit(words, file)
        except PbtuiError as error:
            app.say(error.line(), ink="bad")
            return
        finally:
            view.editing = False
        await app.configs.look()
        text, ink = after_edit(view, code)
        app.say(text, ink=ink)

    @contextmanager
    def _terminal_lent(self) -> Iterator[None]:
        """Leave the terminal to somebody else; nothing is painted meanwhile."""
        app = self._app
        if app.is_headless:
            yield
            return
        with app.batch_update(), app.suspend():
            yield
        app.guard()
        app.perform("redraw")


def after_edit(view: ConfigView, code: int) -> tuple[str, str]:
    """Return what came of editing: a line and its ink."""
    if view.trouble():
        return f"not usable: {view.trouble()}", "bad"
    if code != 0:
        return f"the editor ended with {code}", "warn"
    if view.file is not None:
        return "the file is fine", "up"
    count = len(view.preview.changes) if view.preview is not None else 0
    if not count:
        return "the file says what is in use already", "text"
    risky = sum(change.raises_risk for change in view.preview.changes) if view.preview is not None else 0
    more = f", {risky} of them may cost more" if risky else ""
    differ = f"{count} key{'s' * (count != 1)} differ{'s' * (count == 1)} from what runs{more}"
    return f"{differ}: {label_of('bot.reload')} looks at them and reloads", "accent"
