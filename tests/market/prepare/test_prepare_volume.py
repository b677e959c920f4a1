"""Best feed, reference exchange and factors: the rules of backtest.md 4.4 and 4.5 by hand."""

from __future__ import annotations

import pytest

from pbtui.core.errors import DataError
from pbtui.market.prepare.series import Survey
from pbtui.market.prepare.volume import best_feed, reference_exchange, volume_factors


def found(first_ms: int, volume: float) -> Survey:
    return Survey(count=5, first_ms=first_ms, last_ms=900, volume=volume)


def test_the_earlier_feed_wins_then_the_larger_then_the_first_by_name() -> None:
    assert best_feed({"binance": found(60, 9e9), "okx": found(0, 1.0)}) == "okx"
    assert best_feed({"binance": found(0, 1.0), "okx": found(0, 2.0)}) == "okx"
    assert best_feed({"okx": found(0, 2.0), "bybit": found(0, 2.0), "gateio": found(0, 2.0)}) == "bybit"


def test_the_exchange_of_most_coins_is_the_measure() -> None:
    assert reference_exchange({"A": "okx", "B": "binance", "C": "okx"}) == "okx"


def test_in_a_tie_the_exchange_whose_first_coin_comes_last_is_the_measure() -> None:
    assert reference_exchange({"A": "okx", "B": "binance", "C": "okx", "D": "binance"}) == "binance"
    assert reference_exchange({"A": "binance", "B": "okx", "C": "bybit"}) == "bybit"


def test_factors_go_through_the_measure_in_both_directions() -> None:
    source = {"A": "bybit", "B": "binance", "C": "bybit", "D": "okx"}
    daily = {
        "A": {"binance": {1: 30.0, 2: 30.0}, "bybit": {1: 10.0, 2: 10.0}, "okx": {1: 4.0, 2: 4.0}},
        "B": {"binance": {1: 10.0}, "bybit": {1: 10.0}, "okx": {1: 5.0}},
        "C": {"binance": {1: 7.0}, "bybit": {1: 1.0}},  # not everywhere: does not count
    }
    factors = volume_factors(source, daily)
    assert factors == {"binance": 1 / ((3.0 + 1.0) / 2), "bybit": 1.0, "okx": (2.5 + 2.0) / 2}


def test_only_days_that_all_have_count() -> None:
    daily = {"A": {"binance": {1: 100.0, 2: 6.0, 3: 2.0}, "bybit": {2: 3.0, 3: 1.0}}}
    assert volume_factors({"A": "binance", "B": "bybit", "C": "binance"}, daily) == {"binance": 1.0, "bybit": 2.0}


def test_a_coin_without_volume_on_one_side_counts_as_nought() -> None:
    daily = {
        "A": {"binance": {1: 8.0}, "bybit": {1: 0.0}},
        "B": {"binance": {1: 8.0}, "bybit": {1: 2.0}},
    }
    assert volume_factors({"A": "binance", "B": "binance", "C": "bybit"}, daily)["bybit"] == (0.0 + 4.0) / 2


def test_one_data_exchange_needs_no_comparison() -> None:
    assert volume_factors({"A": "okx", "B": "okx"}, {}) == {"okx": 1.0}


@pytest.mark.parametrize(
    ("daily", "why"),
    [
        ({}, "no coin traded there in common"),
        ({"A": {"binance": {1: 4.0}}}, "no coin traded there in common"),
        ({"A": {"binance": {1: 0.0}, "bybit": {1: 4.0}}}, "traded nothing of what both list"),
        ({"A": {"binance": {1: 4.0}, "bybit": {1: 0.0}}}, "traded nothing of what both list"),
        ({"A": {"binance": {1: 4.0}, "bybit": {2: 4.0}}}, "traded nothing of what both list"),
    ],
)
def test_what_cannot_be_compared_is_one_clear_line(daily: dict[str, dict[str, dict[int, float]]], why: str) -> None:
    for source in ({"A": "binance", "B": "bybit", "C": "binance"}, {"A": "binance", "B": "bybit", "C": "bybit"}):
        with pytest.raises(DataError, match=why) as caught:
            volume_factors(source, daily)
        assert "binance and bybit" in caught.value.line()
        assert "backtest.coin_sources" in caught.value.hint
