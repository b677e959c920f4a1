"""What fetching asks of the candle store, and its lock taken without stopping the event loop."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from pbtui.exchange.port import Timeframe
from pbtui.market.store.rows import Rows
from pbtui.market.store.spans import SpanLike

PERSISTENT_RETRIES = 3  # a gap asked for so often is not asked for again (candles.md 10.1)


class Gap(SpanLike, Protocol):
    """A stretch without candles that is known."""

    @property
    def retry_count(self) -> int:
        """How often it was asked for."""
        ...

    @property
    def reason(self) -> str:
        """Why it is there, as far as that is known."""
        ...


class Store(Protocol):
    """The candle store of one exchange, as far as it is filled here; every range is [start, end)."""

    @property
    def exchange(self) -> str:
        """Return the short name of the exchange."""
        ...

    def write(self, symbol: str, rows: Rows, timeframe: Timeframe = "1m") -> object:
        """Merge candles, new ones win; raises StoreUnwritable."""
        ...

    def missing(self, symbol: str, start_ms: int, end_ms: int, timeframe: Timeframe = "1m") -> Sequence[SpanLike]:
        """Return the stretches without candles."""
        ...

    def fetch_lock(self, symbol: str, timeframe: Timeframe = "1m") -> AbstractContextManager[object]:
        """Keep every other fetcher of the symbol out, in this process and in others."""
        ...

    def known_gaps(self, symbol: str, timeframe: Timeframe = "1m") -> Sequence[Gap]:
        """Return the gaps that are known."""
        ...

    def note_gaps(
        self,
        symbol: str,
        spans: Iterable[SpanLike],
        reason: str,
        timeframe: Timeframe = "1m",
        *,
        retry_count: int | None = None,
    ) -> object:
        """Remember gaps; the number of retries of each stretch grows by one unless it is told."""
        ...

    def listing(self, symbol: str) -> int | None:
        """Return when the first candle of a symbol opened, None when that is not known."""
        ...

    def note_listing(self, symbol: str, first_ms: int) -> object:
        """Remember it."""
        ...


@contextlib.asynccontextmanager
async def locked(store: Store, symbol: str, timeframe: Timeframe) -> AsyncGenerator[None]:
    """Hold the fetch lock; waiting for it happens in a thread, and a cancelled wait leaves no lock behind."""
    lock = store.fetch_lock(symbol, timeframe)
    entering = asyncio.ensure_future(asyncio.to_thread(lock.__enter__))
    try:
        await asyncio.shield(entering)
    except asyncio.CancelledError:
        entering.add_done_callback(lambda done: _leave(lock, done))
        raise
    try:
        yield
    finally:
        lock.__exit__(None, None, None)


def _leave(lock: AbstractContextManager[object], entered: asyncio.Future[object]) -> None:
    if not entered.cancelled() and entered.exception() is None:
        lock.__exit__(None, None, None)
