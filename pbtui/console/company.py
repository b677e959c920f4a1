"""What a console owes to others: who has the controls, what happened before it came, how the loop does."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from pbtui.console.actions import label_of
from pbtui.console.dialogs.confirm import ConfirmDialog, words
from pbtui.console.dialogs.health import HealthDialog
from pbtui.console.state import MOST_EVENTS, ViewState
from pbtui.console.text import Line, safe
from pbtui.core.actions import BacklogQuery, HealthQuery
from pbtui.core.errors import PbtuiError
from pbtui.core.history import Backlog, Equity, HealthReport
from pbtui.core.snapshot import EventRow
from pbtui.link.base import Seating, Wish

if TYPE_CHECKING:
    from pbtui.console.app import ConsoleApp

_ASKED_S = 60.0  # so long a second press of the key takes the controls
_POINTS = 200


class Company:
    """Handlers of the actions about other consoles and the loop; `tick` says what changed."""

    def __init__(self, app: ConsoleApp) -> None:
        self._app = app
        self._seating: Seating | None = None
        self._asked_at = float("-inf")
        self.handlers: dict[str, Callable[[], None]] = {
            "controls": lambda: self._work(self.controls()),
            "health": lambda: self._app.push_screen(HealthDialog(self._health)) and None,
        }

    def arrive(self) -> None:
        """Ask an attached bot for what happened before this console came."""
        self._seating = self._app.link.seating
        if self._app.options.attached:
            self._work(self._fetch())

    def tick(self) -> None:
        """Say who has the controls when that changed."""
        now, before = self._app.link.seating, self._seating
        if before is None or now == before:
            return
        self._seating = now
        text = told(before, now)
        if text:
            self._app.say(safe(text, 160), ink="warn")

    async def controls(self) -> None:
        """Hand the controls over, or ask for them; asked twice, take them after a y."""
        app, seating = self._app, self._app.link.seating
        if seating.role == "controller":
            await self._wish("give")
            return
        if app.clock.monotonic() - self._asked_at > _ASKED_S or not seating.holder:
            self._asked_at = app.clock.monotonic()
            await self._wish("ask", f"; {label_of('controls')} again takes them")
            return

        async def ask() -> list[Line]:
            return words(f"{seating.holder} has the controls, and will only watch from then on.")

        if await app.push_screen_wait(ConfirmDialog("Take the controls", ask, "take them")):
            await self._wish("take")

    async def _wish(self, wish: Wish, more: str = "") -> None:
        try:
            result = await self._app.link.controls(wish)
        except PbtuiError as error:
            self._app.say(error.line(), ink="bad")
            return
        had = self._app.link.role == "controller"
        self._app.say(
            safe(result.text + (more if result.ok and not had else ""), 160), ink="text" if result.ok else "warn"
        )

    async def _fetch(self) -> None:
        try:
            found = await self._app.link.ask(BacklogQuery(events=MOST_EVENTS, points=0))
        except PbtuiError:
            return  # the link says itself why it is gone
        if isinstance(found, Backlog):
            put_before(self._app.state, found.events)
            self._app.refresh_views()

    async def _health(self) -> tuple[HealthReport, Equity]:
        report = await self._app.link.ask(HealthQuery())
        backlog = await self._app.link.ask(BacklogQuery(events=0, points=_POINTS))
        if not isinstance(report, HealthReport) or not isinstance(backlog, Backlog):
            raise PbtuiError("the bot does not tell its health")
        return report, backlog.equity

    def _work(self, work: Coroutine[Any, Any, None]) -> None:
        self._app.run_worker(work, group="company", exit_on_error=False)


def put_before(state: ViewState, rows: tuple[EventRow, ...]) -> None:
    """Put older events before those that are known; what came in between is not told twice."""
    first = state.events[0].seq if state.events else float("inf")
    room = MOST_EVENTS - len(state.events)
    older = [row for row in rows if row.seq < first]
    state.events.extendleft(reversed(older[max(0, len(older) - room) :]))


def told(before: Seating, now: Seating) -> str:
    """Return what a change of seating means to this console, "" if nothing."""
    if now.role != before.role:
        if now.role == "controller":
            return "this console has the controls now"
        return f"{now.holder or 'another console'} has the controls now; this one only watches"
    if now.asker and now.asker != before.asker and now.role == "controller":
        return f"{now.asker} asks for the controls: {label_of('controls')} hands them over"
    if now.role == "viewer" and now.holder != before.holder:
        return (
            f"{now.holder} has the controls now"
            if now.holder
            else f"nobody has the controls: {label_of('controls')} takes them"
        )
    return ""
