"""Rows of `numerics.jsonl.gz`: one helper function a row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pbtui.core.types import Pside
from pbtui.engine import InvalidInput, numerics

from .support import NotUnderstood, Row, difference, restore

PSIDES: dict[int, Pside] = {0: "long", 1: "short"}
BUNDLE = ("min_since_open", "max_since_min", "max_since_open", "min_since_max")


def _bundle(values: tuple[float, ...]) -> dict[str, float]:
    return dict(zip(BUNDLE, values, strict=True))


def _new_psize_pprice(**values: float) -> dict[str, float]:
    return dict(zip(("psize", "pprice"), numerics.new_psize_pprice(**values), strict=True))


def _pprice_diff(pside: int, pprice: float, price: float) -> float:
    return numerics.pprice_diff(PSIDES[pside], pprice, price)


def _update_bundle(
    highs: list[float], lows: list[float], closes: list[float], bundle: dict[str, float] | None
) -> dict[str, float]:
    start = None if bundle is None else tuple(bundle[key] for key in BUNDLE)
    return _bundle(numerics.update_trailing_bundle(highs, lows, closes, start))


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "round_": numerics.round_,
    "round_up": numerics.round_up,
    "round_dn": numerics.round_dn,
    "round_dynamic": numerics.round_dynamic,
    "round_dynamic_up": numerics.round_dynamic_up,
    "round_dynamic_dn": numerics.round_dynamic_dn,
    "hysteresis": numerics.hysteresis,
    "calc_diff": numerics.calc_diff,
    "cost_to_qty": numerics.cost_to_qty,
    "qty_to_cost": numerics.qty_to_cost,
    "calc_wallet_exposure": numerics.wallet_exposure,
    "calc_new_psize_pprice": _new_psize_pprice,
    "calc_pnl_long": lambda **values: numerics.pnl("long", **values),
    "calc_pnl_short": lambda **values: numerics.pnl("short", **values),
    "calc_pprice_diff_int": _pprice_diff,
    "calc_pside_price_diff_int": _pprice_diff,
    "calc_price_diff_pside_int": _pprice_diff,
    "calc_order_price_diff": numerics.order_price_diff,
    "calc_min_entry_qty_py": numerics.min_entry_qty,
    "trailing_bundle_default_py": lambda: _bundle(numerics.trailing_bundle_default()),
    "update_trailing_bundle_py": _update_bundle,
}


def expects_refusal(row: Row) -> bool:
    """Tell whether the reference raised; any other recorded error is unknown."""
    if "error" not in row:
        return False
    if row["error"] != "invalid_argument":
        raise NotUnderstood(f"error {row['error']!r}")
    return True


def compare_call(row: Row, function: Callable[..., Any]) -> str | None:
    """Call with the row's named arguments and say how the outcome differs from the recorded one."""
    refused = expects_refusal(row)
    try:
        actual = function(**restore(row["in"]))
    except InvalidInput as error:
        return None if refused else f"refused: {error}"
    if refused:
        return f"should be refused, got {actual!r}"
    return difference(restore(row["out"]), actual)


def problem(row: Row) -> str | None:
    """Say how our answer to a row differs, None when it does not."""
    function = FUNCTIONS.get(row["fn"])
    if function is None:
        raise NotUnderstood(f"function {row['fn']!r}")
    return compare_call(row, function)


def group(row: Row) -> str:
    """Return what failures are counted by."""
    return f"{row['fn']} {row.get('tag', '')}".strip()
