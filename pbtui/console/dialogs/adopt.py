"""Taking a backtest's config over: where it would be written, how to start with it, every key that would differ."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from textual.app import ComposeResult
from textual.binding import Binding

from pbtui.console.backtest.adopt import Adoption, change_rows, words_of
from pbtui.console.dialogs.base import Choice, Words
from pbtui.console.dialogs.confirm import ConfirmDialog
from pbtui.console.text import Line
from pbtui.console.widgets.columns import Column
from pbtui.console.widgets.grid import GridTable

_COLUMNS = (
    Column("key", "key", least=16),
    Column("now", "now", least=6),
    Column("then", "then", least=6),
)


class AdoptDialog(ConfirmDialog):
    """Shows an adoption and waits for y; `adoption` is there once it could be prepared."""

    BINDINGS = [  # noqa: RUF012 - Textual's way
        Binding("down,j", "scroll(1)", "down", show=False),
        Binding("up,k", "scroll(-1)", "up", show=False),
        Binding("pagedown", "scroll(10)", "page down", show=False),
        Binding("pageup", "scroll(-10)", "page up", show=False),
    ]

    def __init__(self, prepare: Callable[[], Awaitable[Adoption]], shown: Callable[[Adoption], str]) -> None:
        super().__init__("Use as live config", self._lines, "write the file")
        self._prepare = prepare
        self._shown = shown
        self._n_rows = 0
        self.adoption: Adoption | None = None

    def compose_inside(self) -> ComposeResult:
        """Words, the keys that differ, then y and Cancel."""
        yield Words(id="words")
        yield GridTable(id="changes", classes="list", markers=False, show_cursor=True)
        yield self.choices(
            Choice("confirm", "y", "write the file", "warn", focusable=False), Choice("cancel", "esc", "Cancel")
        )

    def on_mount(self) -> None:
        """Prepare it."""
        box, table = self.query_one("#box"), self.query_one(GridTable)
        box.styles.width = min(self.app.size.width - 4, 110)
        table.styles.height = 0
        table.can_focus = False
        super().on_mount()
        self.show([(("comparing with the config in use…", "dim"),)])

    async def _lines(self) -> list[Line]:
        self.adoption = await self._prepare()
        lines, rows = words_of(self.adoption, self._shown(self.adoption)), change_rows(self.adoption)
        table = self.query_one(GridTable)
        self._n_rows = len(rows)
        table.set_rows(_COLUMNS, rows)
        return lines

    def wanted_rows(self) -> int:
        """The keys that differ, under their titles."""
        return self._n_rows + 1 if self._n_rows else 0

    def action_scroll(self, by: int) -> None:
        """Move through the keys."""
        self.query_one(GridTable).move_by(by)
