"""One decision: the engine's wanted orders, made sendable, on the venue's grid, panic closes included."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from pbtui.core.types import FLAT, PSIDES, Market, Mode, Side
from pbtui.engine import IdealPlan, compute_ideal_orders_json, decode_plan
from pbtui.engine.execution import ExecutableOrder, executable_of_symbol
from pbtui.engine.numerics import round_, round_dynamic, round_dynamic_dn, round_dynamic_up
from pbtui.live.account import Account
from pbtui.live.fills import FillBook
from pbtui.live.inputs import SymbolInput, document
from pbtui.live.keys import Key
from pbtui.live.rules import Rules

_NOISE = 1e-9


@dataclass(slots=True)
class Plan:
    """What should rest on the venue, per symbol; `raw` is the same before it was put on the grid."""

    wanted: dict[str, list[ExecutableOrder]] = field(default_factory=dict)
    raw: dict[str, list[ExecutableOrder]] = field(default_factory=dict)
    ideal: IdealPlan = field(default_factory=lambda: IdealPlan({}, [], []))
    text: str = ""  # what the engine was asked, kept for who asks why
    symbols: tuple[str, ...] = ()  # those in the text, by their number there
    waiting: frozenset[Key] = frozenset()  # averages unknown: entries of these sides are neither made nor cancelled


def make_plan(
    rules: Rules,
    account: Account,
    fills: FillBook,
    symbols: list[SymbolInput],
    panic: Mapping[str, Sequence[ExecutableOrder]],
    markets: Mapping[str, Market],
    *,
    hedge_mode: bool,
    recorded: bool = False,
) -> Plan:
    """Ask the engine and make its answer sendable; raises OrchestratorError when it refuses the input.

    Closes of panicking sides come from `panic`, which also serves sides that are switched off. `recorded`: prices come
    from recorded candles, in single precision, and the last one is as good as a tick.
    """
    ideal, text = IdealPlan({}, [], []), ""
    if symbols:
        text = document(rules, account, fills, symbols, hedge_mode=hedge_mode)
        ideal = decode_plan(compute_ideal_orders_json(text), [item.symbol for item in symbols])
    raw: dict[str, list[ExecutableOrder]] = {}
    for item in symbols:
        orders = _sendable(rules, account, item, ideal)
        raw[item.symbol] = [order for order in orders if item.modes[order.pside] is not Mode.PANIC]
    for symbol, closes in panic.items():
        raw[symbol] = [*closes, *raw.get(symbol, [])]
    return Plan(
        wanted={
            symbol: [on_grid(order, markets[symbol], account, recorded=recorded) for order in raw[symbol]]
            for symbol in raw
        },
        raw=raw,
        ideal=ideal,
        text=text,
        symbols=tuple(item.symbol for item in symbols),
        waiting=frozenset(
            (item.symbol, pside)
            for item in symbols
            for pside in PSIDES
            if item.emas is None and item.modes[pside] is not Mode.PANIC
        ),
    )


def _sendable(rules: Rules, account: Account, item: SymbolInput, ideal: IdealPlan) -> list[ExecutableOrder]:
    orders = ideal.orders.get(item.symbol)
    if not orders:
        return []
    return executable_of_symbol(
        item.symbol,
        orders,
        item.price,
        account.positions.get((item.symbol, "long"), FLAT),
        account.positions.get((item.symbol, "short"), FLAT),
        price_distance_threshold=rules.live.price_distance_threshold,
        market_orders_allowed=rules.live.market_orders_allowed,
    )


@lru_cache(maxsize=8_192)
def rounded(value: float, step: float) -> float:
    """Return the nearest multiple of a step; grids repeat from tick to tick, so answers are kept."""
    return round_(value, step)


@lru_cache(maxsize=8_192)
def in_digits(price: float, side: Side, digits: int) -> float:
    """Return a price of so many significant digits, away from the market: up for sells, down for buys.

    Exchanges.md 8; one that is of so many digits already, but for the noise of floats, stays.
    """
    near = round_dynamic(price, digits)
    if abs(near - price) <= _NOISE * price:
        return near
    return round_dynamic_up(price, digits) if side == "sell" else round_dynamic_dn(price, digits)


def on_grid(order: ExecutableOrder, market: Market, account: Account, *, recorded: bool = False) -> ExecutableOrder:
    """Return the order with price and quantity as exact multiples of the steps, as the venue would round them.

    A close of the whole position keeps its quantity: a position may be off the grid (dust of an old lot size). Where
    prices are `recorded` an order at the last one keeps it: backtests fill it there.
    """
    at_last = recorded and order.price == account.price(order.symbol)
    digits = market.price_digits
    price = in_digits(order.price, order.side, digits) if digits else order.price
    price = order.price if at_last else rounded(price, market.price_step)
    held = abs(account.positions.get((order.symbol, order.pside), FLAT).size)
    whole = order.reduce_only and order.qty == held
    qty = order.qty if whole else rounded(order.qty, market.qty_step)
    if price == order.price and qty == order.qty:
        return order
    return replace(order, price=price, qty=qty)
