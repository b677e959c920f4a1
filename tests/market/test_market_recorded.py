"""Recorded candles of real venues play as they were recorded."""

from __future__ import annotations

from pathlib import Path

import pytest

from pbtui.core.clock import DAY_MS, MINUTE_MS, VirtualClock
from pbtui.core.types import OrderRequest
from pbtui.engine.numerics import round_
from pbtui.exchange.paper.factory import open_paper
from pbtui.market.replay import ReplayFeed

COINS = ("ADA", "BTC", "ETH", "SOL", "XRP")


async def test_five_coins_overlap_for_weeks(candles_dir: Path) -> None:
    feed = ReplayFeed(candles_dir / "binanceusdm", exchange="binance", coins=COINS)
    await feed.start()
    assert feed.last_ms is not None
    assert feed.last_ms - feed.first_ms > 24 * DAY_MS
    markets = await feed.markets()
    assert {market.coin for market in markets.values()} == set(COINS)
    for symbol, market in markets.items():
        bar = feed.bars(feed.first_ms)[symbol]
        assert bar.low <= bar.close <= bar.high
        assert market.price_step < bar.close / 500
        assert market.min_qty * bar.close < 150
    assert "BTC tick 0.1 lot 0.001" in feed.warnings[0]


@pytest.mark.parametrize("venue", ["bybit", "okx", "binanceusdm_2025-02", "binanceusdm_2026-01"])
async def test_every_recording_is_read(candles_dir: Path, venue: str) -> None:
    feed = ReplayFeed(candles_dir / venue, exchange="binance")
    await feed.start()
    assert feed.last_ms is not None
    assert feed.last_ms > feed.first_ms
    assert len(feed.bars(feed.first_ms)) == len(await feed.markets())


async def test_a_ladder_traded_for_a_day_balances_to_the_cent(candles_dir: Path, tmp_path: Path) -> None:
    feed = ReplayFeed(candles_dir / "binanceusdm", exchange="binance", coins=COINS)
    venue = open_paper(feed, tmp_path / "ledger.db", clock=VirtualClock())
    await venue.start()
    markets = await venue.load_markets()
    for minute in range(1440):
        assert await venue.step_minute()
        if minute % 5:
            continue
        await venue.cancel_orders(await venue.fetch_open_orders())
        held = {position.symbol: position.position.size for position in await venue.fetch_positions()}
        wanted: list[OrderRequest] = []
        for symbol, ticker in (await venue.fetch_tickers(list(markets))).items():
            market = markets[symbol]
            qty = max(market.min_qty, round_(20.0 / ticker.last, market.qty_step))
            bid, ask = (round_(ticker.last * factor, market.price_step) for factor in (0.9995, 1.001))
            ids = (f"b{minute}{symbol}", f"s{minute}{symbol}")
            wanted.append(
                OrderRequest(symbol, "buy", "long", qty, bid, False, "limit", ids[0], "entry_grid_normal_long")
            )
            if size := held.get(symbol):
                wanted.append(OrderRequest(symbol, "sell", "long", size, ask, True, "limit", ids[1], "close_grid_long"))
        refused = [result.error for result in await venue.create_orders(wanted) if result.error]
        assert refused == []
    found = venue.audit()
    assert found.ok, found
    assert found.n_fills > 100
    assert venue.now_ms() == feed.first_ms + 1440 * MINUTE_MS
    await venue.close()
