"""The link of a console that lives in the bot's own process."""

from __future__ import annotations

from collections.abc import AsyncIterator

from pbtui.core.actions import Action, ActionResult, Query
from pbtui.core.errors import LinkClosed
from pbtui.core.snapshot import Snapshot
from pbtui.link.base import BotPort, Reply, Role, Seating, Wish
from pbtui.link.seats import Seats


class LocalLink:
    """Hands snapshots and actions over without copying them; see `link.base.Link`."""

    def __init__(self, bot: BotPort, seats: Seats) -> None:
        self._bot = bot
        self._seats = seats
        seats.claim(self, self._hear, name="the bot's own screen")
        self._seating = seats.seating(self)
        self._closed = False

    def _hear(self, seating: Seating) -> None:
        self._seating = seating

    @property
    def latest(self) -> Snapshot | None:
        """The newest snapshot of the bot."""
        return self._bot.latest

    @property
    def role(self) -> Role:
        """Controller unless another console took the controls."""
        return self._seating.role

    @property
    def seating(self) -> Seating:
        """Who has the controls, and who asks for them."""
        return self._seating

    async def snapshots(self) -> AsyncIterator[Snapshot]:
        """Yield snapshots, the newest first of all; ends when the bot ends or the link is closed."""
        seq = -1
        while not self._closed:
            found = await self._bot.next_snapshot(seq)
            if found is None:
                return
            seq = found.seq
            yield found

    async def act(self, action: Action) -> ActionResult:
        """Pass an action to the bot; a viewer's is refused. Raises LinkClosed after `close`."""
        if self._closed:
            raise LinkClosed("this console has left the bot")
        if self.role != "controller":
            return ActionResult(ok=False, text="another console has the controls; this one only watches", refused=True)
        return await self._bot.act(action)

    async def ask(self, query: Query) -> Reply:
        """Pass a question to the bot. Raises LinkClosed after `close`."""
        if self._closed:
            raise LinkClosed("this console has left the bot")
        return await self._bot.ask(query)

    async def controls(self, wish: Wish) -> ActionResult:
        """Ask for the controls, take them, or hand them over. Raises LinkClosed after `close`."""
        if self._closed:
            raise LinkClosed("this console has left the bot")
        return self._seats.wish(self, wish)

    async def close(self) -> None:
        """Leave the bot running; the controls become free."""
        if not self._closed:
            self._closed = True
            self._seats.leave(self)
