"""Choosing a config file: every one below the base folder, found by typing some of its letters."""

from __future__ import annotations

import asyncio
from pathlib import Path

from textual.app import ComposeResult
from textual.binding import Binding
from textual.widgets import Input

from pbtui.console.candles.configs import find_configs, found_names, shown_path
from pbtui.console.dialogs.base import Dialog
from pbtui.console.text import safe
from pbtui.console.widgets.columns import Column, Row, cell
from pbtui.console.widgets.grid import GridTable

_COLUMNS = (Column("path", "path", least=20),)
_ROWS = 14


class PickDialog(Dialog[Path]):
    """Returns the chosen file."""

    BINDINGS = [  # noqa: RUF012 - Textual's way
        Binding("down,tab", "move(1)", "down", show=False, priority=True),
        Binding("up,shift+tab", "move(-1)", "up", show=False, priority=True),
        Binding("pagedown", "move(10)", "page down", show=False, priority=True),
        Binding("pageup", "move(-10)", "page up", show=False, priority=True),
    ]

    def __init__(self, title: str, base_dir: Path) -> None:
        super().__init__(title)
        self._base_dir = base_dir
        self._paths: list[Path] = []
        self._names: list[str] = []

    def compose_inside(self) -> ComposeResult:
        """Input and table."""
        yield Input(placeholder="type letters of the file's name", max_length=80, compact=True)
        yield GridTable(classes="list", header=False, markers=False, show_cursor=True)

    def on_mount(self) -> None:
        """Find the files."""
        super().on_mount()
        table = self.query_one(GridTable)
        table.can_focus = False
        table.empty = ("looking for configs…",)
        table.set_rows(_COLUMNS, [])
        self.run_worker(self._find(), exit_on_error=False)

    async def _find(self) -> None:
        self._paths, self._names = await asyncio.to_thread(self._look)
        where = safe(self._base_dir, 60)
        self.query_one(GridTable).empty = ("no file fits",) if self._paths else (f"no *.json or *.hjson below {where}",)
        self._fill(self.query_one(Input).value)

    def _look(self) -> tuple[list[Path], list[str]]:
        found = find_configs(self._base_dir)
        return found, [shown_path(path, self._base_dir) for path in found]

    def focus_first(self) -> None:
        """Typing goes into the input."""
        self.query_one(Input).focus()

    def _fill(self, typed: str) -> None:
        table = self.query_one(GridTable)
        places = found_names(self._names, typed)
        table.cursor_key = places[0] if places else None
        table.set_rows(_COLUMNS, [Row(at, (cell(safe(self._names[at], 200)),)) for at in places])

    def on_input_changed(self, event: Input.Changed) -> None:
        """Find."""
        self._fill(event.value)

    def on_input_submitted(self) -> None:
        """Take the file under the cursor."""
        self._take()

    def on_grid_table_opened(self) -> None:
        """Take the double-clicked file."""
        self._take()

    def _take(self) -> None:
        table = self.query_one(GridTable)
        if table.rows and isinstance(table.cursor_key, int) and self.rested:
            self.dismiss(self._paths[table.cursor_key])

    def wanted_rows(self) -> int:
        """A page that does not jump while typing."""
        return _ROWS

    def action_move(self, by: int) -> None:
        """Move the cursor."""
        self.query_one(GridTable).move_by(by)
