"""A link to no bot at all: for consoles that are opened on what is stored."""

from __future__ import annotations

from collections.abc import AsyncIterator

from pbtui.core.actions import Action, ActionResult, Query
from pbtui.core.errors import LinkClosed
from pbtui.core.snapshot import Snapshot
from pbtui.link.base import Reply, Role, Seating, Wish

_WHY = "no bot runs in this console"


class NoBot:
    """Says that there is nobody; nothing can be changed from it."""

    @property
    def latest(self) -> Snapshot | None:
        """Nothing is known."""
        return None

    @property
    def role(self) -> Role:
        """There is nothing to control."""
        return "viewer"

    @property
    def seating(self) -> Seating:
        """Nobody has the controls."""
        return Seating("viewer")

    async def snapshots(self) -> AsyncIterator[Snapshot]:
        """End at once; raises LinkClosed with the reason."""
        raise LinkClosed(_WHY)
        yield  # never reached: it makes this a generator

    async def act(self, action: Action) -> ActionResult:
        """Refuse; raises LinkClosed."""
        raise LinkClosed(_WHY)

    async def ask(self, query: Query) -> Reply:
        """Know nothing; raises LinkClosed."""
        raise LinkClosed(_WHY)

    async def controls(self, wish: Wish) -> ActionResult:
        """Have none; raises LinkClosed."""
        raise LinkClosed(_WHY)

    async def close(self) -> None:
        """There is nothing to drop."""
