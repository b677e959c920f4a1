"""Orders above a venue's largest: one clear line, and never a loop of refusals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pbtui.exchange.private.budget import Budget
from tests.venues.accounts import CREATE, StandingClock, bitcoin, connect, entry, ready
from tests.venues.binance import BinanceDialect
from tests.venues.bybit import BybitDialect
from tests.venues.loop import Loop
from tests.venues.okx import OkxDialect
from tests.venues.simulator import Simulator

LARGEST = 5.0
EACH_S = 6.0


@pytest.mark.parametrize("dialect", [BinanceDialect, BybitDialect, OkxDialect], ids=lambda dialect: dialect.name)
async def test_what_is_too_large_is_named_with_the_largest_and_tried_less_and_less_often(
    simulate: Callable[..., Simulator], tmp_path: Path, dialect: type
) -> None:
    venue = simulate(dialect, speed=0.0, moving=False, patient=False)
    clock = StandingClock(venue)
    account = connect(venue, clock=clock, budget=Budget(clock, 1e9, reserve=0.0), streams=False)
    symbol = bitcoin(account.name)
    account._watched.add(symbol)
    try:
        await ready(account)
        market = replace(account.book.market(symbol), max_qty=LARGEST)
        account.book.take_markets({symbol: market})
        loop = Loop(account, tmp_path, clock)
        price = round((await account.fetch_tickers([symbol]))[symbol].bid, -2)
        wanted = loop.entry(price * 0.8, qty=LARGEST + 1.0)
        tries: list[float] = []
        for _ in range(25):
            venue.dialect.reject_next = ["max_qty"]
            asked = len(venue.answers)
            # The price moves on: another order each time, of the same kind.
            wanted = replace(wanted, price=round(wanted.price * 0.99, 1))
            await loop.turn(wanted)
            tries += [clock.monotonic()] * sum(CREATE[account.name] in name for name, _ in venue.answers[asked:])
            venue.skip(EACH_S)
        assert max(sum(start <= at < start + 60.0 for at in tries) for start in tries) <= 3
        assert len(tries) > 3, "it is not given up for good"
        (line, *_) = [text for text in loop.said() if "venue's largest" in text]
        assert "a limit order of 6 is above the venue's largest, 5; lower total_wallet_exposure_limit" in line
        assert "next try in 20 s" in line
        venue.dialect.reject_next = ["max_qty"]
        close = replace(entry(account, price), reduce_only=True, qty=LARGEST + 2.0)
        (result,) = await account.create_orders([close])
        assert result.error is not None
        assert "lower close_grid_qty_pct" in result.error.line()
    finally:
        await account.close()
