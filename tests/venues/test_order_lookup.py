"""What became of an order, asked by its client id, on simulated venues through the real client."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pbtui.core.errors import OutcomeUnknown
from tests.venues.accounts import CREATE, DIALECTS, bitcoin, connect, entry, ready
from tests.venues.simulator import Simulator


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
async def test_a_lost_create_is_found_by_its_id(simulate: Callable[..., Simulator], dialect: type) -> None:
    venue = simulate(dialect, speed=60.0, patient=False)
    account, btc = connect(venue), bitcoin(venue.dialect.name)
    try:
        await ready(account)
        assert account.account_id == {"binance": "4711", "bybit": "4711"}.get(account.name, account.account_id) != ""
        price = round((await account.fetch_tickers([btc]))[btc].bid, -2)
        below = round(price * 0.8, -2)
        low, never, at_once = entry(account, below), entry(account, below, nth=1), entry(account, price, "market")
        for request in (low, at_once):
            venue.lost.append(CREATE[account.name])
            (result,) = await account.create_orders([request])
            assert isinstance(result.error, OutcomeUnknown)
        assert await account.find_order(btc, low.client_id) == "resting"
        assert await account.find_order(btc, at_once.client_id) == "done"
        assert await account.find_order(btc, never.client_id) == "absent"
        (resting,) = await account.fetch_open_orders()
        assert account.book.client_id(resting.id) == low.client_id
        await account.cancel_orders([resting])
        venue.skip(300.0)
        for request in (low, at_once):
            assert await account.find_order(btc, request.client_id) == "done"
        (fill,) = await account.fetch_fills(venue.fast_clock.now_ms() - 1_800_000)
        assert fill.client_id == at_once.client_id
    finally:
        await account.close()
