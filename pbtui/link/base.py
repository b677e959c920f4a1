"""The one interface between a bot and whoever watches or steers it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Literal, Protocol

from pbtui.core.actions import Action, ActionResult, Query
from pbtui.core.fill_pages import FillsPage
from pbtui.core.history import Backlog, HealthReport
from pbtui.core.record import record
from pbtui.core.snapshot import Chart, CoinFacts, ConfigFacts, ModeEffect, PanicPreview, ReloadPreview, Snapshot

Role = Literal["controller", "viewer"]
Wish = Literal["ask", "take", "give"]  # the controls: ask for them, take them by force, hand them over
Reply = Chart | PanicPreview | ModeEffect | ReloadPreview | ConfigFacts | CoinFacts | HealthReport | Backlog | FillsPage


@record
class Seating:
    """Who has the controls, as one console sees it; names are empty where nobody is."""

    role: Role
    holder: str = ""  # who has the controls
    asker: str = ""  # who asks for them
    watchers: int = 0  # consoles without the controls


class Link(Protocol):
    """A connection to one bot; in-process or over the bot's socket."""

    @property
    def latest(self) -> Snapshot | None:
        """The newest snapshot seen, None before the first."""
        ...

    @property
    def role(self) -> Role:
        """Controllers may act; viewers only look."""
        ...

    @property
    def seating(self) -> Seating:
        """Who has the controls, and who asks for them."""
        ...

    def snapshots(self) -> AsyncIterator[Snapshot]:
        """Yield snapshots as they come, skipping those a slow reader missed; ends when the bot or the link ends."""
        ...

    async def act(self, action: Action) -> ActionResult:
        """Ask for an action; a refusal is a result, not an exception. Raises LinkClosed when the bot is gone."""
        ...

    async def ask(self, query: Query) -> Reply:
        """Ask a question; raises LinkClosed, or PbtuiError with the bot's reason."""
        ...

    async def controls(self, wish: Wish) -> ActionResult:
        """Ask for the controls, take them, or hand them over. Raises LinkClosed when the bot is gone."""
        ...

    async def close(self) -> None:
        """Leave the bot running and drop the connection."""
        ...


class BotPort(Protocol):
    """What a bot offers to links; implemented by `live`."""

    @property
    def latest(self) -> Snapshot | None:
        """The newest snapshot."""
        ...

    async def next_snapshot(self, after_seq: int) -> Snapshot | None:
        """Wait for a snapshot newer than `after_seq`; None once the bot has ended."""
        ...

    async def act(self, action: Action) -> ActionResult:
        """Take an action."""
        ...

    async def ask(self, query: Query) -> Reply:
        """Answer a question."""
        ...
