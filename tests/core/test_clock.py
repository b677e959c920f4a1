from __future__ import annotations

import asyncio

import pytest

from pbtui.core.clock import RealClock, VirtualClock, settle, within


async def test_sleepers_wake_in_order_of_their_deadline() -> None:
    clock = VirtualClock(start_ms=1_000)
    woken: list[tuple[str, int]] = []

    async def sleeper(name: str, seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append((name, clock.now_ms()))

    tasks = [asyncio.create_task(sleeper(n, s)) for n, s in (("c", 3), ("a", 1), ("b", 2))]
    await clock.advance(2.5)
    assert woken == [("a", 2_000), ("b", 3_000)]
    await clock.advance(1)
    assert woken[-1] == ("c", 4_000)
    assert clock.now_ms() == 4_500
    await asyncio.gather(*tasks)


async def test_a_chain_of_sleeps_runs_within_one_advance() -> None:
    clock = VirtualClock()
    ticks: list[float] = []

    async def loop() -> None:
        for _ in range(5):
            await clock.sleep(1)
            ticks.append(clock.monotonic())

    task = asyncio.create_task(loop())
    await clock.advance(10)
    assert ticks == [1, 2, 3, 4, 5]
    await task


async def test_within_gives_the_result_or_times_out() -> None:
    clock = VirtualClock()

    async def answer(seconds: float) -> int:
        await clock.sleep(seconds)
        return 7

    quick = asyncio.create_task(within(clock, 5, answer(1)))
    slow = asyncio.create_task(within(clock, 5, answer(9)))
    await clock.advance(6)
    await settle()
    assert await quick == 7
    with pytest.raises(TimeoutError):
        await slow


def test_the_seed_decides_the_jitter() -> None:
    assert VirtualClock(seed=3).uniform(0, 1) == VirtualClock(seed=3).uniform(0, 1)
    assert RealClock(seed=3).uniform(0, 1) == RealClock(seed=3).uniform(0, 1)
    assert RealClock().now_ms() > 0
