"""A replay: recorded minutes as a market that moves when told."""

from __future__ import annotations

import asyncio
import datetime
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pbtui.config.coin_names import coin_of, default_quote
from pbtui.core.clock import MINUTE_MS
from pbtui.core.errors import ConfigError, DataError
from pbtui.core.sanitize import sanitize_line
from pbtui.core.types import Market, Ticker
from pbtui.exchange.paper.feed import MinuteBar
from pbtui.exchange.port import Candles, StreamState, Timeframe
from pbtui.market.derive import derive_market, derived_warning, market_of_record, read_markets_file
from pbtui.market.grid import Grid, candles_between
from pbtui.market.recordings import Source, choose, find_sources


class ReplayFeed:
    """Recorded minutes of some coins over the window that all of them cover; gaps inside stay gaps.

    Nothing from before `first_ms` is ever shown: averages seed there.
    """

    label: Literal["live", "replay", "synthetic"] = "replay"

    def __init__(
        self,
        folder: Path,
        *,
        exchange: str,
        quote: str | None = None,
        coins: Sequence[str] = (),
        from_ms: int | None = None,
        to_ms: int | None = None,
        markets_file: Path | None = None,
    ) -> None:
        """Name a folder of recordings and what of it to play; `to_ms` is exclusive. Nothing is read before `start`."""
        self.name = exchange
        self.quote = quote or default_quote(exchange)
        self.first_ms: int = 0
        self.last_ms: int | None = None
        self.warnings: tuple[str, ...] = ()
        self._folder = folder
        self._coins = tuple(coins)
        self._from_ms, self._to_ms = from_ms, to_ms
        self._markets_file = markets_file
        self._grids: dict[str, Grid] = {}
        self._markets: dict[str, Market] = {}
        self._now: dict[str, MinuteBar] = {}

    async def start(self) -> None:
        """Read everything; raises ConfigError (folder, coins, times) or DataError (damaged candles)."""
        if not self._grids:
            await asyncio.to_thread(self.load)

    def load(self) -> None:
        """Read everything on this thread; see `start`."""
        sources = choose(find_sources(self._folder), self._coins, self._folder)
        symbols = {source.name: self._symbol(source.name) for source in sources}
        records = read_markets_file(self._markets_file) if self._markets_file else None
        first, last = self._window(sources)
        for source in sources:
            symbol = symbols[source.name]
            recording = source.load()
            if records is not None and self._markets_file is not None:
                market = market_of_record(symbol, records, self.name, self._markets_file)
            else:
                market = derive_market(symbol, self.quote, recording)
            self._markets[symbol] = market
            self._grids[symbol] = Grid.of(recording, first, last)
        self.first_ms, self.last_ms = first, last
        self.warnings = tuple(filter(None, (derived_warning(self._markets),)))

    def _symbol(self, name: str) -> str:
        if sanitize_line(name, limit=40) != name or "/" in name or ":" in name:
            raise ConfigError(f"{sanitize_line(self._folder, limit=200)}: {sanitize_line(name)!r} is no coin name")
        return f"{name}/{self.quote}:{self.quote}"

    def _window(self, sources: Sequence[Source]) -> tuple[int, int]:
        spans = {source.name: source.span() for source in sources}
        latest = max(spans, key=lambda name: spans[name][0])
        earliest = min(spans, key=lambda name: spans[name][1])
        first, last = spans[latest][0], spans[earliest][1]
        if first > last:
            raise DataError(
                f"{sanitize_line(self._folder, limit=200)}: {latest} begins after {earliest} ends",
                hint="choose coins that were recorded at the same time with --coins",
            )
        begin = first if self._from_ms is None else max(first, -(-self._from_ms // MINUTE_MS) * MINUTE_MS)
        end = last if self._to_ms is None else min(last, -(-self._to_ms // MINUTE_MS) * MINUTE_MS - MINUTE_MS)
        if begin > end:
            raise ConfigError(
                f"{sanitize_line(self._folder, limit=200)}: no candles between --from and --to",
                hint=f"the chosen coins cover {minute_text(first)} to {minute_text(last)}",
            )
        return begin, end

    async def close(self) -> None:
        """Nothing is held open."""

    async def markets(self) -> dict[str, Market]:
        """Return the limits of every coin."""
        return dict(self._markets)

    def bars(self, ts_ms: int) -> dict[str, MinuteBar]:
        """Return the candle of each symbol that opens at `ts_ms`; a symbol in a gap is missing."""
        found = {symbol: bar for symbol, grid in self._grids.items() if (bar := grid.bar(ts_ms))}
        self._now.update(found)
        return found

    async def candles(self, symbol: str, timeframe: Timeframe, start_ms: int, end_ms: int) -> Candles:
        """Return the recorded candles with start_ms ≤ open < end_ms; hours are made of minutes."""
        grid = self._grids.get(symbol)
        if grid is None:
            return Candles.empty()
        return candles_between(grid.minutes, timeframe, start_ms, end_ms)

    async def tickers(self, symbols: Sequence[str]) -> dict[str, Ticker]:
        """Return the close of the candle last played."""
        played = ((symbol, self._now[symbol]) for symbol in symbols if symbol in self._now)
        return {s: Ticker(s, bar.close, bar.close, bar.close, bar.ts_ms + MINUTE_MS) for s, bar in played}

    def stream_state(self) -> StreamState:
        """There are no streams."""
        return StreamState()


def minute_text(ms: int) -> str:
    """Return a time as people write it, UTC."""
    return datetime.datetime.fromtimestamp(ms / 1000, datetime.UTC).strftime("%Y-%m-%d %H:%M")


def replay_name(*, folder: Path, coins: Sequence[str], from_ms: int | None, config: str) -> str:
    """Return `replay-<hash>`, the name of a replay's run folder: the same replay gets the same one.

    `config` is any text that changes with the configuration; the sequence and spelling of coins do not matter.
    """
    names = sorted({coin_of(coin.split("/", 1)[0].strip()).lower() for coin in coins})
    text = "\x1f".join((str(folder.resolve()), ",".join(names), str(from_ms), config))
    return f"replay-{hashlib.blake2b(text.encode(), digest_size=6).hexdigest()}"


def replay_run_dir(base_dir: Path, *, folder: Path, coins: Sequence[str], from_ms: int | None, config: str) -> Path:
    """Return the run folder of a replay under `base_dir`: its ledger, modes and log live there."""
    return base_dir / "run" / replay_name(folder=folder, coins=coins, from_ms=from_ms, config=config)
