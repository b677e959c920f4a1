"""Matching by candles: the backtester's rule, on minutes written down here."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from paper_support import T0, A, B, ListFeed, flat, on_minutes, order

from pbtui.core.clock import MINUTE_MS, VirtualClock
from pbtui.core.errors import OrderGone, OrderRejected
from pbtui.exchange.paper.factory import open_paper


async def test_nothing_trades_before_the_first_candle(tmp_path: Path) -> None:
    venue = open_paper(ListFeed([{A: flat(100.0)}]), tmp_path / "ledger.db", clock=VirtualClock())
    await venue.start()
    assert venue.now_ms() == T0
    assert await venue.fetch_tickers([A]) == {}
    assert len(await venue.fetch_candles(A, "1m", 0, T0 + 10 * MINUTE_MS)) == 0
    (result,) = await venue.create_orders([order("buy", "long", 1.0, 90.0)])
    assert isinstance(result.error, OrderRejected)
    assert result.error.reason == "no_price"


async def test_a_touch_is_no_fill_and_a_cross_fills_at_the_own_price(tmp_path: Path) -> None:
    minutes = [{A: flat(100.0)}, {A: (100.0, 101.0, 99.0, 100.0)}, {A: (100.0, 100.0, 98.5, 99.0)}]
    venue = await on_minutes(tmp_path, minutes)
    (made,) = await venue.create_orders([order("buy", "long", 1.0, 99.0)])
    assert made.order is not None
    assert made.order.created_ms == T0 + MINUTE_MS
    await venue.step_minute()
    assert await venue.fetch_fills(0) == []
    await venue.step_minute()
    (fill,) = await venue.fetch_fills(0)
    assert (fill.price, fill.qty, fill.ts_ms, fill.psize, fill.pprice) == (99.0, 1.0, T0 + 2 * MINUTE_MS, 1.0, 99.0)
    assert fill.fee == pytest.approx(-99.0 * 0.0002, rel=1e-12)
    assert (await venue.fetch_balance()).raw == 1000.0 + fill.fee
    assert await venue.fetch_open_orders() == []
    assert await venue.fetch_fills(fill.ts_ms + 1) == []


async def test_an_order_never_fills_in_the_candle_it_was_planned_on(tmp_path: Path) -> None:
    minutes = [{A: (100.0, 110.0, 90.0, 100.0)}, {A: flat(100.0)}]
    venue = await on_minutes(tmp_path, minutes)
    await venue.create_orders([order("buy", "long", 1.0, 95.0), order("sell", "short", 1.0, 105.0)])
    await venue.step_minute()
    assert await venue.fetch_fills(0) == []


async def test_a_limit_through_the_market_rests_until_the_next_candle(tmp_path: Path) -> None:
    venue = await on_minutes(tmp_path, [{A: flat(100.0)}, {A: flat(100.0)}])
    (made,) = await venue.create_orders([order("buy", "long", 1.0, 105.0)])
    assert made.order is not None
    assert made.order.qty == 1.0
    assert await venue.fetch_fills(0) == []
    await venue.step_minute()
    (fill,) = await venue.fetch_fills(0)
    assert (fill.price, fill.ts_ms) == (105.0, T0 + MINUTE_MS)


async def test_sequence_long_before_short_coins_ascending_closes_first_nearest_first(tmp_path: Path) -> None:
    calm, storm = {A: flat(100.0), B: flat(10.0)}, {A: (100.0, 200.0, 50.0, 100.0), B: (10.0, 20.0, 5.0, 10.0)}
    venue = await on_minutes(tmp_path, [calm, storm, storm])
    first = [
        order("buy", "long", 1.0, 95.0),
        order("sell", "short", 1.0, 105.0),
        order("buy", "long", 10.0, 9.0, symbol=B),
    ]
    await venue.create_orders(first)
    await venue.step_minute()
    await venue.create_orders(
        [
            order("sell", "short", 1.0, 110.0, client_id="7 short entry"),
            order("buy", "short", 0.5, 90.0, client_id="6 short close"),
            order("buy", "long", 10.0, 8.0, symbol=B, client_id="5 B entry"),
            order("sell", "long", 5.0, 11.0, symbol=B, client_id="4 B close"),
            order("buy", "long", 1.0, 80.0, client_id="3b far entry"),
            order("buy", "long", 1.0, 90.0, client_id="3a near entry"),
            order("sell", "long", 0.2, 120.0, client_id="2 far close"),
            order("sell", "long", 0.2, 110.0, client_id="1 near close"),
        ]
    )
    await venue.step_minute()
    ids = [fill.client_id for fill in await venue.fetch_fills(T0 + 2 * MINUTE_MS)]
    assert ids == sorted(ids)
    assert len(ids) == 8
    assert venue.audit().ok


async def test_a_close_is_cut_to_the_position_and_the_rest_of_the_closes_leave(tmp_path: Path) -> None:
    minutes = [{A: flat(100.0)}, {A: (100.0, 100.0, 90.0, 100.0)}, {A: (100.0, 120.0, 80.0, 100.0)}]
    venue = await on_minutes(tmp_path, minutes)
    await venue.create_orders([order("buy", "long", 1.0, 95.0)])
    await venue.step_minute()
    await venue.create_orders(
        [
            order("sell", "long", 5.0, 105.0, client_id="too much"),
            order("sell", "long", 1.0, 110.0, client_id="nothing left"),
            order("buy", "long", 0.5, 90.0, client_id="opens again"),
        ]
    )
    await venue.step_minute()
    cut, again = await venue.fetch_fills(T0 + 2 * MINUTE_MS)
    assert (cut.qty, cut.psize, cut.pprice, cut.pnl) == (-1.0, 0.0, 95.0, 10.0)
    assert (again.client_id, again.psize, again.pprice) == ("opens again", 0.5, 90.0)
    assert await venue.fetch_open_orders() == []
    assert venue.audit().ok


async def test_short_profit_and_contract_size(tmp_path: Path) -> None:
    minutes = [{B: flat(10.0)}, {B: (10.0, 12.0, 10.0, 10.0)}, {B: (10.0, 10.0, 7.0, 8.0)}]
    venue = await on_minutes(tmp_path, minutes)
    await venue.create_orders([order("sell", "short", 100.0, 11.0, symbol=B)])
    await venue.step_minute()
    (held,) = await venue.fetch_positions()
    assert (held.symbol, held.pside, held.position.size, held.position.price) == (B, "short", -100.0, 11.0)
    await venue.create_orders([order("buy", "short", 100.0, 8.0, symbol=B)])
    await venue.step_minute()
    opened, closed = await venue.fetch_fills(0)
    assert closed.pnl == pytest.approx(100.0 * 0.1 * 3.0)
    assert opened.fee == pytest.approx(-100.0 * 0.1 * 11.0 * 0.0002)
    assert (await venue.fetch_balance()).raw == pytest.approx(1000.0 + closed.pnl + opened.fee + closed.fee, abs=1e-9)


async def test_market_orders_fill_at_the_last_close_as_taker(tmp_path: Path) -> None:
    venue = await on_minutes(tmp_path, [{A: (100.0, 103.0, 99.0, 102.0)}, {}])
    woken: list[str] = []
    venue.wake.listeners.append(woken.append)
    (made,) = await venue.create_orders([order("buy", "long", 1.0, 0.0, kind="market")])
    assert made.order is not None
    assert made.order.qty == 0.0
    (fill,) = await venue.fetch_fills(0)
    assert (fill.price, fill.ts_ms) == (102.0, T0 + MINUTE_MS)
    assert fill.fee == pytest.approx(-102.0 * 0.0005, rel=1e-12)
    (refused,) = await venue.create_orders([order("buy", "long", 1.0, 0.0, kind="market", symbol=B)])
    assert isinstance(refused.error, OrderRejected)


async def test_post_only_is_refused_only_strictly_through(tmp_path: Path) -> None:
    venue = await on_minutes(tmp_path, [{A: flat(100.0)}])
    results = await venue.create_orders(
        [
            order("buy", "long", 1.0, 100.0, post_only=True),
            order("buy", "long", 1.0, 100.5, post_only=True),
            order("sell", "short", 1.0, 100.0, post_only=True),
            order("sell", "short", 1.0, 99.5, post_only=True),
        ]
    )
    assert [result.error is None for result in results] == [True, False, True, False]
    assert all(isinstance(r.error, OrderRejected) and r.error.reason == "post_only" for r in results if r.error)


async def test_a_gap_fills_nothing_and_keeps_the_last_price(tmp_path: Path) -> None:
    minutes = [{A: flat(100.0), B: flat(10.0)}, {B: flat(10.0)}, {A: flat(90.0), B: flat(10.0)}]
    venue = await on_minutes(tmp_path, minutes)
    await venue.create_orders([order("buy", "long", 1.0, 95.0)])
    await venue.step_minute()
    tickers = await venue.fetch_tickers([A, B, "XXX"])
    assert (tickers[A].last, tickers[A].ts_ms, tickers[B].ts_ms) == (100.0, T0 + MINUTE_MS, T0 + 2 * MINUTE_MS)
    assert tickers.keys() == {A, B}
    await venue.step_minute()
    assert [fill.ts_ms for fill in await venue.fetch_fills(0)] == [T0 + 2 * MINUTE_MS]


async def test_the_future_is_not_shown_and_the_data_end(tmp_path: Path) -> None:
    venue = await on_minutes(tmp_path, [{A: flat(float(100 + i))} for i in range(4)])
    assert venue.now_ms() == T0 + MINUTE_MS
    assert (await venue.fetch_candles(A, "1m", 0, T0 + 99 * MINUTE_MS)).close.tolist() == [100.0]
    assert [await venue.step_minute() for _ in range(5)] == [True, True, True, False, False]
    assert venue.now_ms() == T0 + 4 * MINUTE_MS
    assert (await venue.fetch_candles(A, "1m", 0, T0 + 99 * MINUTE_MS)).close.tolist() == [100.0, 101.0, 102.0, 103.0]


async def test_a_fill_without_a_number_never_happens(tmp_path: Path) -> None:
    venue = await on_minutes(tmp_path, [{A: flat(100.0)}, {A: flat(math.nan)}])
    await venue.create_orders([order("buy", "long", 1.0, 95.0), order("sell", "short", 1.0, 105.0)])
    await venue.step_minute()
    assert await venue.fetch_fills(0) == []


async def test_cancel_takes_off_the_book_once(tmp_path: Path) -> None:
    venue = await on_minutes(tmp_path, [{A: flat(100.0)}, {A: flat(90.0)}])
    (made,) = await venue.create_orders([order("buy", "long", 1.0, 95.0)])
    assert made.order is not None
    first, second = await venue.cancel_orders([made.order, made.order])
    assert first.error is None
    assert isinstance(second.error, OrderGone)
    await venue.step_minute()
    assert await venue.fetch_fills(0) == []


async def test_one_way_nets_and_turns_around_in_two_executions(tmp_path: Path) -> None:
    minutes = [{A: flat(100.0)}, {A: (100.0, 100.0, 90.0, 100.0)}, {A: (100.0, 120.0, 100.0, 110.0)}]
    venue = await on_minutes(tmp_path, minutes, hedge_mode=False)
    await venue.create_orders([order("buy", "long", 1.0, 95.0)])
    await venue.step_minute()
    await venue.create_orders([order("sell", "short", 3.0, 105.0)])
    await venue.step_minute()
    closed, opened = await venue.fetch_fills(T0 + 2 * MINUTE_MS)
    assert (closed.pside, closed.qty, closed.psize, closed.pnl) == ("long", -1.0, 0.0, 10.0)
    assert (opened.pside, opened.qty, opened.psize, opened.pprice) == ("short", -2.0, -2.0, 105.0)
    (held,) = await venue.fetch_positions()
    assert (held.pside, held.position.size) == ("short", -2.0)
    assert venue.audit().ok


async def test_one_way_reduce_only_never_turns_around(tmp_path: Path) -> None:
    minutes = [{A: flat(100.0)}, {A: (100.0, 100.0, 90.0, 100.0)}, {A: (100.0, 120.0, 100.0, 110.0)}]
    venue = await on_minutes(tmp_path, minutes, hedge_mode=False)
    await venue.create_orders([order("buy", "long", 1.0, 95.0)])
    await venue.step_minute()
    await venue.create_orders([order("sell", "long", 3.0, 105.0, reduce_only=True)])
    await venue.step_minute()
    assert [fill.qty for fill in await venue.fetch_fills(T0 + 2 * MINUTE_MS)] == [-1.0]
    assert await venue.fetch_positions() == []
