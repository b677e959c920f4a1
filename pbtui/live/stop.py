"""The last thing a bot does: treat resting orders as asked, never positions (architecture.md, Safety)."""

from __future__ import annotations

from pbtui.core.actions import StopChoice
from pbtui.core.clock import Clock
from pbtui.core.errors import ExchangeError
from pbtui.core.types import Mode, OpenOrder
from pbtui.live.account import reduces
from pbtui.live.turn import LoopCore

TRIES = 5
PAUSE_S = 1.0


async def wind_down(core: LoopCore, choice: StopChoice, clock: Clock) -> str:
    """Cancel what the choice says, through the venue, and return one line about it.

    Orders are read afresh first; failures are tried again a few times and named if they remain. An order whose answer
    was lost is waited for until it can't arrive any more: nobody would cancel it later.
    """
    if choice == "keep":
        return "all orders are left where they are"
    cancelled, left = await _cancel(core, choice, clock)
    late_s = core.guards.late_s(core.observer.account, core.exchange.now_ms())
    if late_s > 0.0:
        core.events.info("stop", f"an order may still arrive, as its answer was lost: waiting {late_s:.0f} s for it")
        await clock.sleep(late_s)
        more, left = await _cancel(core, choice, clock)
        cancelled += more
    what = "entries" if choice == "cancel_entries" else "orders"
    if left:
        return f"{cancelled} {what} cancelled, {len(left)} could not be: look at the venue"
    return f"{cancelled} {what} cancelled"


async def _cancel(core: LoopCore, choice: StopChoice, clock: Clock) -> tuple[int, list[OpenOrder]]:
    """Cancel the chosen orders, some times if need be; return how many went, and what is left."""
    cancelled = 0
    left: list[OpenOrder] = []
    for attempt in range(TRIES):
        if attempt and not core.exchange.capabilities.stepped:
            await clock.sleep(PAUSE_S)
        try:
            await core.observer.read_orders()
        except ExchangeError as error:
            core.events.error("stop", error.line())
            left = _chosen(core, choice)  # as far as is known: silence does not mean that they are gone
            continue
        left = _chosen(core, choice)
        if not left:
            break
        sent = await core.executor.cancel_all(left)
        cancelled += sent.cancelled
        left = _chosen(core, choice)
    return cancelled, left


def _chosen(core: LoopCore, choice: StopChoice) -> list[OpenOrder]:
    """Return our orders to cancel; sides in manual mode keep theirs unless everything is to go."""
    own = [order for order in core.observer.account.own_orders() if order.id not in core.observer.account.ghosts]
    if choice == "cancel_all":
        return own
    modes = core.last.decision.modes.modes
    return [order for order in own if not reduces(order) and modes.get((order.symbol, order.pside)) is not Mode.MANUAL]
