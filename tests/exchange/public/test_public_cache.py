"""Candles held in memory: fewer requests, never another answer than the venue's."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from public_support import BTC, ETH

from pbtui.core.clock import MINUTE_MS
from pbtui.core.errors import VenueUnreachable
from pbtui.exchange.port import Candles
from pbtui.exchange.public import CcxtPublicFeed, EndpointOverrides
from pbtui.exchange.public.cache import CandleCache
from tests.support.hasty_clock import HastyClock
from tests.support.venue_server import VenueServer

DAY = 1_440


class SteeredClock(HastyClock):
    """The machine's time of day plus what the test adds."""

    ahead_ms = 0

    def now_ms(self) -> int:
        return super().now_ms() + self.ahead_ms


@dataclass
class Market:
    """Minutes 0 … n−1 of a venue, some missing, one number for each; counts what is asked."""

    missing: set[int] = field(default_factory=set)
    late: set[int] = field(default_factory=set)  # not there yet
    asked: list[tuple[int, int]] = field(default_factory=list)
    down: bool = False

    async def ask(self, start_ms: int, end_ms: int) -> Candles:
        await asyncio.sleep(0)
        if self.down:
            raise VenueUnreachable("down")
        self.asked.append((start_ms // MINUTE_MS, end_ms // MINUTE_MS))
        return self.truth(start_ms, end_ms)

    def truth(self, start_ms: int, end_ms: int) -> Candles:
        first, last = -(-start_ms // MINUTE_MS), -(-end_ms // MINUTE_MS)
        minutes = [m for m in range(first, last) if m not in self.missing and m not in self.late]
        ts = np.array(minutes, dtype=np.int64) * MINUTE_MS
        numbers = (np.array(minutes, dtype=np.float64) + 1.0).astype(np.float32).astype(np.float64)
        return Candles(ts, numbers + 0.5, numbers + 1.0, numbers, numbers + 0.25, numbers * 2.0)


def equal(one: Candles, other: Candles) -> bool:
    pairs = ((getattr(one, name), getattr(other, name)) for name in Candles.__dataclass_fields__)
    return all(a.dtype == b.dtype and np.array_equal(a, b) for a, b in pairs)


async def read(cache: CandleCache, market: Market, start: int, end: int, *, now: float | None = None) -> Candles:
    """Read minutes start … end−1 when `now` (end by default) minutes have passed."""
    now_ms = (end if now is None else now) * MINUTE_MS
    ask = market.ask
    return await cache.read("X", "1m", start * MINUTE_MS, end * MINUTE_MS, now_ms=now_ms, ask=ask)


async def test_only_the_tail_is_asked_for_and_the_newest_candle_once_more() -> None:
    cache, market = CandleCache(), Market()
    assert len(await read(cache, market, 0, 1_000, now=1_000.1)) == 1_000
    assert equal(await read(cache, market, 0, 1_001, now=1_001.5), market.truth(0, 1_001 * MINUTE_MS))
    await read(cache, market, 500, 1_001, now=1_001.6)
    await read(cache, market, 1_000, 1_002, now=1_002.5)
    # Minute 999 had ended six seconds before it was read first: the venue might still have corrected it.
    assert market.asked == [(0, 1_000), (999, 1_001), (1_001, 1_002)]


async def test_a_missing_candle_is_asked_for_until_it_comes() -> None:
    cache, market = CandleCache(), Market(late={700})
    for _ in range(2):
        assert len(await read(cache, market, 0, 1_000, now=1_001)) == 999
    assert market.asked == [(0, 1_000), (0, 701)]
    market.late.clear()
    assert equal(await read(cache, market, 0, 1_000, now=1_001), market.truth(0, 1_000 * MINUTE_MS))
    await read(cache, market, 0, 1_000, now=1_001)
    assert market.asked[2:] == [(0, 701)]


async def test_a_late_newest_candle_is_not_taken_for_none() -> None:
    cache, market = CandleCache(), Market(late={9})
    assert len(await read(cache, market, 0, 10, now=11)) == 9
    market.late.clear()
    assert equal(await read(cache, market, 0, 10, now=11), market.truth(0, 10 * MINUTE_MS))


async def test_an_outage_is_an_error_and_forgets_nothing() -> None:
    cache, market = CandleCache(), Market()
    await read(cache, market, 0, 100, now=101)
    market.down = True
    for start, end in ((0, 200), (150, 200), (-50, 100)):
        with pytest.raises(VenueUnreachable):
            await read(cache, market, start, end, now=201)
    assert len(await read(cache, market, 50, 100, now=201)) == 50, "what is held needs no venue"
    market.down = False
    assert equal(await read(cache, market, 0, 200, now=201), market.truth(0, 200 * MINUTE_MS))
    assert market.asked == [(0, 100), (100, 200)]


async def test_readers_at_the_same_time_do_not_shorten_what_is_held() -> None:
    cache, market = CandleCache(), Market()
    await read(cache, market, 0, 1_000, now=1_001)
    await asyncio.gather(*(read(cache, market, 990, end, now=end + 1) for end in (1_001, 1_003, 1_002, 1_003)))
    before = len(market.asked)
    await read(cache, market, 0, 1_003, now=1_004)
    assert len(market.asked) == before


async def test_memory_is_bounded_and_the_newest_stay() -> None:
    market = Market()
    cache = CandleCache(most_rows=1_000, most_rows_each=400)
    for symbol in ("A", "B", "C", "D"):
        await cache.read(symbol, "1m", 0, 600 * MINUTE_MS, now_ms=700 * MINUTE_MS, ask=market.ask)
    assert cache.rows == 800
    await cache.read("D", "1m", 200 * MINUTE_MS, 600 * MINUTE_MS, now_ms=700 * MINUTE_MS, ask=market.ask)
    assert len(market.asked) == 4
    await cache.read("A", "1m", 500 * MINUTE_MS, 600 * MINUTE_MS, now_ms=700 * MINUTE_MS, ask=market.ask)
    assert len(market.asked) == 5


@settings(max_examples=150, deadline=None)
@given(
    missing=st.sets(st.integers(0, 200), max_size=8),
    limits=st.tuples(st.integers(5, 300), st.integers(5, 120)),
    steps=st.lists(
        st.tuples(st.integers(0, 9), st.integers(0, 200), st.integers(1, 120), st.booleans(), st.integers(0, 59)),
        min_size=1,
        max_size=25,
    ),
)
def test_answers_are_those_of_the_venue_whatever_is_asked(
    missing: set[int], limits: tuple[int, int], steps: list[tuple[int, int, int, bool, int]]
) -> None:
    async def play() -> None:
        market = Market(missing=missing)
        cache = CandleCache(most_rows=limits[0], most_rows_each=limits[1])
        now = 60
        for passed, back, count, down, second in steps:
            now += passed
            market.down = down
            start = max(0, now - back)
            end = min(now, start + count)
            if start >= end:
                continue
            try:
                found = await read(cache, market, start, end, now=now + second / 60)
            except VenueUnreachable:
                assert down
                continue
            assert equal(found, market.truth(start * MINUTE_MS, end * MINUTE_MS))
            assert cache.rows <= max(limits)

    asyncio.run(play())


async def test_requests_of_a_warm_up_of_a_minute_and_of_a_new_day(server: VenueServer) -> None:
    clock = SteeredClock()
    feed = CcxtPublicFeed("binance", clock=clock, endpoints=EndpointOverrides.all_to(server.base_url))

    def minutes_pass(count: int) -> None:
        server.clock.jump(count * MINUTE_MS)
        clock.ahead_ms += count * MINUTE_MS

    async def minutes(symbol: str, count: int) -> Candles:
        end = feed.now_ms() // MINUTE_MS * MINUTE_MS
        return await feed.candles(symbol, "1m", end - count * MINUTE_MS, end)

    try:
        await feed.start()
        minutes_pass(1)
        for symbol in (BTC, ETH):
            assert len(await minutes(symbol, 2_800)) >= 2_799
        assert len(server.asked("klines")) == 6, "a warm-up takes its three pages"
        server.requests.clear()
        for _ in range(3):
            minutes_pass(1)
            for symbol in (BTC, ETH):
                await minutes(symbol, 1)
                await minutes(symbol, 600)
        assert [query["symbol"] for query in server.asked("klines")].count("BTCUSDT") <= 6
        assert all(int(query["limit"]) <= 4 for query in server.asked("klines"))
        server.requests.clear()
        held = await minutes(BTC, 2_700)
        assert len(server.asked("klines")) <= 1, "averages that start anew read what is held"
        rows = [server.markets["BTC"].row(int(ts) // MINUTE_MS) for ts in held.ts_ms]
        assert np.allclose(held.close, [row[3] for row in rows], rtol=1e-6)
        assert np.allclose(held.volume, [row[4] for row in rows], rtol=1e-6)
    finally:
        await feed.close()


async def test_an_outage_in_between_leaves_no_hole(
    make_feed: Callable[..., CcxtPublicFeed], server: VenueServer
) -> None:
    feed = make_feed(hasty=True)
    await feed.start()
    end = feed.now_ms() // MINUTE_MS * MINUTE_MS
    early = await feed.candles(BTC, "1m", end - 300 * MINUTE_MS, end - 100 * MINUTE_MS)
    server.faults.refuse(503, times=3, path="klines")
    with pytest.raises(VenueUnreachable):
        await feed.candles(BTC, "1m", end - 300 * MINUTE_MS, end - 10 * MINUTE_MS)
    whole = await feed.candles(BTC, "1m", end - 300 * MINUTE_MS, end - 10 * MINUTE_MS)
    assert list(np.diff(whole.ts_ms)) == [MINUTE_MS] * 289
    assert np.array_equal(whole.close[:200], early.close)
    assert len(server.asked("klines")) == 5, "three refused attempts in between, and only the missing part after them"
