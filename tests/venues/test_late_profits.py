"""A venue that tells what was traded before it tells what that earned: fills are kept, and completed later."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import pytest

from pbtui.exchange.private.budget import Budget
from tests.venues.accounts import StandingClock, bitcoin, connect, entry, ready
from tests.venues.gateio import GateIoDialect
from tests.venues.okx import OkxDialect
from tests.venues.simulator import Simulator


@pytest.mark.parametrize("dialect", [GateIoDialect, OkxDialect], ids=lambda dialect: dialect.name)
async def test_a_profit_that_comes_late_keeps_nothing_from_being_kept(
    simulate: Callable[..., Simulator], dialect: type
) -> None:
    venue = simulate(dialect, speed=0.0, moving=False, patient=False)
    clock = StandingClock(venue)
    account, btc = connect(venue, clock=clock, budget=Budget(clock, 1e9, reserve=0.0), streams=False), "BTC"
    account._watched.add(bitcoin(account.name))
    since = venue.fast_clock.now_ms() - 60_000
    try:
        await ready(account)
        venue.dialect.profits_told = False
        opens = entry(account, 0.0, "market")
        closes = replace(opens, side="sell", reduce_only=True, client_id=entry(account, 1.0, "market", nth=1).client_id)
        for request, price in ((opens, 100_000.0), (closes, 101_000.0)):
            venue.trade(btc, price)
            venue.skip(3.0)  # the venue's books ask for quotes that are older
            (result,) = await account.create_orders([request])
            assert result.error is None
        before = await account.fetch_fills(since)
        assert [fill.side for fill in before] == ["buy", "sell"]
        assert (before[1].pnl, before[1].pnl_known) == (0.0, False)
        assert account.troubles() == ("the venue has not told yet what a close earned",)
        venue.dialect.profits_told = True
        venue.skip(1.0)
        after = await account.fetch_fills(since)
        _, pnl, fees = venue.ledger_totals()
        assert all(fill.pnl_known for fill in after)
        assert math.isclose(sum(fill.pnl for fill in after), pnl, abs_tol=1e-6)
        assert math.isclose(sum(fill.fee for fill in after), fees, abs_tol=1e-6)
        assert pnl > 0.0
        assert account.troubles() == ()
    finally:
        await account.close()
