"""What is Bitget's own: partly filled orders, orders that vanish, isolated positions, names of fills."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import pytest

from pbtui.config.accounts import Account
from pbtui.core.clock import DAY_MS, MINUTE_MS
from pbtui.core.errors import AccountRefused, ExchangeError, OrderGone, OrderRejected, OutcomeUnknown
from pbtui.core.ids import client_order_id
from pbtui.core.secret import Secret
from pbtui.core.types import OrderRequest, Pside, Side
from pbtui.exchange.private.venue import PrivateExchange
from pbtui.exchange.public import CcxtPublicFeed, EndpointOverrides
from pbtui.exchange.venues import quirks_of
from tests.venues.bitget import BitgetDialect
from tests.venues.simulator import KEY, PASSPHRASE, SECRET, Simulator

BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"
SPEED = 20.0
Open = Callable[..., PrivateExchange]


@pytest.fixture
def venue(simulate: Callable[..., Simulator]) -> Simulator:
    return simulate(BitgetDialect, speed=SPEED, patient=False, moving=False)


@pytest.fixture
def dialect(venue: Simulator) -> BitgetDialect:
    assert isinstance(venue.dialect, BitgetDialect)
    return venue.dialect


@pytest.fixture
async def account(venue: Simulator) -> AsyncIterator[Open]:
    """Makes accounts on the venue and closes them."""
    made: list[PrivateExchange] = []

    def make(
        *, passphrase: str = PASSPHRASE, quote: str = "USDT", options: Mapping[str, Any] | None = None
    ) -> PrivateExchange:
        feed = CcxtPublicFeed("bitget", clock=venue.fast_clock, endpoints=EndpointOverrides.all_to(venue.base_url))
        keys = {"apiKey": Secret(KEY), "secret": Secret(SECRET), "password": Secret(passphrase)}
        owner = Account("tester", "bitget", quote, credentials=keys, options=options or {})
        made.append(PrivateExchange(quirks_of("bitget"), owner, feed, venue.fast_clock))
        return made[-1]

    yield make
    for each in made:
        await each.close()


def order(
    side: Side,
    pside: Pside,
    price: float,
    *,
    qty: float = 1.0,
    nth: int = 0,
    symbol: str = BTC,
    post_only: bool = False,
) -> OrderRequest:
    closing = (side == "buy") is not (pside == "long")
    kind = f"{'close_grid' if closing else 'entry_grid_normal'}_{pside}"
    name = client_order_id(
        account="t", symbol=symbol, pside=pside, side=side, order_type=kind, qty=qty, price=price, nth=nth
    )
    return OrderRequest(symbol, side, pside, qty, price, closing, "limit", name, kind, post_only)


async def ready(account: PrivateExchange, *, hedge: bool = True) -> PrivateExchange:
    await account.start()
    await account.prepare_account(hedge_mode=hedge)
    await account.prepare_symbol(BTC, leverage=5)
    return account


async def price_of(account: PrivateExchange, symbol: str = BTC) -> float:
    return (await account.fetch_tickers([symbol]))[symbol].ask


def in_venue(venue: Simulator, work: Callable[[], object]) -> None:
    """Do something to the books where they live."""

    async def run() -> None:
        work()
        await venue.dialect.push()

    venue._call(run())


async def _until(venue: Simulator, condition: Callable[[], object]) -> None:
    for _ in range(1_000):
        if condition():
            return
        await asyncio.sleep(0)
        await venue.fast_clock.sleep(1.0)
    pytest.fail("this never came true")


async def test_an_order_that_is_filled_in_part_still_rests(venue: Simulator, account: Open) -> None:
    trader = await ready(account())
    price = round(await price_of(trader) * 0.9)
    requests = [order("buy", "long", price - n, nth=n) for n in range(3)]
    await trader.create_orders(requests)

    def fill() -> None:
        resting = next(each for each in venue.books.books.orders.values() if each.order.price == price)
        venue.books._fill(resting, price=price, ts_ms=venue.fast_clock.now_ms(), qty=0.25)

    in_venue(venue, fill)
    resting = {found.client_id: found.qty for found in await trader.fetch_open_orders()}
    assert resting == {requests[0].client_id: 0.75, requests[1].client_id: 1.0, requests[2].client_id: 1.0}
    (held,) = await trader.fetch_positions()
    assert (held.pside, held.position.size, held.position.price) == ("long", 0.25, price)


async def test_open_orders_go_on_over_pages(venue: Simulator, account: Open) -> None:
    trader = await ready(account())
    price = round(await price_of(trader) * 0.9)
    requests = [order("buy", "long", price - n, qty=0.01, nth=n) for n in range(205)]
    assert all(result.error is None for result in await trader.create_orders(requests))
    found = await trader.fetch_open_orders()
    assert {each.client_id for each in found} == {request.client_id for request in requests}
    pages = [path for path, _ in venue.answers if path.endswith("orders-pending")]
    assert len(pages) >= 4, "three pages of what nothing was filled of, one of what was filled in part"


async def test_a_post_only_order_that_would_trade_is_taken_and_gone(venue: Simulator, account: Open) -> None:
    # What an entry says to the exchange library of unified accounts must not turn the stream to another address.
    trader = await ready(account(options={"uta": True}))
    woken: list[str] = []
    trader.wake.listeners.append(woken.append)
    stream = trader._stream
    assert stream is not None
    await _until(venue, lambda: stream.state().state == "up")
    price = round(await price_of(trader) * 1.01)
    (result,) = await trader.create_orders([order("buy", "long", price, post_only=True)])
    assert result.order is not None
    assert await trader.fetch_open_orders() == []
    assert await trader.fetch_positions() == []
    await _until(venue, lambda: woken)
    (cancelled,) = await trader.cancel_orders([result.order])
    assert isinstance(cancelled.error, OrderGone)


async def test_what_became_of_an_order_is_told_by_its_name(venue: Simulator, account: Open) -> None:
    trader = await ready(account())
    price = await price_of(trader)
    resting, never = order("buy", "long", round(price * 0.9)), order("buy", "long", round(price * 0.8))
    filled = order("buy", "long", round(price * 1.01), qty=0.5)
    venue.lost.append("POST /api/v2/mix/order/batch-place-order")
    results = await trader.create_orders([resting, filled])
    assert all(isinstance(result.error, OutcomeUnknown) for result in results)
    assert await trader.find_order(BTC, resting.client_id) == "resting"
    assert await trader.find_order(BTC, filled.client_id) == "done"
    assert await trader.find_order(BTC, never.client_id) == "absent"
    (found,) = await trader.fetch_open_orders()
    await trader.cancel_orders([found])
    assert await trader.find_order(BTC, resting.client_id) == "done"
    (fill,) = await trader.fetch_fills(venue.fast_clock.now_ms() - 10 * MINUTE_MS)
    assert (fill.client_id, fill.qty) == (filled.client_id, 0.5)


async def test_a_batch_over_coins_keeps_its_sequence_and_its_refusals(
    venue: Simulator, dialect: BitgetDialect, account: Open
) -> None:
    trader = await ready(account())
    await trader.prepare_symbol(ETH, leverage=5)
    btc, eth = round(await price_of(trader) * 0.9), round(await price_of(trader, ETH) * 0.9)
    requests = [order("buy", "long", btc), order("buy", "long", eth, symbol=ETH), order("buy", "long", btc - 1)]
    dialect.reject_next = ["insufficient_margin"]
    first, second, third = await trader.create_orders(requests)
    assert [result.request for result in (first, second, third)] == requests
    assert isinstance(first.error, OrderRejected)
    assert first.error.reason == "insufficient_margin"
    assert second.order is not None
    assert third.order is not None
    assert second.order.symbol == ETH
    dialect.unnamed = ["successList"]
    late = [order("buy", "long", btc - 2), order("buy", "long", btc - 3)]
    dialect.reject_next = ["min_cost"]
    first, second = await trader.create_orders(late)
    assert isinstance(first.error, OrderRejected)
    assert isinstance(second.error, OutcomeUnknown), "it is told of in no list: it may have been taken"
    resting = {found.client_id for found in await trader.fetch_open_orders()}
    assert resting == {requests[1].client_id, requests[2].client_id, late[1].client_id}


async def test_a_position_in_isolated_margin_takes_no_entry_but_can_be_closed(
    venue: Simulator, dialect: BitgetDialect, account: Open
) -> None:
    trader = await ready(account())
    price = await price_of(trader)
    await trader.create_orders([order("sell", "short", round(price * 0.99))])
    dialect.isolated.add("BTCUSDT")
    (held,) = await trader.fetch_positions()
    assert (held.pside, held.position.size) == ("short", -1.0)
    with pytest.raises(AccountRefused) as refused:
        await trader.prepare_symbol(BTC, leverage=5)
    assert "close the position" in refused.value.line()
    (closed,) = await trader.create_orders([order("buy", "short", round(price * 1.05))])
    assert closed.error is None
    assert await trader.fetch_positions() == []


async def test_fills_are_named_and_signed_after_a_restart(venue: Simulator, account: Open) -> None:
    trader = await ready(account())
    since = venue.fast_clock.now_ms() - MINUTE_MS
    price = await price_of(trader)
    wanted = [
        order("sell", "short", round(price * 0.99)),
        order("buy", "long", round(price * 1.01), qty=0.5),
        order("buy", "short", round(price * 1.01), qty=0.4),
        order("sell", "long", round(price * 0.99), qty=0.5),
    ]
    await trader.create_orders(wanted)
    count, pnl, fees = venue.ledger_totals()
    for reader in (trader, await ready(account())):
        fills = await reader.fetch_fills(since)
        assert [(fill.side, fill.pside, fill.qty) for fill in fills] == [
            ("sell", "short", -1.0),
            ("buy", "long", 0.5),
            ("buy", "short", 0.4),
            ("sell", "long", -0.5),
        ]
        assert [fill.order_type for fill in fills] == [request.order_type for request in wanted]
        assert sum(fill.pnl for fill in fills) == pytest.approx(pnl)
        assert sum(fill.fee for fill in fills) == pytest.approx(fees)
        assert fees < 0.0
        assert len(fills) == count


async def test_fills_go_on_over_pages_and_as_far_back_as_the_venue_tells(venue: Simulator, account: Open) -> None:
    trader = await ready(account())
    price = round(await price_of(trader) * 1.02)
    for n in range(12):
        requests = [order("buy", "long", price, qty=0.01, nth=20 * n + k) for k in range(20)]
        assert all(result.error is None for result in await trader.create_orders(requests))
    fills = await trader.fetch_fills(trader.now_ms() - 200 * DAY_MS)
    assert len({fill.id for fill in fills}) == len(fills) == 240
    assert {fill.order_type for fill in fills} == {"entry_grid_normal_long"}


async def test_the_balance_is_the_wallet_whatever_the_positions_are_worth(
    venue: Simulator, dialect: BitgetDialect, account: Open
) -> None:
    trader = await ready(account())
    await trader.create_orders([order("buy", "long", round(await price_of(trader) * 1.01))])
    wallet = venue.books.books.balance
    assert wallet < 10_000.0, "the fee"
    assert (await trader.fetch_balance()).raw == pytest.approx(wallet, abs=0.005)
    dialect.says_profit = False
    # The price may move between the two answers: the positions tell what they told when the account was read.
    await venue.fast_clock.sleep(0.0)
    assert (await trader.fetch_balance()).raw == pytest.approx(wallet, rel=0.01)


async def test_one_way_mode_closes_by_reducing(venue: Simulator, account: Open) -> None:
    trader = await ready(account(), hedge=False)
    price = await price_of(trader)
    since = venue.fast_clock.now_ms() - MINUTE_MS
    await trader.create_orders([order("sell", "short", round(price * 0.99))])
    far = order("buy", "short", round(price * 0.8), qty=0.5)
    await trader.create_orders([far])
    (resting,) = await trader.fetch_open_orders()
    assert (resting.side, resting.pside, resting.reduce_only) == ("buy", "short", True)
    await trader.create_orders([order("buy", "short", round(price * 1.01), qty=0.4, nth=1)])
    (held,) = await trader.fetch_positions()
    assert (held.pside, round(held.position.size, 9)) == ("short", -0.6)
    opened, closed = await trader.fetch_fills(since)
    assert (opened.side, opened.pside, closed.side, closed.pside) == ("sell", "short", "buy", "short")
    refused = (await trader.create_orders([order("sell", "long", round(price * 1.2))]))[0]
    assert isinstance(refused.error, OrderRejected)
    assert refused.error.reason == "reduce_only"


async def test_accounts_that_cannot_be_served_are_one_clear_line(
    venue: Simulator, dialect: BitgetDialect, account: Open
) -> None:
    with pytest.raises(AccountRefused, match="passphrase does not belong"):
        await _line(account(passphrase="another-word"))
    with pytest.raises(AccountRefused, match="USDT only"):
        await _line(account(quote="USDC"))
    trader = await ready(account())
    with pytest.raises(OrderRejected) as refused:
        await trader.prepare_symbol(BTC, leverage=500)
    assert "live.leverage" in refused.value.line()
    await venue.books.prepare_account(hedge_mode=False)
    with pytest.raises(AccountRefused, match="start again"):
        await _lined(trader.prepare_symbol(BTC, leverage=5))
    (late,) = await trader.create_orders([order("buy", "long", 1_000.0)])
    assert isinstance(late.error, AccountRefused)
    dialect.unified = True
    with pytest.raises(AccountRefused, match="only classic ones are served"):
        await _line(account())
    assert isinstance(late.error, ExchangeError)


async def _line(account: PrivateExchange) -> None:
    """Start an account; its refusal says all in one line."""
    await _lined(_started(account))


async def _started(account: PrivateExchange) -> None:
    await account.start()
    await account.prepare_account(hedge_mode=True)


async def _lined(work: object) -> None:
    assert asyncio.iscoroutine(work)
    try:
        await work
    except AccountRefused as error:
        raise AccountRefused(error.line()) from error
