"""Public data of a real venue as a market feed: markets, candles, prices, trades; no keys."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Literal

from pbtui.config.coin_names import default_quote, short_name
from pbtui.core.clock import MINUTE_MS, Clock, within
from pbtui.core.errors import ExchangeError, VenueUnreachable
from pbtui.core.types import Market, Ticker
from pbtui.exchange.ccxt_markets import convert_markets, convert_ticker
from pbtui.exchange.paper.feed import Trade
from pbtui.exchange.port import TIMEFRAME_MS, Candles, StreamState, Timeframe, VenueVitals
from pbtui.exchange.public import library
from pbtui.exchange.public.cache import CandleCache, Shelf
from pbtui.exchange.public.caller import Caller
from pbtui.exchange.public.endpoints import EndpointOverrides, Endpoints
from pbtui.exchange.public.paging import fetch_pages
from pbtui.exchange.public.stream import SILENT_S
from pbtui.exchange.public.streams import Source, Streams
from pbtui.exchange.public.venues import venue_of
from pbtui.exchange.silence import Silence

_log = logging.getLogger("pbtui.exchange")
_TIMEOUT_S = 10.0
_CANDLE_CALLS = 4  # at once, so that prices never queue behind a warm-up
_ASKED_SINGLY = 10  # symbols at most, where one answer for all of them is large
_FRESH_S = 1.0  # a streamed quote this young is not asked for
_CLOCK_WARN_MS = 500
_TIME_AGAIN_S = 60.0
_TIME_FRESH_S = 10.0  # `start` right after a successful `probe` need not measure again


class CcxtPublicFeed:
    """A StreamFeed over the exchange library. Every method may raise ExchangeError; `start` may raise ConfigError."""

    label: Literal["live", "replay", "synthetic"] = "live"

    def __init__(
        self,
        exchange_id: str,
        *,
        quote: str | None = None,
        clock: Clock,
        endpoints: Endpoints | EndpointOverrides | None = None,
        timeout_s: float = _TIMEOUT_S,
        silent_s: float = SILENT_S,
        shelf: Shelf | None = None,
    ) -> None:
        """Name a venue (`binance`, or a library id); raises ConfigError for one that doesn't exist.

        `timeout_s` bounds each request, `silent_s` is the age of traffic at which a stream is subscribed anew, `shelf`
        keeps candles for the next run and is closed with the feed.
        """
        self._venue = venue_of(exchange_id, library.known_ids())
        self.name = self._venue.name
        self.quote = quote or default_quote(short_name(self.name))
        self.clock = clock
        self.warnings: tuple[str, ...] = ()
        if isinstance(endpoints, Endpoints):
            endpoints = endpoints.of(self._venue.library)
        self._endpoints = endpoints
        self._timeout_s = timeout_s
        self.silence = Silence(clock)
        self._caller = Caller(self.name, clock, self.silence)
        self._throttled = True
        self._client: Any = None
        self._starting = asyncio.Lock()
        self._started = False
        self._closed = False
        self._fresh_markets = False  # read by `start`, not yet asked for
        self._offset_ms = 0.0  # venue's time minus ours, best guess
        self._least_offset_ms = 0.0  # never ahead of the venue
        self._timed = (float("-inf"), 0)  # when the offset was measured, and the failures by then
        self._candle_calls = asyncio.Semaphore(_CANDLE_CALLS)
        self._candles = CandleCache()
        self._shelf = shelf
        self._markets: dict[str, Market] = {}
        streams_on = endpoints is None or not endpoints.disable_ws
        source = Source(self.name, self._stream_client if streams_on else None, self.now_ms, self._ask_tickers)
        self._streams = Streams(source, clock, silent_s=silent_s)

    async def start(self) -> None:
        """Connect, measure the venue's clock, read the markets; a second call does nothing."""
        async with self._starting:
            if self._started:
                return
            await self.prepare()
            if self.clock.monotonic() - self._timed[0] > _TIME_FRESH_S:
                await self.probe()
            await self._load_markets()
            self._started = True

    def adopt(self, caller: Caller) -> None:
        """Make every further call through a caller shared with an account, in place of the library's own throttle."""
        self._caller = caller
        self._throttled = False
        if self._client is not None:
            self._client.enableRateLimit = False
            caller.listen(self._client)

    @property
    def endpoints(self) -> EndpointOverrides | None:
        """Where the venue's addresses lead, None where they lead to the venue."""
        return self._endpoints

    def lend_markets(self, client: Any) -> None:
        """Give another client of the same venue the markets read by `start`, so that it need not ask for them."""
        client.set_markets_from_exchange(self._client)

    async def prepare(self) -> None:
        """Load the exchange library (seconds on a cold machine); needs no network."""
        if self._client is None and not self._closed:
            await library.load(self._venue)
        if self._closed:
            raise VenueUnreachable(f"{self.name}: the feed is closed")
        if self._client is None:  # nobody else was faster meanwhile
            self._client = self._new_client()
            self._caller.listen(self._client)

    async def probe(self) -> None:
        """Ask the venue for its time, the cheapest question there is, and note the offset of our clock."""
        await self.prepare()
        if not self._client.has.get("fetchTime"):
            await self._caller.run("load_markets", self._client.load_markets)
            return
        asked = self.clock.now_ms()
        told = await self._caller.run("fetch_time", self._client.fetch_time)
        heard = self.clock.now_ms()
        if not isinstance(told, int):
            raise VenueUnreachable(f"{self.name} tells no time")
        self._offset_ms = told - (asked + heard) / 2
        self._least_offset_ms = told - heard
        self._timed = (self.clock.monotonic(), self._caller.troubles)
        self._note_offset(heard - asked)

    def _note_offset(self, round_trip_ms: int) -> None:
        off_ms = round(self._offset_ms)
        _log.debug("%s clock offset %d ms, round trip %d ms", self.name, off_ms, round_trip_ms)
        self.warnings = ()
        if abs(off_ms) > _CLOCK_WARN_MS + round_trip_ms:
            text = f"this machine's clock is {-off_ms / 1000:+.1f} s off {self.name}'s: the venue's time is used"
            self.warnings = (text,)
            _log.warning("%s", text)

    async def close(self) -> None:
        """End streams and connections."""
        self._closed = True
        await self._streams.close()
        if self._shelf is not None:
            await self._shelf.close()
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    def now_ms(self) -> int:
        """Return the venue's time: our clock plus the measured offset."""
        return round(self.clock.now_ms() + self._offset_ms)

    async def markets(self) -> dict[str, Market]:
        """Return all markets by symbol, read anew unless the feed has only just started."""
        if not self._fresh_markets:
            await self.probe()
            await self._load_markets()
        self._fresh_markets = False
        return dict(self._markets)

    async def _load_markets(self) -> None:
        client = await self._ready()
        raw: Mapping[str, Mapping[str, Any]] = await self._caller.patiently(
            "load_markets", lambda: client.load_markets(True)
        )
        self._markets = convert_markets(
            raw,
            self.quote,
            precision_mode=client.precisionMode,
            fees=self._venue.fees,
            min_cost=self._venue.min_cost,
            venue=self.name,
        )
        client.last_http_response = None  # the library keeps the text of its last answer, here the longest of all
        self._fresh_markets = True

    async def candles(self, symbol: str, timeframe: Timeframe, start_ms: int, end_ms: int) -> Candles:
        """Return finished candles with start_ms ≤ open < end_ms; the one that runs now is never among them."""
        await self._ready()
        step = TIMEFRAME_MS[timeframe]
        market = self._markets.get(symbol)
        # The careful guess of the venue's time: a candle must be over there, not only here.
        now = self.clock.now_ms() + self._least_offset_ms
        end_ms = min(end_ms, int(now // step) * step)
        if market is not None and market.listed_ms:
            start_ms = max(start_ms, market.listed_ms // step * step)
        if self._venue.history is not None:
            start_ms = max(start_ms, end_ms - self._venue.history * step)
        if start_ms >= end_ms:
            return Candles.empty()
        ask = partial(self._ask_candles, symbol, timeframe)
        if self._shelf is not None:
            ask = partial(self._shelf.fill, symbol, timeframe, now_ms=now, ask=ask)
        return await self._candles.read(symbol, timeframe, start_ms, end_ms, now_ms=now, ask=ask)

    async def _ask_candles(self, symbol: str, timeframe: Timeframe, start_ms: int, end_ms: int) -> Candles:
        client = await self._ready()

        async def page(since: int, limit: int, params: dict[str, Any]) -> Sequence[Sequence[Any]]:
            async with self._candle_calls:
                return await self._caller.patiently(
                    f"fetch_ohlcv {symbol} {timeframe}",
                    lambda: client.fetch_ohlcv(symbol, timeframe, since, limit, dict(params)),
                )

        market = self._markets.get(symbol)
        unit = market.c_mult if market is not None and self._venue.contract_volume else 1.0
        return await fetch_pages(page, self._venue, timeframe, start_ms, end_ms, volume_unit=unit)

    async def tickers(self, symbols: Sequence[str]) -> dict[str, Ticker]:
        """Return current prices: streamed ones where they are a second old at most, the rest in one bulk request."""
        streamed = {s: t for s in symbols if (t := self._streams.quote(s, within_s=_FRESH_S)) is not None}
        missing = [symbol for symbol in symbols if symbol not in streamed]
        return streamed | await self._ask_tickers(missing) if missing else streamed

    async def _ask_tickers(self, symbols: Sequence[str]) -> dict[str, Ticker]:
        client = await self._ready()
        if not client.markets:
            await self._load_markets()
        asked = [symbol for symbol in symbols if symbol in client.markets]
        if not asked:
            return {}
        raw: Mapping[str, Mapping[str, Any]]
        if self._venue.quotes == "each" and len(asked) <= _ASKED_SINGLY:
            raw = {symbol: await self._ask_ticker(client, symbol) for symbol in asked}
        else:
            bulk = client.fetch_bids_asks if self._venue.quotes == "bids_asks" else client.fetch_tickers
            raw = await self._caller.run("fetch_tickers", lambda: bulk(asked))
        await self._time_again()
        now, found = self.now_ms(), dict[str, Ticker]()
        for symbol in asked:
            entry = raw.get(symbol)
            if entry is None:
                continue
            known = {**entry, "last": entry.get("last") or self._streams.last(symbol)}
            ticker = convert_ticker(symbol, known, now_ms=now, last_field=self._venue.last_field)
            if ticker is not None:
                found[symbol] = ticker
        return found

    async def _ask_ticker(self, client: Any, symbol: str) -> Mapping[str, Any]:
        return await self._caller.run(f"fetch_ticker {symbol}", lambda: client.fetch_ticker(symbol))

    async def _time_again(self) -> None:
        """Measure the clock again once calls succeed after failures; a failure to do so changes nothing."""
        when, troubles = self._timed
        if self._caller.troubles == troubles or self.clock.monotonic() - when < _TIME_AGAIN_S:
            return
        try:
            await self.probe()
        except ExchangeError as error:
            _log.debug("%s clock not measured: %s", self.name, error.line())

    async def watch(
        self, symbols: Sequence[str], on_trade: Callable[[Trade], None], on_ticker: Callable[[Ticker], None]
    ) -> None:
        """Keep these symbols streaming (replacing the former set); callbacks run on the event loop."""
        client = await self._ready()
        if not client.markets:
            await self._load_markets()
        await self._streams.watch([symbol for symbol in symbols if symbol in client.markets], on_trade, on_ticker)

    def stream_state(self) -> StreamState:
        """Return the health of the streams; none when nothing is watched."""
        return self._streams.state()

    def vitals(self) -> VenueVitals:
        """Return how the connection does; the budget is the shared one, else what the exchange library keeps to."""
        timer = self._caller.timer
        middle, longest = timer.middle_ms() or (None, None)
        gap_ms, used = getattr(self._client, "rateLimit", None), self._caller.used()
        return VenueVitals(
            calls=timer.times(),
            rest_ms=middle,
            rest_max_ms=longest,
            clock_skew_ms=-self._offset_ms if self._timed[0] > float("-inf") else None,
            rate_used=timer.last_minute() * float(gap_ms) / MINUTE_MS if used is None and gap_ms else used,
            silent_s=self.silence.owed_s(),
        )

    async def _ready(self) -> Any:
        await self.prepare()
        return self._client

    def _new_client(self) -> Any:
        client = library.new_client(self._venue, timeout_s=self._timeout_s)
        client.enableRateLimit = self._throttled
        if self._endpoints is not None:
            self._endpoints.apply(client)
        return client

    def _stream_client(self) -> Any:
        client = self._new_client()
        client.set_markets_from_exchange(self._client)
        client.ssl_context = self._client.ssl_context  # reading certificates anew would hold up the loop
        client.open()  # some venues' streams begin with tasks of the library's own: they need the loop
        return client


async def why_unreachable(feed: CcxtPublicFeed, seconds: float = 5.0) -> str:
    """Return why the venue does not answer within `seconds`, empty when it does; loading the library does not count."""
    await feed.prepare()
    try:
        await within(feed.clock, seconds, feed.probe())
    except TimeoutError:
        return f"no answer within {seconds:g} s"
    except ExchangeError as error:
        return error.line()
    return ""
