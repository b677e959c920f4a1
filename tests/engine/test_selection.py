"""Coin selection from Python."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbtui.engine import InvalidInput
from pbtui.engine.selection import CoinFeature, select_coin_indices

COINS = [
    CoinFeature(10, True, 500.0, 0.01),
    CoinFeature(11, True, 100.0, 0.05),
    CoinFeature(12, False, 900.0, 0.09),
    CoinFeature(13, True, 300.0, 0.02),
    CoinFeature(14, True, 400.0, 0.03),
]


def test_filters_then_ranks_by_volatility() -> None:
    assert select_coin_indices(COINS, 2, 0.0, 0.0) == [11, 14]
    assert select_coin_indices(COINS, 2, 0.25, 0.0) == [14, 13]
    assert select_coin_indices(COINS, 1, 0.25, 0.5) == [13]
    assert select_coin_indices(COINS, 9, 1.0, 1.0) == [11, 14, 13, 10]
    assert select_coin_indices(COINS, 2, 0.9, 0.9, require_forager=False) == [10, 11, 13, 14]
    assert select_coin_indices([], 2, 0.0, 0.0) == []


def test_negative_numbers_are_refused() -> None:
    with pytest.raises(InvalidInput):
        select_coin_indices(COINS, -1, 0.0, 0.0)
    with pytest.raises(InvalidInput):
        select_coin_indices([CoinFeature(-1, True, 1.0, 1.0)], 1, 0.0, 0.0)


anything = st.floats(allow_nan=True, allow_infinity=True)
coins = st.lists(st.tuples(st.booleans(), anything, anything), max_size=120)


@given(coins=coins, count=st.integers(0, 30), volume=anything, volatility=anything)
def test_any_scores_give_as_many_coins_as_there_are_slots(
    coins: list[tuple[bool, float, float]], count: int, volume: float, volatility: float
) -> None:
    features = [CoinFeature(i, *coin) for i, coin in enumerate(coins)]
    chosen = select_coin_indices(features, count, volume, volatility)
    enabled = {feature.index for feature in features if feature.enabled}
    assert len(chosen) == len(set(chosen)) == min(max(count, 1), len(enabled))
    assert set(chosen) <= enabled
