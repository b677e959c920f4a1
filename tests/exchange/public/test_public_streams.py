"""Streams of the real client: trades and quotes arrive, and come back whatever happens to the connection."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from public_support import BTC, ETH, Heard, until

from pbtui.exchange.public import CcxtPublicFeed, EndpointOverrides
from pbtui.exchange.public.endpoints import Rewrites
from tests.support.venue_server import VenueServer

Make = Callable[..., CcxtPublicFeed]


async def watch(feed: CcxtPublicFeed, server: VenueServer, heard: Heard, *symbols: str) -> None:
    """Stream symbols until they flow."""
    await feed.watch(symbols, heard.trades.append, heard.tickers.append)
    names = {f"{symbol.split('/')[0]}".lower() + "usdt@aggTrade" for symbol in symbols}
    await until(lambda: names <= {name for socket in server.sockets.open for name in socket.streams})
    for symbol in symbols:
        server.trade(symbol.split("/")[0], 50.0)
    await until(lambda: feed.stream_state().state == "up")


async def test_nothing_streams_before_it_is_asked_for(feed: CcxtPublicFeed) -> None:
    assert feed.stream_state().state == "none"


async def test_every_trade_arrives_once_and_in_sequence(
    feed: CcxtPublicFeed, server: VenueServer, heard: Heard
) -> None:
    await watch(feed, server, heard, BTC, ETH)
    prices = [100_000.0 + i / 10 for i in range(300)]
    for i, price in enumerate(prices):
        server.trade("BTC" if i % 3 else "ETH", price, 0.5)
    await until(lambda: len(heard.trades) >= 302)
    assert heard.prices(BTC)[1:] == [price for i, price in enumerate(prices) if i % 3]
    assert heard.prices(ETH)[1:] == [price for i, price in enumerate(prices) if not i % 3]
    assert heard.trades[-1].qty == 0.5
    assert abs(heard.trades[-1].ts_ms - feed.now_ms()) < 5_000
    assert server.sockets.accepted == 2, "all symbols share a connection for trades and one for quotes"


async def test_quotes_arrive_and_spare_requests(feed: CcxtPublicFeed, server: VenueServer, heard: Heard) -> None:
    await watch(feed, server, heard, BTC)
    server.trade("BTC", 99_000.0)
    await until(lambda: heard.tickers and heard.tickers[-1].bid == 99_000.0)
    await until(lambda: heard.prices(BTC)[-1] == 99_000.0)
    server.trade("BTC", 99_000.0)
    await until(lambda: heard.tickers[-1].last == 99_000.0)
    assert heard.tickers[-1].ask == 99_000.1
    before = len(server.requests)
    assert (await feed.tickers([BTC]))[BTC].bid == 99_000.0
    assert len(server.requests) == before


async def test_comes_back_after_a_disconnect(feed: CcxtPublicFeed, server: VenueServer, heard: Heard) -> None:
    await watch(feed, server, heard, BTC)
    server.drop_sockets()
    await until(lambda: feed.stream_state().state == "down")
    await until(lambda: len(server.sockets.open) == 2 and all(socket.streams for socket in server.sockets.open))
    server.trade("BTC", 77.0)
    await until(lambda: heard.prices(BTC)[-1] == 77.0)
    await until(lambda: feed.stream_state().state == "up")
    assert len(heard.prices(BTC)) == 2, "nothing is told twice"


async def test_a_silent_connection_is_stale_and_subscribed_anew(
    make_feed: Make, server: VenueServer, heard: Heard
) -> None:
    feed = make_feed(hasty=True, silent_s=5.0)
    await feed.start()
    await watch(feed, server, heard, BTC)
    accepted = server.sockets.accepted
    server.faults.silent = True
    await until(lambda: feed.stream_state().state == "stale")
    await until(lambda: server.sockets.accepted >= accepted + 2)
    server.faults.silent = False
    await until(lambda: any("@aggTrade" in name for socket in server.sockets.open for name in socket.streams))
    server.trade("BTC", 66.0)
    await until(lambda: 66.0 in heard.prices(BTC))


async def test_a_refused_handshake_is_tried_again(feed: CcxtPublicFeed, server: VenueServer, heard: Heard) -> None:
    server.faults.refuse_sockets = True
    await feed.watch([BTC], heard.trades.append, heard.tickers.append)
    await until(lambda: feed.stream_state().state == "down")
    server.faults.refuse_sockets = False
    await watch(feed, server, heard, BTC)
    assert heard.prices(BTC)


async def test_quotes_are_polled_while_streams_are_down(
    feed: CcxtPublicFeed, server: VenueServer, heard: Heard
) -> None:
    server.faults.refuse_sockets = True
    await feed.watch([BTC, ETH], heard.trades.append, heard.tickers.append)
    await until(lambda: {ticker.symbol for ticker in heard.tickers} == {BTC, ETH})
    assert not heard.trades


async def test_the_set_of_symbols_can_change(feed: CcxtPublicFeed, server: VenueServer, heard: Heard) -> None:
    await watch(feed, server, heard, BTC)
    await watch(feed, server, heard, BTC, ETH)
    assert server.sockets.subscribed.count("btcusdt@aggTrade") == 1, "what streams is left alone"
    await feed.watch([ETH], heard.trades.append, heard.tickers.append)
    await until(lambda: len(server.sockets.open) == 2)
    count = len(heard.prices(BTC))
    server.trade("BTC", 1.0)
    server.trade("ETH", 2.0)
    await until(lambda: heard.prices(ETH)[-1] == 2.0)
    assert len(heard.prices(BTC)) == count
    await feed.watch(["GONE/USDT:USDT"], heard.trades.append, heard.tickers.append)
    await until(lambda: not server.sockets.open)
    assert feed.stream_state().state == "none"


async def test_many_changes_are_joined_into_few_connections(
    feed: CcxtPublicFeed, server: VenueServer, heard: Heard
) -> None:
    for symbols in ([BTC], [BTC, ETH], [BTC], [ETH], [ETH, BTC], [BTC], [BTC, ETH]):
        await feed.watch(symbols, heard.trades.append, heard.tickers.append)
    await until(lambda: {BTC, ETH} <= {t.symbol for t in heard.tickers} and len(server.sockets.open) <= 4)


async def test_streams_can_be_switched_off(make_feed: Make, server: VenueServer, heard: Heard) -> None:
    quiet = EndpointOverrides(rest=Rewrites({"*": server.base_url}), disable_ws=True)
    feed = make_feed(hasty=True, endpoints=quiet)
    await feed.start()
    await feed.watch([BTC], heard.trades.append, heard.tickers.append)
    await until(lambda: heard.tickers)
    assert server.sockets.accepted == 0
    assert feed.stream_state().state == "none"


async def test_closing_leaves_no_task_behind(make_feed: Make, server: VenueServer, heard: Heard) -> None:
    before = asyncio.all_tasks()
    feed = make_feed(hasty=True)
    await feed.start()
    await watch(feed, server, heard, BTC, ETH)
    await feed.close()
    await asyncio.sleep(0.05)
    assert asyncio.all_tasks() <= before
    await until(lambda: not server.sockets.open)
