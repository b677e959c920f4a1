"""Matching on live data: trades strictly through, quotes where trades are down, taking at the opposite best."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from paper_support import MARKETS, T0, A, B, StreamFeedByHand, on_stream, order

from pbtui.core.errors import OrderRejected, StateError, VenueUnreachable
from pbtui.core.types import OrderRequest
from pbtui.exchange.port import StreamState


def committed_fills(path: Path) -> int:
    """Count the fills another process would see."""
    with sqlite3.connect(f"file:{path / 'ledger.db'}?mode=ro", uri=True) as reader:
        return reader.execute("SELECT count(*) FROM fills").fetchone()[0]


async def test_a_trade_strictly_through_fills_and_is_on_disk_before_anyone_hears_of_it(tmp_path: Path) -> None:
    feed = StreamFeedByHand()
    venue = await on_stream(tmp_path, feed)
    seen: list[tuple[str, int]] = []
    venue.wake.listeners.append(lambda what: seen.append((what, committed_fills(tmp_path))))
    await venue.create_orders([order("buy", "long", 1.0, 99.0), order("sell", "short", 1.0, 101.0)])
    feed.trade(A, 99.0)
    feed.trade(A, 101.0)
    feed.trade(B, 1.0)
    assert seen == []
    feed.trade(A, 98.5)
    assert seen == [("fill", 1)]
    feed.trade(A, 101.5)
    long, short = await venue.fetch_fills(0)
    assert (long.price, long.side, long.psize) == (99.0, "buy", 1.0)
    assert (short.price, short.side, short.psize) == (101.0, "sell", -1.0)
    assert long.fee == pytest.approx(-99.0 * 0.0002)
    assert short.ts_ms > long.ts_ms > T0
    assert venue.audit().ok


async def test_a_trade_from_before_the_acknowledgement_does_not_count(tmp_path: Path) -> None:
    feed = StreamFeedByHand()
    venue = await on_stream(tmp_path, feed)
    feed.time_ms += 1000
    await venue.create_orders([order("buy", "long", 1.0, 99.0)])
    feed.trade(A, 90.0, ts_ms=feed.time_ms - 500)
    assert await venue.fetch_fills(0) == []


async def test_best_price_first_and_a_close_leaves_nothing_behind(tmp_path: Path) -> None:
    feed = StreamFeedByHand()
    venue = await on_stream(tmp_path, feed)
    await venue.create_orders([order("buy", "long", 1.0, 98.0), order("buy", "long", 1.0, 99.0)])
    feed.trade(A, 97.0)
    assert [fill.price for fill in await venue.fetch_fills(0)] == [99.0, 98.0]
    await venue.create_orders([order("sell", "long", 2.0, 101.0), order("sell", "long", 2.0, 102.0)])
    feed.trade(A, 103.0)
    assert [fill.qty for fill in (await venue.fetch_fills(0))[2:]] == [-2.0]
    assert await venue.fetch_open_orders() == []
    assert venue.audit().ok


async def test_partial_fills_share_the_quantity_of_a_trade(tmp_path: Path) -> None:
    feed = StreamFeedByHand()
    venue = await on_stream(tmp_path, feed, partial_fills=True)
    await venue.create_orders([order("buy", "long", 1.0, 99.0), order("buy", "long", 1.0, 98.0)])
    feed.trade(A, 97.0, qty=0.34)
    (rest, other) = await venue.fetch_open_orders()
    assert (rest.qty, other.qty) == (0.7, 1.0)
    feed.trade(A, 97.0, qty=0.05)
    assert len(await venue.fetch_fills(0)) == 1
    feed.trade(A, 97.0, qty=1.2)
    assert [fill.qty for fill in await venue.fetch_fills(0)] == [0.3, 0.7, 0.5]
    assert [resting.qty for resting in await venue.fetch_open_orders()] == [0.5]
    assert venue.audit().ok


@pytest.mark.parametrize(
    ("wanted", "price", "taker"),
    [
        (order("buy", "long", 1.0, 0.0, kind="market"), 100.0, True),
        (order("sell", "short", 1.0, 0.0, kind="market"), 99.5, True),
        (order("buy", "long", 1.0, 100.0), 100.0, True),
        (order("buy", "long", 1.0, 105.0), 100.0, True),
        (order("sell", "short", 1.0, 99.0), 99.5, True),
        (order("buy", "long", 1.0, 99.5), None, False),
        (order("sell", "short", 1.0, 100.0, post_only=True), None, False),
    ],
)
async def test_arrival(tmp_path: Path, wanted: OrderRequest, price: float | None, taker: bool) -> None:
    venue = await on_stream(tmp_path, StreamFeedByHand())
    (made,) = await venue.create_orders([wanted])
    assert made.order is not None
    fills = await venue.fetch_fills(0)
    assert [fill.price for fill in fills] == ([] if price is None else [price])
    assert made.order.qty == (0.0 if taker else 1.0)
    if taker:
        assert fills[0].fee == pytest.approx(-fills[0].price * MARKETS[A].taker_fee)
        assert committed_fills(tmp_path) == 1


async def test_post_only_that_would_take_is_refused(tmp_path: Path) -> None:
    venue = await on_stream(tmp_path, StreamFeedByHand())
    results = await venue.create_orders(
        [order("buy", "long", 1.0, 100.0, post_only=True), order("sell", "short", 1.0, 99.5, post_only=True)]
    )
    assert [r.error.reason for r in results if isinstance(r.error, OrderRejected)] == ["post_only", "post_only"]


async def test_while_trades_are_down_quotes_fill_but_an_old_last_price_does_not(tmp_path: Path) -> None:
    feed = StreamFeedByHand()
    venue = await on_stream(tmp_path, feed)
    await venue.create_orders([order("buy", "long", 1.0, 99.0)])
    feed.quotes[A] = (99.5, 100.0, 50.0)
    feed.state = StreamState("down", 90.0)
    feed.time_ms += 5
    await venue.fetch_tickers([A])
    assert await venue.fetch_fills(0) == []
    feed.quotes[A] = (98.0, 98.5, 98.5)
    feed.state = StreamState("up")
    await venue.fetch_tickers([A])
    assert await venue.fetch_fills(0) == []
    feed.state = StreamState("stale", 61.0)
    await venue.fetch_tickers([A])
    assert [fill.price for fill in await venue.fetch_fills(0)] == [99.0]


async def test_without_prices_nothing_is_sent(tmp_path: Path) -> None:
    feed = StreamFeedByHand()
    venue = await on_stream(tmp_path, feed)
    feed.error = VenueUnreachable("no answer")
    with pytest.raises(VenueUnreachable):
        await venue.create_orders([order("buy", "long", 1.0, 99.0)])
    feed.error = None
    del feed.quotes[A]
    (result,) = await venue.create_orders([order("buy", "long", 1.0, 99.0)])
    assert isinstance(result.error, OrderRejected)
    assert result.error.reason == "no_price"
    assert await venue.fetch_open_orders() == []


async def test_streamed_quotes_spare_a_request_while_they_are_fresh(tmp_path: Path) -> None:
    feed = StreamFeedByHand()
    venue = await on_stream(tmp_path, feed)
    await venue.prepare_symbol(A, leverage=10)
    feed.push_ticker(A)
    await venue.create_orders([order("buy", "long", 1.0, 99.0)])
    assert feed.asked == 0
    feed.time_ms += 10_000
    await venue.create_orders([order("buy", "long", 1.0, 98.0)])
    assert feed.asked == 1


async def test_what_is_needed_is_streamed_also_after_a_restart(tmp_path: Path) -> None:
    feed = StreamFeedByHand()
    venue = await on_stream(tmp_path, feed)
    await venue.create_orders([order("buy", "long", 1.0, 99.0)])
    await venue.create_orders([order("buy", "long", 10.0, 9.0, symbol=B)])
    assert feed.watched == [[A], [A, B]]
    await venue.close()
    again = StreamFeedByHand()
    venue = await on_stream(tmp_path, again)
    assert again.watched == [[A, B]]
    again.trade(A, 90.0)
    assert [fill.price for fill in await venue.fetch_fills(0)] == [99.0]
    assert venue.audit().ok


async def test_late_trades_keep_the_sequence_of_fills(tmp_path: Path) -> None:
    feed = StreamFeedByHand()
    venue = await on_stream(tmp_path, feed)
    await venue.create_orders([order("buy", "long", 1.0, 99.0), order("buy", "long", 1.0, 98.0)])
    start = feed.time_ms
    feed.trade(A, 98.5, ts_ms=start + 100)
    feed.trade(A, 97.5, ts_ms=start + 50)
    assert [fill.ts_ms for fill in await venue.fetch_fills(0)] == [start + 100, start + 100]


async def test_a_ledger_that_fails_while_filling_stops_the_account(tmp_path: Path) -> None:
    feed = StreamFeedByHand()
    venue = await on_stream(tmp_path, feed)
    await venue.create_orders([order("buy", "long", 1.0, 99.0)])
    woken: list[str] = []
    venue.wake.listeners.append(woken.append)
    with sqlite3.connect(tmp_path / "ledger.db", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        feed.trade(A, 90.0)
        other.execute("ROLLBACK")
    assert woken == ["ledger failed"]
    with pytest.raises(StateError):
        await venue.create_orders([order("buy", "long", 1.0, 98.0)])
    await venue.close()
    again = await on_stream(tmp_path, StreamFeedByHand())
    assert await again.fetch_fills(0) == []
    assert len(await again.fetch_open_orders()) == 1
    assert again.audit().ok
