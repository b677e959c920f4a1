"""The log screen of the real app on a log file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from pbtui.core.snapshot import Snapshot

from .sample import snapshot
from .support import Desk, desk

SIZE = (100, 30)


def on_file(path: Path | str, seq: int = 1, **changes: object) -> Snapshot:
    """Return a running bot whose log lies at `path`."""
    snap = snapshot(seq, **changes)
    return replace(snap, account=replace(snap.account, log_path=str(path)))


async def read_log(d: Desk) -> None:
    """Let the log screen read and draw everything there is now."""
    await d.settle()
    await d.app.logs.read_on()
    await d.settle()
    d.app.refresh_views()
    await d.settle()


async def press(d: Desk, *keys: str) -> None:
    """Press keys, letting each search or reading end."""
    for key in keys:
        await d.press(key)
        await d.ended("log-search")
        await read_log(d)


async def ask(d: Desk, key: str, text: str) -> None:
    """Open a prompt, type, and enter."""
    await d.press(key)
    await d.type(text)
    await press(d, "enter")


def cursor_line(d: Desk) -> str:
    """Return the line of the screen the cursor stands on."""
    return next(line for line in d.lines if line[0:2].strip(" │").startswith("›") or "›" in line[:3])


@asynccontextmanager
async def log_screen(
    path: Path | str, size: tuple[int, int] = SIZE, snap: Snapshot | None = None
) -> AsyncIterator[Desk]:
    """Run a console with the log screen open and read."""
    async with desk(snap or on_file(path), size=size) as d:
        await d.press("7")
        await read_log(d)
        yield d
