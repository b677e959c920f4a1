"""Runs against a venue that misbehaves by a seeded plan: no duplicates, no panic, limits kept, agreement afterwards."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from live_support import Run, settings, stepped, streamed

from pbtui.core.errors import ExchangeError
from pbtui.core.types import PSIDES
from pbtui.engine.numerics import qty_to_cost
from pbtui.exchange.paper.stepped import SteppedPaper
from pbtui.exchange.paper.stream import StreamPaper
from pbtui.live.account import reduces
from pbtui.live.errors import ErrorBudgetSpent
from tests.support.faulty_exchange import FaultKind, FaultPlan, FaultyExchange

TWEL = {"long": 1.2, "short": 0.4}  # of the example
RATES: dict[FaultKind, float] = {
    "lost_reply": 0.08,
    "lost_request": 0.05,
    "reject": 0.05,
    "rate_limit": 0.02,
    "timeout": 0.02,
    "stale": 0.03,
    "empty": 0.03,
}


def check_account(venue: SteppedPaper | StreamPaper, twel: dict[str, float]) -> None:
    """Check what must hold whatever the network does."""
    orders = [resting.order for resting in venue.books.orders.values()]
    intents = Counter((o.symbol, o.pside, o.side, o.price, o.qty) for o in orders)
    assert all(n == 1 for n in intents.values()), [intent for intent, n in intents.items() if n > 1]
    for key, held in venue.books.positions.items():
        closing = sum(o.qty for o in orders if (o.symbol, o.pside) == key and reduces(o))
        assert closing <= abs(held.size) * (1 + 1e-9) + 1e-9
    for pside in PSIDES:
        markets = venue._markets
        total = sum(
            qty_to_cost(held.size, held.price, markets[symbol].c_mult)
            for (symbol, side), held in venue.books.positions.items()
            if side == pside
        )
        # One minimum order per coin may be rounded up over the limit.
        assert total <= twel[pside] * venue.books.balance + 3 * 25.0


async def go_on(run: Run, minutes: int) -> None:
    """Let minutes happen as the loop would: a failed read is a skipped turn."""
    for _ in range(minutes):
        assert await run.venue.step_minute()
        try:
            await run.bot.core.turn()
        except ExchangeError:
            continue
        check_account(run.venue, TWEL)


@pytest.mark.parametrize("seed", range(6))
async def test_faults_never_duplicate_orders_and_heal(tmp_path: Path, seed: int) -> None:
    plan = FaultPlan(seed=seed, rates=RATES)
    run = await stepped(tmp_path, settings(), around=lambda venue: FaultyExchange(venue, plan))
    await go_on(run, 400)
    assert len(plan.happened) > 50
    plan.rates = {}
    await go_on(run, 5)
    assert run.bot.core.observer.account.doubts == ()
    assert not run.bot.core.difference_now()
    fills = await run.venue.fetch_fills(0)
    assert fills
    assert not any("panic" in fill.order_type for fill in fills)
    assert run.venue.audit().differences == ()
    await run.venue.close()


@pytest.mark.parametrize("kind", ["lost_reply", "lost_request"])
async def test_a_lost_create_is_resolved_before_anything_like_it_is_sent(tmp_path: Path, kind: FaultKind) -> None:
    plan = FaultPlan(seed=3, rates={kind: 0.4})
    run = await streamed(
        tmp_path,
        settings(values={"live.approved_coins": "ETH"}),
        around=lambda venue: FaultyExchange(venue, plan),
    )
    for _ in range(60):
        try:
            await run.go(30, step=1.0)
        except ErrorBudgetSpent:
            break
        check_account(run.venue, TWEL)
    assert any(fault == kind for _, _, fault in plan.happened)
    await run.venue.close()


async def test_empty_answers_close_and_open_nothing(tmp_path: Path) -> None:
    """One empty answer in three: a position that seems gone is believed held until a second reading agrees."""
    calm = await stepped(tmp_path / "calm", settings())
    await calm.minutes(300)
    held = dict(calm.venue.books.positions)
    resting = len(calm.venue.books.orders)
    assert held
    await calm.venue.close()
    plan = FaultPlan(seed=9, rates={})
    run = await stepped(tmp_path / "calm", settings(), around=lambda venue: FaultyExchange(venue, plan))
    await run.bot.core.turn()
    created = 0
    for _ in range(20):
        for rates in ({"empty": 1.0}, {}):
            plan.rates = rates  # type: ignore[assignment]
            turn = await run.bot.core.turn()
            created += turn.sent.created
            if rates:
                assert run.bot.core.observer.account.doubts
                assert turn.blocked
        assert run.bot.core.observer.account.positions == held
    assert created == 0
    assert run.venue.books.positions == held
    assert len(run.venue.books.orders) == resting
    await run.venue.close()


async def test_two_agreeing_readings_are_believed(tmp_path: Path) -> None:
    run = await stepped(tmp_path, settings())
    await run.minutes(300)
    key = next(iter(run.venue.books.positions))
    del run.venue.books.positions[key]  # closed elsewhere, without a fill of ours
    account = run.bot.core.observer.account
    await run.bot.core.turn()
    assert key in account.positions
    assert account.doubts
    await run.bot.core.turn()
    assert key not in account.positions
    assert account.doubts == ()
    run.venue.ledger.abandon()


async def test_refused_orders_wait_longer_each_time_and_are_told_about(tmp_path: Path) -> None:
    plan = FaultPlan(seed=1, rates={"reject": 1.0})
    run = await streamed(
        tmp_path, settings(values={"live.approved_coins": "ETH"}), around=lambda venue: FaultyExchange(venue, plan)
    )
    texts: list[str] = []
    run.bot.events.subscribe(lambda row: texts.append(row.text) if "next try" in row.text else None)
    await run.go(600, step=1.0)
    tries = sum(call == "create_orders" for _, call, _ in plan.happened)
    kinds = set(run.bot.core.guards._refused)
    assert 1 <= tries <= 3 * 10 * max(1, len(kinds))
    assert any("next try in 20 s" in text for text in texts)
    assert any("next try in 40 s" in text for text in texts)
    await run.stop()


@pytest.mark.parametrize("nth", range(1, 40, 3))
async def test_death_at_any_call_leaves_no_duplicates(tmp_path: Path, nth: int) -> None:
    """The process dies before or after the n-th call; a new bot on the same account goes on."""
    from tests.support.faulty_exchange import SimulatedKill

    plan = FaultPlan(seed=nth, at={nth * 7: "kill_after" if nth % 2 else "kill"})
    config = settings(values={"live.approved_coins": "BTC,ETH,SOL"})
    run = await streamed(tmp_path, config, around=lambda venue: FaultyExchange(venue, plan))
    died = False
    try:
        await run.go(240, step=1.0)
    except SimulatedKill:
        died = True
    if run.task is not None and not run.task.done():
        run.task.cancel()
    clock, feed = run.clock, run.feed
    run.venue.ledger.abandon()
    again = await streamed(tmp_path, config, clock=clock, feed=feed)
    await again.go(120, step=1.0)
    check_account(again.venue, TWEL)
    assert again.venue.audit().differences == ()
    assert died == bool(plan.happened)
    await again.stop()
