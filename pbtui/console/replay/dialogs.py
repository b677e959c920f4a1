"""Where to go: a moment that is typed, or a coin that is found by its letters."""

from __future__ import annotations

import re
from collections.abc import Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.widgets import Input

from pbtui.config.dates import parse_date
from pbtui.console.dialogs.base import Choice, Dialog, Words
from pbtui.console.dialogs.confirm import words
from pbtui.console.numbers import utc
from pbtui.console.replay.telling import STAMP
from pbtui.console.text import safe
from pbtui.console.widgets.columns import Column, Row, cell
from pbtui.console.widgets.grid import GridTable

_CLOCK = re.compile(r"\d{1,2}:\d{2}")
_COLUMNS = (Column("coin", "coin", least=8), Column("fills", "fills", ">"))
_ROWS = 12


def moment_of(text: str, now_ms: int) -> int:
    """Return the moment meant by a date, a date with time, or a time of the day of `now_ms`; raises ValueError."""
    typed = text.strip().removesuffix("Z")
    return parse_date(f"{utc(now_ms, '%Y-%m-%d')} {typed}" if _CLOCK.fullmatch(typed) else typed)


class MomentDialog(Dialog[int]):
    """Returns the moment typed, in epoch ms, if it lies between `first_ms` and `last_ms`."""

    def __init__(self, now_ms: int, first_ms: int, last_ms: int) -> None:
        super().__init__("Go to")
        self._now_ms, self._first_ms, self._last_ms = now_ms, first_ms, last_ms

    def compose_inside(self) -> ComposeResult:
        """Words, input, Cancel."""
        yield Words(id="words")
        yield Input(value=utc(self._now_ms, "%Y-%m-%d %H:%M"), max_length=40, compact=True)
        yield self.choices(Choice("cancel", "esc", "Cancel"))

    def on_mount(self) -> None:
        """Say what may be typed."""
        super().on_mount()
        self._tell("A date, a date with a time, or a time of this day (UTC).", "text")

    def focus_first(self) -> None:
        """The moment is typed over the one that is there."""
        field = self.query_one(Input)
        field.focus()
        field.select_all()

    def _tell(self, text: str, ink: str) -> None:
        first, last = utc(self._first_ms, STAMP), utc(self._last_ms, STAMP)
        self.show([*words(text, ink), *words(f"The run goes from {first} to {last}.", "dim")])

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Leave when it is a moment of the run."""
        try:
            found = moment_of(event.value, self._now_ms)
        except (ValueError, OverflowError):
            self._tell(f"{safe(event.value, 40)} is no date or time: write 2025-05-01 12:00, or 12:00.", "warn")
            return
        if self._first_ms <= found <= self._last_ms:
            self.dismiss(found)
        else:
            self._tell(f"{utc(found, STAMP)} is outside of this backtest.", "warn")


class CoinDialog(Dialog[str]):
    """Returns the coin chosen of those a run traded."""

    BINDINGS = [  # noqa: RUF012 - Textual's way
        Binding("down,tab", "move(1)", "down", show=False, priority=True),
        Binding("up,shift+tab", "move(-1)", "up", show=False, priority=True),
        Binding("pagedown", "move(10)", "page down", show=False, priority=True),
        Binding("pageup", "move(-10)", "page up", show=False, priority=True),
    ]

    def __init__(self, coins: Sequence[tuple[str, int]], current: str) -> None:
        super().__init__("Coin")
        self._coins = list(coins)
        self._current = current

    def compose_inside(self) -> ComposeResult:
        """Input and table."""
        yield Input(placeholder="type letters of the coin", max_length=40, compact=True)
        yield GridTable(classes="list", markers=False, show_cursor=True)

    def on_mount(self) -> None:
        """Show all coins."""
        super().on_mount()
        table = self.query_one(GridTable)
        table.can_focus = False
        table.empty = ("no coin fits",)
        table.cursor_key = self._current
        self._fill("")

    def focus_first(self) -> None:
        """Typing goes into the input."""
        self.query_one(Input).focus()

    def _fill(self, typed: str) -> None:
        table = self.query_one(GridTable)
        found = [one for one in self._coins if typed.strip().casefold() in one[0].casefold()]
        rows = [Row(coin, (cell(safe(coin, 40), "strong"), cell(f"{count:,}"))) for coin, count in found]
        table.set_rows(_COLUMNS, rows)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Find."""
        self._fill(event.value)

    def on_input_submitted(self) -> None:
        """Take the coin under the cursor."""
        self._take()

    def on_grid_table_opened(self) -> None:
        """Take the double-clicked coin."""
        self._take()

    def _take(self) -> None:
        table = self.query_one(GridTable)
        if table.rows and isinstance(table.cursor_key, str) and self.rested:
            self.dismiss(table.cursor_key)

    def wanted_rows(self) -> int:
        """A page that does not jump while typing."""
        return min(_ROWS, len(self._coins) + 1)

    def action_move(self, by: int) -> None:
        """Move the cursor."""
        self.query_one(GridTable).move_by(by)
