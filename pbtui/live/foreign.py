"""Other people's orders on the account: left alone, but their entries count against exposure (Safety)."""

from __future__ import annotations

from collections.abc import Mapping

from pbtui.core.types import FLAT, PSIDES, Market, Pside
from pbtui.engine.execution import ExecutableOrder
from pbtui.engine.numerics import qty_to_cost
from pbtui.live.account import Account
from pbtui.live.keys import Key, is_entry
from pbtui.live.reconcile import distance
from pbtui.live.rules import Rules

Wanted = dict[str, list[ExecutableOrder]]


def leave_room(
    wanted: Wanted, account: Account, rules: Rules, markets: Mapping[str, Market]
) -> tuple[Wanted, list[ExecutableOrder]]:
    """Return the plan without the entries that foreign entries leave no room for, furthest first, and those entries.

    Without foreign entries the plan is returned as it is: the engine has kept the limits already.
    """
    taken = _foreign_notional(account, markets)
    if not taken:
        return wanted, []
    dropped: list[ExecutableOrder] = []
    for pside in PSIDES:
        used = sum(taken.get(key, 0.0) + _held_notional(key, account, markets) for key in _keys(taken, account, pside))
        room = rules.side(pside).twel * account.raw - used
        for order in _nearest_first(wanted, account, pside):
            key: Key = (order.symbol, pside)
            market = markets[order.symbol]
            cost = qty_to_cost(order.qty, order.price, market.c_mult)
            own = rules.coin(market.coin, pside).allowed_limit * account.raw
            if cost > room or cost + taken.get(key, 0.0) + _held_notional(key, account, markets) > own * 1.01:
                dropped.append(order)
                continue
            room -= cost
            taken[key] = taken.get(key, 0.0) + cost
    gone = {id(order) for order in dropped}
    return {symbol: [o for o in orders if id(o) not in gone] for symbol, orders in wanted.items()}, dropped


def _foreign_notional(account: Account, markets: Mapping[str, Market]) -> dict[Key, float]:
    taken: dict[Key, float] = {}
    for order in account.foreign_entries():
        market = markets.get(order.symbol)
        if market is not None:
            key: Key = (order.symbol, order.pside)
            taken[key] = taken.get(key, 0.0) + qty_to_cost(order.qty, order.price, market.c_mult)
    return taken


def _held_notional(key: Key, account: Account, markets: Mapping[str, Market]) -> float:
    held, market = account.positions.get(key, FLAT), markets.get(key[0])
    return qty_to_cost(held.size, held.price, market.c_mult) if market is not None else 0.0


def _keys(taken: Mapping[Key, float], account: Account, pside: Pside) -> set[Key]:
    return {key for key in (*taken, *account.positions) if key[1] == pside}


def _nearest_first(wanted: Wanted, account: Account, pside: Pside) -> list[ExecutableOrder]:
    entries = [o for orders in wanted.values() for o in orders if o.pside == pside and is_entry(o.order_type)]
    return sorted(entries, key=lambda order: distance(order.side, order.price, account.price(order.symbol)))
