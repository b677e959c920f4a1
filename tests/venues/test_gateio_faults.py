"""What is Gate.io's own: one side a coin, isolated coins, contracts, kinds of accounts, client ids, lost answers."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Callable

import pytest

from pbtui.config.accounts import Account
from pbtui.core.errors import AccountRefused, ExchangeError, OrderGone, OrderRejected, OutcomeUnknown
from pbtui.core.ids import client_order_id, is_ours
from pbtui.core.secret import Secret
from pbtui.core.types import OrderRequest, Pside, Side
from pbtui.exchange.private.venue import PrivateExchange
from pbtui.exchange.public import CcxtPublicFeed, EndpointOverrides
from pbtui.exchange.venues import quirks_of
from tests.venues.gateio import GateIoDialect
from tests.venues.simulator import KEY, SECRET, Simulator

BTC, SOL = "BTC/USDT:USDT", "SOL/USDT:USDT"
SPEED = 60.0
BATCH = "POST /api/v4/futures/usdt/batch_orders"
Open = Callable[[], PrivateExchange]


@pytest.fixture
def venue(simulate: Callable[..., Simulator]) -> Simulator:
    return simulate(GateIoDialect, speed=SPEED, patient=False, moving=False)


@pytest.fixture
def dialect(venue: Simulator) -> GateIoDialect:
    assert isinstance(venue.dialect, GateIoDialect)
    return venue.dialect


@pytest.fixture
async def account(venue: Simulator) -> AsyncIterator[Open]:
    """Makes accounts on the venue and closes them."""
    made: list[PrivateExchange] = []

    def make() -> PrivateExchange:
        feed = CcxtPublicFeed("gateio", clock=venue.fast_clock, endpoints=EndpointOverrides.all_to(venue.base_url))
        owner = Account("tester", "gateio", "USDT", credentials={"apiKey": Secret(KEY), "secret": Secret(SECRET)})
        made.append(PrivateExchange(quirks_of("gateio"), owner, feed, venue.fast_clock))
        return made[-1]

    yield make
    for each in made:
        await each.close()


def order(
    side: Side, pside: Pside, price: float, *, qty: float, symbol: str = BTC, market: bool = False, nth: int = 0
) -> OrderRequest:
    closing = (side == "buy") is not (pside == "long")
    kind = f"{'close_grid' if closing else 'entry_grid_normal'}_{pside}"
    name = client_order_id(
        account="t", symbol=symbol, pside=pside, side=side, order_type=kind, qty=qty, price=price, nth=nth
    )
    return OrderRequest(
        symbol, side, pside, qty, price, closing, "market" if market else "limit", name[:28], kind, not market
    )


async def price_is(venue: Simulator, price: float) -> None:
    """Set the price, and wait until the venue's books have forgotten the one before."""
    venue.trade("BTC", price)
    await venue.fast_clock.sleep(5.0)


async def ready(account: PrivateExchange) -> PrivateExchange:
    await account.start()
    await account.prepare_account(hedge_mode=False)
    await account.prepare_symbol(BTC, leverage=5)
    return account


async def test_an_account_that_holds_both_sides_is_made_one_sided_or_refused(
    venue: Simulator, dialect: GateIoDialect, account: Open
) -> None:
    await dialect.books.prepare_account(hedge_mode=True)
    trader = await ready(account())
    assert not dialect.books.books.hedge_mode
    await trader.create_orders([order("buy", "long", 0.0, qty=50.0, market=True)])
    dialect.books.books.hedge_mode = True
    with pytest.raises(AccountRefused) as refused:
        await trader.prepare_account(hedge_mode=False)
    assert "close all positions" in refused.value.line()
    assert "{" not in refused.value.line()


async def test_a_coin_that_stays_in_isolated_margin_is_not_traded(
    venue: Simulator, dialect: GateIoDialect, account: Open
) -> None:
    trader = await ready(account())
    await trader.prepare_symbol(SOL, leverage=3)  # it was never traded: the venue has no row of it
    assert dialect.books.leverage == {"BTC_USDT": 5, "SOL_USDT": 3}
    asked = len(venue.answers)
    await trader.prepare_symbol(BTC, leverage=5)
    assert [text for text, _ in venue.answers[asked:] if text.startswith("POST")] == []
    dialect.books.leverage.clear()
    dialect.keeps_margin = True
    with pytest.raises(AccountRefused, match="isolated margin"):
        await trader.prepare_symbol(BTC, leverage=5)


async def test_profit_of_shorts_is_in_quote_although_sizes_are_contracts(venue: Simulator, account: Open) -> None:
    trader = await ready(account())
    await price_is(venue, 100_000.0)
    since = venue.fast_clock.now_ms() - 60_000
    opened = (await trader.create_orders([order("sell", "short", 0.0, qty=300.0, market=True)]))[0]
    assert opened.order is not None
    assert opened.order.qty == 0.0
    (held,) = await trader.fetch_positions()
    assert (held.pside, held.position.size, held.position.price) == ("short", -300.0, 100_000.0)
    await price_is(venue, 90_000.0)
    await trader.create_orders([order("buy", "short", 0.0, qty=200.0, market=True)])
    first, second = await trader.fetch_fills(since)
    count, pnl, fees = venue.ledger_totals()
    # 200 contracts of 0.0001 coins, bought back a tick above 90,000.
    assert count == 2
    assert math.isclose(second.pnl, 0.02 * (100_000.0 - second.price))
    assert math.isclose(first.pnl + second.pnl, pnl)
    assert math.isclose(first.fee + second.fee, fees)
    assert (first.pside, first.qty, second.pside, second.qty) == ("short", -300.0, "short", 200.0)
    assert second.order_type == "close_grid_short"
    balance = (await trader.fetch_balance()).raw
    assert math.isclose(balance, 10_000.0 + pnl + fees, abs_tol=1e-6)


async def test_orders_that_would_take_or_have_nothing_to_reduce_are_refused(venue: Simulator, account: Open) -> None:
    trader = await ready(account())
    await price_is(venue, 100_000.0)
    taking, orphan, fine = await trader.create_orders(
        [
            order("buy", "long", 101_000.0, qty=10.0),
            order("sell", "long", 120_000.0, qty=10.0),
            order("buy", "long", 90_000.0, qty=10.0),
        ]
    )
    assert isinstance(taking.error, OrderRejected)
    assert taking.error.reason == "post_only"
    assert isinstance(orphan.error, OrderRejected)
    assert orphan.error.reason == "reduce_only"
    assert fine.order is not None
    (cancelled,) = await trader.cancel_orders([fine.order])
    assert cancelled.error is None
    (gone,) = await trader.cancel_orders([fine.order])
    assert isinstance(gone.error, OrderGone)


async def test_orders_of_a_lost_answer_are_found_although_the_venue_would_take_them_twice(
    venue: Simulator, dialect: GateIoDialect, account: Open
) -> None:
    trader = await ready(account())
    await price_is(venue, 100_000.0)
    wanted = [order("buy", "long", 90_000.0 - n, qty=10.0, nth=n) for n in range(25)]
    venue.lost.append(BATCH)
    results = await trader.create_orders(wanted)
    assert [isinstance(result.error, OutcomeUnknown) for result in results] == [True] * 10 + [False] * 15
    resting = await trader.fetch_open_orders()
    assert {each.client_id for each in resting} == {request.client_id for request in wanted}
    assert all(is_ours(each.client_id) and each.pside == "long" for each in resting)
    # Nothing but the loop's own memory keeps an order from coming twice here.
    assert (await trader.create_orders(wanted[:1]))[0].error is None
    twins = [each for each in await trader.fetch_open_orders() if each.client_id == wanted[0].client_id]
    assert len(twins) == len({each.id for each in twins}) == 2
    assert all(result.error is None for result in await trader.cancel_orders(twins))
    assert len(await trader.fetch_open_orders()) == 24


async def test_kinds_of_accounts_and_keys(venue: Simulator, dialect: GateIoDialect, account: Open) -> None:
    dialect.knows_keys = False
    trader = await ready(account())
    assert any("doesn't tell whether the key" in text for text in trader.warnings)
    assert trader.account_id == "20011"
    dialect.margin_mode = "multi_currency"
    assert (await trader.fetch_balance()).raw == 2_500.5
    dialect.margin_mode = "portfolio"
    with pytest.raises(AccountRefused, match="portfolio"):
        await trader.fetch_balance()


async def test_a_position_that_makes_no_sense_is_not_left_out(venue: Simulator, account: Open) -> None:
    trader = await ready(account())
    row = '{"contract":"BTC_USDT","size":3,"mode":"dual_short","entry_price":"1"}'
    for body in (f"[{row}]", '[{"contract":"BTC_USDT"}]', '{"label":"NEW_LABEL","message":"x"}'):
        venue.faults.garble(body, times=3, path="/futures/usdt/positions")
        with pytest.raises(ExchangeError):
            await trader.fetch_positions()
        venue.faults.heal()
