"""Profits that follow from executions are those of an account that was there all the time."""

from __future__ import annotations

import math
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from pbtui.core.types import Fill, Position, Pside, pside_sign
from pbtui.exchange.private.profits import closes, with_profits

SOL = "SOL/USDT:USDT"
C_MULT = 0.1
Step = tuple[bool, int, float]  # closes, contracts, price


def lived(steps: Sequence[Step], pside: Pside) -> tuple[list[Fill], Position, list[float]]:
    """Return the fills of an account with their profits, the position at the end, and the entry price before each."""
    size, price, fills, entries = 0.0, 0.0, list[Fill](), list[float]()
    for number, (closing, contracts, at) in enumerate(steps):
        qty = min(float(contracts), size) if closing else float(contracts)
        if qty == 0.0:
            continue
        entries.append(price)
        side = "buy" if (pside == "long") is not closing else "sell"
        pnl = (at - price) * qty * C_MULT * pside_sign(pside) if closing else 0.0
        signed = qty if side == "buy" else -qty
        fills.append(Fill(str(number), number, SOL, pside, side, signed, at, pnl, -0.01, "unknown", "", str(number)))
        if closing:
            size -= qty
            price = price if size else 0.0
        else:
            price = (price * size + at * qty) / (size + qty)
            size += qty
    return fills, Position(pside_sign(pside) * size, price), entries


steps = st.lists(st.tuples(st.booleans(), st.integers(1, 50), st.floats(50.0, 200.0)), min_size=1, max_size=40)


@given(steps=steps, pside=st.sampled_from(["long", "short"]), cut=st.integers(0, 40))
def test_profits_follow_wherever_the_history_begins(steps: list[Step], pside: Pside, cut: int) -> None:
    fills, held, entries = lived(steps, pside)
    told, wanted = fills[cut:], fills[cut:]
    asked: list[Fill] = []

    def ended_at(fill: Fill) -> float | None:
        asked.append(fill)
        return entries[fills.index(fill)]

    blank = [Fill(**{**_fields(fill), "pnl": 0.0}) for fill in told]
    originals = {fill.id: fill for fill in fills}
    found = with_profits(
        blank, {(SOL, pside): held}, c_mult=lambda _: C_MULT, ended_at=lambda fill: ended_at(originals[fill.id])
    )
    assert [fill.id for fill in found] == [fill.id for fill in wanted]
    for got, want in zip(found, wanted, strict=True):
        assert got.pnl_known
        assert math.isclose(got.pnl, want.pnl, rel_tol=1e-6, abs_tol=1e-6), (got, want)
    assert len(asked) <= 1


def _fields(fill: Fill) -> dict[str, object]:
    names = ("id", "ts_ms", "symbol", "pside", "side", "qty", "price", "pnl", "fee", "order_type", "client_id")
    return {**{name: getattr(fill, name) for name in names}, "order_id": fill.order_id}


def test_what_does_not_follow_is_marked_and_counts_as_nothing() -> None:
    fills, _, _ = lived([(False, 10, 100.0), (False, 10, 110.0), (True, 20, 120.0)], "long")
    close = fills[2:]
    unknown = with_profits(close, {}, c_mult=lambda _: C_MULT, ended_at=lambda _: None)
    assert [(fill.pnl, fill.pnl_known) for fill in unknown] == [(0.0, False)]
    # More was opened than is held: executions are missing.
    torn = with_profits(
        fills[:2], {(SOL, "long"): Position(15.0, 105.0)}, c_mult=lambda _: C_MULT, ended_at=lambda _: 1.0
    )
    assert all(fill.pnl == 0.0 and fill.pnl_known for fill in torn), "entries have no profit to know"
    both = [*fills[:1], *close]
    odd = with_profits(both, {}, c_mult=lambda _: C_MULT, ended_at=lambda _: None)
    assert [fill.pnl_known for fill in odd] == [True, False]


def test_two_sides_of_a_coin_do_not_mix() -> None:
    long, held_long, _ = lived([(False, 10, 100.0), (True, 4, 110.0)], "long")
    short, held_short, _ = lived([(False, 7, 105.0), (True, 7, 95.0)], "short")
    mixed = [long[0], short[0], long[1], short[1]]
    held = {(SOL, "long"): held_long, (SOL, "short"): held_short}
    found = with_profits(mixed, held, c_mult=lambda _: C_MULT, ended_at=lambda _: None)
    assert [round(fill.pnl, 9) for fill in found] == [0.0, 0.0, 4.0, 7.0]
    assert [closes(fill) for fill in found] == [False, False, True, True]
