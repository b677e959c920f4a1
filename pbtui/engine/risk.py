"""Unstucking, the total-exposure enforcer and the stand-alone entry gate (orders.md 5).

The decision step calls the first two rules itself, and an entry gate of its own that differs in details from the
stand-alone one here. Rows are mappings with the named keys; further keys are ignored. Members that make no sense
(prices or steps not positive, NaN) are skipped, as in the reference.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

from pbtui import _pb_rust
from pbtui.core.types import Pside
from pbtui.engine.errors import call


class _Limits(TypedDict):
    qty_step: float
    min_qty: float
    min_cost: float
    c_mult: float


class StuckPosition(_Limits):
    """A position that may be stuck: size signed, prices in quote, limits and thresholds as fractions."""

    idx: int
    side: Pside
    position_size: float
    position_price: float
    wallet_exposure_limit: float
    risk_we_excess_allowance_pct: float
    unstuck_threshold: float
    unstuck_close_pct: float
    unstuck_ema_dist: float
    ema_band_upper: float
    ema_band_lower: float
    current_price: float
    price_step: float


class EnforcedPosition(_Limits):
    """A position of the side under the enforcer; the base limit is the one without excess allowance."""

    idx: int
    position_size: float
    position_price: float
    market_price: float
    base_wallet_exposure_limit: float
    price_step: float


class GatedPosition(TypedDict):
    """An open position that counts towards the gate's exposure."""

    idx: int
    position_size: float
    position_price: float
    c_mult: float


class GatedEntry(_Limits):
    """A wanted entry; qty unsigned on both sides."""

    idx: int
    qty: float
    price: float
    market_price: float
    order_type: str


@dataclass(frozen=True, slots=True)
class RiskOrder:
    """An order for the symbol `idx`; qty signed for closes, unsigned out of the gate."""

    idx: int
    qty: float
    price: float
    order_type: str


def unstucking_close(
    balance: float, allowance_long: float, allowance_short: float, positions: Sequence[StuckPosition]
) -> tuple[Pside, RiskOrder] | None:
    """Return the one close that frees the least under-water stuck position, with its side (orders.md 5.1).

    Balance is the raw one, allowances in quote. Raises InvalidInput for a missing key or a wrong type.
    """
    found = call(_pb_rust.calc_unstucking_close, balance, allowance_long, allowance_short, positions)
    if found is None:
        return None
    idx, pside, qty, price, order_type = found
    return pside, RiskOrder(idx, qty, price, order_type)


def twel_enforcer_orders(
    pside: Pside,
    threshold: float,
    total_wallet_exposure_limit: float,
    effective_n_positions: int,
    balance: float,
    positions: Sequence[EnforcedPosition],
    skip_idx: int | None = None,
) -> list[RiskOrder]:
    """Return closes that bring the side's exposure down to threshold times limit (orders.md 5.3).

    `skip_idx` counts towards exposure but is not reduced. Raises InvalidInput for a missing key or a wrong type.
    """
    rows = call(
        _pb_rust.calc_twel_enforcer_orders,
        pside,
        threshold,
        total_wallet_exposure_limit,
        effective_n_positions,
        balance,
        positions,
        skip_idx,
    )
    return [RiskOrder(*row) for row in rows]


def gate_entries_by_twel(
    pside: Pside,
    balance: float,
    total_wallet_exposure_limit: float,
    positions: Sequence[GatedPosition],
    entries: Sequence[GatedEntry],
) -> list[RiskOrder]:
    """Return the entries that may stay when all of them fill: the reference's stand-alone gate (orders.md 5.5).

    No trading path uses it. Raises InvalidInput for a missing key, a wrong type or an unknown order type.
    """
    rows = call(
        _pb_rust.gate_entries_by_twel,
        pside,
        balance,
        total_wallet_exposure_limit,
        positions,
        entries,
    )
    return [RiskOrder(*row) for row in rows]
