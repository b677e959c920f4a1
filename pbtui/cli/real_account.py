"""Opening a real account: its venue's public data first, then everything that needs the key."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from pbtui.cli.plan import RunPlan
from pbtui.cli.public_data import new_feed
from pbtui.config.accounts import Account
from pbtui.core.clock import Clock
from pbtui.core.errors import AccountRefused, ExchangeError
from pbtui.live.lock import state_folder
from pbtui.live.supervisor import Supervisor

if TYPE_CHECKING:
    from pbtui.exchange.private.venue import PrivateExchange
    from pbtui.exchange.public import CcxtPublicFeed

_FIRST_PAUSE_S = 5.0
_LONGEST_PAUSE_S = 60.0


async def connect_account(
    plan: RunPlan, account: Account, clock: Clock, session: Supervisor, waiting: Callable[[str], None]
) -> PrivateExchange:
    """Return the started account, however long the venue stays away.

    Raises AccountRefused for a key that must not be used, ConfigError for an account that can't be.
    """
    pause_s = _FIRST_PAUSE_S
    while True:
        session.ready("account", done=False, detail=f"{account.user} on {plan.exchange}")
        feed = new_feed(plan, clock, session.journal)
        allowed = plan.options.allow_withdraw_keys
        exchange = private_exchange(
            account,
            feed,
            clock,
            allow_withdraw=allowed,
            fills_dir=plan.run_dir,
            recv_window_ms=plan.config.live.recv_window_ms,
        )
        try:
            await exchange.start()
        except BaseException as error:
            await exchange.close()
            if isinstance(error, AccountRefused) or not isinstance(error, ExchangeError):
                raise
            text = f"{error.line()}: trying again in {pause_s:.0f} s"
            session.journal.say("account", text, level=0)
            waiting(text)
        else:
            session.ready("market data", done=True, detail=plan.exchange)
            session.ready("account", done=True, detail=f"{account.user} on {plan.exchange}")
            return exchange
        await clock.sleep(pause_s)
        pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)


def private_exchange(
    account: Account,
    feed: CcxtPublicFeed,
    clock: Clock,
    *,
    allow_withdraw: bool,
    recv_window_ms: int | None,
    fills_dir: Path | None = None,
) -> PrivateExchange:
    """Return the account over a feed, with the request budget that all bots of this machine share.

    Without `recv_window_ms` the window of signed requests is the shipped one.
    """
    from pbtui.exchange.private.venue import PrivateExchange
    from pbtui.exchange.private.window import RECV_WINDOW_MS
    from pbtui.exchange.shared import shared_budget
    from pbtui.exchange.venues import quirks_of

    quirks = quirks_of(feed.name)
    return PrivateExchange(
        quirks,
        account,
        feed,
        clock,
        budget=shared_budget(quirks.facts, clock, state_folder()),
        allow_withdraw=allow_withdraw,
        fills_dir=fills_dir,
        recv_window_ms=RECV_WINDOW_MS if recv_window_ms is None else recv_window_ms,
    )
