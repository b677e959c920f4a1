"""Why a coin was not chosen to open a position on a side: its lists, its age, its cost, its rank, or no slot left."""

from __future__ import annotations

from pbtui.core.types import Mode, Pside
from pbtui.engine.numerics import effective_min_cost
from pbtui.engine.why import Reason, explain_selection, reason
from pbtui.live.forager import is_forager
from pbtui.live.turn import LoopCore


def why_not_chosen(core: LoopCore, symbol: str, pside: Pside) -> Reason:
    """Return what kept a flat coin from being chosen, by the rules and numbers that choose (live.md 11.1)."""
    side, coins = core.rules.side(pside), core.coins
    approved = coins.approved[pside]
    if not side.enabled:
        return reason("side_off", total_limit=side.twel, n_positions=float(side.n_positions))
    if coins.reason(symbol):
        return reason("not_eligible")
    if symbol not in approved:
        return reason("not_approved")
    if not core.last.decision.modes.symbols and not core.started:
        return reason("not_planned")
    if is_forager(side, len(approved)):
        if not core.candles.warm(pside):
            return reason("averages_unknown")
        if not core.decider.old_enough(symbol):
            return reason("too_young", least_days=float(core.rules.live.minimum_coin_age_days))
    return _by_rank(core, symbol, pside)


def _by_rank(core: LoopCore, symbol: str, pside: Pside) -> Reason:
    """Ask the selection itself how the coin ranked; a chosen one found no slot left."""
    side, account = core.rules.side(pside), core.observer.account
    found = core.decider.choice(pside, account)
    index = found.candidates.index(symbol)
    if not found.features[index].enabled:
        return _too_dear(core, symbol, pside)
    other: Pside = "short" if pside == "long" else "long"
    if not core.exchange.capabilities.hedge_mode and account.position(symbol, other).size != 0.0:
        return reason("other_side_held")
    slots = side.max_positions(len(core.coins.approved[pside]))
    if found.choosing:
        params = side.params
        told = explain_selection(
            found.features, slots, params["filter_volume_drop_pct"], params["filter_volatility_drop_pct"]
        )
        if index in told:
            return told[index]
    modes = core.last.decision.modes.modes
    taken = sum(
        own == pside and (mode is Mode.NORMAL or account.position(name, own).size != 0.0)
        for (name, own), mode in modes.items()
    )
    return reason("no_slot", slots=float(slots), taken=float(taken))


def _too_dear(core: LoopCore, symbol: str, pside: Pside) -> Reason:
    market, account = core.coins.markets[symbol], core.observer.account
    price, own = account.price(symbol), core.rules.coin(market.coin, pside)
    least = market.min_cost
    if price is not None:
        least = effective_min_cost(price, market.min_qty, market.min_cost, market.c_mult)
    has = account.snapped * own.allowed_limit * own.params["entry_initial_qty_pct"]
    return reason("below_min_cost", has=has, needed=least)
