"""What is sent of what is wanted, and panic closes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbtui.core.order_types import TYPE_IDS
from pbtui.core.types import Market, Position, Pside
from pbtui.engine import IdealOrder, InvalidInput
from pbtui.engine.execution import PanicItem, executable_of_symbol, panic_orders, to_executable

NAMES = sorted(TYPE_IDS.keys() - {"empty"})
MARKET = Market("BTC/USDT:USDT", "BTC", 0.001, 0.1, 0.001, 5.0, taker_fee=0.0005)


def ideal(name: str, qty: float, price: float) -> IdealOrder:
    return IdealOrder("long" if name.endswith("_long") else "short", qty, price, name)


def names_of(orders: list[IdealOrder], *, last: float = 100.0, size: float = 1.0, far: float = 0.01) -> list[str]:
    long, short = Position(size, 100.0), Position()
    sent = executable_of_symbol(
        "X", orders, last, long, short, price_distance_threshold=far, market_orders_allowed=False
    )
    return [order.order_type for order in sent]


def test_far_orders_wait_only_where_they_may() -> None:
    far_entry, near_entry = ideal("entry_grid_normal_long", 1, 90.0), ideal("entry_grid_normal_long", 1, 99.5)
    far_close = ideal("close_grid_long", -1, 109.0)
    assert names_of([far_close, far_entry, near_entry]) == [
        "entry_grid_normal_long",
        "close_grid_long",
        "entry_grid_normal_long",
    ]
    assert names_of([far_entry], size=0.0) == []
    assert names_of([ideal("entry_initial_normal_long", 1, 90.0), ideal("close_unstuck_long", -1, 110.0)]) == []
    partial = ideal("entry_initial_partial_long", 1, 99.9)
    assert names_of([partial, far_entry, far_close]) == ["entry_initial_partial_long", "close_grid_long"]


def test_kind_and_fields() -> None:
    orders = [
        ideal("close_panic_long", -1.0, 99.9),
        ideal("entry_trailing_normal_short", -2.0, 100.05),
        ideal("entry_grid_normal_short", -2.0, 100.05),
    ]
    positions: dict[str, dict[Pside, Position]] = {"X": {"long": Position(1.0, 100.0)}}
    sent = to_executable({"X": orders, "Y": []}, {"X": 100.0}, positions, 0.05, market_orders_allowed=True)
    rows = [(o.side, o.pside, o.qty, o.reduce_only, o.kind) for o in sent["X"]]
    assert rows == [
        ("sell", "long", 1.0, True, "market"),
        ("sell", "short", 2.0, False, "market"),
        ("sell", "short", 2.0, False, "limit"),
    ]
    assert sent["Y"] == []


def test_an_unknown_type_is_refused() -> None:
    for name in ("empty", "entry_magic_long", ""):
        with pytest.raises(InvalidInput, match="unknown order type"):
            names_of([ideal(name, 1.0, 100.0)])


anything = st.floats(allow_nan=True, allow_infinity=True)


@given(
    orders=st.lists(st.builds(ideal, st.sampled_from(NAMES), anything, anything), max_size=30),
    last=anything,
    sizes=st.tuples(anything, anything),
    far=anything,
    market=st.booleans(),
)
def test_any_numbers_are_borne(
    orders: list[IdealOrder], last: float, sizes: tuple[float, float], far: float, market: bool
) -> None:
    long, short = (Position(size, 100.0) for size in sizes)
    sent = executable_of_symbol(
        "X", orders, last, long, short, price_distance_threshold=far, market_orders_allowed=market
    )
    assert len(sent) <= len(orders)
    assert all(order.kind == "limit" for order in sent) or market


@given(
    rows=st.lists(st.tuples(st.sampled_from(NAMES), st.integers(1, 900), st.integers(90, 110)), max_size=20),
    held=st.tuples(st.integers(0, 1000), st.integers(0, 1000)),
)
def test_closes_never_exceed_the_position(rows: list[tuple[str, int, int]], held: tuple[int, int]) -> None:
    orders = [ideal(name, qty / 1000, float(price)) for name, qty, price in rows]
    sizes = {"long": held[0] / 1000, "short": held[1] / 1000}
    sent = executable_of_symbol(
        "X",
        orders,
        100.0,
        Position(sizes["long"], 100.0),
        Position(-sizes["short"], 100.0),
        price_distance_threshold=0.05,
        market_orders_allowed=False,
    )
    for pside, size in sizes.items():
        closes = [o.qty for o in sent if o.reduce_only and o.pside == pside]
        assert math.fsum(closes) <= size + 1e-12
    assert all(o.reduce_only == o.order_type.startswith("close_") for o in sent)
    assert all((o.side == "buy") == ((o.pside == "long") != o.reduce_only) for o in sent)


def test_panic_closes_all_of_it_one_step_inside_the_book() -> None:
    long = PanicItem("X", "long", Position(2.0, 110.0), 99.9, 100.1, MARKET)
    short = PanicItem("Y", "short", Position(-3.0, 90.0), 99.9, 100.1, MARKET)
    flat = PanicItem("Z", "long", Position(), 99.9, 100.1, MARKET)
    worthless = PanicItem("W", "long", Position(1.0, 1.0), 0.05, 0.05, MARKET)
    sell, buy = panic_orders([long, short, flat, worthless])
    assert (sell.symbol, sell.side, sell.qty, sell.order_type) == ("X", "sell", -2.0, "close_panic_long")
    assert (buy.symbol, buy.side, buy.qty, buy.order_type) == ("Y", "buy", 3.0, "close_panic_short")
    assert (sell.price, buy.price) == (100.0, 100.0)
    assert (sell.expected_price, buy.expected_price) == (99.9, 100.1)
    assert sell.expected_pnl == pytest.approx(2 * (99.9 - 110.0))
    assert buy.expected_pnl == pytest.approx(3 * (90.0 - 100.1))
    assert sell.expected_fee == pytest.approx(-2 * 99.9 * 0.0005)


def test_a_panic_of_more_than_the_venue_takes_is_sent_in_parts() -> None:
    item = PanicItem("X", "short", Position(-2.5, 90.0), 99.9, 100.1, MARKET, max_qty=1.0)
    parts = panic_orders([item])
    (whole,) = panic_orders([PanicItem("X", "short", Position(-2.5, 90.0), 99.9, 100.1, MARKET)])
    assert math.fsum(part.qty for part in parts) == pytest.approx(whole.qty, abs=1e-12)
    assert max(part.qty for part in parts) <= 1.0
    assert {(part.side, part.price, part.order_type) for part in parts} == {(whole.side, whole.price, whole.order_type)}
    assert math.fsum(part.expected_pnl for part in parts) == pytest.approx(whole.expected_pnl)
    assert math.fsum(part.expected_fee for part in parts) == pytest.approx(whole.expected_fee)


def test_a_panic_price_is_on_the_tick_whatever_the_book() -> None:
    """Recorded books come in single precision: 2540.95 reads 2540.949951171875."""
    book = float(np.float32(2540.95))
    (sell,) = panic_orders([PanicItem("X", "long", Position(2.0, 2500.0), book, book, MARKET)])
    assert sell.price == 2540.8
