"""Profits of closes where a venue tells none: entry prices followed through an account's own executions.

A close leaves the average entry price as it is, an entry moves it. So the price at each close follows from executions
since the position was flat, or backwards from a position whose price is known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from pbtui.core.types import Fill, Position, Pside, pside_sign

Key = tuple[str, Pside]
_NOISE = 1e-9  # of a size, what floats may be off


def with_profits(
    fills: Sequence[Fill],
    held: Mapping[Key, Position],
    *,
    c_mult: Callable[[str], float],
    ended_at: Callable[[Fill], float | None],
) -> list[Fill]:
    """Return fills, oldest first as given, with the gross profit of their closes in quote.

    `held` are the positions right after the last of them, sizes signed; `ended_at` tells the entry price of a position
    that the given fill closed and whose beginning is older than `fills`, None where nobody knows it. A close whose
    profit does not follow is marked as unknown and counts as 0.
    """
    by_key: dict[Key, list[int]] = {}
    for at, fill in enumerate(fills):
        by_key.setdefault((fill.symbol, fill.pside), []).append(at)
    found = list(fills)
    for key, places in by_key.items():
        own = [fills[at] for at in places]
        entries = _entry_prices(own, held.get(key, Position()), ended_at)
        unit = c_mult(key[0]) * pside_sign(key[1])
        for at, fill, entry in zip(places, own, entries, strict=True):
            if closes(fill):
                known = entry is not None
                pnl = 0.0 if entry is None else (fill.price - entry) * abs(fill.qty) * unit
                found[at] = replace(fill, pnl=pnl, pnl_known=known)
    return found


def closes(fill: Fill) -> bool:
    """Tell whether a fill reduced its position side."""
    return (fill.side == "buy") is not (fill.pside == "long")


def _entry_prices(
    fills: Sequence[Fill], held: Position, ended_at: Callable[[Fill], float | None]
) -> list[float | None]:
    """Return the entry price of the position right before each fill; None where it does not follow."""
    before, after = _sizes(fills, abs(held.size))
    if min(before, default=0.0) < 0.0:
        return [None] * len(fills)  # executions are missing, or belong to another side
    entries: list[float | None] = [None] * len(fills)
    price: float | None = None
    for at, fill in enumerate(fills):
        if before[at] == 0.0:
            price = 0.0
        entries[at] = price
        if price is not None and not closes(fill):
            price = (price * before[at] + fill.price * abs(fill.qty)) / after[at]
    # What began before the first fill is followed backwards from its end.
    last = next((at for at, size in enumerate(after) if size == 0.0), len(fills) - 1)
    if entries[0] is None:
        price = held.price if after[last] != 0.0 else ended_at(fills[last])
        for at in range(last, -1, -1):
            if price is None:
                break
            if not closes(fills[at]):
                price = (price * after[at] - fills[at].price * abs(fills[at].qty)) / before[at]
            entries[at] = price
    return entries


def _sizes(fills: Sequence[Fill], size: float) -> tuple[list[float], list[float]]:
    """Return the unsigned position sizes before and after each fill, followed backwards from the size at the end."""
    before, after = [0.0] * len(fills), [0.0] * len(fills)
    for at in range(len(fills) - 1, -1, -1):
        after[at] = size
        qty = abs(fills[at].qty)
        size = size + qty if closes(fills[at]) else size - qty
        if abs(size) <= _NOISE * max(1.0, qty):
            size = 0.0
        before[at] = size
    return before, after
