"""Looking at a whole plan before any of it is sent: one impossible order rejects all (architecture.md, Safety)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pbtui.core.amounts import plain
from pbtui.core.types import FLAT, Market, Mode, Pside, order_side
from pbtui.engine.execution import ExecutableOrder
from pbtui.engine.numerics import min_entry_qty, qty_to_cost
from pbtui.live.account import Account
from pbtui.live.keys import Key, is_entry
from pbtui.live.modes import ModeTable
from pbtui.live.plan import rounded
from pbtui.live.rules import Rules

GRID_NOISE = 1e-6  # share of a step that floats may be off a multiple
# Prices of recorded candles are rounded to float32 before use, and the engine may ask for the last price itself.
PRICE_NOISE = 2.0**-23
CROP_SLACK = 1.01  # the engine crops an entry only when it would end above 1.01 × the limit (orders.md section 3)
_ENTRY_MODES = (Mode.NORMAL, Mode.GRACEFUL_STOP)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a plan is measured against."""

    rules: Rules
    account: Account
    modes: ModeTable
    markets: Mapping[str, Market]


def problems(plan: Mapping[str, Iterable[ExecutableOrder]], limits: Limits) -> list[str]:
    """Return what is wrong with a plan, one line each; empty when it may be sent."""
    found: list[str] = []
    by_side: dict[Key, list[ExecutableOrder]] = {}
    for orders in plan.values():
        for order in orders:
            wrong = _order_problem(order, limits)
            if wrong:
                what = f"{order.order_type} {order.side} {plain(order.qty)} at {plain(order.price)}"
                found.append(f"{order.symbol} {what}: {wrong}")
            else:
                by_side.setdefault((order.symbol, order.pside), []).append(order)
    for key, orders in by_side.items():
        found += _side_problems(key, orders, limits)
    for pside in ("long", "short"):
        found += _total_problems(pside, by_side, limits)
    return found


def _order_problem(order: ExecutableOrder, limits: Limits) -> str:
    market = limits.markets.get(order.symbol)
    entry = is_entry(order.order_type)
    if market is None:
        return "no such market"
    if not all(math.isfinite(value) and value > 0.0 for value in (order.qty, order.price)):
        return "price and quantity must be positive numbers"
    if not order.order_type.endswith(f"_{order.pside}"):
        return "its type belongs to the other side"
    if order.side != order_side(order.pside, closing=not entry) or order.reduce_only is entry:
        return "its direction does not fit its type"
    held = abs(limits.account.positions.get((order.symbol, order.pside), FLAT).size)
    if not _on_grid(order.price, market.price_step, PRICE_NOISE):
        return f"the price is off the tick {plain(market.price_step)}"
    if not _on_grid(order.qty, market.qty_step) and not (order.reduce_only and order.qty == held):
        return f"the quantity is off the lot {plain(market.qty_step)}"
    return _mode_problem(order, limits, held) or _size_problem(order, limits, market)


def _mode_problem(order: ExecutableOrder, limits: Limits, held: float) -> str:
    mode = limits.modes.get(order.symbol, order.pside)
    entry = is_entry(order.order_type)
    if mode is Mode.MANUAL:
        return "mode manual allows no order"
    if entry and mode not in _ENTRY_MODES:
        return f"mode {mode.value} allows no entry"
    if entry and mode is Mode.GRACEFUL_STOP and held == 0.0:
        return "mode graceful_stop allows no first entry"
    if mode is Mode.PANIC and not order.order_type.startswith("close_panic"):
        return "mode panic allows only its own close"
    if mode is not Mode.PANIC and order.order_type.startswith("close_panic"):
        return f"mode {mode.value} allows no panic close"
    return ""


def _size_problem(order: ExecutableOrder, limits: Limits, market: Market) -> str:
    """Bound entries by notional; a close is bounded by its position instead, for refusing it would keep the risk."""
    if not is_entry(order.order_type):
        return ""
    notional = qty_to_cost(order.qty, order.price, market.c_mult)
    most = limits.rules.live.max_order_notional
    if most is not None and notional > most:
        return f"its notional {notional:,.2f} is above live.max_order_notional {plain(most)}"
    own = limits.rules.coin(market.coin, order.pside)
    allowed = own.allowed_limit * _balance(limits.account) * CROP_SLACK
    if notional <= allowed:
        return ""
    allowed += _least(market, order.price)
    return (
        f"its notional {notional:,.2f} is above what the exposure limit allows ({allowed:.2f})"
        if notional > allowed
        else ""
    )


def _side_problems(key: Key, orders: list[ExecutableOrder], limits: Limits) -> list[str]:
    symbol, pside = key
    market = limits.markets[symbol]
    held = limits.account.positions.get(key, FLAT)
    closing = sum(order.qty for order in orders if order.reduce_only)
    if closing > abs(held.size) + GRID_NOISE * market.qty_step + 1e-12:
        return [f"{symbol} {pside}: closes of {plain(closing)} exceed the position of {plain(abs(held.size))}"]
    before = qty_to_cost(held.size, held.price, market.c_mult)
    added = _added(orders, market)
    own = limits.rules.coin(market.coin, pside)
    allowed = max(own.allowed_limit * _balance(limits.account) * CROP_SLACK, before)
    if not added or before + added <= allowed:
        return []
    allowed += _slack(orders, market)
    if before + added > allowed:
        return [f"{symbol} {pside}: exposure {before + added:.2f} after all fills is above the limit {allowed:.2f}"]
    return []


def _total_problems(pside: Pside, by_side: Mapping[Key, list[ExecutableOrder]], limits: Limits) -> list[str]:
    before = added = 0.0
    for (symbol, side), held in limits.account.positions.items():
        if side == pside and symbol in limits.markets:
            before += qty_to_cost(held.size, held.price, limits.markets[symbol].c_mult)
    for (symbol, side), orders in by_side.items():
        if side == pside:
            added += _added(orders, limits.markets[symbol])
    allowed = max(limits.rules.side(pside).twel * _balance(limits.account), before)
    if not added or before + added <= allowed:
        return []
    mine = [(symbol, orders) for (symbol, side), orders in by_side.items() if side == pside]
    allowed += sum(_slack(orders, limits.markets[symbol]) for symbol, orders in mine)
    if before + added > allowed:
        return [f"{pside}: total exposure {before + added:.2f} after all fills is above the limit {allowed:.2f}"]
    return []


def _added(orders: Iterable[ExecutableOrder], market: Market) -> float:
    """Return the notional of the entries."""
    return sum(qty_to_cost(o.qty, o.price, market.c_mult) for o in orders if is_entry(o.order_type))


def _slack(orders: Iterable[ExecutableOrder], market: Market) -> float:
    """Return what one entry may add by being rounded up to the smallest order; 0 without entries."""
    return max((_least(market, order.price) for order in orders if is_entry(order.order_type)), default=0.0)


def _least(market: Market, price: float) -> float:
    """Return the notional of the smallest order and one lot more: what rounding up may add."""
    least = min_entry_qty(price, market.c_mult, market.qty_step, market.min_qty, market.min_cost)
    return qty_to_cost(least + market.qty_step, price, market.c_mult)


def _balance(account: Account) -> float:
    return max(account.snapped, account.raw, 0.0)


def _on_grid(value: float, step: float, noise: float = 1e-12) -> bool:
    return step <= 0 or abs(value - rounded(value, step)) <= step * GRID_NOISE + abs(value) * noise
