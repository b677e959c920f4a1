"""Rounding, cost and exposure, price differences and trailing extremes (orders.md 1 and 6).

Prices and costs are in quote, quantities in contracts, `*_pct` fractions. Every function raises InvalidInput for
arguments of the wrong type; numbers that make no sense give the reference's answer.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pbtui import _pb_rust
from pbtui.core.types import Pside
from pbtui.engine.errors import call

Floats = NDArray[np.float64] | Sequence[float]
Bundle = tuple[float, float, float, float]


def round_(n: float, step: float) -> float:
    """Return the nearest multiple of `step`, ties away from zero; NaN when step is 0 (orders.md 1.1)."""
    return call(_pb_rust.round_, n, step)


def round_up(n: float, step: float) -> float:
    """Return the next multiple of `step` towards +∞; float noise may cost a step (orders.md 1.1, W1)."""
    return call(_pb_rust.round_up, n, step)


def round_dn(n: float, step: float) -> float:
    """Return the next multiple of `step` towards −∞; float noise may cost a step (orders.md 1.1, W1)."""
    return call(_pb_rust.round_dn, n, step)


def quantize(value: float, step: float) -> float:
    """Return the nearest multiple, or the value itself where that makes no sense (orders.md 1.2)."""
    return call(_pb_rust.quantize, value, step)


def round_dynamic(n: float, d: int) -> float:
    """Return the nearest number of `d` significant digits (orders.md 1.3)."""
    return call(_pb_rust.round_dynamic, n, d)


def round_dynamic_up(n: float, d: int) -> float:
    """Return the next number of `d` significant digits towards +∞ (orders.md 1.3)."""
    return call(_pb_rust.round_dynamic_up, n, d)


def round_dynamic_dn(n: float, d: int) -> float:
    """Return the next number of `d` significant digits towards −∞ (orders.md 1.3)."""
    return call(_pb_rust.round_dynamic_dn, n, d)


def hysteresis(val: float, prev_val: float, pct: float) -> float:
    """Return `val` if it moved by more than the fraction `pct` from `prev_val`, else `prev_val` (orders.md 1.6)."""
    return call(_pb_rust.hysteresis, val, prev_val, pct)


def calc_diff(x: float, y: float) -> float:
    """Return the unsigned difference relative to `y` (orders.md 1.5)."""
    return call(_pb_rust.calc_diff, x, y)


def cost_to_qty(cost: float, price: float, c_mult: float) -> float:
    """Return the contracts that a cost buys, always ≥ 0; 0 unless the price is positive (orders.md 1.4)."""
    return call(_pb_rust.cost_to_qty, cost, price, c_mult)


def qty_to_cost(qty: float, price: float, c_mult: float) -> float:
    """Return the notional of a quantity of either sign (orders.md 1.4)."""
    return call(_pb_rust.qty_to_cost, qty, price, c_mult)


def wallet_exposure(c_mult: float, balance: float, position_size: float, position_price: float) -> float:
    """Return a position's notional as a fraction of the balance; 0 without balance (orders.md 1.4)."""
    return call(_pb_rust.calc_wallet_exposure, c_mult, balance, position_size, position_price)


def new_psize_pprice(psize: float, pprice: float, qty: float, price: float, qty_step: float) -> tuple[float, float]:
    """Return size and average price after a fill that adds to a position (orders.md 1.4); not for closes."""
    return call(_pb_rust.calc_new_psize_pprice, psize, pprice, qty, price, qty_step)


def pnl(pside: Pside, entry_price: float, close_price: float, qty: float, c_mult: float) -> float:
    """Return the profit of closing a quantity of either sign, in quote before fees (orders.md 1.4)."""
    return call(_pb_rust.calc_pnl, pside, entry_price, close_price, qty, c_mult)


def pprice_diff(pside: Pside, pprice: float, price: float) -> float:
    """Return how far a price is on the losing side of a position's price, a fraction (orders.md 1.5)."""
    return call(_pb_rust.calc_pprice_diff, pside, pprice, price)


def order_price_diff(side: str, order_price: float, market_price: float) -> float:
    """Return how far an order is from filling, as a fraction of the market price (orders.md 1.5).

    `side` is buy or sell in any case, with blanks around; anything else is an error once both prices make sense.
    """
    return call(_pb_rust.calc_order_price_diff, side, order_price, market_price)


def min_entry_qty(price: float, c_mult: float, qty_step: float, min_qty: float, min_cost: float) -> float:
    """Return the smallest quantity a venue accepts at a price (orders.md 1.7)."""
    return call(_pb_rust.calc_min_entry_qty, price, c_mult, qty_step, min_qty, min_cost)


def effective_min_cost(price: float, min_qty: float, min_cost: float, c_mult: float) -> float:
    """Return the smallest cost a venue accepts now, in quote (orchestrator.md section 7)."""
    return call(_pb_rust.effective_min_cost, price, min_qty, min_cost, c_mult)


def unstuck_allowance(
    balance: float, loss_allowance_pct: float, pnl_cumsum_max: float, pnl_cumsum_last: float
) -> float:
    """Return the loss that unstucking may still realise, in quote, ≥ 0 (orders.md 1.10).

    `loss_allowance_pct` is already multiplied by the side's total exposure limit; balance is the raw one.
    """
    return call(_pb_rust.calc_auto_unstuck_allowance, balance, loss_allowance_pct, pnl_cumsum_max, pnl_cumsum_last)


def trailing_bundle_default() -> Bundle:
    """Return the bundle of "nothing seen yet": min_since_open, max_since_min, max_since_open, min_since_max."""
    return _pb_rust.trailing_bundle_default()


def _array(values: Floats) -> NDArray[np.float64]:
    return np.ascontiguousarray(values, dtype=np.float64)


def update_trailing_bundle(highs: Floats, lows: Floats, closes: Floats, bundle: Bundle | None = None) -> Bundle:
    """Return the bundle after candles, oldest first, starting from `bundle` or the default (orders.md 6).

    Raises InvalidInput when the lengths differ.
    """
    arrays = [call(_array, values) for values in (highs, lows, closes)]
    return call(_pb_rust.update_trailing_bundle, arrays[0], arrays[1], arrays[2], bundle)


def order_type_name(number: int) -> str:
    """Return the name of an order type. Raises InvalidInput for an unknown number (orders.md 2.5)."""
    return call(_pb_rust.order_type_id_to_snake, number)


def order_type_number(name: str) -> int:
    """Return the number of an order type. Raises InvalidInput for an unknown name (orders.md 2.5)."""
    return call(_pb_rust.order_type_snake_to_id, name)


def all_order_types() -> dict[int, str]:
    """Return every order type, number to name (orders.md 2.5)."""
    return dict(_pb_rust.all_order_types())
