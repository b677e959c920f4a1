"""A turn of many coins lets keys and screens in before it decides, and what is said then counts."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from live_support import settings, stepped

from pbtui.core.snapshot import Snapshot
from pbtui.live.publish import rows_of


async def test_what_is_said_during_a_turn_is_in_its_decision(tmp_path: Path) -> None:
    run = await stepped(tmp_path, settings())
    assert await run.venue.step_minute()
    heard: list[int] = []
    asyncio.get_running_loop().call_soon(lambda: (heard.append(1), run.bot.core.store.set_paused(True)))
    turn = await run.bot.core.turn()
    assert heard
    assert turn.decision.plan.ideal.orders
    assert turn.sent.created == 0
    run.bot.core.store.set_paused(False)
    assert (await run.bot.core.turn()).sent.created > 0
    await run.venue.close()


async def test_orders_are_counted_per_coin_and_side(tmp_path: Path) -> None:
    run = await stepped(tmp_path, settings())
    await run.minutes(3)
    found = rows_of(run.bot.core)
    counts = {(row.symbol, row.pside): row.n_orders for row in found.positions()}
    resting = [(order.symbol, order.pside) for order in run.bot.core.observer.account.orders]
    assert sum(counts.values()) == len(resting) > 0
    assert all(counts[key] == resting.count(key) for key in counts)
    await run.venue.close()


async def test_a_picture_waits_for_the_orders_of_its_turn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = await stepped(tmp_path, settings())
    publisher, seen, drawn = run.bot._publisher, list[int](), asyncio.Event()
    build = publisher.build

    def built() -> Snapshot:
        seen.append(run.bot.core.last.sent.created)
        drawn.set()
        return build()

    monkeypatch.setattr(publisher, "build", built)
    assert await run.venue.step_minute()
    created = (await run.bot.core.turn()).sent.created
    await asyncio.wait_for(drawn.wait(), 60)
    assert seen == [created]
    assert created > 0
    publisher.stop()
    await run.venue.close()
