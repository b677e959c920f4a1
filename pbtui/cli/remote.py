"""Reaching a running bot of this machine by its user name."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from pbtui.core.clock import RealClock, within
from pbtui.core.errors import LinkClosed
from pbtui.core.sanitize import sanitize_line
from pbtui.core.snapshot import Snapshot
from pbtui.link.client import SocketLink
from pbtui.link.wire import Want
from pbtui.live import lock

_PATIENCE_S = 10.0


async def connect(info: lock.LockInfo, want: Want, *, take: bool = False) -> SocketLink:
    """Open the socket of a bot; raises LinkClosed when it does not answer."""
    return await SocketLink.connect(Path(info.socket), want=want, who=whoami(), take=take)


def whoami() -> str:
    """Return how this process is called on other screens: its terminal, where it comes from, its number."""
    terminal = "no terminal"
    for fd in (0, 1, 2):
        with suppress(OSError):
            terminal = os.ttyname(fd).removeprefix("/dev/")
            break
    host = os.environ.get("SSH_CONNECTION", "").split(" ")[0]
    return sanitize_line(f"{terminal}{f' from {host}' if host else ''} (pid {os.getpid()})", limit=60)


async def first_snapshot(link: SocketLink) -> Snapshot:
    """Wait for the bot's present picture; raises LinkClosed when none comes in time."""

    async def first() -> Snapshot | None:
        async for found in link.snapshots():
            return found
        return None

    try:
        found = await within(RealClock(), _PATIENCE_S, first())
    except TimeoutError:
        found = None
    if found is None:
        raise LinkClosed("the bot does not answer")
    return found


def sole_user(user: str | None) -> lock.LockInfo:
    """Return the bot called `user`, or the only one running when no name is given; raises as `lock.find`."""
    folder = lock.state_folder()
    return lock.find(folder, user if user is not None else "")
