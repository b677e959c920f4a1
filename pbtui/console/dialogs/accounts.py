"""Choosing another account: every bot of this machine, and the entries of api-keys.json that do not run."""

from __future__ import annotations

import asyncio

from textual.app import ComposeResult
from textual.binding import Binding

from pbtui.console.accounts import COLUMNS, Account, Accounts, FindAccounts, about, is_here, rows
from pbtui.console.dialogs.base import Dialog, Words
from pbtui.console.text import Line, safe
from pbtui.console.widgets.grid import GridTable

_AGAIN_S = 2.0
_KEYS: Line = (("enter", "key"), (" open  ", "dim"), ("esc", "key"), (" stay here", "dim"))


class AccountsDialog(Dialog[Account]):
    """Returns the running account to turn to; what runs is looked at again every two seconds."""

    BINDINGS = [  # noqa: RUF012 - Textual's way
        Binding("enter", "choose", "open", show=False, priority=True),
        Binding("down,j,tab", "move(1)", "down", show=False, priority=True),
        Binding("up,k,shift+tab", "move(-1)", "up", show=False, priority=True),
    ]

    def __init__(self, find: FindAccounts) -> None:
        super().__init__("Accounts")
        self._find = find
        self._found = Accounts()
        self._first = True

    def compose_inside(self) -> ComposeResult:
        """The list, and what enter does on the row."""
        yield GridTable(classes="list", markers=False, show_cursor=True)
        yield Words(id="words")

    def on_mount(self) -> None:
        """Look at once, and again and again."""
        super().on_mount()
        table = self.query_one(GridTable)
        table.empty = ("looking for bots and accounts…",)
        table.set_rows(COLUMNS, [])
        table.focus()
        self._again()
        self.set_interval(_AGAIN_S, self._again)

    def _again(self) -> None:
        self.run_worker(self._look(), group="accounts", exclusive=True, exit_on_error=False)

    async def _look(self) -> None:
        self._found = await asyncio.to_thread(self._find)
        table, state = self.query_one(GridTable), self.console.state
        table.empty = ("no bot runs, and api-keys.json names no account",)
        if self._first and self._found.all:
            # Enter at once must change nothing: the cursor begins on what is shown already.
            here = next((each for each in self._found.all if is_here(each, state)), self._found.all[0])
            table.cursor_key, self._first = here.name, False
        table.set_rows(COLUMNS, rows(self._found.all, state))
        self._explain()

    @property
    def _account(self) -> Account | None:
        key = self.query_one(GridTable).cursor_key
        return next((each for each in self._found.all if each.name == key), None)

    def _explain(self) -> None:
        note: list[Line] = [((safe(self._found.note, 300), "warn"),)] if self._found.note else []
        self.show([(), *about(self._account, self.console.state), *note, (), _KEYS])

    def wanted_rows(self) -> int:
        """A head and a row for each."""
        return len(self._found.all) + 1

    def action_move(self, by: int) -> None:
        """Move the cursor."""
        self.query_one(GridTable).move_by(by)
        self._explain()

    def on_grid_table_moved(self) -> None:
        """Say what enter does there."""
        self._explain()

    def on_grid_table_opened(self) -> None:
        """Take the double-clicked account."""
        self.action_choose()

    def action_choose(self) -> None:
        """Take the account under the cursor, if it runs and is another one."""
        account = self._account
        if account is not None and account.running and not is_here(account, self.console.state) and self.rested:
            self.dismiss(account)
