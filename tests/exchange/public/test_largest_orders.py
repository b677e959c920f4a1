"""The largest orders that venues take, as their own market listings tell (documented, Binance and Bybit recorded)."""

from __future__ import annotations

from typing import Any

import pytest

from pbtui.exchange.ccxt_markets import _largest

CASES: list[tuple[str, dict[str, Any], dict[str, Any], tuple[float, float]]] = [
    ("binance", {"amount": {"max": 1000.0}, "market": {"max": 120.0}}, {}, (1000.0, 120.0)),
    (
        "bybit",
        {"amount": {"max": 10.0}},
        {"lotSizeFilter": {"maxOrderQty": "10.000", "maxMktOrderQty": "5.000"}},
        (10.0, 5.0),
    ),
    ("okx", {"amount": {"max": None}}, {"maxLmtSz": "1000000", "maxMktSz": "3000"}, (1_000_000.0, 3_000.0)),
    ("bitget", {}, {"maxOrderQty": "1200", "maxMarketOrderQty": "220"}, (1200.0, 220.0)),
    ("kucoin", {"amount": {"max": 1_000_000.0}}, {"maxOrderQty": 1_000_000}, (1_000_000.0, 1_000_000.0)),
    ("hyperliquid", {"amount": {"min": None, "max": None}}, {"maxLeverage": "40"}, (0.0, 0.0)),
    ("binance", {"amount": {"max": "nonsense"}, "market": {"max": -1}}, {}, (0.0, 0.0)),
]


@pytest.mark.parametrize(("venue", "limits", "info", "expected"), CASES)
def test_limits_are_taken_from_the_venue_where_it_tells_them(
    venue: str, limits: dict[str, Any], info: dict[str, Any], expected: tuple[float, float]
) -> None:
    assert _largest({"info": info}, limits, venue) == expected
