"""What runs on this machine, and what bots that were killed have left: locks and sockets without a holder."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from pbtui.cli.checks.finding import Asked, Finding, ok, warn
from pbtui.cli.checks.folders import state_folder
from pbtui.core.sanitize import sanitize_line

_AREA = "bots"


def look(asked: Asked) -> Iterator[Finding]:
    """Yield the running bots, and every lock or socket that belongs to none of them."""
    del asked
    yield from look_in(state_folder())


def look_in(folder: Path) -> Iterator[Finding]:
    """Do so for a folder of locks."""
    if sys.platform == "win32":
        return  # bots don't run there
    if not folder.is_dir():
        yield ok(_AREA, "running", "none has run yet")
        return
    from pbtui.live import lock

    bots = list(lock.running(folder))
    for bot in bots:
        text = f"{bot.user} on {bot.exchange}, pid {bot.pid}"
        if Path(bot.socket).exists():
            yield ok(_AREA, "running", text)
        else:
            yield warn(_AREA, "running", f"{text}: its socket {bot.socket} is gone", f"stop it with: kill {bot.pid}")
    held = {f"{bot.name}.lock" for bot in bots}
    sockets = {Path(bot.socket).name for bot in bots}
    orphans = [path for path in sorted(folder.glob("*.lock")) if path.name not in held]
    orphans += [path for path in sorted(folder.glob("*.sock")) if path.name not in sockets]
    for path in orphans:
        shown = sanitize_line(path, limit=300)
        yield warn(_AREA, "leftover", f"{shown} is of a bot that ended without a farewell", f"harmless; rm {shown}")
    if not bots:
        yield ok(_AREA, "running", "none")
