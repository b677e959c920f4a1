"""A small real BotPort for link tests: publishes what it is told to, records what it is asked."""

from __future__ import annotations

import asyncio

from pbtui.core.actions import Action, ActionResult, ChartQuery, CoinQuery, ModeQuery, Query, ReloadQuery
from pbtui.core.errors import DataError
from pbtui.core.snapshot import AccountHead, Chart, CoinFacts, EventRow, ModeEffect, ReloadPreview, Snapshot
from pbtui.link.base import Reply

HEAD = AccountHead("paper", "binanceusdm", "USDT", "paper", "PAPER", hedge_mode=True, config_name="test.hjson")


def picture(seq: int, *, events: int = 0) -> Snapshot:
    """Return a snapshot, heavy when it carries events."""
    rows = tuple(EventRow(seq, 1, "order", "BTC", "x" * 200, n) for n in range(events))
    return Snapshot(seq, seq * 1000, seq * 1000, HEAD, events=rows)


class LoopBot:
    """Publishes on `publish`, ends on `end`."""

    def __init__(self) -> None:
        self.latest: Snapshot | None = None
        self.acted: list[Action] = []
        self._news = asyncio.Condition()
        self._ended = False

    async def publish(self, found: Snapshot) -> None:
        async with self._news:
            self.latest = found
            self._news.notify_all()

    async def end(self) -> None:
        async with self._news:
            self._ended = True
            self._news.notify_all()

    async def next_snapshot(self, after_seq: int) -> Snapshot | None:
        async with self._news:
            await self._news.wait_for(lambda: self._ended or (self.latest is not None and self.latest.seq > after_seq))
            fresh = self.latest is not None and self.latest.seq > after_seq
            return self.latest if fresh else None

    async def act(self, action: Action) -> ActionResult:
        self.acted.append(action)
        return ActionResult(ok=True, text=f"did {type(action).__name__}")

    async def ask(self, query: Query) -> Reply:
        if isinstance(query, ChartQuery) and query.symbol == "BTC/USDT:USDT":
            return Chart(query.symbol, query.timeframe, (1,), (2.0,), (3.0,), (1.0,), (float("nan"),), ())
        if isinstance(query, ChartQuery):
            raise DataError(f"no candles of {query.symbol}")
        if isinstance(query, CoinQuery):
            return CoinFacts(query.symbol, query.pside, (), ())
        if isinstance(query, ModeQuery):
            return ModeEffect(("nothing",), lowers_risk=True)
        if isinstance(query, ReloadQuery):
            return ReloadPreview(())
        raise RuntimeError("a bug in the bot")
