"""What the console's account picker shows: bots that run on this machine, and accounts of a folder that do not."""

from __future__ import annotations

from pathlib import Path

from pbtui.console.accounts import Account, Accounts
from pbtui.core.errors import PbtuiError
from pbtui.core.sanitize import sanitize_line
from pbtui.live import lock

_NAME = 60
_PAPER = "paper"


def find_accounts(base_dir: Path) -> Accounts:
    """Return every running bot, then the accounts of `base_dir` without one; reads files, asks no venue."""
    try:
        bots = list(lock.running(lock.state_folder()))
    except (PbtuiError, OSError) as error:
        return Accounts(note=_line(error))
    base = base_dir.resolve()
    running = [_bot(bot) for bot in bots]
    here = {bot.user for bot in bots if Path(bot.run_dir).parent.parent == base}
    kept, note = _kept(base_dir)
    stopped = [each for each in kept if each.user not in here]
    if not any(bot.kind != "live" for bot in bots):
        start = "`pbtui` starts it, in another terminal."
        stopped.append(Account(_PAPER, _PAPER, "", "paper", folder=str(base), start=start))
    return Accounts((*running, *stopped), note)


def _bot(bot: lock.LockInfo) -> Account:
    return Account(
        name=bot.name,
        user=sanitize_line(bot.user, limit=_NAME),
        exchange=sanitize_line(bot.exchange, limit=_NAME),
        kind=bot.kind,
        running=True,
        pid=bot.pid,
        config=sanitize_line(bot.config_name, limit=_NAME),
        folder=sanitize_line(Path(bot.run_dir).parent.parent, limit=300),
        since_ms=bot.started_ms,
    )


def _kept(base_dir: Path) -> tuple[list[Account], str]:
    """Return the accounts of a folder's keys by name and venue alone, and why they cannot be read."""
    from pbtui.config.accounts import load_accounts
    from pbtui.config.sealed_keys import sealed_path

    path = base_dir / "api-keys.json"
    if sealed_path(path).is_file():
        return [], f"{sealed_path(path).name} is under a passphrase: accounts that do not run are not listed"
    if not path.is_file():
        return [], ""
    try:
        accounts = load_accounts(path)
    except (PbtuiError, OSError) as error:
        return [], _line(error)
    found: list[Account] = []
    for account in accounts.values():
        user = sanitize_line(account.user, limit=_NAME)
        start = f"`pbtui CONFIG -u {user}` starts it, in another terminal."
        if not account.usable:
            start = "Its entry in api-keys.json has no keys."
        folder = sanitize_line(base_dir.resolve(), limit=300)
        exchange = sanitize_line(account.exchange, limit=_NAME)
        found.append(Account(user, user, exchange, "live", folder=folder, start=start))
    return found, ""


def _line(error: PbtuiError | OSError) -> str:
    return error.line() if isinstance(error, PbtuiError) else sanitize_line(error, limit=200)
