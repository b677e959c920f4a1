"""What the loop does about each kind of failure, and what the operator can do about a refused order (live.md 22, 30.6).

Every call to a venue fails with one of these classes; adapters sort a venue's codes into them:

    VenueUnreachable   reads: again after half a second, doubling; orders: may exist, so nothing like them is sent
    UnreadableAnswer   as above: what was asked about is unknown, never empty or zero; entries wait
    OutcomeUnknown     the order may exist: asked for by its id until it can't arrive any more, nothing like it is sent
    RateLimited        everybody on this machine keeps silent as long as the venue said; cancels and closes go first
    OrderGone          a usual answer to a cancel: the account is read before anything is sent for the coin
    OrderRejected      the order waits 20 s, doubling up to 15 min; three refusals of its kind a minute at most
    AccountRefused     the bot stops: an operator must act

A plan that fails its checks is not sent: entries are blocked, resting orders stay.
"""

from __future__ import annotations

from dataclasses import dataclass

from pbtui.core.errors import OrderRejected


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a reason of refusal asks for: whether the market's limits may have changed, and what helps."""

    limits: bool = False
    advice: str = ""


_SMALL = "raise entry_initial_qty_pct or the balance: the order is too small"
_LIMITS = "the venue's limits are read again"
REFUSALS: dict[str, Refusal] = {
    "insufficient_margin": Refusal(advice="lower the wallet exposure limits, or add margin"),
    "leverage_tier": Refusal(limits=True, advice="lower live.leverage or the wallet exposure limits"),
    "leverage": Refusal(limits=True, advice="lower live.leverage"),
    "too_many_orders": Refusal(advice="trade fewer coins, or lower live.max_n_creations_per_batch"),
    "min_cost": Refusal(limits=True, advice=_SMALL),
    "min_qty": Refusal(limits=True, advice=_SMALL),
    "max_qty": Refusal(limits=True, advice="lower the wallet exposure limits: the order is too large"),
    "tick": Refusal(limits=True, advice=_LIMITS),
    "lot": Refusal(limits=True, advice=_LIMITS),
    "precision": Refusal(limits=True, advice=_LIMITS),
    "invalid": Refusal(limits=True, advice=_LIMITS),
    "not_tradable": Refusal(limits=True, advice="the coin is closed or being delisted; set it to graceful stop"),
    "unknown_symbol": Refusal(limits=True, advice=_LIMITS),
    "frozen": Refusal(advice="the venue has frozen it; see your account there"),
    "cancel_refused": Refusal(advice="the order is being changed; it is read again"),
    "price_band": Refusal(advice="the price is too far from the market for the venue; it is planned anew"),
    "post_only": Refusal(advice="it would have traded at once; it is planned anew"),
    "reduce_only": Refusal(advice="there is nothing left to close; the position is read again"),
}
_UNKNOWN = Refusal()


def refusal_of(error: OrderRejected) -> Refusal:
    """Return what a refusal asks for; nothing for a reason that is not known."""
    return REFUSALS.get(error.reason, _UNKNOWN)


def refusal_line(error: OrderRejected) -> str:
    """Return the refusal with what the operator can do about it."""
    if error.hint:
        return error.line()
    advice = refusal_of(error).advice
    return f"{error.line()}; {advice}" if advice else error.line()
