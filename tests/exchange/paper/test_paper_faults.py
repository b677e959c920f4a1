"""The misbehaving venue: each fault does what it says, and the same seed does the same again."""

from __future__ import annotations

from pathlib import Path

import pytest
from paper_support import A, flat, on_minutes, order

from pbtui.core.errors import ExchangeError, OrderRejected, OutcomeUnknown, RateLimited, VenueUnreachable
from pbtui.exchange.port import Exchange, SteppedExchange
from tests.support.faulty_exchange import FaultKind, FaultPlan, FaultyExchange, SimulatedKill

MINUTES = [{A: flat(100.0)}] * 5


async def faulty(path: Path, **at: FaultKind) -> FaultyExchange:
    """Open a venue whose n-th call fails as `c<n>` says."""
    plan = FaultPlan(at={int(call[1:]): fault for call, fault in at.items()})
    return FaultyExchange(await on_minutes(path, MINUTES), plan)


async def test_a_lost_reply_leaves_the_order_resting_a_lost_request_does_not(tmp_path: Path) -> None:
    venue = await faulty(tmp_path, c1="lost_reply", c2="lost_request", c3="reject", c4="rate_limit")
    results = await venue.create_orders([order("buy", "long", 1.0, 90.0 + i) for i in range(5)])
    kinds = [type(result.error) for result in results]
    assert kinds == [OutcomeUnknown, OutcomeUnknown, OrderRejected, RateLimited, type(None)]
    assert [resting.price for resting in await venue.fetch_open_orders()] == [90.0, 94.0]


async def test_cancels_may_be_lost_both_ways(tmp_path: Path) -> None:
    venue = await faulty(tmp_path, c4="lost_reply", c5="lost_request")
    await venue.create_orders([order("buy", "long", 1.0, 90.0), order("buy", "long", 1.0, 91.0)])
    results = await venue.cancel_orders(await venue.fetch_open_orders())
    assert [type(result.error) for result in results] == [OutcomeUnknown, OutcomeUnknown]
    assert [resting.price for resting in await venue.fetch_open_orders()] == [91.0]


async def test_reads_fail_go_stale_or_come_empty(tmp_path: Path) -> None:
    venue = await faulty(tmp_path, c3="stale", c4="empty", c5="timeout", c6="rate_limit")
    assert await venue.fetch_open_orders() == []
    await venue.create_orders([order("buy", "long", 1.0, 90.0)])
    assert await venue.fetch_open_orders() == []
    assert await venue.fetch_open_orders() == []
    with pytest.raises(VenueUnreachable):
        await venue.fetch_open_orders()
    with pytest.raises(RateLimited):
        await venue.fetch_positions()
    assert len(await venue.fetch_open_orders()) == 1


async def test_a_kill_is_no_exception_and_comes_before_or_after_the_deed(tmp_path: Path) -> None:
    venue = await faulty(tmp_path, c1="kill", c2="kill_after")
    for _ in range(2):
        with pytest.raises(SimulatedKill):
            await venue.create_orders([order("buy", "long", 1.0, 90.0)])
    assert not issubclass(SimulatedKill, Exception)
    assert len(await venue.fetch_open_orders()) == 1


async def test_it_is_a_venue_like_any_other(tmp_path: Path) -> None:
    venue = await faulty(tmp_path)
    port: Exchange = venue
    stepped: SteppedExchange = venue
    assert port.capabilities.stepped
    assert await stepped.step_minute()
    assert not stepped.plan_done
    assert stepped.first_ms < port.now_ms()
    assert (await port.fetch_tickers([A]))[A].last == 100.0
    assert len(await port.fetch_candles(A, "1m", 0, 2**60)) == 2
    await port.prepare_account(hedge_mode=True)
    await port.prepare_symbol(A, leverage=5)
    assert (await port.fetch_balance()).raw == 1000.0
    assert await port.fetch_fills(0) == []
    assert A in await port.load_markets()
    assert port.stream_state().state == "none"
    await port.close()


async def test_the_same_seed_fails_at_the_same_calls_within_its_budget(tmp_path: Path) -> None:
    async def run(folder: Path) -> list[tuple[int, str, FaultKind]]:
        plan = FaultPlan(seed=5, rates={"timeout": 0.2, "empty": 0.2, "lost_reply": 0.3}, budget=12)
        venue = FaultyExchange(await on_minutes(folder, MINUTES), plan)
        for i in range(40):
            try:
                await venue.create_orders([order("buy", "long", 1.0, 50.0 + i / 2)])
                await venue.fetch_positions()
            except ExchangeError:
                continue
        return plan.happened

    first, second = await run(tmp_path / "1"), await run(tmp_path / "2")
    assert first == second
    assert len(first) == 12
    assert {fault for _, _, fault in first} == {"timeout", "empty", "lost_reply"}
