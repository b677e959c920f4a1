"""Which feeds can be used: fetched where something is missing, surveyed, refused when holes are too wide (4.2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from pbtui.core.clock import MINUTE_MS
from pbtui.market.prepare.feeds import Ensure, Feed
from pbtui.market.prepare.series import Survey


@dataclass(frozen=True, slots=True)
class Judge:
    """Verdicts on feeds; `ensure` is None when nothing can be fetched."""

    ensure: Ensure | None
    gap_tolerance_minutes: float

    async def fetch(self, feed: Feed) -> None:
        """Make the store hold the feed, once; a feed from the tree of day files needs nothing."""
        if self.ensure is None or feed.ensured or feed.from_tree:
            return
        feed.ensured = True
        await self.ensure(feed.exchange, feed.symbol, feed.start_ms, feed.end_ms)

    async def survey(self, feed: Feed) -> Survey | str:
        """Return the facts of a usable feed, or why it cannot be used.

        Day files with nothing or with too wide a hole give way to the store; there, the holes are asked for once more.
        """
        found = feed.survey()
        if feed.from_tree and self._wrong(feed, found):
            feed.from_tree = False
            await self.fetch(feed)
            found = feed.survey()
        if found.count and self._wrong(feed, found) and self.ensure is not None and not feed.refetched:
            feed.refetched = True
            await self.ensure(feed.exchange, feed.symbol, feed.start_ms, feed.end_ms, refetch_gaps=True)
            found = feed.survey()
        return self._wrong(feed, found) or found

    def _wrong(self, feed: Feed, found: Survey) -> str:
        if not found.count:
            return f"{feed.exchange} has no candle of it in the window"
        if found.widest_minutes > self.gap_tolerance_minutes:
            return (
                f"{feed.exchange} has no candles for {found.widest_minutes - 1} minutes after "
                f"{minute_text(found.widest_from_ms)} (backtest.gap_tolerance_ohlcvs_minutes "
                f"{self.gap_tolerance_minutes:g})"
            )
        return ""

    def remark(self, feed: Feed, found: Survey, listed_ms: int | None) -> list[str]:
        """Return what the user should know of a feed that is used: it begins late, or ends early and goes on flat."""
        remarks: list[str] = []
        tolerance_ms = self.gap_tolerance_minutes * MINUTE_MS
        expected = max(feed.start_ms, listed_ms or 0)
        if found.first_ms - expected > tolerance_ms:
            remarks.append(f"{feed.where}: candles begin only at {minute_text(found.first_ms)}")
        if feed.end_ms - MINUTE_MS - found.last_ms > tolerance_ms:
            remarks.append(f"{feed.where}: candles end at {minute_text(found.last_ms)}, flat from there on")
        return remarks


def minute_text(ms: int) -> str:
    """Return a UTC minute as text."""
    return datetime.fromtimestamp(ms // 1000, UTC).strftime("%Y-%m-%d %H:%M")
