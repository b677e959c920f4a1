"""The mode of every coin and side, against a table written out by hand, and properties of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbtui.core.types import PSIDES, Mode, Pside
from pbtui.live.modes import SLOT_MODES, SideFacts, mode_table, side_modes

N, GS, TP, M, P = Mode.NORMAL, Mode.GRACEFUL_STOP, Mode.TP_ONLY, Mode.MANUAL, Mode.PANIC
BASE = SideFacts(
    forced_all=None, forced={}, hand={}, ideal=["A", "B", "C"], held=[], ordered=[], held_other_side=[],
    ineligible={}, max_positions=2,
)  # fmt: skip


@pytest.mark.parametrize(
    ("facts", "stop", "hedge", "wanted"),
    [
        (BASE, GS, True, {"A": N, "B": N}),
        (replace(BASE, held=["C"]), GS, True, {"C": N, "A": N}),
        (replace(BASE, held=["X"]), GS, True, {"X": GS, "A": N}),
        (replace(BASE, held=["X"]), M, True, {"X": M, "A": N}),
        (replace(BASE, held=["A", "B", "X"]), GS, True, {"A": GS, "B": GS, "X": GS}),
        (replace(BASE, held=["X"], ineligible={"X": "not active"}), GS, True, {"X": TP, "A": N}),
        (replace(BASE, held=["X"], ineligible={"X": "wrong quote"}), GS, True, {"X": M, "A": N}),
        (replace(BASE, ordered=["Z"]), GS, True, {"A": N, "B": N, "Z": GS}),
        (replace(BASE, ordered=["Z"]), M, True, {"A": N, "B": N, "Z": M}),
        (replace(BASE, held_other_side=["A"]), GS, False, {"B": N, "C": N}),
        (replace(BASE, held_other_side=["A"]), GS, True, {"A": N, "B": N}),
        (replace(BASE, max_positions=0, ideal=[], held=["A"]), GS, True, {"A": GS}),
        # forced modes: of a coin, and of the side
        (replace(BASE, forced={"A": M}), GS, True, {"A": M, "B": N, "C": N}),
        (replace(BASE, forced={"Z": N}), GS, True, {"Z": N, "A": N}),
        (replace(BASE, forced_all=GS, ideal=[], held=["A"]), GS, True, {"A": GS}),
        (replace(BASE, forced_all=P, ideal=[], held=["A", "B", "X"]), GS, True, {"A": P, "B": P, "X": P}),
        (replace(BASE, forced_all=N), GS, True, {"A": N, "B": N}),
        (replace(BASE, forced_all=N, held=["X"]), GS, True, {"X": N, "A": N}),
        # the operator's hand wins over everything
        (replace(BASE, hand={"A": TP}), GS, True, {"A": TP, "B": N, "C": N}),
        (replace(BASE, hand={"A": GS}), GS, True, {"A": GS, "B": N}),
        (replace(BASE, forced={"A": N}, hand={"A": P}, held=["A"]), GS, True, {"A": P, "B": N, "C": N}),
    ],
)
def test_modes_by_the_table(facts: SideFacts, stop: Mode, hedge: bool, wanted: dict[str, Mode]) -> None:
    assert side_modes(facts, stop=stop, hedge=hedge) == wanted


COINS = st.lists(st.sampled_from("ABCDEFGH"), unique=True, max_size=8)
MODES = st.sampled_from(list(Mode))


@st.composite
def side_facts(draw: st.DrawFn) -> SideFacts:
    return SideFacts(
        forced_all=draw(st.one_of(st.none(), MODES)),
        forced=draw(st.dictionaries(st.sampled_from("ABCDEFGH"), MODES, max_size=3)),
        hand=draw(st.dictionaries(st.sampled_from("ABCDEFGH"), MODES, max_size=3)),
        ideal=draw(COINS),
        held=draw(COINS),
        ordered=draw(COINS),
        held_other_side=draw(COINS),
        ineligible=draw(st.dictionaries(st.sampled_from("ABCDEFGH"), st.sampled_from(("not active", "wrong quote")))),
        max_positions=draw(st.integers(0, 6)),
    )


@given(side_facts(), st.sampled_from((GS, M)), st.booleans())
def test_side_properties(facts: SideFacts, stop: Mode, hedge: bool) -> None:
    modes = side_modes(facts, stop=stop, hedge=hedge)
    for symbol, mode in facts.hand.items():
        assert modes[symbol] is mode
    for symbol in {*facts.held, *facts.ordered}:
        assert symbol in modes
    started = [s for s in modes if s not in {*facts.hand, *facts.forced, *facts.held} and modes[s] is N]
    taken = [s for s in modes if s in {*facts.hand, *facts.forced} and modes[s] in SLOT_MODES]
    assert not started or len(started) + len(taken) <= facts.max_positions
    assert set(started) <= set(facts.ideal)
    if not hedge:
        assert not set(started) & set(facts.held_other_side)
    again = side_modes(replace(facts, held=list(reversed(list(facts.held)))), stop=stop, hedge=hedge)
    assert again == modes


@given(side_facts(), side_facts())
def test_both_sides_know_the_same_symbols(long: SideFacts, short: SideFacts) -> None:
    facts: dict[Pside, SideFacts] = {"long": long, "short": short}
    table = mode_table(facts, stop=GS, hedge=True)
    assert list(table.symbols) == sorted(table.symbols)
    assert set(table.modes) == {(symbol, pside) for symbol in table.symbols for pside in PSIDES}
    assert table.get("nowhere", "long") is M
