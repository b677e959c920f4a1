"""Running averages of every coin that matters, moved on by each finished minute."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass

from pbtui.core.clock import DAY_MS, HOUR_MS, MINUTE_MS
from pbtui.core.errors import DataError, ExchangeError
from pbtui.engine.indicators import Emas, IndicatorSpans, SymbolIndicators
from pbtui.exchange.port import Candles, Exchange
from pbtui.live.calls import Calls
from pbtui.live.events import EventLog
from pbtui.live.gaps import without_gaps

FRESH_MS = 5 * MINUTE_MS  # averages older than this are no base for new entries
CONCURRENCY = 8
RETRY_MS = 15_000


@dataclass(frozen=True, slots=True)
class WarmUp:
    """How much history the averages of a coin need: minutes, and hours for the hourly ranges (live.md 12)."""

    minutes: int
    hours: int


def warm_up(spans: Sequence[IndicatorSpans], *, ratio: float, cap_minutes: float) -> WarmUp:
    """Return the warm-up windows over the sides of a coin (live.md 12)."""
    factor = 1.0 + max(0.0, ratio)
    longest = max(
        max(s.ema_span_0, s.ema_span_1, s.filter_volume_ema_span, s.filter_volatility_ema_span) for s in spans
    )
    minutes = max(1, math.ceil(longest * factor))
    span_hours = max(s.entry_volatility_ema_span_hours for s in spans)
    hours = max(1, math.ceil(span_hours * factor)) if span_hours > 0 else 0
    if cap_minutes > 0:
        minutes = min(minutes, max(1, int(cap_minutes)))
        hours = min(hours, max(1, math.ceil(cap_minutes / 60)))
    return WarmUp(minutes, hours)


def anchors(now_ms: int, need: WarmUp) -> tuple[int, int]:
    """Return where minutes and hours start: 00:00 UTC of the day that lies the windows before today's 00:00.

    Counted from today's 00:00, not from this moment, so that a bot started at any time of the day uses the same start
    as one that has been running since midnight.
    """
    today = now_ms // DAY_MS * DAY_MS
    minutes = (today - need.minutes * MINUTE_MS) // DAY_MS * DAY_MS
    hours = (today - need.hours * HOUR_MS) // DAY_MS * DAY_MS
    return minutes, min(minutes, hours)


@dataclass(slots=True)
class CoinAverages:
    """One coin's recursion; `last` is open time and close of the newest candle taken in."""

    state: SymbolIndicators
    spans: tuple[IndicatorSpans, IndicatorSpans]
    anchor_ms: int
    last: tuple[int, float] | None = None
    cached: Emas | None = None

    def take(self, candles: Candles) -> None:
        """Take in consecutive candles."""
        if len(candles) == 1:
            c = candles
            self.state.update(int(c.ts_ms[0]), float(c.high[0]), float(c.low[0]), float(c.close[0]), float(c.volume[0]))
        elif len(candles) > 1:
            self.state.update_many(candles.ts_ms, candles.high, candles.low, candles.close, candles.volume)
        if len(candles):
            self.last = (int(candles.ts_ms[-1]), float(candles.close[-1]))
            self.cached = None

    def emas(self) -> Emas:
        """Return the averages in the engine's form."""
        if self.cached is None:
            self.cached = self.state.emas()
        return self.cached


class Averages:
    """Averages by symbol. Live they start at an anchor and re-anchor each 00:00 UTC; stepped markets start at the
    first candle and never re-anchor (architecture.md, Time, state and restart).
    """

    def __init__(self, exchange: Exchange, calls: Calls, events: EventLog, *, ratio: float, cap_minutes: float) -> None:
        self.stepped = exchange.capabilities.stepped
        self._exchange = exchange
        self._calls = calls
        self._events = events
        self._ratio = ratio
        self._cap_minutes = cap_minutes
        self._coins: dict[str, CoinAverages] = {}
        self._failed_ms: dict[str, int] = {}

    def emas(self, symbol: str) -> Emas | None:
        """Return the averages of a coin when they are fresh enough to open positions on, else None."""
        coin = self._coins.get(symbol)
        if coin is None or coin.last is None or not self._fresh(coin):
            return None
        return coin.emas()

    def known(self, symbol: str) -> Emas | None:
        """Return the averages of a coin however old: for ranking candidates."""
        coin = self._coins.get(symbol)
        return coin.emas() if coin is not None and coin.last is not None else None

    def has(self, symbol: str) -> bool:
        """Tell whether a coin's averages are there, of any age."""
        return symbol in self._coins

    def tried(self, symbol: str) -> bool:
        """Tell whether a coin was loaded or could not be."""
        return symbol in self._coins or symbol in self._failed_ms

    def age_ms(self, symbol: str) -> int | None:
        """Return how long ago the newest candle of a coin closed; None when there is none."""
        coin = self._coins.get(symbol)
        if coin is None or coin.last is None:
            return None
        return self._exchange.now_ms() - coin.last[0] - MINUTE_MS

    def newest_ms(self, symbol: str) -> int | None:
        """Return the open time of the newest candle taken in; None when there is none."""
        coin = self._coins.get(symbol)
        return coin.last[0] if coin is not None and coin.last is not None else None

    async def refresh(self, wanted: dict[str, tuple[IndicatorSpans, IndicatorSpans]]) -> dict[str, Candles]:
        """Move the wanted coins on to the last finished minute; return the new consecutive candles of each.

        A coin whose candles can't be had keeps its averages and is tried again later; the others go on.
        """
        now = self._exchange.now_ms()
        due = [symbol for symbol in wanted if self._is_due(symbol, now)]
        if self.stepped or len(due) <= 1:
            return {symbol: await self._move(symbol, wanted[symbol], now) for symbol in due}
        gate = asyncio.Semaphore(CONCURRENCY)

        async def one(symbol: str) -> Candles:
            async with gate:
                return await self._move(symbol, wanted[symbol], now)

        moved = await asyncio.gather(*(one(symbol) for symbol in due))
        return dict(zip(due, moved, strict=True))

    def _fresh(self, coin: CoinAverages) -> bool:
        if self.stepped or coin.last is None:
            return True
        return self._exchange.now_ms() - coin.last[0] - MINUTE_MS <= FRESH_MS

    def _is_due(self, symbol: str, now: int) -> bool:
        if now - self._failed_ms.get(symbol, -DAY_MS) < RETRY_MS and not self.stepped:
            return False
        coin = self._coins.get(symbol)
        return coin is None or coin.last is None or coin.last[0] + 2 * MINUTE_MS <= now

    async def _move(self, symbol: str, spans: tuple[IndicatorSpans, IndicatorSpans], now: int) -> Candles:
        coin = self._coins.get(symbol)
        try:
            if coin is None or coin.last is None or self._must_reload(coin, spans, now):
                return await self._load(symbol, spans, now)
            fresh = await self._fetch(symbol, coin.last[0] + MINUTE_MS, now)
            # In a stepped market the minute is over and nothing more can come: a missing candle is a gap.
            candles = without_gaps(fresh, after=coin.last, until_ms=now if self.stepped else None)
            coin.take(candles)
            self._failed_ms.pop(symbol, None)
            return candles
        except (ExchangeError, DataError, ValueError) as error:
            self._failed_ms[symbol] = now
            self._events.warn_rarely(f"candles {symbol}", "candle", f"no candles: {error}", coin=symbol)
            return Candles.empty()

    def _must_reload(self, coin: CoinAverages, spans: tuple[IndicatorSpans, IndicatorSpans], now: int) -> bool:
        if coin.spans != spans:
            return True
        return not self.stepped and anchors(now, self._need(spans))[0] != coin.anchor_ms

    def _need(self, spans: tuple[IndicatorSpans, IndicatorSpans]) -> WarmUp:
        return warm_up(spans, ratio=self._ratio, cap_minutes=self._cap_minutes)

    def _start(self, spans: tuple[IndicatorSpans, IndicatorSpans], now: int) -> tuple[int, int]:
        """Return where minutes and hours begin: in a stepped market with the first candle that exists."""
        return (0, 0) if self.stepped else anchors(now, self._need(spans))

    async def _load(self, symbol: str, spans: tuple[IndicatorSpans, IndicatorSpans], now: int) -> Candles:
        """Build the averages of a coin from its anchor; nothing changes when that fails."""
        start, hours_start = self._start(spans, now)
        state = SymbolIndicators(spans[0], spans[1])
        fetched = await self._fetch(symbol, start, now)
        if len(fetched) == 0:
            self._failed_ms[symbol] = now
            return fetched
        if hours_start < start and int(fetched.ts_ms[0]) < start + HOUR_MS:
            request = self._exchange.fetch_candles(symbol, "1h", hours_start, start)
            hours = await self._calls.run(f"1h candles {symbol}", request)
            state.update_hourly(hours.high, hours.low)
        candles = without_gaps(fetched, after=None, until_ms=now if self.stepped else None)
        coin = CoinAverages(state, spans, start)
        coin.take(candles)
        self._coins[symbol] = coin
        self._failed_ms.pop(symbol, None)
        return candles

    async def _fetch(self, symbol: str, start_ms: int, now: int) -> Candles:
        end = now // MINUTE_MS * MINUTE_MS
        return await self._calls.run(f"candles {symbol}", self._exchange.fetch_candles(symbol, "1m", start_ms, end))
