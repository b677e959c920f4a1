"""The console under load, run by tests/bench/console.py in a terminal of its own: 150 rows and 20 log lines a second.

Usage: python tests/bench/console_load.py SECONDS RESULT.json
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import resource
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import uvloop

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from pbtui.console.app import ConsoleApp, ConsoleOptions, run_console  # noqa: E402
from pbtui.core.clock import RealClock  # noqa: E402
from pbtui.core.snapshot import EventRow, LoopHealth, Snapshot  # noqa: E402
from pbtui.live.lag import LagMeter  # noqa: E402
from pbtui.live.memory import rss_mb  # noqa: E402
from tests.console.sample import ScriptedLink  # noqa: E402
from tests.console.test_cost import crowd  # noqa: E402

_PER_SECOND, _LINES = 4, 5


class Crowded(ScriptedLink):
    """Publishes four snapshots a second of 150 coins, with five new events each."""

    def __init__(self, seconds: float) -> None:
        first = self.picture(1)
        super().__init__(first)
        self._seconds = seconds

    @staticmethod
    def picture(seq: int) -> Snapshot:
        numbers = range(max(0, seq * _LINES - 200), seq * _LINES)
        rows = tuple(
            EventRow(1_747_224_224_000 + n * 50, 1, "order", f"C{n % 150}", f"created buy {n} @ {n / 7:.4f}, sell", n)
            for n in numbers
        )
        return replace(crowd(seq), seq=seq, events=rows)

    async def snapshots(self) -> AsyncIterator[Snapshot]:
        for seq in range(1, round(self._seconds * _PER_SECOND)):
            self._latest = self.picture(seq)
            yield self._latest
            await asyncio.sleep(1 / _PER_SECOND)


async def main(seconds: float) -> dict[str, Any]:
    link, meter = Crowded(seconds), LagMeter(RealClock())
    meter.start()
    apps: list[ConsoleApp] = []
    asyncio.get_running_loop().call_later(2.0, gc.freeze)
    used: list[float] = []

    def settled() -> None:
        # Loading and the first picture are measured elsewhere.
        meter.forget()
        used.append(_cpu())

    asyncio.get_running_loop().call_later(3.0, settled)

    def leave() -> None:
        meter.close()
        used.append(_cpu())
        apps[0].leave("detach")

    asyncio.get_running_loop().call_later(seconds - 0.5, leave)
    await run_console(link, ConsoleOptions(), on_app=apps.append)
    health = meter.fill(LoopHealth())
    return {
        "lag_p50_ms": health.loop_lag_p50_ms,
        "lag_p99_ms": health.loop_lag_ms,
        "lag_max_ms": health.loop_lag_max_ms,
        "cpu": (used[1] - used[0]) / (seconds - 3.5),
        "rss_mb": rss_mb(),
        "stalls": [f"{stall.late_ms:.0f} ms {stall.where}" for stall in meter.stalls],
    }


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    os.chdir(ROOT)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        found = runner.run(main(float(sys.argv[1])))
    Path(sys.argv[2]).write_text(json.dumps(found))
