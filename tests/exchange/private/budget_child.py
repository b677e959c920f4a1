"""One of several bots of a machine: asks a loopback venue through the shared budget until it has had its answers."""

from __future__ import annotations

import asyncio
import sys
import urllib.request
from pathlib import Path

from pbtui.core.clock import RealClock
from pbtui.exchange.private.budget import Budget
from pbtui.exchange.private.wire import BudgetedCaller
from pbtui.exchange.silence import Silence

PER_MINUTE, COST = 12_000.0, 100.0


async def main(folder: Path, url: str, calls: int) -> None:
    clock = RealClock()
    budget = Budget(clock, PER_MINUTE, reserve=0.0, path=folder / "budget")
    caller = BudgetedCaller("loopback", clock, budget, {"ask": COST}, Silence(clock, folder / "silence"))

    async def ask() -> int:
        return await asyncio.to_thread(lambda: urllib.request.urlopen(url, timeout=60).status)

    for _ in range(calls):
        assert await caller.run("ask", ask) == 200


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
