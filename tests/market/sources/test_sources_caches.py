"""Market settings and first candles kept on disk."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sources_support import InstantClock, at, line_of, walk
from venue_support import NOW, venue

from pbtui.core.clock import DAY_MS, MINUTE_MS
from pbtui.core.errors import VenueUnreachable
from pbtui.core.types import Market
from pbtui.market.prepare.venue import unified_listings, venue_of_caches
from pbtui.market.sources import Listings, MarketCache, Progress, find_listings
from pbtui.market.sources.progress import Meter
from tests.support.archive_server import Spoil
from tests.support.kline_server import DIALECTS

COINS = {"SOL": walk("2025-06-05", 6), "1000PEPE": walk("2025-06-07T03:21", 4, price=0.012, seed=2)}


class Asked:
    """A venue's answer and how often it was wanted."""

    def __init__(self, told: Mapping[str, Market] | Exception) -> None:
        self.told = told
        self.times = 0

    async def __call__(self) -> Mapping[str, Market]:
        self.times += 1
        if isinstance(self.told, Exception):
            raise self.told
        return self.told


@pytest.mark.parametrize("name", list(DIALECTS))
async def test_markets_from_the_file_are_those_the_venue_told(name: str, tmp_path: Path) -> None:
    clock = InstantClock()
    async with venue(name, tmp_path, COINS, clock=clock) as made:
        told = await made.feed.markets()
        ask = Asked(told)
        cache = MarketCache(tmp_path, name, clock)
        assert (await cache.load(ask)).markets == told
        again = await cache.load(ask)
        assert dict(again.markets) == told, "the same settings, codes, fees and reasons"
        assert again.warning == ""
        assert ask.times == 1
        await cache.load(ask, fresh=True)
        assert ask.times == 2
        pepe = told[made.symbol("1000PEPE")]
        assert (pepe.coin, pepe.c_mult) == ("PEPE", {"okx": 0.01, "gateio": 0.01, "kucoin": 0.01}.get(name, 1.0))
        assert pepe.id
        assert venue_of_caches(name, tmp_path).symbol("PEPE") == pepe.symbol, "preparation reads the same file"


async def test_an_old_file_is_replaced_or_used_with_a_warning(tmp_path: Path) -> None:
    clock = InstantClock()
    market = Market("SOL/USDT:USDT", "SOL", 0.1, 0.01, 0.1, 5.0, id="SOLUSDT", listed_ms=at("2020-09-14"))
    cache = MarketCache(tmp_path, "binance", clock)
    unreachable = Asked(VenueUnreachable("binance does not answer"))
    with pytest.raises(VenueUnreachable):
        await cache.load(unreachable)
    await cache.load(Asked({market.symbol: market}))
    old = (clock.now_ms() - 30 * 3_600_000) / 1000
    os.utime(cache.path, (old, old))
    held = await cache.load(unreachable)
    assert dict(held.markets) == {market.symbol: market}
    assert held.warning == "binance: market settings are 30 h old, newer ones cannot be had: binance does not answer"
    new = Market("SOL/USDT:USDT", "SOL", 0.2, 0.01, 0.2, 5.0, id="SOLUSDT")
    assert (await cache.load(Asked({new.symbol: new}))).markets[new.symbol].qty_step == 0.2
    for junk in (b"", b"{", b"[]", b"\xff\xfe", b'{"SOL/USDT:USDT": 5}'):
        cache.path.write_bytes(junk)
        ask = Asked({market.symbol: market})
        assert dict((await cache.load(ask)).markets) == {market.symbol: market}
        assert ask.times == 1
    assert [path.name for path in cache.path.parent.iterdir()] == ["markets.json"], "nothing is left beside it"


async def test_a_disk_that_refuses_costs_only_the_cache(tmp_path: Path) -> None:
    (tmp_path / "caches").write_text("a file where a folder should be")
    market = Market("SOL/USDT:USDT", "SOL", 0.1, 0.01, 0.1, 5.0)
    held = await MarketCache(tmp_path, "binance", InstantClock()).load(Asked({market.symbol: market}))
    assert dict(held.markets) == {market.symbol: market}
    assert "cannot be written" in held.warning


@pytest.mark.parametrize("name", list(DIALECTS))
async def test_first_candles_are_found_to_the_minute(name: str, tmp_path: Path) -> None:
    clock = InstantClock()
    coins = {"SOL": walk("2025-06-07T13:27", 3, seed=4)}
    async with venue(name, tmp_path, coins, clock=clock) as made:
        listings = Listings(tmp_path)
        markets = [market for market in (await made.feed.markets()).values() if market.symbol == made.symbol()]
        assert await find_listings(listings, name, made.feed, markets, clock) == ()
        assert listings.of(name) == {"SOL": at("2025-06-07T13:27")}
        asked = len(made.server.requests)
        assert asked < 16
        await find_listings(listings, name, made.feed, markets, clock)
        assert len(made.server.requests) == asked, "asked for once"
        assert unified_listings(tmp_path) == {"SOL": at("2025-06-07T13:27")}


async def test_a_market_of_today_is_found_too(tmp_path: Path) -> None:
    clock, began = InstantClock(), "2025-06-10T11:58"
    async with venue("hyperliquid", tmp_path, {"SOL": walk(began, 1)}, clock=clock) as made:
        markets = [market for market in (await made.feed.markets()).values() if market.symbol == made.symbol()]
        listings = Listings(tmp_path)
        assert await find_listings(listings, "hyperliquid", made.feed, markets, clock) == ()
        assert listings.of("hyperliquid") == {"SOL": at(began)}


async def test_a_venue_that_fails_is_told_and_nothing_is_made_up(tmp_path: Path) -> None:
    clock = InstantClock()
    async with venue("binance", tmp_path, {"SOL": walk("2025-06-05", 6)}, clock=clock) as made:
        markets = [market for market in (await made.feed.markets()).values() if market.symbol == made.symbol()]
        made.server.spoil(Spoil("klines", status=503, body=b"{}", times=1000))
        (line,) = await find_listings(Listings(tmp_path), "binance", made.feed, markets, clock)
        assert line.startswith("binance SOL: ")
        assert "\n" not in line
        assert Listings(tmp_path).of("binance") == {}


def test_listings_keep_the_earliest_of_all(tmp_path: Path) -> None:
    listings = Listings(tmp_path)
    early, late = at("2021-01-01"), at("2023-01-01")
    listings.note("bybit", {"SOL": late, "NONE": 0})
    listings.note("binance", {"SOL": early, "BTC": late})
    listings.note("bybit", {"SOL": late + DAY_MS})
    assert listings.of("bybit") == {"SOL": late}
    assert listings.unified() == {"SOL": early, "BTC": late}
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda i: listings.note("okx", {f"C{i}": late + i}), range(40)))
    assert len(listings.of("okx")) == 40, "several writers lose nothing"
    path = tmp_path / "caches" / "first_ohlcv_timestamps_unified.json"
    path.write_text('{"SOL": 0.0, "BTC": "x", "ETH": 1600000000000.0}')
    assert listings.unified() == {"ETH": 1_600_000_000_000}
    path.write_text("[")
    assert listings.unified() == {}
    listings.note("binance", {"SOL": early})
    assert json.loads(path.read_text()) == {"SOL": early}


def test_progress_counts_all_symbols_and_tells_the_time_left() -> None:
    class Still(InstantClock):
        at_s = 0.0

        def monotonic(self) -> float:
            return self.at_s

    clock, heard = Still(), list[Progress]()
    meter = Meter(clock, heard.append)
    meter.expect("bybit", "BTC/USDT:USDT", "1m", 1_000)
    meter.expect("bybit", "ETH/USDT:USDT", "1m", 3_000)
    meter.begin("bybit", "BTC/USDT:USDT", "1m", 1_000)
    clock.at_s = 2.0
    meter.add("bybit", "BTC/USDT:USDT", "1m", "archive", 1_000)
    told = heard[-1]
    assert (told.done, told.total, told.all_done, told.all_total) == (1_000, 1_000, 1_000, 4_000)
    assert (told.rate, told.seconds_left) == (500.0, 6.0)
    assert told.line() == ("bybit BTC/USDT:USDT 1m 1,000/1,000 from archive · 25.0 % of 4,000 candles, 500/s, 6 s left")
    assert json.loads(json.dumps(told.as_dict()))["seconds_left"] == 6.0
    meter.begin("bybit", "ETH/USDT:USDT", "1m", 0)  # somebody else had brought them
    assert heard[-1].source == "store"
    assert (heard[-1].all_total, heard[-1].seconds_left) == (1_000, 0.0)
    assert NOW % MINUTE_MS
    assert line_of(VenueUnreachable("x")) == "x"
