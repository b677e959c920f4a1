"""What the paper venue refuses, and with which code."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest
from paper_support import MARKETS, A, flat, on_minutes, order

from pbtui.core.errors import AccountRefused, OrderRejected
from pbtui.core.types import OrderRequest, Position
from pbtui.exchange.paper.account import Account
from pbtui.exchange.paper.rules import check_order, market_of


def refusal(request: OrderRequest, account: Account | None = None, *, price: float | None = None) -> str:
    """Return the code of a refusal, empty when the order is accepted."""
    try:
        market = market_of(request, MARKETS)
        check_order(request, market, account or Account(1000.0), price=request.price if price is None else price)
    except OrderRejected as error:
        return error.reason if error.line() else "no text"
    return ""


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (order("buy", "long", 1.0, 100.0), ""),
        (order("buy", "long", 1.0, 100.0, symbol="NOPE/USDT:USDT"), "unknown_symbol"),
        (order("buy", "long", 1.0, 100.2), "tick"),
        (order("buy", "long", 1.05, 100.0), "lot"),
        (order("buy", "long", 0.1 + 0.2, 100.0), ""),
        (order("buy", "long", 0.0, 100.0), "bad_number"),
        (order("buy", "long", -1.0, 100.0), "bad_number"),
        (order("buy", "long", math.nan, 100.0), "bad_number"),
        (order("buy", "long", 1.0, math.inf), "bad_number"),
        (order("buy", "long", 1.0, 0.0), "bad_number"),
        (order("buy", "long", 0.1, 49.5), "min_cost"),
        (order("buy", "long", 0.1, 50.0), ""),
        (order("sell", "long", 1.0, 100.0), "reduce_only"),
        (order("sell", "long", 1.0, 100.0, reduce_only=False), "reduce_only"),
        (order("buy", "long", 1.0, 100.0, reduce_only=True), "reduce_only"),
        (order("buy", "short", 1.0, 100.0), "reduce_only"),
    ],
)
def test_codes_of_a_flat_hedge_account(request_: OrderRequest, reason: str) -> None:
    assert refusal(request_) == reason


def test_reducing_needs_no_minimum_cost_and_the_whole_position_no_step() -> None:
    account = Account(1000.0, positions={(A, "long"): Position(0.15, 100.0)})
    assert refusal(order("sell", "long", 0.15, 10.0), account) == ""
    assert refusal(order("sell", "long", 0.2, 10.0), account) == ""
    assert refusal(order("sell", "long", 0.1, 10.0), account) == ""
    assert refusal(order("sell", "long", 0.05, 10.0), account) == "lot"


def test_market_orders_are_judged_by_the_price_they_will_get() -> None:
    assert refusal(order("buy", "long", 0.1, 0.0, kind="market"), price=49.0) == "min_cost"
    assert refusal(order("buy", "long", 0.1, 0.0, kind="market"), price=51.3) == ""


def test_one_way_reduce_only_looks_at_the_net_position() -> None:
    account = Account(1000.0, hedge_mode=False, positions={(A, "short"): Position(-1.0, 100.0)})
    assert refusal(order("buy", "short", 1.0, 100.0, reduce_only=True), account) == ""
    assert refusal(order("sell", "long", 1.0, 100.0, reduce_only=True), account) == "reduce_only"
    assert refusal(order("buy", "long", 1.0, 100.0, reduce_only=False), account) == ""


def test_inactive_and_ineligible_markets_take_no_orders() -> None:
    for market in (replace(MARKETS[A], active=False), replace(MARKETS[A], ineligible="expires soon")):
        with pytest.raises(OrderRejected) as caught:
            market_of(order("buy", "long", 1.0, 100.0), {A: market})
        assert caught.value.reason == "not_tradable"


async def test_a_client_id_rests_only_once(tmp_path: Path) -> None:
    venue = await on_minutes(tmp_path, [{A: flat(100.0)}])
    wanted = order("buy", "long", 1.0, 95.0, client_id="same")
    first, second = await venue.create_orders([wanted, wanted])
    assert first.error is None
    assert isinstance(second.error, OrderRejected)
    assert second.error.reason == "duplicate_client_id"
    assert first.order is not None
    await venue.cancel_orders([first.order])
    (third,) = await venue.create_orders([wanted])
    assert third.error is None
    assert third.order is not None
    assert third.order.id != first.order.id


async def test_position_mode_changes_only_on_a_bare_account(tmp_path: Path) -> None:
    venue = await on_minutes(tmp_path, [{A: flat(100.0)}])
    await venue.prepare_account(hedge_mode=False)
    await venue.create_orders([order("buy", "long", 1.0, 95.0)])
    await venue.prepare_account(hedge_mode=False)
    with pytest.raises(AccountRefused):
        await venue.prepare_account(hedge_mode=True)
    await venue.cancel_orders(await venue.fetch_open_orders())
    await venue.prepare_account(hedge_mode=True)
    assert venue.books.hedge_mode


def test_hostile_names_do_not_reach_a_message_raw() -> None:
    with pytest.raises(OrderRejected) as caught:
        market_of(order("buy", "long", 1.0, 100.0, symbol="\x1b]52;c;evil\x07\u202e"), MARKETS)
    assert "\x1b" not in caught.value.line()
    assert "\u202e" not in caught.value.line()
