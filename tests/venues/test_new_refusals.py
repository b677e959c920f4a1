"""Refusals in words that nobody has seen before, on simulated venues through the real client."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pbtui.core.errors import OrderRejected
from tests.support.venue_server.faults import Refusal
from tests.venues.accounts import CREATE, DIALECTS, bitcoin, connect, entry, ready
from tests.venues.simulator import Simulator

UNHEARD_OF = {  # status and body of an answer to one create
    "binance": (400, '{"code":-4411,"msg":"Please sign the agreement first."}'),
    "bitget": (400, '{"code":"49998","msg":"sign the agreement first","requestTime":1755000000000,"data":null}'),
    "bybit": (200, '{"retCode":119998,"retMsg":"sign the agreement first","result":{},"retExtInfo":{},"time":1}'),
    "gateio": (400, '{"label":"AGREEMENT_MISSING","message":"sign the agreement first"}'),
    "hyperliquid": (200, '{"status":"err","response":"Sign the agreement first."}'),
    "kucoin": (200, '{"code":"399998","msg":"sign the agreement first"}'),
    "okx": (200, '{"code":"51998","msg":"sign the agreement first","data":[]}'),
    "paradex": (400, '{"error":"AGREEMENT_MISSING","message":"sign the agreement first"}'),
}


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
async def test_an_order_is_refused_by_a_rule_that_is_new(simulate: Callable[..., Simulator], dialect: type) -> None:
    venue = simulate(dialect, speed=60.0, patient=False)
    account, btc = connect(venue, streams=False), bitcoin(venue.dialect.name)
    try:
        await ready(account)
        price = round((await account.fetch_tickers([btc]))[btc].bid, -2)
        status, body = UNHEARD_OF[account.name]
        path = CREATE[account.name].removeprefix("POST ")
        venue.faults._refusals.append(Refusal(status, 1, path, {}, body))
        (result,) = await account.create_orders([entry(account, round(price * 0.8, -2))])
        # Its like waits longer each time; as an error of the loop it would end one bot after the other.
        assert isinstance(result.error, OrderRejected)
        assert result.error.reason == "invalid"
        assert "greement" in result.error.line()
        (result,) = await account.create_orders([entry(account, round(price * 0.8, -2))])
        assert result.error is None
    finally:
        await account.close()
