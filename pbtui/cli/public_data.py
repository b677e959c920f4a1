"""Finding the public data of the venue a run is meant for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from pbtui.cli.plan import RunPlan
from pbtui.core.clock import Clock
from pbtui.core.errors import ConfigError, ExchangeError
from pbtui.live.lock import state_folder

if TYPE_CHECKING:
    from pbtui.exchange.public import CcxtPublicFeed, Endpoints
    from pbtui.live.journal import Journal
    from pbtui.market.kept import KeptCandles
    from pbtui.market.store import Trouble

REACH_S = 5.0
_FIRST_PAUSE_S = 5.0
_LONGEST_PAUSE_S = 60.0
_TOLD_AGAIN_S = 900.0
_FOUND = Path("configs", "custom_endpoints.json")


async def connect(plan: RunPlan, clock: Clock, journal: Journal) -> tuple[CcxtPublicFeed | None, str]:
    """Return a started feed, or None and why the venue can't be reached; raises ConfigError for an unknown venue."""
    from pbtui.exchange.public import why_unreachable

    feed = new_feed(plan, clock, journal)
    try:
        why = await why_unreachable(feed, REACH_S)
        if not why:
            await feed.start()
            return feed, ""
    except ExchangeError as error:
        why = error.line()
    except BaseException:
        await feed.close()
        raise
    await feed.close()
    return None, why


def new_feed(plan: RunPlan, clock: Clock, journal: Journal) -> CcxtPublicFeed:
    """Return the feed of a run's venue, not yet connected; raises ConfigError for an unknown venue.

    It asks within the budget, and keeps the silence, that all bots of this machine share.
    """
    from pbtui.exchange.public import CcxtPublicFeed
    from pbtui.exchange.shared import share

    feed = CcxtPublicFeed(
        plan.exchange,
        quote=plan.quote,
        clock=clock,
        endpoints=_endpoints(plan, journal),
        shelf=_kept_candles(plan, clock, journal),
    )
    share(feed, state_folder())
    return feed


async def connect_again(
    plan: RunPlan, clock: Clock, journal: Journal, waiting: Callable[[str], None]
) -> CcxtPublicFeed:
    """Return a started feed, however long the venue stays away; `waiting` is told why before each pause."""
    pause_s = _FIRST_PAUSE_S
    while True:
        feed, why = await connect(plan, clock, journal)
        if feed is not None:
            return feed
        text = f"{plan.exchange} cannot be reached ({why}): asking again in {pause_s:.0f} s"
        journal.say("market", text, level=0)
        waiting(text)
        await clock.sleep(pause_s)
        pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)


def _kept_candles(plan: RunPlan, clock: Clock, journal: Journal) -> KeptCandles | None:
    """Return the venue's part of the candle store; its troubles are told, and the bot goes on without it.

    None for a real account behind other addresses: a test network's prices and the venue's must not mix.
    """
    if plan.other_addresses():
        return None
    from pbtui.market.holdings import Library
    from pbtui.market.kept import KeptCandles

    told: dict[str, float] = {}

    def tell(trouble: Trouble) -> None:
        # A full disk shows with every coin and every minute: once in a while is enough.
        now = clock.monotonic()
        if now - told.get(trouble.kind, float("-inf")) >= _TOLD_AGAIN_S:
            told[trouble.kind] = now
            less = "; candles are kept in memory only" if trouble.kind == "unwritable" else ""
            journal.say("candles", trouble.line() + less, level=0)

    return KeptCandles(Library(plan.options.base_dir, clock, tell).store(plan.exchange))


def _endpoints(plan: RunPlan, journal: Journal) -> Endpoints | None:
    """Return the venues' other addresses: of the file named, else of the one found beside the configs, if any.

    A broken file that was named is an error, one that was only found is left out and said (config.md 11.3).
    """
    from pbtui.exchange.public import load_endpoints

    if plan.account is not None:
        elsewhere = plan.other_addresses()
        if elsewhere:
            journal.say("market", f"orders go through other addresses: {elsewhere}", level=0)
        return plan.endpoints
    options = plan.options
    if options.endpoints is not None:
        return load_endpoints(options.endpoints)
    found = options.base_dir / _FOUND
    if not options.discover_endpoints or not found.is_file():
        return None
    try:
        endpoints = load_endpoints(found)
    except ConfigError as error:
        journal.say("market", f"left out: {error.line()}", level=0)
        return None
    journal.say("market", f"addresses of venues come from {found}")
    return endpoints
