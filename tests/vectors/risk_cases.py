"""Rows of `risk.jsonl.gz`: unstucking, enforcer, stand-alone gate, coin selection."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from pbtui.engine import numerics, risk
from pbtui.engine.selection import CoinFeature, select_coin_indices

from .numerics_cases import compare_call, group
from .support import NotUnderstood, Row

__all__ = ["group", "problem"]


def _unstucking_close(**values: Any) -> dict[str, Any] | None:
    found = risk.unstucking_close(**values)
    return None if found is None else {**asdict(found[1]), "side": found[0]}


def _enforcer(side: str, **values: Any) -> list[dict[str, Any]]:
    return [asdict(order) for order in risk.twel_enforcer_orders(side, **values)]


def _gate(side: str, **values: Any) -> list[dict[str, Any]]:
    return [asdict(order) for order in risk.gate_entries_by_twel(side, **values)]


def _select(features: list[dict[str, Any]], **values: Any) -> list[int]:
    return select_coin_indices([CoinFeature(**feature) for feature in features], **values)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "calc_auto_unstuck_allowance": numerics.unstuck_allowance,
    "calc_unstucking_close_py": _unstucking_close,
    "calc_twel_enforcer_orders_py": _enforcer,
    "gate_entries_by_twel_py": _gate,
    "select_coin_indices_py": _select,
}


def problem(row: Row) -> str | None:
    """Say how our answer to a row differs, None when it does not."""
    function = FUNCTIONS.get(row["fn"])
    if function is None:
        raise NotUnderstood(f"function {row['fn']!r}")
    return compare_call(row, function)
