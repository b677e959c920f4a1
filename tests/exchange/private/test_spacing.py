"""Calls of a method that the venue limits by itself keep their distance, each method for itself."""

from __future__ import annotations

import asyncio
from typing import Any

from pbtui.core.clock import VirtualClock
from pbtui.exchange.private.budget import Budget
from pbtui.exchange.private.wire import BudgetedCaller, Wire


class Client:
    """Notes when it was asked."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self.asked: list[tuple[str, float]] = []

    async def slow(self, _: object) -> str:
        self.asked.append(("slow", round(self._clock.monotonic() - self._began, 3)))
        return "done"

    async def free(self, _: object) -> str:
        self.asked.append(("free", round(self._clock.monotonic() - self._began, 3)))
        return "done"

    def begin(self) -> None:
        self._began = self._clock.monotonic()


async def test_calls_of_a_limited_method_keep_their_distance() -> None:
    clock = VirtualClock()
    client = Client(clock)
    client.begin()

    async def measure() -> None:
        raise AssertionError("nothing is wrong with the clock")

    meanings: dict[str, Any] = {}
    caller = BudgetedCaller("venue", clock, Budget(clock, 600.0, reserve=0.0), {})
    wire = Wire(client, caller, clock, code_of=str, meanings=meanings, measure=measure, spacing={"slow": 0.25})
    names = ("slow", "slow", "free", "slow", "free")
    tasks = [asyncio.create_task(wire.read(name, name)) for name in names]
    for _ in range(20):
        await clock.advance(0.05)
    assert [await task for task in tasks] == ["done"] * 5
    assert sorted(client.asked) == [("free", 0.0), ("free", 0.0), ("slow", 0.0), ("slow", 0.25), ("slow", 0.5)]
    await clock.advance(3.0)
    client.begin()
    assert await wire.write("slow", "slow", {}) == "done"
    assert client.asked[-1] == ("slow", 0.0), "after a while there is nothing to wait for"
