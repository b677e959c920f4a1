"""A killed run, continued, equals an uninterrupted one: every fill, its number and its money."""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from paper_trader import fills_of, open_account, plan, trade

from pbtui.core.types import Fill

MINUTES = 400
TRADER = Path(__file__).with_name("paper_trader.py")


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> list[Fill]:
    async def run() -> list[Fill]:
        path = tmp_path_factory.mktemp("whole") / "ledger.db"
        venue = await open_account(path)
        await trade(venue, MINUTES)
        await venue.close()
        return await fills_of(path)

    fills = asyncio.run(run())
    assert len(fills) > 100
    assert {fill.pside for fill in fills} == {"long", "short"}
    return fills


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(1, 60), st.integers(0, 2)), min_size=3, max_size=6))
def test_uncommitted_writes_lost_at_any_point(
    uninterrupted: list[Fill], tmp_path_factory: pytest.TempPathFactory, cuts: list[tuple[int, int]]
) -> None:
    async def run() -> list[Fill]:
        path = tmp_path_factory.mktemp("cut") / "ledger.db"
        at = 0
        for minutes, where in cuts:
            venue = await open_account(path)
            at = min(at + minutes, MINUTES - 1)
            await trade(venue, at)
            if where >= 1:
                await venue.step_minute()
            if where == 2:
                await plan(venue)
            venue.ledger.abandon()
        venue = await open_account(path)
        await trade(venue, MINUTES)
        await venue.close()
        return await fills_of(path)

    assert asyncio.run(run()) == uninterrupted


def test_kill_9_at_random_moments(uninterrupted: list[Fill], tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    chance = random.Random(3)
    for kill_at in (*(chance.randint(10, 90) for _ in range(4)), None):
        command = [sys.executable, str(TRADER), str(path), str(MINUTES)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
            assert child.stdout is not None
            if kill_at is None:
                child.communicate(timeout=60)
                assert child.returncode == 0
                continue
            for _ in range(kill_at):
                assert child.stdout.readline()
            child.kill()
    assert asyncio.run(fills_of(path)) == uninterrupted
