"""Runs rows of `execution.jsonl.gz`: ideal orders to what is sent."""

from __future__ import annotations

from typing import Any

from pbtui.core.types import Position
from pbtui.engine import IdealOrder
from pbtui.engine.execution import ExecutableOrder, to_executable

from .support import NotUnderstood, Row, difference, restore

LIVE_KEYS = {"price_distance_threshold", "market_orders_allowed"}


def _ideal(row: dict[str, Any]) -> IdealOrder:
    name: str = row["order_type"]
    return IdealOrder("long" if name.endswith("_long") else "short", float(row["qty"]), float(row["price"]), name)


def _position(row: dict[str, Any]) -> Position:
    return Position(float(row["size"]), float(row["price"]))


def _sent(order: ExecutableOrder) -> dict[str, Any]:
    return {
        "side": order.side,
        "position_side": order.pside,
        "qty": order.qty,
        "price": order.price,
        "reduce_only": order.reduce_only,
        "order_type": order.order_type,
        "type": order.kind,
    }


def problem(row: Row) -> str | None:
    """Return what differs from the recorded outcome, if anything."""
    given = restore(row["in"])
    if given.keys() != {"live", "last_prices", "positions", "ideal_orders"} or given["live"].keys() != LIVE_KEYS:
        raise NotUnderstood(sorted(given), sorted(given["live"]))
    ideal = {symbol: [_ideal(order) for order in orders] for symbol, orders in given["ideal_orders"].items()}
    sent = to_executable(
        ideal,
        {symbol: float(price) for symbol, price in given["last_prices"].items()},
        {symbol: {p: _position(held[p]) for p in ("long", "short")} for symbol, held in given["positions"].items()},
        float(given["live"]["price_distance_threshold"]),
        given["live"]["market_orders_allowed"],
    )
    orders = {symbol: [_sent(order) for order in orders] for symbol, orders in sent.items()}
    reducing = {s for s, orders in ideal.items() if any("auto_reduce_wel" in o.order_type for o in orders)}
    ours = {"orders": orders, "auto_reduce_wel_symbols": sorted(reducing)}
    return difference(restore(row["out"]), ours)


def group(row: Row) -> str:
    """Return the word that rows of this file are reported under."""
    return "execution"
