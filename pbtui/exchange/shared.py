"""What all bots of a machine share towards a venue: one request budget, and the silence owed after a rate limit."""

from __future__ import annotations

from pathlib import Path

from pbtui.core.clock import Clock
from pbtui.core.errors import ConfigError
from pbtui.exchange.private.budget import Budget
from pbtui.exchange.private.quirks import VenueFacts
from pbtui.exchange.private.wire import BudgetedCaller
from pbtui.exchange.public.feed import CcxtPublicFeed


def shared_budget(facts: VenueFacts, clock: Clock, folder: Path) -> Budget:
    """Return the request budget of a venue that every process using this folder draws from."""
    return Budget(clock, facts.per_minute, reserve=facts.reserve, path=folder / f"budget-{facts.venue}")


def share(feed: CcxtPublicFeed, folder: Path) -> None:
    """Let a feed keep the common silence and, where the venue's costs are known, draw from the common budget.

    Other venues are asked at the pace that the exchange library knows for them.
    """
    feed.silence.share(folder / f"silence-{feed.name}")
    facts = _facts(feed.name)
    if facts is not None:
        budget = shared_budget(facts, feed.clock, folder)
        feed.adopt(BudgetedCaller(feed.name, feed.clock, budget, facts.public_costs, feed.silence))


def _facts(venue: str) -> VenueFacts | None:
    from pbtui.exchange.venues import quirks_of

    try:
        return quirks_of(venue).facts
    except ConfigError:
        return None
