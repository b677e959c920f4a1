"""The accounts an operator may turn to: bots of this machine that run, and entries of api-keys.json that do not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from pbtui.console.state import ViewState
from pbtui.console.text import Line, safe
from pbtui.console.widgets.columns import Column, Row, cell
from pbtui.core.record import record

COLUMNS = (
    Column("account", "account", least=6),
    Column("venue", "venue", rank=1, least=5),
    Column("kind", "kind", rank=2),
    Column("state", "state", least=7),
    Column("config", "config", rank=4, least=8),
    Column("since", "since", rank=3),
    Column("folder", "folder", rank=5, least=10, fill=True),
)
_NAME = 40
_FOLDER = 120
_END = 40


@record
class Account:
    """One account and what is known of its bot; `name` tells a running bot from all others of the machine.

    `start` is the command that starts it where it does not run, or why it cannot be started.
    """

    name: str
    user: str
    exchange: str
    kind: str
    running: bool = False
    pid: int = 0
    config: str = ""
    folder: str = ""
    since_ms: int = 0
    start: str = ""


@record
class Accounts:
    """All that were found; `note` says in one line what could not be read."""

    all: tuple[Account, ...] = ()
    note: str = ""


FindAccounts = Callable[[], Accounts]  # reads files: to be called beside the screen's thread


def is_here(account: Account, state: ViewState) -> bool:
    """Tell whether this console shows that account's bot."""
    return account.running and state.snapshot is not None and account.pid == state.snapshot.account.pid


def matching(accounts: Sequence[Account], typed: str) -> list[Account]:
    """Return the accounts meant by a typed name: unique names first, then users; running bots before others."""
    wanted = typed.strip().casefold()
    found = [each for each in accounts if each.running and each.name.casefold() == wanted]
    found = found or [each for each in accounts if each.user.casefold() == wanted]
    return [each for each in found if each.running] or found


def names(accounts: Sequence[Account]) -> list[str]:
    """Return what may be typed for each account, users where they are unique."""
    users = [each.user for each in accounts]
    return [safe(each.user if users.count(each.user) == 1 else each.name, _NAME) for each in accounts]


def rows(accounts: Sequence[Account], state: ViewState) -> list[Row]:
    """Return a line for each account, the one on this screen marked."""
    shown = zip(accounts, names(accounts), strict=True)
    return [Row(each.name, _cells(each, name, is_here(each, state))) for each, name in shown]


def _cells(each: Account, name: str, here: bool) -> tuple[Line, ...]:
    ink = "text" if each.running else "dim"
    real = each.running and each.kind == "live"
    since = datetime.fromtimestamp(each.since_ms / 1_000, UTC).strftime("%m-%d %H:%MZ") if each.since_ms else ""
    state = cell("● here", "accent") if here else cell("● running", "up") if each.running else cell("○ stopped", "dim")
    return (
        cell(name, "strong" if each.running else "dim"),
        cell(safe(each.exchange, _NAME), ink),
        cell(each.kind.upper() if real else safe(each.kind, 12), "badge_live" if real else ink),
        state,
        cell(safe(each.config, _NAME), ink),
        cell(since, "dim"),
        cell(_end_of(safe(each.folder, _FOLDER)), "dim"),
    )


def _end_of(folder: str) -> str:
    """Return where folders differ."""
    return folder if len(folder) <= _END else f"…{folder[1 - _END :]}"


def about(account: Account | None, state: ViewState) -> list[Line]:
    """Say what enter does on an account, and what becomes of the bot in front."""
    if account is None:
        return [(("no account, and no bot that runs", "dim"),)]
    user = safe(account.user, _NAME)
    if is_here(account, state):
        return [((f"{user} is the one on this screen.", "text"),)]
    if not account.running:
        return [((f"{user} does not run. {safe(account.start, 200)}", "text"),)]
    where = f" of {safe(account.folder, _FOLDER)}" if account.folder else ""
    lines: list[Line] = [(("enter", "key"), (f" opens {user}{where} in this terminal.", "text"))]
    snapshot = state.snapshot
    if snapshot is None or state.link_ended:
        return lines
    former = safe(snapshot.account.user, _NAME)
    how = "goes on as it is" if state.attached else "goes on in the background without a screen, as after Detach"
    return [*lines, ((f"{former} {how}: nothing of it is stopped or cancelled.", "dim"),)]
