"""What became of an order, asked by its client id, on simulated venues through the real client."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pbtui.config.accounts import Account
from pbtui.core.errors import OutcomeUnknown
from pbtui.core.ids import client_order_id
from pbtui.core.secret import Secret
from pbtui.core.types import OrderKind, OrderRequest
from pbtui.exchange.private.venue import PrivateExchange
from pbtui.exchange.public import CcxtPublicFeed, EndpointOverrides
from pbtui.exchange.venues import quirks_of
from tests.venues.binance import BinanceDialect
from tests.venues.bybit import BybitDialect
from tests.venues.simulator import KEY, SECRET, Simulator

BTC = "BTC/USDT:USDT"
BATCH = {"binance": "POST /fapi/v1/order", "bybit": "POST /v5/order/create-batch"}


def order(price: float, kind: OrderKind, nth: int) -> OrderRequest:
    what = "entry_grid_normal_long"
    name = client_order_id(
        account="t", symbol=BTC, pside="long", side="buy", order_type=what, qty=0.1, price=price, nth=nth
    )
    return OrderRequest(BTC, "buy", "long", 0.1, price, False, kind, name, what)


@pytest.mark.parametrize("dialect", [BinanceDialect, BybitDialect])
async def test_a_lost_create_is_found_by_its_id(simulate: Callable[..., Simulator], dialect: type) -> None:
    venue = simulate(dialect, speed=60.0, patient=False)
    name = venue.dialect.name
    feed = CcxtPublicFeed(name, clock=venue.fast_clock, endpoints=EndpointOverrides.all_to(venue.base_url))
    owner = Account("tester", name, "USDT", credentials={"apiKey": Secret(KEY), "secret": Secret(SECRET)})
    account = PrivateExchange(quirks_of(name), owner, feed, venue.fast_clock)
    try:
        await account.start()
        assert account.account_id == "4711"
        await account.prepare_account(hedge_mode=True)
        await account.prepare_symbol(BTC, leverage=5)
        price = (await account.fetch_tickers([BTC]))[BTC].bid
        low, never = order(round(price * 0.8), "limit", 0), order(round(price * 0.8), "limit", 1)
        at_once = order(round(price), "market", 2)
        for request in (low, at_once):
            venue.lost.append(BATCH[name])
            (result,) = await account.create_orders([request])
            assert isinstance(result.error, OutcomeUnknown)
        assert await account.find_order(BTC, low.client_id) == "resting"
        assert await account.find_order(BTC, at_once.client_id) == "done"
        assert await account.find_order(BTC, never.client_id) == "absent"
        (resting,) = await account.fetch_open_orders()
        await account.cancel_orders([resting])
        assert await account.find_order(BTC, low.client_id) == "done"
        (fill,) = await account.fetch_fills(venue.fast_clock.now_ms() - 600_000)
        assert fill.client_id == at_once.client_id
    finally:
        await account.close()
