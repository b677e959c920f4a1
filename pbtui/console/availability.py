"""Why an action cannot be taken now: the same words in footer, help, palette and when its key is pressed."""

from __future__ import annotations

from collections.abc import Callable

from pbtui.console.actions import LATER, ConsoleAction
from pbtui.console.state import ViewState
from pbtui.console.text import safe

ENDED = frozenset({"stopped", "finished"})


def _snapshot(state: ViewState, action: ConsoleAction) -> str:
    return "" if state.snapshot else "nothing is known of the bot yet"


def _target(state: ViewState, action: ConsoleAction) -> str:
    if not state.targets():
        return "no coin on this row"
    if action.id == "mode.panic" and len(state.targets()) > 1:
        return f"{len(state.targets())} rows selected: p closes one coin and side, P closes everything"
    return ""


def _rows(state: ViewState, action: ConsoleAction) -> str:
    return "" if state.snapshot and (state.snapshot.positions or state.snapshot.modes) else "no rows yet"


def _undo(state: ViewState, action: ConsoleAction) -> str:
    return "" if state.undo_ready else "nothing to take back"


def _stepped(state: ViewState, action: ConsoleAction) -> str:
    kind = state.snapshot.account.kind if state.snapshot else ""
    return "" if kind in ("replay", "synthetic") else "only replays and invented markets change speed"


def _later(state: ViewState, action: ConsoleAction) -> str:
    return f"{LATER[action.id]} comes with a later version"


def _open(state: ViewState, action: ConsoleAction) -> str:
    return "" if state.panel == "events" or state.current else "no coin on this row"


def _sortable(state: ViewState, action: ConsoleAction) -> str:
    return "" if state.panel in state.sorts else "this panel has one order only"


CONDITIONS: dict[str, Callable[[ViewState, ConsoleAction], str]] = {
    "snapshot": _snapshot,
    "target": _target,
    "rows": _rows,
    "undo": _undo,
    "stepped": _stepped,
    "later": _later,
    "open": _open,
    "sortable": _sortable,
}


def why_not(action: ConsoleAction, state: ViewState) -> str:
    """Return why `action` is not possible now, empty when it is."""
    if action.acts:
        reason = _acting(state)
        if reason:
            return reason
    for name in action.needs:
        reason = CONDITIONS[name](state, action)
        if reason:
            return reason
    return ""


def _acting(state: ViewState) -> str:
    snapshot = state.snapshot
    if state.link_ended:
        return f"the bot is gone: {safe(state.link_ended)}"
    if state.role != "controller":
        return "another console has the controls; this one only watches"
    if state.locked:
        return "read-only: R and the account name unlock it"
    if snapshot is None:
        return "nothing is known of the bot yet"
    if snapshot.health.state in ENDED:
        return f"the bot has {snapshot.health.state}"
    return ""
