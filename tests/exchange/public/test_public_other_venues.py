"""Markets, candles and prices of the other venues, read by the real client from documents in each venue's shape."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import numpy as np
import pytest
from aiohttp import web
from other_venues import LISTED_MS, MINUTE, VENUES, document, prices, volume

from pbtui.core.types import Market
from pbtui.exchange.public import CcxtPublicFeed, EndpointOverrides, why_unreachable
from pbtui.exchange.public.endpoints import Rewrites
from tests.support.hasty_clock import HastyClock


@dataclass
class Loopback:
    """A venue of the given name; `asked` are the paths of its requests, `unknown` those it had no answer to."""

    name: str
    base_url: str = ""
    asked: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        body = await request.text()
        found = document(self.name, request.path, request.query, body)
        self.asked.append(request.path)
        if found is None:
            self.unknown.append(f"{request.path} {body}")
            return web.json_response({}, status=404)
        return web.json_response(found)


@pytest.fixture(params=list(VENUES))
async def venue(request: pytest.FixtureRequest) -> AsyncIterator[Loopback]:
    made = Loopback(request.param)
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", made.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.02)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.base_url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield made
    await runner.cleanup()


@pytest.fixture
async def feed(venue: Loopback) -> AsyncIterator[CcxtPublicFeed]:
    endpoints = EndpointOverrides(rest=Rewrites({"*": venue.base_url}), disable_ws=True)
    made = CcxtPublicFeed(venue.name, clock=HastyClock(), endpoints=endpoints)
    yield made
    await made.close()


# qty step, price step, min qty, min cost, contract size, maker, taker (config.md 11.4)
FACTS = {
    "bybit": (0.1, 0.01, 0.1, 5.0, 1.0, 0.0002, 0.00055),
    "okx": (0.01, 0.01, 0.01, 0.01, 0.1, 0.0002, 0.0005),
    "bitget": (0.1, 0.01, 0.1, 5.1, 1.0, 0.0002, 0.0006),
    "gateio": (1.0, 0.01, 1.0, 0.01, 0.1, 0.0002, 0.0005),
    "hyperliquid": (0.1, 0.01, 0.1, 10.1, 1.0, 0.00015, 0.00045),
    "kucoin": (1.0, 0.01, 1.0, 0.01, 0.1, 0.0002, 0.0006),
}


def facts(market: Market) -> tuple[float, ...]:
    steps = (market.qty_step, market.price_step, market.min_qty, market.min_cost)
    return (*steps, market.c_mult, market.maker_fee, market.taker_fee)


async def test_reads_markets_candles_and_prices(feed: CcxtPublicFeed, venue: Loopback) -> None:
    assert await why_unreachable(feed) == ""
    await feed.start()
    assert feed.warnings == ()
    markets = await feed.markets()
    symbol = f"SOL/{feed.quote}:{feed.quote}"
    sol = markets[symbol]
    assert (sol.coin, sol.ineligible, sol.active) == ("SOL", "", True)
    assert facts(sol) == pytest.approx(FACTS[venue.name])
    assert sol.listed_ms in {LISTED_MS, None}
    assert all(market.ineligible for other, market in markets.items() if other != symbol)

    end = feed.now_ms() // MINUTE * MINUTE - 2 * MINUTE
    start = end - 650 * MINUTE
    candles = await feed.candles(symbol, "1m", start, end)
    minutes = list(range(start // MINUTE, end // MINUTE))
    assert list(candles.ts_ms // MINUTE) == minutes
    told = np.column_stack([candles.open, candles.high, candles.low, candles.close])
    assert np.allclose(told, [prices(minute) for minute in minutes])
    assert np.allclose(candles.volume, [volume(minute) for minute in minutes]), "in base units"
    newest = await feed.candles(symbol, "1m", feed.now_ms() - 5 * MINUTE, feed.now_ms() + 5 * MINUTE)
    assert newest.ts_ms[-1] + MINUTE <= feed.now_ms(), "the running minute is never among them"

    ticker = (await feed.tickers([symbol]))[symbol]
    assert (ticker.bid, ticker.ask) == ((101.0, 102.0) if venue.name == "hyperliquid" else (101.0, 101.2))
    assert ticker.last == 101.1
    assert venue.unknown == [], "nothing is asked for that public data do not need"
