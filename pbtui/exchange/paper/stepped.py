"""The paper venue on a market that moves minute by minute when told: replays and synthetic markets."""

from __future__ import annotations

from collections.abc import Sequence

from pbtui.core.clock import MINUTE_MS
from pbtui.core.errors import OrderRejected
from pbtui.core.types import OrderRequest, Ticker
from pbtui.exchange.paper.feed import MinuteBar, MinuteFeed
from pbtui.exchange.paper.ledger import Ledger
from pbtui.exchange.paper.matching import minute_sequence
from pbtui.exchange.paper.rules import check_order, check_post_only, market_of, refuse_without_price
from pbtui.exchange.paper.venue import PaperVenue, coin_names, refused
from pbtui.exchange.port import TIMEFRAME_MS, Candles, Capabilities, CreateResult, Timeframe

_CAPABILITIES = Capabilities(max_batch_create=100, max_batch_cancel=100, stepped=True)


class SteppedPaper(PaperVenue):
    """Time is the end of the last candle; a minute (its fills, then the plan's orders) is one transaction.

    It is committed when the next minute is asked for, so a killed process resumes at the last committed minute and
    repeats what came after it identically.
    """

    def __init__(self, feed: MinuteFeed, ledger: Ledger) -> None:
        super().__init__(feed, ledger, _CAPABILITIES)
        self._minute_feed = feed
        self._bars: dict[str, MinuteBar] = {}  # the last known candle of each symbol
        self._coins: dict[str, str] = {}
        self._plan_done = self.minutes.last_ms is not None and self.minutes.planned_ms == self.minutes.last_ms

    @property
    def first_ms(self) -> int:
        """Open time of the first candle that trades."""
        return self._minute_feed.first_ms

    @property
    def last_candle_ms(self) -> int | None:
        """Open time of the market's last candle; None when it never ends."""
        return self._minute_feed.last_ms

    @property
    def plan_done(self) -> bool:
        """Whether the plan of the current minute is in the ledger already: after a kill, step before planning."""
        return self._plan_done

    async def start(self) -> None:
        """Open the market and return to the ledger's minute."""
        await super().start()
        self._coins = coin_names(self._markets)
        last = self.minutes.last_ms
        if last is not None:
            for symbol in self._markets:
                await self._recall_bar(symbol, last)

    async def _recall_bar(self, symbol: str, last_ms: int) -> None:
        history = await self._feed.candles(symbol, "1m", self.first_ms, last_ms + MINUTE_MS)
        if len(history):
            self._bars[symbol] = MinuteBar(
                int(history.ts_ms[-1]),
                float(history.open[-1]),
                float(history.high[-1]),
                float(history.low[-1]),
                float(history.close[-1]),
                float(history.volume[-1]),
            )

    def now_ms(self) -> int:
        """Return the end of the last candle, before the first step the market's start."""
        last = self.minutes.last_ms
        return self.first_ms if last is None else last + MINUTE_MS

    async def step_minute(self) -> bool:
        """Commit the past minute, then let the next candle happen (fills included); False when the data end."""
        last = self.minutes.last_ms
        if last is not None and not self._plan_done:
            self.minutes.planned_ms = last
            self.ledger.save_state(self.books, self.minutes)
        self.ledger.commit()
        now = self.now_ms()
        if self.last_candle_ms is not None and now > self.last_candle_ms:
            self._plan_done = last is not None
            return False
        bars = self._minute_feed.bars(now)
        self._bars.update(bars)
        fired = self._match(bars)
        self.minutes.last_ms = now
        self._plan_done = False
        self.ledger.save_state(self.books, self.minutes)
        if fired:
            self.wake.fire("fill")
        return True

    def _match(self, bars: dict[str, MinuteBar]) -> bool:
        fired = False
        for resting in minute_sequence(self.books.orders.values(), bars, self._coins.__getitem__):
            # An earlier fill of this minute may have taken it off the book: its position is gone.
            if resting.order.id in self.books.orders:
                order = resting.order
                fired = bool(self._fill(resting, price=order.price, ts_ms=bars[order.symbol].ts_ms)) or fired
        return fired

    async def fetch_tickers(self, symbols: Sequence[str]) -> dict[str, Ticker]:
        """Return the close of the last candle as bid, ask and last, for the symbols that have had one."""
        known = ((symbol, self._bars[symbol]) for symbol in symbols if symbol in self._bars)
        return {symbol: Ticker(symbol, bar.close, bar.close, bar.close, bar.ts_ms + MINUTE_MS) for symbol, bar in known}

    async def fetch_candles(self, symbol: str, timeframe: Timeframe, start_ms: int, end_ms: int) -> Candles:
        """Return finished candles with start_ms ≤ open < end_ms: the future is not shown."""
        now = self.now_ms()
        period = TIMEFRAME_MS[timeframe]
        return await self._feed.candles(symbol, timeframe, start_ms, min(end_ms, now - now % period))

    async def create_orders(self, requests: Sequence[OrderRequest]) -> list[CreateResult]:
        """Accept orders: market orders fill at the last close as taker, limits rest until the next candle."""
        results = [self._create(request) for request in requests]
        self._acknowledge()
        return results

    def _create(self, request: OrderRequest) -> CreateResult:
        try:
            market = market_of(request, self._markets)
            bar = self._bars.get(request.symbol)
            if bar is None:
                refuse_without_price(request)
            price = bar.close if request.kind == "market" else request.price
            check_order(request, market, self.books, price=price, last=bar.close)
            if request.kind == "limit":
                check_post_only(request, bid=bar.close, ask=bar.close, strict=True)
        except OrderRejected as error:
            return refused(request, error)
        resting = self._rest(request)
        if request.kind == "market":
            self._fill(resting, price=price, ts_ms=self.now_ms(), taker=True)
        return self._result(request, resting)

    def _acknowledge(self) -> None:
        # Written but kept back: the minute is committed as a whole by the next step, or on close.
        self.ledger.save_state(self.books, self.minutes)
