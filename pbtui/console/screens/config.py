"""The config screen: every key in effect, where it comes from, what is wrong with it, what the file on disk says."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widget import Widget

from pbtui.console.config.view import ConfigView
from pbtui.console.config.words import key_words, section_words
from pbtui.console.configs import shown_path
from pbtui.console.screens.base import ConsoleScreen
from pbtui.console.tables import config_tree as tree
from pbtui.console.text import Line, fold, safe
from pbtui.console.widgets.grid import GridTable
from pbtui.console.widgets.lines import LineView


class ConfigScreen(ConsoleScreen):
    """Screen 6."""

    PLACE = "config"
    _asked_while = ""  # the state the bot was in when last asked

    def compose_body(self) -> ComposeResult:
        """The tree, and what is known of the row under the cursor."""
        with Vertical(id="body", classes="config"):
            yield GridTable(id="config", classes="panel", markers=False)
            yield LineView(id="key-words")

    def on_mount(self) -> None:
        """Start in the tree and read what is in effect."""
        super().on_mount()
        self.query("#config").focus()
        self.look()

    def look(self) -> None:
        """Read again what is shown."""
        snapshot = self.console.state.snapshot
        self._asked_while = snapshot.health.state if snapshot is not None else ""
        self.run_worker(self.console.configs.look(), group="config", exclusive=True, exit_on_error=False)

    @property
    def view(self) -> ConfigView:
        """What is shown."""
        return self.console.state.config

    @property
    def _tree(self) -> GridTable:
        return self.query_one("#config", GridTable)

    def panels(self) -> list[Widget]:
        """Return the tree."""
        return [self._tree]

    # -- drawing -------------------------------------------------------------------------------------------------

    def refresh_body(self) -> None:
        """Draw the tree and the words; a bot that could not answer yet is asked again once it has come further."""
        view, snapshot = self.view, self.console.state.snapshot
        waiting = view.file is None and view.facts is None and not view.reading
        if waiting and snapshot is not None and snapshot.health.state != self._asked_while:
            self.look()
        self.draw("config", self._draw_tree)
        self.draw("key-words", self._draw_words)

    def _draw_tree(self) -> None:
        state, view, table = self.console.state, self.view, self._tree
        found = tree.rows(state)
        table.set_title(tree.title(view, state.filters.get("config", ""), self._shown()))
        table.empty = tuple(safe(text, 300) for text in tree.empty_words(state))
        if view.current is None and found.keys:
            view.current = found.keys[0]
        if view.current in found.keys and table.cursor_key != view.current:
            table.cursor_key = view.current
            table.refresh()  # the cursor's ground is no part of the lines
        table.set_rows(tree.CARD_COLUMNS if self.layout_name == "cards" else tree.COLUMNS, found)
        view.current = table.cursor_key if found.keys else view.current

    def _shown(self) -> str:
        view = self.view
        file = view.editable()
        if file is not None:
            return shown_path(file, self.console.options.base_dir)
        return view.facts.name if view.facts is not None else ""

    def _draw_words(self) -> None:
        panel = self.query_one("#key-words", LineView)
        room = max(20, panel.content_size.width - 1)
        lines = [part for line in self._words() for part in fold(((" ", "text"), *line), room)]
        panel.show(lines[: max(1, panel.content_size.height)])

    def _words(self) -> list[Line]:
        key = self.view.current
        group = tree.group_of(key)
        if group is not None:
            return section_words(group, self.view.trouble())
        leaf = self.leaf()
        return key_words(leaf) if leaf is not None else []

    def leaf(self) -> tree.Leaf | None:
        """Return the key under the cursor."""
        key = self.view.current
        return next((leaf for leaf in tree.leaves_of(self.console.state) if leaf.path == key), None)

    # -- moving --------------------------------------------------------------------------------------------------

    def table_moved(self, table: GridTable) -> None:
        """The cursor stands on another row."""
        self.view.current = table.cursor_key
        self.refresh_view()

    def sideways(self, by: int) -> bool:
        """Left folds the section, right unfolds it."""
        self.fold_section(shut=by < 0)
        return True

    def fold_section(self, *, shut: bool | None = None) -> None:
        """Fold or unfold the section under the cursor (None: turn it round)."""
        view = self.view
        leaf = self.leaf()
        group = tree.group_of(view.current) or (leaf.group if leaf is not None else "")
        if not group:
            return
        shut = group not in view.folded if shut is None else shut
        view.folded = view.folded | {group} if shut else view.folded - {group}
        if shut:
            view.current = tree.group_key(group)
        self.refresh_view()

    def next_told(self) -> bool:
        """Go to the next key with something said beside it; False when there is none."""
        state, view = self.console.state, self.view
        told = [leaf for leaf in tree.kept(state) if leaf.told]
        if not told:
            return False
        order = [leaf.path for leaf in tree.kept(state)]
        group = tree.group_of(view.current)
        here = next((at for at, leaf in enumerate(tree.kept(state)) if leaf.group == group), 0) - 1 if group else -1
        here = order.index(str(view.current)) if view.current in order else here
        leaf = next((leaf for leaf in told if order.index(leaf.path) > here), told[0])
        view.folded = view.folded - {leaf.group}
        view.current = leaf.path
        self.refresh_view()
        return True

    def take_back(self) -> bool:
        """Drop the filter, then the choice of changed keys."""
        state = self.console.state
        if state.filters.pop("config", ""):
            self.refresh_view()
            return True
        if self.view.only_changed:
            self.view.only_changed = False
            self.refresh_view()
            return True
        return False
