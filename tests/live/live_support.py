"""Bots on paper: a synthetic market moved by minutes, or streamed under a virtual clock."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pbtui.config import Config, load
from pbtui.core.clock import MINUTE_MS, VirtualClock
from pbtui.core.snapshot import AccountHead
from pbtui.core.types import Fill, Market, Ticker
from pbtui.exchange.paper.factory import open_paper
from pbtui.exchange.paper.feed import Trade
from pbtui.exchange.paper.stepped import SteppedPaper
from pbtui.exchange.paper.stream import StreamPaper
from pbtui.exchange.port import Candles, Exchange, StreamState, Timeframe
from pbtui.live.bot import Bot, Outcome, RunLimits
from pbtui.market.synthetic import SyntheticFeed

ROOT = Path(__file__).resolve().parents[2]
PAPER = ROOT / "configs" / "examples" / "paper.hjson"
TRAILING = ROOT / "configs" / "examples" / "hedge_trailing.hjson"
HEAD = AccountHead("replay", "synthetic", "USDT", "synthetic", "SYNTHETIC max", hedge_mode=True, config_name="test")
HOUR_MS = 60 * MINUTE_MS


def settings(path: Path = PAPER, *, values: Mapping[str, object] | None = None) -> Config:
    """Load an example with some dotted keys changed."""
    return load(path, flags=dict(values or {}), base_dir=ROOT)


def feed_of(seed: int = 7, coins: Sequence[str] = ()) -> SyntheticFeed:
    return SyntheticFeed(seed, coins=coins)


@dataclass
class Run:
    """A bot on a stepped paper account."""

    bot: Bot
    venue: SteppedPaper

    async def minutes(self, n: int) -> None:
        """Let n minutes happen, each with its turn."""
        for _ in range(n):
            assert await self.venue.step_minute()
            await self.bot.core.turn()

    async def go(self) -> Outcome:
        try:
            return await self.bot.run()
        finally:
            await self.venue.close()


async def stepped(
    folder: Path,
    config: Config,
    *,
    feed: SyntheticFeed | None = None,
    minutes: int | None = None,
    ticks: int | None = None,
    around: Callable[[Exchange], Exchange] = lambda exchange: exchange,
    load_config: Callable[[], Config] | None = None,
    balance: float = 1_000.0,
) -> Run:
    """Open the account in `folder` and put a bot on it."""
    clock = VirtualClock()
    venue = open_paper(feed or feed_of(), folder / "ledger.db", start_balance=balance, clock=clock)
    await venue.start()
    limits = RunLimits(max_ticks=ticks, for_ms=None if minutes is None else minutes * MINUTE_MS)
    bot = Bot(
        config, around(venue), run_dir=folder, clock=clock, head=HEAD, limits=limits, load_config=load_config, level=2
    )
    return Run(bot, venue)


async def fills_of(folder: Path, feed: SyntheticFeed | None = None) -> list[Fill]:
    venue = open_paper(feed or feed_of(), folder / "ledger.db", clock=VirtualClock())
    try:
        return await venue.fetch_fills(0)
    finally:
        venue.ledger.close()


class StreamedSynthetic:
    """The synthetic market as a live one: time is the virtual clock's, each minute makes four trades a coin."""

    label = "live"

    def __init__(
        self, clock: VirtualClock, seed: int = 7, coins: Sequence[str] = ("BTC", "ETH", "SOL"), *, hour: int = 0
    ) -> None:
        self.inner = SyntheticFeed(seed, coins=coins)
        self.name, self.quote = "testvenue", "USDT"
        self.clock = clock
        self.offset_ms = self.inner.first_ms + hour * HOUR_MS - clock.now_ms()
        self.last: dict[str, tuple[float, int]] = {}
        self.candle_calls: list[tuple[str, str]] = []
        self.down = False
        self._played_ms = self.inner.first_ms + hour * HOUR_MS
        self._watched: list[str] = []
        self._on_trade: Callable[[Trade], None] | None = None

    async def start(self) -> None:
        for symbol, bar in self.inner.bars(self._played_ms - MINUTE_MS).items():
            self.last[symbol] = (bar.close, self.now_ms())

    async def close(self) -> None:
        self._on_trade = None

    def now_ms(self) -> int:
        return self.clock.now_ms() + self.offset_ms

    async def markets(self) -> dict[str, Market]:
        return await self.inner.markets()

    async def candles(self, symbol: str, timeframe: Timeframe, start_ms: int, end_ms: int) -> Candles:
        self.candle_calls.append((symbol, timeframe))
        now = self.now_ms()
        return await self.inner.candles(symbol, timeframe, start_ms, min(end_ms, now - now % MINUTE_MS))

    async def tickers(self, symbols: Sequence[str]) -> dict[str, Ticker]:
        known = [symbol for symbol in symbols if symbol in self.last]
        return {symbol: Ticker(symbol, *([self.last[symbol][0]] * 3), self.now_ms()) for symbol in known}

    def stream_state(self) -> StreamState:
        return StreamState("down" if self.down else "up")

    async def watch(
        self, symbols: Sequence[str], on_trade: Callable[[Trade], None], on_ticker: Callable[[Ticker], None]
    ) -> None:
        self._watched = list(symbols)
        self._on_trade = on_trade

    def play(self) -> None:
        """Let the trades of every finished minute happen."""
        while self._played_ms + MINUTE_MS <= self.now_ms():
            for symbol, bar in sorted(self.inner.bars(self._played_ms).items()):
                for price in (bar.open, bar.low, bar.high, bar.close):
                    self.last[symbol] = (price, self.now_ms())
                    if self._on_trade is not None and symbol in self._watched:
                        self._on_trade(Trade(symbol, self.now_ms(), price, 1e9))
            self._played_ms += MINUTE_MS


@dataclass
class LiveRun:
    """A bot on a streamed paper account under a virtual clock."""

    bot: Bot
    venue: StreamPaper
    feed: StreamedSynthetic
    clock: VirtualClock
    task: asyncio.Task[Outcome] | None = None

    async def go(self, seconds: float, step: float = 5.0) -> None:
        """Let time pass, the market move and the bot run."""
        if self.task is None:
            self.task = asyncio.ensure_future(self.bot.run())
        left = seconds
        while left > 0 and not self.task.done():
            await self.clock.advance(min(step, left))
            self.feed.play()
            left -= step
        if self.task.done() and self.task.exception():
            raise self.task.exception() or RuntimeError

    async def stop(self) -> Outcome:
        """Stop in order."""
        assert self.task is not None
        self.bot.request_stop()
        for _ in range(200):
            if self.task.done():
                break
            await self.clock.advance(1.0)
        outcome = await self.task
        await self.venue.close()
        return outcome


async def streamed(
    folder: Path,
    config: Config,
    *,
    clock: VirtualClock | None = None,
    feed: StreamedSynthetic | None = None,
    around: Callable[[Exchange], Exchange] = lambda exchange: exchange,
    balance: float = 1_000.0,
) -> LiveRun:
    clock = clock or VirtualClock(1_735_700_000_000)
    feed = feed or StreamedSynthetic(clock)
    venue = open_paper(feed, folder / "ledger.db", start_balance=balance, clock=clock)
    await venue.start()
    bot = Bot(config, around(venue), run_dir=folder, clock=clock, head=HEAD, level=2)
    return LiveRun(bot, venue, feed, clock)
