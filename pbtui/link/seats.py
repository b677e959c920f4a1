"""Who holds the controls of a bot: one console at a time, the others watch and wait."""

from __future__ import annotations

from collections.abc import Callable

from pbtui.link.base import Role


class Seats:
    """The controls and the queue for them; an owner is any hashable that stands for one console."""

    def __init__(self) -> None:
        self._controller: object | None = None
        self._waiting: dict[object, Callable[[Role], None]] = {}
        self._told: dict[object, Callable[[Role], None]] = {}

    def role(self, owner: object) -> Role:
        """Return what `owner` may do now."""
        return "controller" if owner is self._controller else "viewer"

    def claim(self, owner: object, tell: Callable[[Role], None], *, take: bool = False) -> Role:
        """Sit `owner` at the controls if free (or taken by force), else queue it; `tell` hears of later changes."""
        self._told[owner] = tell
        if self._controller is None:
            self._controller = owner
        elif take:
            former, self._controller = self._controller, owner
            self._waiting[former] = self._told[former]
            self._told[former]("viewer")
        else:
            self._waiting[owner] = tell
        return self.role(owner)

    def leave(self, owner: object) -> None:
        """Give up the seat; the longest-waiting console gets the controls."""
        self._waiting.pop(owner, None)
        self._told.pop(owner, None)
        if owner is not self._controller:
            return
        self._controller = next(iter(self._waiting), None)
        if self._controller is not None:
            self._waiting.pop(self._controller)("controller")
