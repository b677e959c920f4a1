"""Hashes of Paradex's signatures: those of the exchange library, whatever is hashed."""

from __future__ import annotations

import importlib
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pbtui.exchange.venues.paradex_hash import pedersen

LIBRARY: Any = importlib.import_module("ccxt.static_dependencies.starkware.crypto.fast_pedersen_hash")
PRIME: int = LIBRARY.FIELD_PRIME
NUMBERS = st.integers(0, PRIME - 1)


@settings(max_examples=40, deadline=None)
@example(0, 0)
@example(0, 1)
@example(1, 0)
@example(PRIME - 1, PRIME - 1)
@example(2**248 - 1, 2**248)
@example(2**251, 15)
@given(NUMBERS, NUMBERS)
def test_a_hash_is_that_of_the_library(one: int, other: int) -> None:
    assert pedersen(one, other) == LIBRARY.pedersen_hash(one, other)


def test_the_hash_of_the_venues_documentation() -> None:
    # Starknet's own example of a Pedersen hash.
    one = 0x3D937C035C878245CAF64531A5756109C53068DA139362728FEB561405371CB
    other = 0x208A0A10250E382E1E4BBE2880906C2791BF6275695E02FBBC6AEFF9CD8B31A
    assert pedersen(one, other) == 0x30E480BED5FE53FA909CC0F8C4D99B8F9F2C016BE4C41E13A4848797979C662


@pytest.mark.parametrize("pair", [(-1, 0), (0, PRIME)])
def test_what_is_no_number_of_the_field_is_refused(pair: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="not one of the field"):
        pedersen(*pair)


def test_a_sum_that_meets_a_kept_point_is_left_to_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    module: Any = importlib.import_module("pbtui.exchange.venues.paradex_hash")
    start, first, second, prime = module._known()
    monkeypatch.setattr(module, "_known", lambda: (first[0][0], first, second, prime))
    assert start != first[0][0]
    assert pedersen(1, 0) == LIBRARY.pedersen_hash(1, 0)
