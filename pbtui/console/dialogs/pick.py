"""Choosing a config file: every one below the base folder, found by typing some of its letters."""

from __future__ import annotations

import asyncio
from pathlib import Path

from textual.widgets import Input

from pbtui.console.configs import find_configs, found_names, short_name, shown_path
from pbtui.console.dialogs.find import FindDialog
from pbtui.console.text import safe
from pbtui.console.widgets.columns import Column, Row, cell
from pbtui.console.widgets.grid import GridTable

_COLUMNS = (Column("path", "path", least=20),)


class PickDialog(FindDialog[Path]):
    """Returns the chosen file."""

    ASKS = "type letters of the file's name"
    MOST_TYPED = 80

    def __init__(self, title: str, base_dir: Path) -> None:
        super().__init__(title)
        self._base_dir = base_dir
        self._paths: list[Path] = []
        self._names: list[str] = []

    def on_mount(self) -> None:
        """Find the files."""
        super().on_mount()
        table = self.query_one(GridTable)
        table.empty = ("looking for configs…",)
        table.set_rows(_COLUMNS, [])
        self.run_worker(self._find(), exit_on_error=False)

    async def _find(self) -> None:
        self._paths, self._names = await asyncio.to_thread(self._look)
        where = safe(self._base_dir, 60)
        self.query_one(GridTable).empty = ("no file fits",) if self._paths else (f"no *.json or *.hjson below {where}",)
        self.find(self.query_one(Input).value)

    def _look(self) -> tuple[list[Path], list[str]]:
        found = find_configs(self._base_dir)
        return found, [shown_path(path, self._base_dir) for path in found]

    def find(self, typed: str) -> None:
        """List the files that fit."""
        table = self.query_one(GridTable)
        places = found_names(self._names, typed)
        table.cursor_key = places[0] if places else None
        table.set_rows(_COLUMNS, [Row(at, (cell(safe(short_name(self._names[at]), 200)),)) for at in places])

    def take_row(self) -> None:
        """Take the file under the cursor."""
        table = self.query_one(GridTable)
        if table.rows and isinstance(table.cursor_key, int) and self.rested:
            self.dismiss(self._paths[table.cursor_key])
