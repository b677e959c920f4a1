"""What is KuCoin's own: post-only orders that vanish, profits nobody tells, hedged contracts, kinds of accounts."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Callable

import pytest

from pbtui.config.accounts import Account
from pbtui.core.errors import AccountRefused, OrderGone, OrderRejected, OutcomeUnknown, RateLimited
from pbtui.core.ids import client_order_id
from pbtui.core.secret import Secret
from pbtui.core.types import OrderRequest, Pside, Side
from pbtui.exchange.private.venue import PrivateExchange
from pbtui.exchange.public import CcxtPublicFeed, EndpointOverrides
from pbtui.exchange.venues import quirks_of
from tests.venues.kucoin import KucoinDialect
from tests.venues.simulator import KEY, PASSPHRASE, SECRET, Simulator

BTC, SOL = "BTC/USDT:USDT", "SOL/USDT:USDT"
SPEED = 60.0
Open = Callable[..., PrivateExchange]


@pytest.fixture
def venue(simulate: Callable[..., Simulator]) -> Simulator:
    return simulate(KucoinDialect, speed=SPEED, patient=False, moving=False)


@pytest.fixture
def dialect(venue: Simulator) -> KucoinDialect:
    assert isinstance(venue.dialect, KucoinDialect)
    return venue.dialect


@pytest.fixture
async def account(venue: Simulator) -> AsyncIterator[Open]:
    """Makes accounts on the venue and closes them."""
    made: list[PrivateExchange] = []

    def make(passphrase: str = PASSPHRASE) -> PrivateExchange:
        feed = CcxtPublicFeed("kucoin", clock=venue.fast_clock, endpoints=EndpointOverrides.all_to(venue.base_url))
        keys = {"apiKey": Secret(KEY), "secret": Secret(SECRET), "password": Secret(passphrase)}
        owner = Account("tester", "kucoin", "USDT", credentials=keys)
        made.append(PrivateExchange(quirks_of("kucoin"), owner, feed, venue.fast_clock))
        return made[-1]

    yield make
    for each in made:
        await each.close()


def order(side: Side, pside: Pside, price: float, qty: float, *, market: bool = False, nth: int = 0) -> OrderRequest:
    closing = (side == "buy") is not (pside == "long")
    kind = f"{'close_grid' if closing else 'entry_grid_normal'}_{pside}"
    name = client_order_id(
        account="t", symbol=BTC, pside=pside, side=side, order_type=kind, qty=qty, price=price, nth=nth
    )
    return OrderRequest(BTC, side, pside, qty, price, closing, "market" if market else "limit", name, kind, not market)


async def ready(account: PrivateExchange) -> PrivateExchange:
    await account.start()
    await account.prepare_account(hedge_mode=True)
    await account.prepare_symbol(BTC, leverage=5)
    return account


async def price_is(venue: Simulator, price: float) -> None:
    """Set the price, and wait until the venue's books have forgotten the one before."""
    venue.trade("BTC", price)
    await venue.fast_clock.sleep(5.0)


async def at(venue: Simulator, trader: PrivateExchange, price: float, request: OrderRequest) -> None:
    """Trade at a price."""
    await price_is(venue, price)
    (result,) = await trader.create_orders([request])
    assert result.error is None, result.error


async def test_a_post_only_order_that_would_take_vanishes_and_is_known_to(
    venue: Simulator, dialect: KucoinDialect, account: Open
) -> None:
    trader = await ready(account())
    await price_is(venue, 100_000.0)
    taking, fine, orphan = await trader.create_orders(
        [
            order("buy", "long", 101_000.0, 10.0),
            order("buy", "long", 90_000.0, 10.0),
            order("sell", "long", 120_000.0, 10.0),
        ]
    )
    # The venue takes it and cancels it: the next reading shows that it is not there, and nothing was traded.
    assert taking.order is not None
    assert isinstance(orphan.error, OrderRejected)
    assert orphan.error.reason == "reduce_only"
    resting = await trader.fetch_open_orders()
    assert [each.client_id for each in resting] == [fine.request.client_id]
    assert await trader.fetch_positions() == []
    assert await trader.fetch_fills(venue.fast_clock.now_ms() - 600_000) == []
    assert isinstance((await trader.cancel_orders([taking.order]))[0].error, OrderGone)


async def test_what_became_of_an_order_is_told_by_its_name(venue: Simulator, account: Open) -> None:
    trader = await ready(account())
    await price_is(venue, 100_000.0)
    resting, filled = order("buy", "long", 90_000.0, 10.0), order("buy", "long", 0.0, 5.0, market=True)
    venue.lost.append("POST /api/v1/orders/multi")
    results = await trader.create_orders([resting, filled])
    assert all(isinstance(result.error, OutcomeUnknown) for result in results)
    assert await trader.find_order(BTC, resting.client_id) == "resting"
    assert await trader.find_order(BTC, filled.client_id) == "done"
    assert await trader.find_order(BTC, order("buy", "long", 80_000.0, 10.0).client_id) == "absent"
    (fill,) = await trader.fetch_fills(venue.fast_clock.now_ms() - 600_000)
    assert (fill.client_id, fill.qty) == (filled.client_id, 5.0)


async def test_profits_and_sides_of_both_sides_agree_with_the_ledger(venue: Simulator, account: Open) -> None:
    trader = await ready(account())
    since = venue.fast_clock.now_ms() - 60_000
    await at(venue, trader, 100_000.0, order("buy", "long", 0.0, 10.0, market=True))
    await at(venue, trader, 100_500.0, order("sell", "short", 0.0, 30.0, market=True))
    held = {each.pside: each.position for each in await trader.fetch_positions()}
    assert (held["long"].size, held["short"].size) == (10.0, -30.0)
    await at(venue, trader, 101_000.0, order("buy", "long", 0.0, 20.0, market=True, nth=1))
    await at(venue, trader, 99_000.0, order("sell", "long", 0.0, 15.0, market=True))
    await at(venue, trader, 98_000.0, order("buy", "short", 0.0, 30.0, market=True))
    told = await trader.fetch_fills(since)
    count, pnl, fees = venue.ledger_totals()
    booked = {f"{fill.price}{fill.side}": fill for fill in venue.books.ledger.fills()}
    assert len(told) == count == 5
    for fill in told:
        own = booked[f"{fill.price}{fill.side}"]
        assert (fill.pside, fill.qty, fill.order_type) == (own.pside, own.qty, fill.order_type)
        assert math.isclose(fill.pnl, own.pnl, abs_tol=1e-6)
        assert fill.order_type.endswith(fill.pside)
    assert math.isclose(sum(fill.pnl for fill in told), pnl, abs_tol=1e-6)
    assert math.isclose(sum(fill.fee for fill in told), fees, abs_tol=1e-9)
    assert math.isclose((await trader.fetch_balance()).raw, 10_000.0 + pnl + fees, abs_tol=1e-6)


async def test_another_process_finds_names_sides_and_profits_again(venue: Simulator, account: Open) -> None:
    first = await ready(account())
    await at(venue, first, 100_000.0, order("sell", "short", 0.0, 30.0, market=True))
    await at(venue, first, 100_000.0, order("buy", "long", 0.0, 8.0, market=True))
    await venue.fast_clock.sleep(400.0)
    since = venue.fast_clock.now_ms()
    await at(venue, first, 98_000.0, order("buy", "short", 0.0, 30.0, market=True))
    await at(venue, first, 101_000.0, order("sell", "long", 0.0, 3.0, market=True))
    second = await ready(account())
    told = {fill.pside: fill for fill in await second.fetch_fills(since)}
    # What the short was entered at is in the venue's list of closed positions, of the long one is still held.
    booked = {fill.pside: fill for fill in venue.books.ledger.fills() if fill.pnl}
    for pside in ("long", "short"):
        assert math.isclose(told[pside].pnl, booked[pside].pnl, abs_tol=1e-6)
        assert told[pside].order_type == f"close_grid_{pside}"
        assert told[pside].pnl_known


async def test_accounts_modes_and_coins_that_cannot_be_traded_are_refused(
    venue: Simulator, dialect: KucoinDialect, account: Open
) -> None:
    with pytest.raises(AccountRefused) as wrong:
        await account("another-passphrase").start()
    assert "the passphrase does not belong to the key" in wrong.value.line()
    assert "another-passphrase" not in wrong.value.line()
    trader = account()
    await trader.start()
    dialect.unified = True
    with pytest.raises(AccountRefused, match="unified"):
        await trader.prepare_account(hedge_mode=True)
    dialect.unified = False
    await trader.prepare_account(hedge_mode=True)
    assert dialect.books.books.hedge_mode
    dialect.keeps_margin = True
    with pytest.raises(AccountRefused, match="isolated margin"):
        await trader.prepare_symbol(SOL, leverage=3)
    dialect.keeps_margin = False
    await trader.prepare_symbol(SOL, leverage=4)
    await trader.prepare_symbol(BTC, leverage=5)
    assert dialect.books.leverage == {"SOLUSDTM": 4, "XBTUSDTM": 5}
    asked = len(venue.answers)
    await trader.prepare_symbol(BTC, leverage=5)
    changed = [text for text, _ in venue.answers[asked:] if text.startswith("POST") and "bullet" not in text]
    assert changed == []
    await at(venue, trader, 100_000.0, order("buy", "long", 0.0, 10.0, market=True))
    with pytest.raises(AccountRefused) as held:
        await trader.prepare_account(hedge_mode=False)
    assert "close all positions" in held.value.line()
    assert "{" not in held.value.line()


async def test_a_rate_limit_is_waited_for_as_long_as_its_window_has_to_go(venue: Simulator, account: Open) -> None:
    trader = await ready(account())
    venue.faults.refuse(429, path="/api/v1/positions", gw_ratelimit_reset="12000")
    with pytest.raises(RateLimited) as caught:
        await trader.fetch_positions()
    assert caught.value.retry_after_s == 12.0
    with pytest.raises(RateLimited):
        await trader.fetch_balance()
    await venue.fast_clock.sleep(13.0)
    assert (await trader.fetch_balance()).raw == 10_000.0
