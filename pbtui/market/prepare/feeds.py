"""One coin's candles on one exchange, from the tree of day files or from the store (backtest.md 4.2)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from pbtui.core.clock import MINUTE_MS
from pbtui.market.prepare.series import Survey, daily_volumes, months, survey
from pbtui.market.prepare.trees import TreeFeed
from pbtui.market.store.rows import Rows


class RowStore(Protocol):
    """What preparation asks of the candle store of one exchange; ranges are [start, end)."""

    def read(self, symbol: str, start_ms: int, end_ms: int) -> Rows:
        """Return the real minutes held, verified, ascending, unique."""
        ...

    def facts(self, symbol: str, start_ms: int, end_ms: int) -> Sequence[Sequence[Any]]:
        """Return plain values that differ whenever the minutes held in the range differ."""
        ...


class Ensure(Protocol):
    """Makes the store hold a range as far as the world has it; raises ExchangeError when nobody could be asked."""

    async def __call__(
        self, exchange: str, symbol: str, start_ms: int, end_ms: int, *, refetch_gaps: bool = False
    ) -> object:
        """Fetch what is missing in [start, end); `refetch_gaps` asks again for holes known to be empty."""
        ...


@dataclass(slots=True)
class Feed:
    """Candles of `coin` on `exchange` over [start, end); `from_tree` tells which of the two places is read."""

    coin: str
    exchange: str
    symbol: str
    start_ms: int
    end_ms: int
    store: RowStore
    tree: TreeFeed | None = None
    from_tree: bool = field(default=False, init=False)
    ensured: bool = field(default=False, init=False)
    refetched: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self.from_tree = self.tree is not None and bool(self.tree.facts(self.start_ms, self.end_ms))

    @property
    def where(self) -> str:
        """Name the feed in a message."""
        return f"{self.coin} on {self.exchange}"

    def facts(self) -> list[Any]:
        """Return plain values that change with the candles, from both places."""
        tree = self.tree.facts(self.start_ms, self.end_ms) if self.tree is not None else []
        stored = self.store.facts(self.symbol, self.start_ms, self.end_ms)
        return [self.exchange, self.symbol, self.start_ms, tree, [list(fact) for fact in stored]]

    def read(self, start_ms: int, end_ms: int) -> Rows:
        """Return the real minutes of [start, end) that belong to the feed."""
        start, end = max(start_ms, self.start_ms), min(end_ms, self.end_ms)
        if self.from_tree and self.tree is not None:
            return self.tree.read(start, end)
        return self.store.read(self.symbol, start, end)

    def chunks(self, start_ms: int, end_ms: int) -> Iterator[Rows]:
        """Yield the real minutes of [start, end) month by month."""
        return (self.read(a, b) for a, b in months(max(start_ms, self.start_ms), min(end_ms, self.end_ms)))

    def survey(self) -> Survey:
        """Read everything once and return the facts."""
        return survey(self.chunks(self.start_ms, self.end_ms))

    def daily_volumes(self, start_ms: int, gap_tolerance_minutes: float) -> dict[int, float]:
        """Return base volumes by day from `start_ms` to the end; {} when a hole there is too wide."""
        chunks = list(self.chunks(start_ms, self.end_ms))
        if survey(chunks).widest_minutes > gap_tolerance_minutes:
            return {}
        return daily_volumes(chunks, self.end_ms - MINUTE_MS)
