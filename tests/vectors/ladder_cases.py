"""Rows of `entries.jsonl.gz` and `closes.jsonl.gz`: the next order and the whole list."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict

from pbtui.engine import orders
from pbtui.engine.orders import EngineOrder

from .support import NotUnderstood, Row, difference, restore


def _problem(
    row: Row, next_rule: Callable[..., EngineOrder], list_rule: Callable[..., list[EngineOrder]]
) -> str | None:
    if row["side"] not in ("long", "short"):
        raise NotUnderstood(f"side {row['side']!r}")
    if row["out"].keys() != {"next", "all"}:
        raise NotUnderstood(f"outputs {sorted(row['out'])}")
    given = restore(row)
    args = [given[key] for key in ("side", "exchange", "state", "bot", "position", "trailing")]
    actual = {
        "next": asdict(next_rule(*args)),
        "all": [asdict(order) for order in list_rule(*args)],
    }
    return difference(given["out"], actual)


def entries_problem(row: Row) -> str | None:
    """Say how our entries differ, None when they do not."""
    return _problem(row, orders.next_entry, orders.all_entries)


def closes_problem(row: Row) -> str | None:
    """Say how our closes differ, None when they do not."""
    return _problem(row, orders.next_close, orders.all_closes)


def group(row: Row) -> str:
    """Return what failures are counted by."""
    return f"{row['side']} {row.get('tag', '')}".strip()
