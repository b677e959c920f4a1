"""Requests of the real client against the loopback venue: answers, refusals, outages."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable

import pytest
from public_support import BTC, ETH

from pbtui.core.clock import MINUTE_MS
from pbtui.core.errors import ExchangeError, RateLimited, VenueUnreachable
from pbtui.exchange.public import CcxtPublicFeed, EndpointOverrides, why_unreachable
from tests.support.venue_server import VenueServer

Make = Callable[..., CcxtPublicFeed]


async def test_starts_once_and_reads_markets_without_keys(server: VenueServer, make_feed: Make) -> None:
    feed = make_feed()
    assert await why_unreachable(feed) == ""
    await feed.start()
    await feed.start()
    markets = await feed.markets()
    assert set(markets) == {BTC, ETH}
    assert len(server.asked("exchangeInfo")) == 1
    btc = markets[BTC]
    assert (btc.coin, btc.qty_step, btc.price_step, btc.min_qty, btc.min_cost) == ("BTC", 0.001, 0.1, 0.001, 5.0)
    assert (btc.maker_fee, btc.taker_fee, btc.c_mult, btc.ineligible) == (0.0002, 0.0005, 1.0, "")
    assert btc.listed_ms == server.markets["BTC"].first_minute * MINUTE_MS
    await feed.markets()
    assert len(server.asked("exchangeInfo")) == 2, "limits are read anew when asked for again"
    paths = {path.split("/", 2)[2] for path, _ in server.requests}
    assert paths == {"fapi/v1/time", "fapi/v1/exchangeInfo"}, "nothing that needs keys, nothing superfluous"


async def test_time_is_the_venues(make_feed: Make, server: VenueServer) -> None:
    server.clock.jump(90_000)
    feed = make_feed()
    await feed.start()
    assert abs(feed.now_ms() - server.clock.now_ms()) < 300
    assert len(feed.warnings) == 1
    assert re.search(r"-(89|90)\.\d s off", feed.warnings[0])


async def test_candles_are_finished_complete_and_within_the_range(feed: CcxtPublicFeed, server: VenueServer) -> None:
    now = feed.now_ms()
    start = now - 2_500 * MINUTE_MS
    candles = await feed.candles(BTC, "1m", start, now + 10 * MINUTE_MS)
    assert candles.ts_ms[0] == -(-start // MINUTE_MS) * MINUTE_MS
    assert candles.ts_ms[-1] + MINUTE_MS <= server.clock.now_ms() < candles.ts_ms[-1] + 3 * MINUTE_MS
    assert set(candles.ts_ms[1:] - candles.ts_ms[:-1]) == {MINUTE_MS}
    assert len(server.asked("klines")) == 3
    row = server.markets["BTC"].row(int(candles.ts_ms[100]) // MINUTE_MS)
    told = (candles.open[100], candles.high[100], candles.low[100], candles.close[100], candles.volume[100])
    assert told == pytest.approx(row, rel=1e-6)


async def test_hours_are_finished_too(feed: CcxtPublicFeed) -> None:
    hour = 60 * MINUTE_MS
    now = feed.now_ms()
    candles = await feed.candles(ETH, "1h", now - 20 * hour, now)
    assert len(candles) == 19 + (now % hour == 0)
    assert candles.ts_ms[-1] + hour <= now


async def test_history_before_the_listing_is_not_asked_for(feed: CcxtPublicFeed, server: VenueServer) -> None:
    first = server.markets["BTC"].first_minute * MINUTE_MS
    candles = await feed.candles(BTC, "1m", first - 50_000 * MINUTE_MS, first + 10 * MINUTE_MS)
    assert list(candles.ts_ms) == [first + i * MINUTE_MS for i in range(10)]
    assert len(server.asked("klines")) == 1
    assert len(await feed.candles(BTC, "1m", first - 900 * MINUTE_MS, first)) == 0


async def test_tickers_come_in_bulk(feed: CcxtPublicFeed, server: VenueServer) -> None:
    server.trade("BTC", 101_000.0)
    tickers = await feed.tickers([BTC, ETH, "NONE/USDT:USDT"])
    assert set(tickers) == {BTC, ETH}
    assert (tickers[BTC].bid, tickers[BTC].ask, tickers[BTC].last) == (101_000.0, 101_000.1, 101_000.0)
    assert len(server.asked("bookTicker")) == 1


async def test_too_many_requests_silence_every_call_for_as_long_as_told(make_feed: Make, server: VenueServer) -> None:
    feed = make_feed()
    await feed.start()
    server.faults.refuse(429, path="bookTicker", Retry_After="37")
    with pytest.raises(RateLimited) as caught:
        await feed.tickers([BTC])
    assert caught.value.retry_after_s == 37.0
    before = len(server.requests)
    for call in (feed.tickers([BTC]), feed.candles(BTC, "1m", 0, feed.now_ms()), feed.probe()):
        with pytest.raises(RateLimited) as caught:
            await call
        assert 36.0 < caught.value.retry_after_s <= 37.0
    assert len(server.requests) == before, "a paused venue is left alone"


async def test_calls_go_on_after_the_pause(feed: CcxtPublicFeed, server: VenueServer) -> None:
    server.faults.refuse(418, path="bookTicker", Retry_After="1")
    with pytest.raises(RateLimited):
        await feed.tickers([BTC])
    await feed.clock.sleep(1.1)
    assert BTC in await feed.tickers([BTC])


async def test_an_outage_is_an_error_never_no_data(feed: CcxtPublicFeed, server: VenueServer) -> None:
    server.faults.refuse(503, times=100)
    with pytest.raises(VenueUnreachable) as caught:
        await feed.tickers([BTC])
    assert "binance fetch_tickers" in caught.value.line()
    with pytest.raises(VenueUnreachable):
        await feed.candles(BTC, "1m", feed.now_ms() - 100 * MINUTE_MS, feed.now_ms())
    assert len(server.asked("klines")) == 3, "candles are asked for again, but not forever"


async def test_candles_survive_a_short_outage(feed: CcxtPublicFeed, server: VenueServer) -> None:
    server.faults.refuse(502, times=2, path="klines")
    now = feed.now_ms()
    assert len(await feed.candles(BTC, "1m", now - 100 * MINUTE_MS, now)) in {99, 100}


@pytest.mark.parametrize("body", ["", "null", "[]x", "<html>\x1b[2J</html>", '{"a":1}', '[{"symbol":5}]', "[[[]]]"])
async def test_garbage_is_an_error_or_nothing_and_shown_harmlessly(
    feed: CcxtPublicFeed, server: VenueServer, body: str
) -> None:
    server.faults.garble(body, times=100)
    for call in (feed.tickers([BTC, ETH]), feed.candles(BTC, "1m", feed.now_ms() - 9 * MINUTE_MS, feed.now_ms())):
        told = ""
        try:
            assert len(await call) == 0
        except ExchangeError as error:
            told = error.line()
        assert "\x1b" not in told
        assert not told or "binance" in told


@pytest.mark.parametrize("body", ["", "null", "[]x", "<html>maintenance</html>"])
async def test_an_answer_that_is_no_json_is_an_outage_not_an_empty_market(
    feed: CcxtPublicFeed, server: VenueServer, body: str
) -> None:
    server.faults.garble(body, times=100)
    with pytest.raises(VenueUnreachable, match="no JSON"):
        await feed.candles(BTC, "1m", feed.now_ms() - 9 * MINUTE_MS, feed.now_ms())


async def test_a_slow_venue_times_out(make_feed: Make, server: VenueServer) -> None:
    feed = make_feed(timeout_s=0.2)
    server.faults.delay_s = 0.6
    with pytest.raises(VenueUnreachable):
        await feed.probe()


async def test_an_unreachable_venue_is_found_out_in_time(make_feed: Make, server: VenueServer) -> None:
    feed = make_feed()
    server.faults.delay_s = 5.0
    await feed.prepare()
    began = time.monotonic()
    assert await why_unreachable(feed, 0.3) == "no answer within 0.3 s"
    assert time.monotonic() - began < 4.5  # before the venue would have answered
    nobody = make_feed(endpoints=EndpointOverrides.all_to("http://127.0.0.1:1"))
    assert "127.0.0.1:1" in await why_unreachable(nobody, 5.0)
    assert "Connect call failed" in await why_unreachable(nobody, 5.0)


async def test_every_call_leaves_a_line_with_its_time(
    feed: CcxtPublicFeed, server: VenueServer, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, "pbtui.exchange"):
        await feed.tickers([BTC])
        server.faults.refuse(500)
        with pytest.raises(VenueUnreachable):
            await feed.tickers([BTC])
    lines = [record.getMessage() for record in caplog.records if record.name == "pbtui.exchange"]
    assert lines[0].startswith("binance fetch_tickers")
    assert lines[0].endswith("ms ok")
    assert "ms failed: binance fetch_tickers" in lines[1]


async def test_a_closed_feed_stays_closed(feed: CcxtPublicFeed) -> None:
    await feed.close()
    await feed.close()
    with pytest.raises(VenueUnreachable, match="closed"):
        await feed.tickers([BTC])
