"""Numbers in sentences lose no digit that an order has."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbtui.core.amounts import plain


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (104523.5, "104,523.5"),
        (1234567.0, "1,234,567"),
        (0.00001234, "0.00001234"),
        (-0.001, "-0.001"),
        (0.1 + 0.2, "0.3"),
        (-0.0, "0"),
        (144.5200042724609375, "144.52"),  # a price of a recorded candle
        (0.12399999797344208, "0.124"),
        (144.52000427, "144.52000427"),
        (16_777_217.5, "16,777,217.5"),
        (math.nan, "nan"),
        (math.inf, "inf"),
    ],
)
def test_a_number_is_written_in_full(value: float, text: str) -> None:
    assert plain(value) == text


@given(st.integers(-(10**15), 10**15), st.integers(0, 4))
def test_what_is_written_is_what_is_meant(units: int, decimals: int) -> None:
    value = units / 10**decimals
    text = plain(value)
    assert float(text.replace(",", "")) == pytest.approx(value, abs=1e-10, rel=1e-15)
    assert "e" not in text
    assert not text.endswith(".")
