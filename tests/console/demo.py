"""Look at the console without a bot: `python -m tests.console.demo [starting|live|theme NAME]`."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace

from pbtui.console.app import ConsoleOptions, run_console
from pbtui.core.clock import VirtualClock

from .sample import NOW_MS, ScriptedLink, snapshot, starting


def main() -> None:
    words = sys.argv[1:]
    snap = starting() if "starting" in words else snapshot()
    if "live" in words:
        snap = replace(snap, account=replace(snap.account, kind="live", badge="LIVE", user="main"))
    theme = words[words.index("theme") + 1] if "theme" in words else ""
    clock = VirtualClock(NOW_MS)

    async def run() -> None:
        link = ScriptedLink(snap)
        print(await run_console(link, ConsoleOptions(theme=theme, clock=clock)))

    asyncio.run(run())


if __name__ == "__main__":
    main()
