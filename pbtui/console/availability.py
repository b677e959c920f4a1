"""Why an action cannot be taken now: the same words in footer, help, palette and when its key is pressed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pbtui.console.actions import ConsoleAction, label_of
from pbtui.console.state import ViewState
from pbtui.console.text import safe

ENDED = frozenset({"stopped", "finished"})


def _snapshot(state: ViewState, action: ConsoleAction) -> str:
    return "" if state.snapshot else "nothing is known of the bot yet"


def _target(state: ViewState, action: ConsoleAction) -> str:
    if not state.targets():
        return "no coin on this row"
    if action.id == "mode.panic" and len(state.targets()) > 1:
        return f"{len(state.targets())} rows selected: {_panic()}"
    return ""


def _panic() -> str:
    return f"{label_of('mode.panic')} closes one coin and side, {label_of('panic.all')} closes everything"


def _rows(state: ViewState, action: ConsoleAction) -> str:
    return "" if state.snapshot and (state.snapshot.positions or state.snapshot.modes) else "no rows yet"


def _undo(state: ViewState, action: ConsoleAction) -> str:
    return "" if state.undo_ready else "nothing to take back"


def _stepped(state: ViewState, action: ConsoleAction) -> str:
    kind = state.snapshot.account.kind if state.snapshot else ""
    return "" if kind in ("replay", "synthetic") else "only replays and invented markets change speed"


def _open(state: ViewState, action: ConsoleAction) -> str:
    return "" if state.panel == "events" or state.current else "no coin on this row"


def _sortable(state: ViewState, action: ConsoleAction) -> str:
    return "" if state.panel in state.sorts else "this panel has one order only"


def _stock(state: ViewState, action: ConsoleAction) -> str:
    return "" if state.place == "candles" else f"only on the Candles screen ({label_of('screen.candles')})"


def _held(state: ViewState, action: ConsoleAction) -> str:
    return "" if state.candles.targets() else "no candles on this row"


def _busy(state: ViewState, action: ConsoleAction) -> str:
    return "" if state.candles.busy_with() else "nothing runs"


def _stops() -> str:
    return f"{label_of('candles.stop')} stops it"


def _no_download(state: ViewState, action: ConsoleAction) -> str:
    return f"a download runs already: {_stops()}" if state.candles.fetch.running else ""


def _no_check(state: ViewState, action: ConsoleAction) -> str:
    return f"a check runs already: {_stops()}" if state.candles.check.running else ""


def _no_delete(state: ViewState, action: ConsoleAction) -> str:
    view = state.candles
    fetching = view.fetch.running and any(pair in view.fetch.rows or not view.fetch.rows for pair in view.targets())
    return f"a download of it runs: {_stops()}" if fetching else "files are being deleted" if view.deleting else ""


def _filterable(state: ViewState, action: ConsoleAction) -> str:
    unlisted = state.place in ("backtest", "pareto") and state.panel not in state.sorts
    return "this panel has no list to filter" if unlisted else ""


def _log(state: ViewState, action: ConsoleAction) -> str:
    return "" if state.place == "log" else f"only on the Log screen ({label_of('screen.log')})"


def _lines(state: ViewState, action: ConsoleAction) -> str:
    return "" if len(state.log.index) else "no lines yet"


def _searched(state: ViewState, action: ConsoleAction) -> str:
    return "" if state.log.search is not None else "nothing is searched for: / asks what"


def _trials(state: ViewState, action: ConsoleAction) -> str:
    return "" if state.place == "backtest" else f"only on the Backtest screen ({label_of('screen.backtest')})"


def _runnable(state: ViewState, action: ConsoleAction) -> str:
    form = state.backtest.form
    return f"the config cannot be used: {form.problem}" if form.problem else ""


def _config(state: ViewState, action: ConsoleAction) -> str:
    return "" if state.place == "config" else f"only on the Config screen ({label_of('screen.config')})"


def _fills(state: ViewState, action: ConsoleAction) -> str:
    return "" if state.place == "fills" else f"only on the Fills screen ({label_of('screen.fills')})"


def _replay(state: ViewState, action: ConsoleAction) -> str:
    if state.place != "replay":
        return "only on the screen of a replay"
    return "" if state.replay.replay is not None else state.replay.problem or "the replay is being opened"


def _config_file(state: ViewState, action: ConsoleAction) -> str:
    if state.config.editing:
        return "an editor is open already"
    return "" if state.config.editable() else "it stands in no file"


def _under_way(state: ViewState, action: ConsoleAction) -> str:
    return "" if state.backtest.running() else "nothing runs"


def _finished(state: ViewState, action: ConsoleAction) -> str:
    job = state.backtest.job()
    if job is not None and job.folder is None:
        return "it has not finished" if job.running else "it left no result"
    return "" if state.backtest.folder() is not None else "no run on this row"


def _single(state: ViewState, action: ConsoleAction) -> str:
    reason = _finished(state, action)
    if reason:
        return reason
    run = state.backtest.runs.get(state.backtest.folder() or Path())
    if run is not None and run.kind == "suite":
        return "a suite: choose one of its runs"
    return "its result is damaged" if run is not None and run.problem else ""


def _hunts(state: ViewState, action: ConsoleAction) -> str:
    return "" if state.place == "optimize" else f"only on the Optimize screen ({label_of('screen.optimize')})"


def _searchable(state: ViewState, action: ConsoleAction) -> str:
    form = state.optimize.form
    return f"the config cannot be used: {form.problem}" if form.problem else ""


def _searching(state: ViewState, action: ConsoleAction) -> str:
    return "" if state.optimize.running() else "nothing runs"


def _front(state: ViewState, action: ConsoleAction) -> str:
    search = state.optimize.search()
    there = bool(state.pareto.names()) if state.place == "pareto" else search is not None and search.points is not None
    return "" if there else "there is no front yet"


def _fronts(state: ViewState, action: ConsoleAction) -> str:
    return "" if state.place == "pareto" else f"only on the Pareto screen ({label_of('screen.pareto')})"


def _member(state: ViewState, action: ConsoleAction) -> str:
    return "" if state.pareto.chosen() is not None else "no member is chosen"


CONDITIONS: dict[str, Callable[[ViewState, ConsoleAction], str]] = {
    "snapshot": _snapshot,
    "target": _target,
    "rows": _rows,
    "undo": _undo,
    "stepped": _stepped,
    "open": _open,
    "sortable": _sortable,
    "stock": _stock,
    "held": _held,
    "busy": _busy,
    "no_download": _no_download,
    "no_check": _no_check,
    "no_delete": _no_delete,
    "filterable": _filterable,
    "log": _log,
    "lines": _lines,
    "searched": _searched,
    "trials": _trials,
    "runnable": _runnable,
    "config": _config,
    "fills": _fills,
    "replay": _replay,
    "config_file": _config_file,
    "under_way": _under_way,
    "hunts": _hunts,
    "searchable": _searchable,
    "searching": _searching,
    "front": _front,
    "fronts": _fronts,
    "member": _member,
    "finished": _finished,
    "single": _single,
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
        return f"read-only: {label_of('lock')} and the account name unlock it"
    if snapshot is None:
        return "nothing is known of the bot yet"
    if snapshot.health.state in ENDED:
        return f"the bot has {snapshot.health.state}"
    return ""
