"""Numbers, words, bars: fixed forms whatever comes in."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbtui import console
from pbtui.console import numbers
from pbtui.console.text import fit, line_width, safe, to_ascii, width, wrap
from pbtui.console.widgets.lines import changed_span, clean

floats = st.floats(allow_nan=True, allow_infinity=True)


@pytest.mark.parametrize(
    ("value", "text"),
    [(1234.5, "▲+1,234.50"), (-0.004, " +0.00"), (-74.4, "▼-74.40"), (0.0, " +0.00"), (float("nan"), " –")],
)
def test_a_gain_carries_arrow_and_sign(value: float, text: str) -> None:
    assert numbers.gain(value) == text


def test_prices_have_the_decimals_of_their_tick() -> None:
    assert numbers.price(103_411.5, 1) == "103,411.5"
    assert numbers.price(0.0, 2) == "–"
    assert numbers.size(-0.013, 3) == "-0.013"
    assert numbers.pct(-0.0251) == "-2.51%"
    assert numbers.ratio(0.62, 0.75) == "0.62/0.75"


def test_times_are_utc_with_z() -> None:
    assert numbers.clock(1_747_224_224_000) == "12:03:44Z"
    assert numbers.clock(0) == "–"
    assert numbers.utc(10**18) == "–"


@pytest.mark.parametrize(
    ("seconds", "text"), [(-5, "0.0s"), (0.42, "0.4s"), (12, "12s"), (300, "5m"), (7_300, "2h"), (200_000, "2d")]
)
def test_ages_take_their_largest_unit(seconds: float, text: str) -> None:
    assert numbers.age(seconds) == text


def test_modes_have_short_words_and_a_star_for_the_hand() -> None:
    assert numbers.mode_word("graceful_stop", by_hand=True) == "gs*"
    assert numbers.mode_word("something_new") == "something_new"


@given(floats, st.integers(0, 20))
def test_a_bar_always_has_its_width(share: float, cells: int) -> None:
    filled, empty = numbers.bar(share, cells)
    assert len(filled + empty) == max(cells, len(filled))
    assert len(filled) <= max(1, cells)


@given(floats, st.integers(0, 8))
def test_any_number_can_be_written(value: float, decimals: int) -> None:
    for text in (
        numbers.money(value, decimals), numbers.signed(value, decimals), numbers.gain(value, decimals),
        numbers.pct(value, decimals), numbers.price(value, decimals), numbers.size(value, decimals),
    ):  # fmt: skip
        assert text
        assert text.isprintable()
    assert not numbers.signed(value, decimals).startswith("-0.00") or abs(value) >= 0.5 / 10**decimals


@given(st.text(max_size=80), st.integers(1, 40), st.sampled_from("<>"))
def test_fitting_gives_exactly_the_room(text: str, room: int, align: str) -> None:
    assert width(fit(safe(text), room, align)) == room


@given(st.text(max_size=200), st.integers(8, 60), st.integers(0, 4))
def test_wrapping_keeps_every_word_within_the_room(text: str, room: int, indent: int) -> None:
    lines = wrap(safe(text), room, indent)
    assert all(width(line) <= room for line in lines)
    assert "".join("".join(lines).split()) == "".join(safe(text).split())


@given(st.text(max_size=60))
def test_the_last_gate_lets_only_printable_text_through(text: str) -> None:
    assert all(ord(char) >= 0x20 and not 0x7F <= ord(char) <= 0x9F for char in clean(text, plain=False))
    assert clean(text, plain=True).isascii()
    assert to_ascii(text).isascii()


def test_only_the_columns_that_differ_are_repainted() -> None:
    old = (("SOL ", "text"), ("1.00", "up"), (" end", "dim"))
    new = (("SOL ", "text"), ("1.01", "up"), (" end", "dim"))
    assert changed_span(old, old) is None
    assert changed_span(old, new) == (4, 4)
    assert changed_span(old, (*new, ("x", "dim"))) == (4, line_width(old) - 3)


def test_every_sign_drawn_has_a_look_alike_in_ascii() -> None:
    drawn: set[str] = set()
    for file in Path(console.__path__[0]).rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                drawn |= {char for char in node.value if not char.isascii()}
    assert {"┤", "▲"} <= drawn
    assert {char for char in drawn if to_ascii(char) == "?"} == set()
