"""Reasons in words: every code of the engine has a sentence, numbers are filled in, ladders take one line."""

from __future__ import annotations

import string
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from pbtui.console.text import safe
from pbtui.console.why.doc import why_markdown
from pbtui.console.why.sentences import KEEPS, MAKES, SENTENCES, TELLS
from pbtui.console.why.telling import tellings
from pbtui.console.why.words import Decimals, number, sentence
from pbtui.core.snapshot import ReasonRow
from pbtui.engine.why import reason_kinds

DECIMALS = Decimals(price=2, qty=3)
# Filled from the order or the side rather than from a number.
OTHERS = {"order", "where", "side", "band", "price_off", "entry_off"}


def row(code: str, part: str = "entry", /, **numbers: float) -> ReasonRow:
    kind = reason_kinds()[code]
    order = {"order_type": f"{part}_grid_normal_long", "qty": 1.0, "price": 95.5}
    return ReasonRow("long", "entry" if part == "entry" else "close", code, kind.effect, numbers, 1, **order)


def test_every_code_of_the_engine_has_a_sentence_of_its_own_numbers() -> None:
    kinds = reason_kinds()
    assert set(SENTENCES) == set(kinds)
    by_effect = {"makes": MAKES, "keeps": KEEPS, "tells": TELLS}
    page = why_markdown()
    for code, kind in kinds.items():
        assert code in by_effect[kind.effect]
        names = {name for _, name, _, _ in string.Formatter().parse(SENTENCES[code].text) if name}
        assert names <= set(kind.numbers) | OTHERS, code
        assert f"| `{code}` |" in page
        numbers: dict[str, float] = dict.fromkeys(kind.numbers, 1.5)
        said = sentence(replace(row(code), numbers=numbers), DECIMALS)
        assert "?" not in said
        assert "{" not in said


def test_numbers_are_written_as_what_they_are() -> None:
    first = row("entry_initial", distance_pct=0.0062, band_price=94.8, band_pct=0.0213, ema_dist_pct=0.004)
    assert sentence(first, DECIMALS) == (
        "first entry at 95.50, 0.62% away: the price is 2.13% above the lower EMA band (94.80), "
        "the entry waits 0.40% below it"
    )
    short = sentence(replace(first, pside="short", numbers={**first.numbers, "distance_pct": -0.001}), DECIMALS)
    assert short.startswith("first entry at the market, 95.50: ")
    assert short.endswith("above the upper EMA band (94.80), the entry waits 0.40% above it")
    gate = row("loss_gate", "close", projected_pnl=-11.1, balance_after=978.9, floor=979.7)
    assert sentence(gate, DECIMALS) == (
        "close at 95.50 held back: losing -11.10 would leave 978.90, below the floor 979.70"
    )
    assert sentence(row("no_slot", slots=3.0, taken=3.0), DECIMALS) == "no slot left on the long side: 3 of 3 taken"
    assert number("left", 0.0015, DECIMALS) == "0.0015"
    assert sentence(row("no_slot"), DECIMALS) == "no slot left on the long side: ? of ? taken"


def test_a_newer_bot_s_reasons_are_named_and_what_it_adds_is_made_safe() -> None:
    unknown = ReasonRow("long", "entry", "solar_flare", "keeps", detail="b\x1b[2Jad")
    said = sentence(unknown, DECIMALS)
    assert said.startswith("solar flare: b")
    assert "\x1b" not in said


def test_ladders_and_orders_held_back_alike_take_one_line() -> None:
    grid = [replace(row("entry_grid", distance_pct=0.01 * n), price=100.0 - n, rung=n) for n in (1, 2, 3)]
    far = [replace(one, code="too_far_to_send", effect="keeps") for one in grid[1:]]
    rows = (*grid, *far, row("whole_position", "close"), row("close_grid", "close", distance_pct=0.0))
    found = tellings(rows, "long", DECIMALS)
    assert [(one.part, one.tone, one.code) for one in found] == [
        ("entry", "makes", "entry_grid"),
        ("entry", "keeps", "too_far_to_send"),
        ("close", "makes", "close_grid"),
    ]
    assert found[0].text == "grid entry at 99.00, 1.00% away; 2 more to 97.00, 3.00% away"
    assert found[1].text.endswith("; so are 1 more")
    assert tellings(rows, "short", DECIMALS) == []


NUMBERS = st.dictionaries(st.text(max_size=12), st.floats(), max_size=4)


@given(code=st.sampled_from(sorted(SENTENCES)), numbers=NUMBERS, price=st.floats(), detail=st.text(max_size=30))
def test_no_number_and_no_text_breaks_a_sentence(
    code: str, numbers: dict[str, float], price: float, detail: str
) -> None:
    said = sentence(replace(row(code), numbers=numbers, price=price, detail=detail), DECIMALS)
    assert said
    assert said.strip() == safe(said, 10_000).strip()
