"""What an account makes of a venue that refuses, loses, lies or is late; through the real client."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import pytest

from pbtui.config.accounts import Account
from pbtui.core.errors import AccountRefused, ExchangeError, OrderRejected, OutcomeUnknown, RateLimited
from pbtui.core.ids import client_order_id
from pbtui.core.secret import Secret
from pbtui.core.types import OrderRequest, Pside, Side
from pbtui.exchange.private.venue import PrivateExchange
from pbtui.exchange.public import CcxtPublicFeed, EndpointOverrides
from pbtui.exchange.venues import quirks_of
from tests.venues.binance import BinanceDialect
from tests.venues.bitget import BitgetDialect
from tests.venues.bybit import BybitDialect
from tests.venues.gateio import GateIoDialect
from tests.venues.kucoin import KucoinDialect
from tests.venues.okx import OkxDialect
from tests.venues.simulator import KEY, PASSPHRASE, SECRET, Simulator

BATCH = {
    "binance": "POST /fapi/v1/batchOrders",
    "bybit": "POST /v5/order/create-batch",
    "okx": "POST /api/v5/trade/batch-orders",
    "bitget": "POST /api/v2/mix/order/batch-place-order",
    "gateio": "POST /api/v4/futures/usdt/batch_orders",
    "kucoin": "POST /api/v1/orders/multi",
}
POSITIONS = {
    "binance": "/fapi/v3/positionRisk",
    "bybit": "/v5/position/list",
    "okx": "/api/v5/account/positions",
    "bitget": "/api/v2/mix/position/all-position",
    "gateio": "/futures/usdt/positions",
    "kucoin": "/api/v1/positions",
}
BALANCE = {
    "binance": "/fapi/v3/account",
    "bybit": "/v5/account/wallet-balance",
    "okx": "/api/v5/account/balance",
    "bitget": "/api/v2/mix/account/accounts",
    "gateio": "/futures/usdt/accounts",
    "kucoin": "/api/v1/account-overview",
}
TAKES_TWINS = ("gateio",)  # venues that take two orders with one client id
SHORTEST_ID = 28  # of all venues
BTC = "BTC/USDT:USDT"
SPEED = 60.0
Open = Callable[..., PrivateExchange]


@pytest.fixture(params=[BinanceDialect, BybitDialect, BitgetDialect, GateIoDialect, KucoinDialect, OkxDialect])
def venue(request: pytest.FixtureRequest, simulate: Callable[..., Simulator]) -> Simulator:
    return simulate(request.param, speed=SPEED, patient=False)


@pytest.fixture
async def account(venue: Simulator) -> AsyncIterator[Open]:
    """Makes accounts on the venue and closes them."""
    made: list[PrivateExchange] = []

    def make(*, secret: str = SECRET, options: Mapping[str, Any] | None = None) -> PrivateExchange:
        name = venue.dialect.name
        feed = CcxtPublicFeed(name, clock=venue.fast_clock, endpoints=EndpointOverrides.all_to(venue.base_url))
        keys = {"apiKey": Secret(KEY), "secret": Secret(secret), "password": Secret(PASSPHRASE)}
        owner = Account("tester", name, "USDT", credentials=keys, options=options or {})
        made.append(PrivateExchange(quirks_of(name), owner, feed, venue.fast_clock))
        return made[-1]

    yield make
    for each in made:
        await each.close()


def order(side: Side, pside: Pside, price: float, *, qty: float = 1.0, nth: int = 0) -> OrderRequest:
    closing = (side == "buy") is not (pside == "long")
    kind = f"{'close_grid' if closing else 'entry_grid_normal'}_{pside}"
    name = client_order_id(
        account="t", symbol=BTC, pside=pside, side=side, order_type=kind, qty=qty, price=price, nth=nth
    )
    return OrderRequest(BTC, side, pside, qty, price, closing, "limit", name[:SHORTEST_ID], kind)


async def grid(account: PrivateExchange, count: int) -> list[OrderRequest]:
    """Return entries well below the market."""
    price = (await account.fetch_tickers([BTC]))[BTC].bid
    return [order("buy", "long", round(price * 0.9) - i, nth=i) for i in range(count)]


async def ready(account: PrivateExchange) -> PrivateExchange:
    await account.start()
    await account.prepare_account(hedge_mode=account.capabilities.hedge_mode)
    await account.prepare_symbol(BTC, leverage=5)
    return account


async def test_orders_whose_answer_was_lost_are_found_by_their_ids(venue: Simulator, account: Open) -> None:
    # Whatever the account's entry says: the library must not send an order again by itself.
    trader = await ready(account(options={"maxRetriesOnFailure": 3}))
    wanted = await grid(trader, 3)
    venue.lost.append(BATCH[trader.name])
    results = await trader.create_orders(wanted)
    assert all(isinstance(result.error, OutcomeUnknown) for result in results)
    resting = await trader.fetch_open_orders()
    assert {o.client_id for o in resting} == {request.client_id for request in wanted}
    assert all(o.pside == "long" and o.side == "buy" and not o.reduce_only for o in resting)
    if trader.name not in TAKES_TWINS:
        again = await trader.create_orders(wanted[:2])
        reasons = [result.error.reason for result in again if isinstance(result.error, OrderRejected)]
        assert reasons == ["duplicate_client_id"] * 2
    many = await grid(trader, 63)
    assert all(result.error is None for result in await trader.create_orders(many[3:]))
    resting = await trader.fetch_open_orders()
    assert len({o.id for o in resting}) == 63
    assert all(result.error is None for result in await trader.cancel_orders(resting))
    assert await trader.fetch_open_orders() == []


async def test_refusals_say_what_to_change(venue: Simulator, account: Open) -> None:
    trader = await ready(account())
    wanted = await grid(trader, 3)
    venue.dialect.reject_next = ["insufficient_margin", "min_cost"]
    first, second, third = await trader.create_orders(wanted)
    assert isinstance(first.error, OrderRejected)
    assert (first.error.reason, "wallet exposure" in first.error.line()) == ("insufficient_margin", True)
    assert isinstance(second.error, OrderRejected)
    assert (second.error.reason, "entry_initial_qty_pct" in second.error.line()) == ("min_cost", True)
    assert third.order is not None
    too_much = (await trader.create_orders([order("sell", "long", 200_000.0)]))[0]
    assert isinstance(too_much.error, OrderRejected)
    assert too_much.error.reason == "reduce_only"


async def test_a_read_that_makes_no_sense_is_never_a_flat_account(venue: Simulator, account: Open) -> None:
    trader = await ready(account())
    for body in ("<html>maintenance</html>", "", "null", "{}", '{"retCode":0,"result":{}}', '[{"symbol":1}]'):
        venue.faults.garble(body, times=3, path=POSITIONS[trader.name])
        with pytest.raises(ExchangeError):
            await trader.fetch_positions()
        venue.faults.heal()
        venue.faults.garble(body, times=3, path=BALANCE[trader.name])
        with pytest.raises(ExchangeError):
            await trader.fetch_balance()
        venue.faults.heal()
    venue.faults.refuse(503, times=1, path=POSITIONS[trader.name])
    assert await trader.fetch_positions() == []
    assert (await trader.fetch_balance()).raw == 10_000.0


async def test_a_rate_limit_silences_everything_for_as_long_as_it_says(venue: Simulator, account: Open) -> None:
    trader = await ready(account())
    venue.faults.refuse(429, times=1, path=BALANCE[trader.name], Retry_After="30")
    with pytest.raises(RateLimited) as caught:
        await trader.fetch_balance()
    assert caught.value.retry_after_s == 30.0
    asked = len(venue.answers)
    for read in (trader.fetch_positions, trader.fetch_open_orders, trader.fetch_balance):
        with pytest.raises(RateLimited):
            await read()
    assert all(isinstance(r.error, RateLimited) for r in await trader.create_orders([order("buy", "long", 1_000.0)]))
    assert len(venue.answers) == asked
    await venue.fast_clock.sleep(31.0)
    assert (await trader.fetch_balance()).raw == 10_000.0


async def test_a_ban_told_with_403_is_waited_out(venue: Simulator, account: Open) -> None:
    trader = await ready(account())
    venue.faults.ban(path=BALANCE[trader.name])
    with pytest.raises(RateLimited) as caught:
        await trader.fetch_balance()
    assert caught.value.retry_after_s == 600.0
    asked = len(venue.answers)
    with pytest.raises(RateLimited):
        await trader.fetch_positions()
    assert len(venue.answers) == asked


async def test_a_clock_that_is_off_is_measured_again(venue: Simulator, account: Open) -> None:
    trader = await ready(account())
    trader._feed._offset_ms -= 7_200_000.0
    assert (await trader.fetch_balance()).raw == 10_000.0
    assert abs(trader.now_ms() - venue.fast_clock.now_ms()) < 5_000 * SPEED


async def test_keys_and_modes_that_do_not_allow_trading_are_refused(venue: Simulator, account: Open) -> None:
    venue.dialect.withdrawals = True
    with pytest.raises(AccountRefused, match="withdraw"):
        await account().start()
    venue.dialect.withdrawals = False
    with pytest.raises(AccountRefused) as caught:
        await account(secret="another-secret").start()
    assert "the secret does not belong to the key" in caught.value.line()
    assert "another-secret" not in caught.value.line()
    trader = account()
    await trader.start()
    await trader.prepare_account(hedge_mode=False)
    await trader.prepare_symbol(BTC, leverage=5)
    price = (await trader.fetch_tickers([BTC]))[BTC].ask
    await trader.create_orders([order("buy", "long", round(price * 1.01))])
    assert [held.pside for held in await trader.fetch_positions()] == ["long"]
    with pytest.raises(AccountRefused) as held:
        await trader.prepare_account(hedge_mode=True)
    assert "close all positions" in held.value.line()
    assert "{" not in held.value.line()


async def test_an_account_that_stays_in_isolated_margin_does_not_trade(venue: Simulator, account: Open) -> None:
    if not isinstance(venue.dialect, BybitDialect):  # elsewhere margin is a matter of the coin
        assert await ready(account())
        return
    venue.dialect.keeps_margin = True
    with pytest.raises(AccountRefused) as refused:
        await ready(account())
    assert "cross margin" in refused.value.line()


async def test_a_coin_in_another_position_mode_is_refused(venue: Simulator, account: Open) -> None:
    trader = await ready(account())
    if isinstance(venue.dialect, BybitDialect):  # elsewhere the mode is a matter of the account
        venue.dialect.one_way.add("ETHUSDT")
        with pytest.raises(AccountRefused) as refused:
            await trader.prepare_symbol("ETH/USDT:USDT", leverage=5)
        assert "one-way mode" in refused.value.line()
    await trader.prepare_symbol("SOL/USDT:USDT", leverage=5)


async def test_prices_are_streamed(venue: Simulator, account: Open) -> None:
    trader = await ready(account())
    await _until(venue, lambda: trader._feed.stream_state().state == "up")
    await _until(venue, lambda: trader._feed._streams.quote(BTC, within_s=600.0) is not None)
    streamed = trader._feed._streams.quote(BTC, within_s=600.0)
    assert streamed is not None
    assert streamed.bid == pytest.approx(venue.markets["BTC"].price(venue.fast_clock.now_ms()), rel=0.05)
    assert streamed.bid < streamed.ask


async def test_a_stream_that_went_deaf_is_found_and_replaced(venue: Simulator, account: Open) -> None:
    trader = await ready(account())
    woken: list[str] = []
    trader.wake.listeners.append(woken.append)
    stream = trader._stream
    assert stream is not None
    await _until(venue, lambda: stream.state().state == "up")
    first, second = await grid(trader, 2)
    await trader.create_orders([first])
    await _until(venue, lambda: woken)
    venue.faults.silent = True
    await trader.create_orders([second])
    await _until(venue, lambda: stream.reconnects > 0)
    venue.faults.silent = False
    await _until(venue, lambda: stream.state().state == "up")


async def _until(venue: Simulator, condition: Callable[[], object]) -> None:
    for _ in range(4_000):
        if condition():
            return
        await venue.fast_clock.sleep(1.0)
    pytest.fail("this never came true")
