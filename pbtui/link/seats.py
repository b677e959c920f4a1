"""Who holds the controls of a bot: one console at a time; the others watch, wait, and may ask for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pbtui.core.actions import ActionResult
from pbtui.link.base import Role, Seating, Wish

Tell = Callable[[Seating], None]


@dataclass(slots=True)
class _Console:
    name: str
    tell: Tell
    waits: bool  # gets the controls when they become free


class Seats:
    """The controls and the queue for them; an owner is any hashable that stands for one console.

    `note` hears in one line whenever the controls pass from one console to another.
    """

    def __init__(self, note: Callable[[str], None] = lambda _: None) -> None:
        self._note = note
        self._consoles: dict[object, _Console] = {}
        self._controller: object | None = None
        self._asker: object | None = None

    def role(self, owner: object) -> Role:
        """Return what `owner` may do now."""
        return "controller" if owner is self._controller else "viewer"

    def seating(self, owner: object) -> Seating:
        """Return how things stand for `owner`."""
        return Seating(
            self.role(owner),
            holder=self._name(self._controller),
            asker=self._name(self._asker),
            watchers=len(self._consoles) - (self._controller is not None),
        )

    def claim(self, owner: object, tell: Tell, *, name: str = "", take: bool = False, waits: bool = True) -> Role:
        """Sit `owner` at the controls if free (or taken by force), else queue it; `tell` hears of later changes.

        A console that does not wait (`waits` false) only watches until it asks.
        """
        self._consoles[owner] = _Console(name, tell, waits)
        if waits and (take or self._controller is None):
            self._seat(owner, "by force" if self._controller is not None else "")
        self._tell_all(but=owner)
        return self.role(owner)

    def wish(self, owner: object, wish: Wish) -> ActionResult:
        """Ask for the controls, take them by force, or give them away; every console hears of it."""
        if owner not in self._consoles:
            return ActionResult(ok=False, text="this connection has no seat", refused=True)
        if wish == "give":
            return self._give(owner)
        if owner is self._controller:
            return ActionResult(ok=True, text="this console has the controls already")
        self._consoles[owner].waits = True
        if wish == "take" or self._controller is None:
            self._seat(owner, "by force" if self._controller is not None else "")
            self._tell_all()
            return ActionResult(ok=True, text="this console has the controls now")
        self._asker = owner
        self._note(f"{self._name(owner)} asks {self._name(self._controller)} for the controls")
        self._tell_all()
        return ActionResult(ok=True, text=f"asked {self._name(self._controller)} for the controls")

    def leave(self, owner: object) -> None:
        """Give up the seat; whoever asked, else the longest-waiting console, gets the controls."""
        if self._consoles.pop(owner, None) is None:
            return
        if owner is self._asker:
            self._asker = None
        if owner is self._controller:
            self._controller = None
            heir = self._heir()
            if heir is not None:
                self._seat(heir, "because the former console left")
        self._tell_all()

    def _give(self, owner: object) -> ActionResult:
        if owner is not self._controller:
            return ActionResult(ok=False, text="this console has not got the controls", refused=True)
        heir = self._heir()
        if heir is None:
            return ActionResult(ok=False, text="nobody waits for the controls", refused=True)
        self._seat(heir, "handed over")
        self._tell_all()
        return ActionResult(ok=True, text=f"handed the controls to {self._name(heir)}")

    def _heir(self) -> object | None:
        if self._asker is not None:
            return self._asker
        return next((o for o, console in self._consoles.items() if console.waits and o is not self._controller), None)

    def _seat(self, owner: object, how: str) -> None:
        former, self._controller = self._controller, owner
        if owner is self._asker:
            self._asker = None
        if former is not None and former in self._consoles:
            # Behind the others: who was relieved is not the next in line.
            self._consoles[former] = self._consoles.pop(former)
        if how:
            self._note(f"{self._name(owner)} has the controls now, {how}")

    def _name(self, owner: object | None) -> str:
        if owner is None:
            return ""
        console = self._consoles.get(owner)
        return (console.name if console is not None else "") or "another console"

    def _tell_all(self, but: object | None = None) -> None:
        for owner, console in list(self._consoles.items()):
            if owner is not but:
                console.tell(self.seating(owner))
