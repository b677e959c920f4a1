"""Turning to another account: the bot in front is left running, and this terminal shows the other one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from pbtui.console.accounts import Account, Accounts, about, is_here, matching, names
from pbtui.console.text import safe

if TYPE_CHECKING:
    from pbtui.console.app import ConsoleApp


class Switching:
    """The action `account`, the command of the same name, and what may follow it."""

    def __init__(self, app: ConsoleApp) -> None:
        self._app = app
        self._known: Accounts | None = None
        self.handlers: dict[str, Callable[[], None]] = {"account": lambda: self._work(self._pick())}

    def typed(self, name: str) -> None:
        """Turn to the account of that name, or say why not."""
        self._work(self._turn_to(name))

    def offered(self) -> list[str]:
        """Return the names that may follow the command; asked for when they are not known yet."""
        if self._known is None:
            self._known = Accounts()
            self._work(self._learn(), "account names")  # never in the way of a command that is carried out
        return names(self._known.all)

    def forget(self) -> None:
        """Ask anew for names when the next command is typed."""
        self._known = None

    async def _learn(self) -> None:
        self._known = await self._find()

    async def _find(self) -> Accounts:
        find = self._app.options.accounts
        return await asyncio.to_thread(find) if find is not None else Accounts()

    async def _pick(self) -> None:
        from pbtui.console.dialogs.accounts import AccountsDialog

        find = self._app.options.accounts
        if find is None:
            self._app.say("accounts: this console knows of no other bots", ink="warn")
            return
        account = await self._app.push_screen_wait(AccountsDialog(find))
        if account is not None:
            self._leave_for(account)

    async def _turn_to(self, name: str) -> None:
        app = self._app
        found = await self._find()
        hits = matching(found.all, name)
        if not hits:
            app.say(f"account: no {safe(name, 40)}; known: {', '.join(names(found.all)) or 'none'}", ink="warn")
        elif len(hits) > 1:
            app.say(f"account: {len(hits)} of that name: {', '.join(safe(each.name, 40) for each in hits)}", ink="warn")
        elif not hits[0].running or is_here(hits[0], app.state):
            app.say("".join(text for line in about(hits[0], app.state) for text, _ in line), ink="warn")
        else:
            self._leave_for(hits[0])

    def _leave_for(self, account: Account) -> None:
        self._app.leave("switch", account.name)

    def _work(self, work: Coroutine[Any, Any, None], group: str = "account") -> None:
        self._app.run_worker(work, group=group, exclusive=True, exit_on_error=False)
