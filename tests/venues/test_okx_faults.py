"""What is OKX's own: contracts, batches refused as a whole, modes, leverage, post-only orders that are cancelled."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Callable

import pytest

from pbtui.config.accounts import Account
from pbtui.core.errors import AccountRefused, OrderGone, OrderRejected, OutcomeUnknown
from pbtui.core.ids import client_order_id
from pbtui.core.secret import Secret
from pbtui.core.types import OrderRequest, Pside, Side
from pbtui.exchange.paper.feed import Trade
from pbtui.exchange.port import HeldPosition
from pbtui.exchange.private.venue import PrivateExchange
from pbtui.exchange.public import CcxtPublicFeed, EndpointOverrides
from pbtui.exchange.venues import quirks_of
from tests.venues.okx import OkxDialect
from tests.venues.simulator import KEY, PASSPHRASE, SECRET, Simulator

BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"
Open = Callable[..., PrivateExchange]


@pytest.fixture
def venue(simulate: Callable[..., Simulator]) -> Simulator:
    return simulate(OkxDialect, speed=60.0, moving=False, patient=False)


@pytest.fixture
async def account(venue: Simulator) -> AsyncIterator[Open]:
    """Makes accounts on the venue and closes them."""
    made: list[PrivateExchange] = []

    def make(*, passphrase: str = PASSPHRASE) -> PrivateExchange:
        feed = CcxtPublicFeed("okx", clock=venue.fast_clock, endpoints=EndpointOverrides.all_to(venue.base_url))
        keys = {"apiKey": Secret(KEY), "secret": Secret(SECRET), "password": Secret(passphrase)}
        owner = Account("tester", "okx", "USDT", credentials=keys)
        made.append(PrivateExchange(quirks_of("okx"), owner, feed, venue.fast_clock))
        return made[-1]

    yield make
    for each in made:
        await each.close()


def order(
    symbol: str, side: Side, pside: Pside, qty: float, price: float, *, market: bool = False, post: bool = False
) -> OrderRequest:
    closing = (side == "buy") is not (pside == "long")
    kind = f"{'close_grid' if closing else 'entry_grid_normal'}_{pside}"
    name = client_order_id(
        account="t", symbol=symbol, pside=pside, side=side, order_type=kind, qty=qty, price=price, nth=0
    )
    sort = "market" if market else "limit"
    return OrderRequest(symbol, side, pside, qty, price, closing, sort, name[:32], kind, post_only=post)


async def ready(account: PrivateExchange, *, hedge: bool = True) -> PrivateExchange:
    await account.start()
    await account.prepare_account(hedge_mode=hedge)
    return account


def held(found: list[HeldPosition]) -> dict[tuple[str, str], float]:
    return {(each.symbol, each.pside): each.position.size for each in found}


async def test_contracts_are_counted_once_in_positions_profit_fees_and_balance(venue: Simulator, account: Open) -> None:
    trader = await ready(account())
    markets = await trader.load_markets()
    assert (markets[BTC].c_mult, markets[BTC].qty_step, markets[BTC].id) == (0.01, 0.01, "BTC-USDT-SWAP")
    assert markets[ETH].c_mult == 0.1
    venue.markets["BTC"].injected = 100_000.0
    venue.markets["ETH"].injected = 4_000.0
    await venue.fast_clock.sleep(3.0)  # quotes older than two seconds are read again
    await trader.create_orders([order(BTC, "buy", "long", 5.0, 0.0, market=True)])
    await trader.create_orders([order(ETH, "sell", "short", 2.5, 0.0, market=True)])
    found = await trader.fetch_positions()
    assert held(found) == {(BTC, "long"): 5.0, (ETH, "short"): -2.5}
    entry = {each.symbol: each.position.price for each in found}
    venue.markets["BTC"].injected = 101_000.0
    venue.markets["ETH"].injected = 4_100.0
    await venue.fast_clock.sleep(3.0)
    closes = [
        order(BTC, "sell", "long", 5.0, 0.0, market=True),
        order(ETH, "buy", "short", 2.5, 0.0, market=True),
    ]
    assert all(result.error is None for result in await trader.create_orders(closes))
    assert await trader.fetch_positions() == []
    fills = {(fill.symbol, fill.side): fill for fill in await trader.fetch_fills(venue.fast_clock.now_ms() - 60_000)}
    won, lost = fills[(BTC, "sell")], fills[(ETH, "buy")]
    assert math.isclose(won.pnl, (won.price - entry[BTC]) * 5.0 * 0.01, rel_tol=1e-9)
    assert math.isclose(lost.pnl, (entry[ETH] - lost.price) * 2.5 * 0.1, rel_tol=1e-9)
    assert won.pnl > 0.0 > lost.pnl
    assert (won.pside, lost.pside) == ("long", "short")
    assert math.isclose(won.fee, -won.price * 5.0 * 0.01 * 0.0005, rel_tol=1e-6)
    _, pnl, fees = venue.ledger_totals()
    assert math.isclose(sum(fill.pnl for fill in fills.values()), pnl, abs_tol=1e-6)
    assert math.isclose((await trader.fetch_balance()).raw, 10_000.0 + pnl + fees, abs_tol=1e-6)


async def test_a_batch_that_is_refused_as_a_whole_tells_of_each_order(venue: Simulator, account: Open) -> None:
    trader = await ready(account())
    price = round((await trader.fetch_tickers([BTC]))[BTC].bid * 0.9)
    wanted = [order(BTC, "buy", "long", 1.0, price - nth) for nth in range(3)]
    venue.dialect.reject_next = ["insufficient_margin", "min_cost", "insufficient_margin"]
    errors = [result.error for result in await trader.create_orders(wanted)]
    reasons = [error.reason for error in errors if isinstance(error, OrderRejected)]
    assert reasons == ["insufficient_margin", "min_cost", "insufficient_margin"]
    placed = [result.order for result in await trader.create_orders(wanted)]
    resting = [each for each in placed if each is not None]
    assert len(resting) == 3
    assert all(result.error is None for result in await trader.cancel_orders(resting[:1]))
    results = await trader.cancel_orders(resting)
    assert [type(result.error) for result in results] == [OrderGone, type(None), type(None)]
    results = await trader.cancel_orders(resting)
    assert all(isinstance(result.error, OrderGone) for result in results)
    venue.lost.append("POST /api/v5/trade/cancel-batch-orders")
    (again,) = (await trader.create_orders([order(BTC, "buy", "long", 1.0, price - 9)]))[:1]
    assert again.order is not None
    assert isinstance((await trader.cancel_orders([again.order]))[0].error, OutcomeUnknown)
    assert await trader.fetch_open_orders() == []


async def test_a_post_only_order_that_would_take_is_taken_and_gone(venue: Simulator, account: Open) -> None:
    trader = await ready(account())
    ask = (await trader.fetch_tickers([BTC]))[BTC].ask
    (result,) = await trader.create_orders([order(BTC, "buy", "long", 1.0, round(ask * 1.01), post=True)])
    assert result.error is None
    assert await trader.fetch_open_orders() == []
    assert await trader.fetch_positions() == []


async def test_leverage_is_left_alone_while_it_is_right_and_refused_while_orders_rest(
    venue: Simulator, account: Open
) -> None:
    trader = await ready(account())
    await trader.prepare_symbol(BTC, leverage=5)
    price = round((await trader.fetch_tickers([BTC]))[BTC].bid * 0.9)
    await trader.create_orders([order(BTC, "buy", "long", 1.0, price)])
    await trader.prepare_symbol(BTC, leverage=5)
    with pytest.raises(AccountRefused, match="cancel all pending") as refused:
        await trader.prepare_symbol(BTC, leverage=6)
    assert "cancel the coin's open orders" in refused.value.line()
    assert venue.books.leverage == {"BTC-USDT-SWAP": 5}


async def test_what_the_account_is_not_fit_for_is_one_clear_line(venue: Simulator, account: Open) -> None:
    with pytest.raises(AccountRefused) as refused:
        await account(passphrase="canary-another").start()
    assert "passphrase" in refused.value.line()
    assert "canary" not in refused.value.line()
    venue.dialect.level = "1"
    trader = account()
    await trader.start()
    with pytest.raises(AccountRefused, match="spot mode"):
        await trader.prepare_account(hedge_mode=True)
    venue.dialect.level = "2"
    await trader.prepare_account(hedge_mode=True)
    for _ in range(4_000):
        if venue.dialect.kinds:
            break
        await venue.fast_clock.sleep(1.0)
    assert venue.dialect.kinds == {"SWAP"}


async def test_one_way_orders_and_positions_keep_their_sides(venue: Simulator, account: Open) -> None:
    trader = await ready(account(), hedge=False)
    await trader.create_orders([order(ETH, "sell", "short", 2.5, 0.0, market=True)])
    bid = (await trader.fetch_tickers([ETH]))[ETH].bid
    closing = order(ETH, "buy", "short", 2.5, round(bid * 0.9))
    (result,) = await trader.create_orders([closing])
    assert result.error is None
    assert held(await trader.fetch_positions()) == {(ETH, "short"): -2.5}
    (resting,) = await trader.fetch_open_orders()
    assert (resting.pside, resting.side, resting.reduce_only) == ("short", "buy", True)
    (fill,) = await trader.fetch_fills(venue.fast_clock.now_ms() - 60_000)
    assert (fill.pside, fill.qty) == ("short", -2.5)


async def test_an_isolated_position_beside_ours_is_not_ours(venue: Simulator, account: Open) -> None:
    trader = await ready(account())
    await trader.create_orders([order(BTC, "buy", "long", 1.0, 0.0, market=True)])
    isolated = {"instId": "BTC-USDT-SWAP", "mgnMode": "isolated", "posSide": "long", "pos": "7", "avgPx": "1"}
    coin_margined = {**isolated, "instId": "BTC-USD-SWAP", "mgnMode": "cross"}
    venue.dialect.extra_positions = [isolated, coin_margined]
    assert held(await trader.fetch_positions()) == {(BTC, "long"): 1.0}


async def test_a_partly_filled_order_rests_with_what_is_left(venue: Simulator, account: Open) -> None:
    trader = await ready(account())
    venue.books._partial_fills = True
    price = round((await trader.fetch_tickers([BTC]))[BTC].bid * 0.9)
    await trader.create_orders([order(BTC, "buy", "long", 1.0, price)])

    async def sold() -> None:
        venue.feed._on_trade(Trade(BTC, venue.fast_clock.now_ms(), price - 1.0, 0.4))

    venue._call(sold())
    (resting,) = await trader.fetch_open_orders()
    assert (resting.qty, resting.price) == (0.6, price)
    assert held(await trader.fetch_positions()) == {(BTC, "long"): 0.4}
    (fill,) = await trader.fetch_fills(venue.fast_clock.now_ms() - 60_000)
    assert (fill.qty, fill.price, fill.order_id) == (0.4, price, resting.id)
    stream = trader._stream
    assert stream is not None
    for _ in range(4_000):
        if stream.state().state == "up":
            break
        await venue.fast_clock.sleep(1.0)
    venue._call(sold())
    assert (await trader.fetch_open_orders())[0].qty == pytest.approx(0.2)
    assert [each.qty for each in await trader.fetch_fills(venue.fast_clock.now_ms() - 600_000)] == [0.4, 0.4]
    assert stream.state().state == "up", "the library reads orders that are partly filled"
