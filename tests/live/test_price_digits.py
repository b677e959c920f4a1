"""Venues whose prices have few digits, and coins that take isolated margin only."""

from __future__ import annotations

from typing import Any

import pytest
from live_support import settings

from pbtui.core.types import Market
from pbtui.engine.execution import ExecutableOrder
from pbtui.exchange.ccxt_markets import convert_markets
from pbtui.live.account import Account
from pbtui.live.plan import on_grid
from pbtui.live.rules import Rules
from pbtui.live.validate import PRICE_NOISE

SYMBOL = "BTC/USDC:USDC"


@pytest.mark.parametrize(
    ("price", "step", "buys", "sells"),
    [
        (10_010.37, 0.1, 10_010.0, 10_011.0),  # a step of lower prices leaves one digit too many
        (9_985.53, 0.1, 9_985.5, 9_985.6),
        (123_456.0, 1.0, 123_450.0, 123_460.0),
        (0.012345678, 0.000001, 0.012345, 0.012346),
        (603.7, 0.01, 603.7, 603.7),
    ],
)
def test_orders_keep_to_the_digits_of_the_venue(price: float, step: float, buys: float, sells: float) -> None:
    market = Market(SYMBOL, "BTC", 0.001, step, 0.001, 10.0, price_digits=5)
    plain = Market(SYMBOL, "BTC", 0.001, step, 0.001, 10.0)
    for side, pside, wanted in (("buy", "long", buys), ("sell", "short", sells)):
        order = ExecutableOrder(SYMBOL, side, pside, 1.0, price, False, f"entry_grid_normal_{pside}", "limit")  # type: ignore[arg-type]
        assert on_grid(order, market, Account()).price == pytest.approx(wanted, rel=1e-12)
        other = on_grid(order, plain, Account()).price
        assert abs(other - price) <= step / 2 * (1 + PRICE_NOISE), "elsewhere the step alone decides"


def test_isolated_margin_gets_enough_leverage_for_what_a_side_may_hold() -> None:
    def leverage(*, isolated: bool, leverage: int) -> int:
        bot = {"long": {"total_wallet_exposure_limit": 2.3}, "short": {"total_wallet_exposure_limit": 0.5}}
        values = {f"bot.{side}.{name}": value for side, table in bot.items() for name, value in table.items()}
        return Rules(settings(values={**values, "live.leverage": leverage})).leverage("BTC", isolated=isolated)

    assert leverage(isolated=True, leverage=1) == 3
    assert leverage(isolated=False, leverage=1) == 1
    assert leverage(isolated=True, leverage=10) == 10


def test_markets_tell_digits_isolated_margin_and_leverage() -> None:
    entry = {
        "swap": True,
        "linear": True,
        "active": True,
        "precision": {"amount": 0.001, "price": 0.1},
        "quote": "USDC",
    }
    infos: list[dict[str, Any]] = [{}, {"onlyIsolated": True}, {"marginMode": "noCross"}, {"isolatedOnly": "true"}]
    for info, isolated in zip(infos, (False, True, True, True), strict=True):
        raw = {**entry, "info": {**info, "openInterest": "1"}, "limits": {"leverage": {"max": 40}}}
        (market,) = convert_markets({SYMBOL: raw}, "USDC", venue="hyperliquid").values()
        assert (market.price_digits, market.isolated_only, market.max_leverage) == (5, isolated, 40.0)
    (market,) = convert_markets({SYMBOL: entry}, "USDC", venue="bybit").values()
    assert (market.price_digits, market.isolated_only, market.max_leverage) == (0, False, None)
