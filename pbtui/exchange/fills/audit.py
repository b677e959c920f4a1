"""What is wrong with the kept fills of an account: holes, executions counted twice, differences from the venue."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from pbtui.core.types import Fill
from pbtui.exchange.fills.spans import Span

Kind = Literal["gap", "twice", "profit", "missing", "differs", "untold"]
_NEAR = 1e-9


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be, at a time or over a stretch of it; `fills` are the ones to keep."""

    kind: Kind
    text: str
    start_ms: int
    end_ms: int
    symbol: str = ""
    fills: tuple[Fill, ...] = ()
    drop: tuple[str, ...] = ()  # ids that were never executions


def gaps(holes: Iterable[Span]) -> list[Finding]:
    """Return the stretches of time that the venue was never asked about in full."""
    return [Finding("gap", "the venue was never asked about this time in full", *hole) for hole in holes]


def twice(fills: Sequence[Fill]) -> list[Finding]:
    """Return executions that are kept under two names: all they tell but the name is the same (candles.md 19)."""
    groups: dict[tuple[object, ...], list[Fill]] = {}
    for fill in fills:
        # Without an order's id two equal executions of one millisecond may both be real.
        if fill.order_id:
            what = (fill.ts_ms, fill.symbol, fill.pside, fill.side, fill.qty, fill.price, fill.order_id)
            groups.setdefault(what, []).append(fill)
    return [
        Finding(
            "twice",
            f"{len(each)} executions of order {each[0].order_id} are alike in all but their names: one may be counted "
            "twice",
            each[0].ts_ms,
            each[0].ts_ms,
            each[0].symbol,
        )
        for each in groups.values()
        if len(each) > 1
    ]


def profits(fills: Iterable[Fill]) -> list[Finding]:
    """Return the closes whose profit the venue has not told."""
    text = "the venue told no profit of this close: it counts as 0"
    return [
        Finding("profit", text, fill.ts_ms, fill.ts_ms, fill.symbol, (fill,)) for fill in fills if not fill.pnl_known
    ]


def against(kept: Sequence[Fill], told: Sequence[Fill]) -> list[Finding]:
    """Return where the kept fills and what the venue tells of the same time differ.

    What only we have is dropped by a repair if the venue tells an execution that is alike in all but its name.
    """
    mine: Mapping[str, Fill] = {fill.id: fill for fill in kept}
    theirs: Mapping[str, Fill] = {fill.id: fill for fill in told}
    found: list[Finding] = []
    for name, fill in theirs.items():
        old = mine.get(name)
        if old is None:
            found.append(Finding("missing", f"{name} is not kept", fill.ts_ms, fill.ts_ms, fill.symbol, (fill,)))
        elif wrong := _differences(old, fill):
            text = f"{name}: {', '.join(wrong)}"
            found.append(Finding("differs", text, fill.ts_ms, fill.ts_ms, fill.symbol, (_better(old, fill),)))
    alike = {_likeness(fill) for fill in told}
    for name, fill in mine.items():
        if name not in theirs:
            copy = _likeness(fill) in alike
            text = f"{name} is not told by the venue" + (", but the same under another name" if copy else "")
            drop = (name,) if copy else ()
            found.append(Finding("untold", text, fill.ts_ms, fill.ts_ms, fill.symbol, (), drop))
    return sorted(found, key=lambda each: each.start_ms)


def _likeness(fill: Fill) -> tuple[object, ...]:
    return (fill.ts_ms, fill.symbol, fill.side, fill.qty, fill.price, fill.order_id)


def _differences(old: Fill, new: Fill) -> list[str]:
    found = [
        f"{what} {getattr(old, what):g}, the venue says {getattr(new, what):g}"
        for what in ("qty", "price", "pnl", "fee")
        if (what != "pnl" or new.pnl_known) and not _same(getattr(old, what), getattr(new, what))
    ]
    if new.pnl_known and not old.pnl_known:
        found.append("its profit is told now")
    found += [
        f"{what} {getattr(old, what)}, the venue says {getattr(new, what)}"
        for what in ("pside", "side", "ts_ms")
        if getattr(old, what) != getattr(new, what)
    ]
    return found


def _same(a: float, b: float) -> bool:
    return math.isclose(a, b, rel_tol=_NEAR, abs_tol=_NEAR)


def _better(old: Fill, new: Fill) -> Fill:
    """Return what the venue says now, with the names it may not tell a second time."""
    if new.client_id or not old.client_id:
        return new
    return replace(new, client_id=old.client_id, order_type=old.order_type)
