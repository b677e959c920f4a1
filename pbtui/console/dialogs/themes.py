"""Choosing a theme by looking at it: the screen behind shows the one under the cursor."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.binding import Binding

from pbtui.console.dialogs.base import Dialog, Words
from pbtui.console.text import Line, safe
from pbtui.console.theming.themes import Themes
from pbtui.console.widgets.columns import Column, Row, cell
from pbtui.console.widgets.grid import GridTable

_COLUMNS = (Column("name", "theme"), Column("about", "for", least=8))
_SAMPLE: Line = (
    ("▲+1.2", "up"), (" ", "text"), ("▼-0.8", "down"), (" ", "text"), ("warn", "warn"), (" ", "text"),
    ("bad", "bad"), (" ", "text"), (" PAPER ", "badge_calm"), (" ", "text"), (" LIVE ", "badge_live"),
)  # fmt: skip
_HINT: Line = (("enter", "key"), (" keep  ", "dim"), ("esc", "key"), (" as it was", "dim"))


def theme_rows(themes: Themes) -> list[Row]:
    """Return the themes by name, with what they are for."""
    rows: list[Row] = []
    for name, palette in themes.palettes.items():
        about = safe(palette.about or ("dark" if palette.dark else "light"), 60)
        rows.append(
            Row(name, (cell(name, "strong"), cell(f"yours: {about}" if themes.is_users(name) else about, "dim")))
        )
    return rows


class ThemesDialog(Dialog[str]):
    """Uses the theme under the cursor at once; Enter keeps it, Escape goes back to the one before."""

    BINDINGS = [  # noqa: RUF012 - Textual's way
        Binding("enter", "keep", "keep", show=False),
        Binding("down,j,tab", "move(1)", "down", show=False, priority=True),
        Binding("up,k,shift+tab", "move(-1)", "up", show=False, priority=True),
    ]

    def __init__(self, current: str) -> None:
        super().__init__("Themes")
        self._before = current

    def compose_inside(self) -> ComposeResult:
        """The list, and every ink of the theme under the cursor."""
        yield GridTable(classes="list", header=False, markers=False, show_cursor=True)
        yield Words(id="words")

    def on_mount(self) -> None:
        """Show the themes."""
        super().on_mount()
        table, rows = self.query_one(GridTable), theme_rows(self.console.themes)
        table.cursor_key = self._before
        table.set_rows(_COLUMNS, rows)
        table.focus()
        self.show([(), _SAMPLE, _HINT])

    def wanted_rows(self) -> int:
        """As many as there are."""
        return len(self.console.themes.names)

    def action_move(self, by: int) -> None:
        """Move the cursor."""
        self.query_one(GridTable).move_by(by)

    def on_grid_table_moved(self, message: GridTable.Moved) -> None:
        """Show the theme under the cursor."""
        self._use(message.key)

    def on_grid_table_opened(self) -> None:
        """Keep the double-clicked theme."""
        self.action_keep()

    def _use(self, name: object) -> None:
        if isinstance(name, str) and name in self.console.themes.palettes and name != self.app.theme:
            self.console.use_theme(name)

    def action_keep(self) -> None:
        """Keep the theme under the cursor."""
        self._use(self.query_one(GridTable).cursor_key)
        self.console.say(f"theme {self.app.theme}")
        self.dismiss(self.app.theme)

    def action_leave(self) -> None:
        """Go back to the theme before."""
        self._use(self._before)
        self.dismiss(None)
