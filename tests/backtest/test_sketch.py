"""Curves as text."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbtui.backtest.pictures_text import chart, sketch

DAY_MS = 86_400_000


def test_a_rising_line_goes_from_corner_to_corner():
    assert sketch([0.0, 1.0, 2.0, 3.0], 4, 4, plain=True) == ["   *", "  **", " ** ", "**  "]
    lines = sketch(list(range(8)), 4, 2)
    assert lines[0][:2] == "  "
    assert lines[1][3] == " "
    assert lines[1][0] != " " != lines[0][3]


def test_a_spike_among_many_is_drawn():
    values = [0.0] * 10_000
    values[5_000] = 1.0
    lines = sketch(values, 20, 4, plain=True)
    assert [line.find("*") for line in lines] == [10, 10, 10, 0]


def test_gaps_stay_gaps_and_flat_lines_lie_in_the_middle():
    assert sketch([1.0, math.nan, 1.0], 3, 3, plain=True) == ["   ", "* *", "   "]
    assert sketch([math.nan, math.inf], 3, 2) == ["   ", "   "]
    assert sketch([], 3, 1) == ["   "]


def test_a_chart_names_its_extremes_and_dates():
    stamps = [n * DAY_MS for n in range(60)]
    lines = chart(stamps, [1000.0 + n for n in range(60)], 60, 5)
    assert lines[0].startswith("1,059.00 ┤")
    assert lines[4].startswith("1,000.00 ┤")
    assert "Jan" in lines[5]
    assert max(map(len, lines)) <= 60
    assert chart(stamps, [1.0] * 60, 12, 5) == []
    assert chart([], [], 60, 5) == []


@given(
    st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=200),
    st.integers(0, 40),
    st.integers(0, 10),
    st.booleans(),
)
def test_any_values_fill_the_space_asked_for(values, columns, rows, plain):
    lines = sketch(values, columns, rows, plain=plain)
    assert len(lines) == rows
    assert all(len(line) == columns for line in lines)


@pytest.mark.parametrize("plain", [True, False])
def test_one_value_is_a_line(plain):
    lines = chart([0, 1], [5.0, 5.0], 40, 3, plain=plain)
    assert len(lines) == 4
    assert len(set(lines[1][8:].strip("|┤ "))) == 1
