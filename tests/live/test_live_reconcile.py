"""Properties of the difference between what rests and what is wanted, and of sending it in batches."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from pbtui.core.ids import client_order_id
from pbtui.core.types import Mode, OpenOrder, Pside, order_side
from pbtui.engine.execution import ExecutableOrder
from pbtui.live.account import reduces
from pbtui.live.reconcile import Diff, SidePolicy, cancel_batch, diff_symbol, distance, merged

SYMBOL = "AAA/USDT:USDT"
NORMAL: dict[Pside, SidePolicy] = {"long": SidePolicy(Mode.NORMAL), "short": SidePolicy(Mode.NORMAL)}
PSIDES = st.sampled_from(("long", "short"))


@st.composite
def wanted_order(draw: st.DrawFn) -> ExecutableOrder:
    pside: Pside = draw(PSIDES)
    closing = draw(st.booleans())
    kind = draw(st.sampled_from(("limit", "limit", "limit", "market")))
    name = f"{'close_grid' if closing else 'entry_grid_normal'}_{pside}"
    price = draw(st.integers(90, 110)) * 1.0
    qty = draw(st.integers(1, 5)) * 0.1
    return ExecutableOrder(SYMBOL, order_side(pside, closing=closing), pside, qty, price, closing, name, kind)


def resting(order: ExecutableOrder, number: int) -> OpenOrder:
    name = client_order_id(
        account="t", symbol=order.symbol, pside=order.pside, side=order.side, order_type=order.order_type,
        qty=order.qty, price=order.price, nth=number,
    )  # fmt: skip
    return OpenOrder(
        str(number), name, order.symbol, order.side, order.pside, order.qty, order.price, order.reduce_only, 0
    )


ORDERS = st.lists(wanted_order(), max_size=12, unique=True)


def applied(actual: list[OpenOrder], diff: Diff, start: int = 1_000) -> list[OpenOrder]:
    gone = {order.id for order in diff.cancels}
    left = [order for order in actual if order.id not in gone]
    made = [resting(order, start + i) for i, order in enumerate(diff.creates) if order.kind == "limit"]
    return [*left, *made]


@given(ORDERS, ORDERS, st.sampled_from((0.0, 0.0002, 0.02)))
def test_applying_a_difference_leaves_none(
    before: list[ExecutableOrder], wanted: list[ExecutableOrder], t: float
) -> None:
    limits = [order for order in wanted if order.kind == "limit"]
    actual = [resting(order, i) for i, order in enumerate(before)]
    diff = diff_symbol(actual, limits, NORMAL, tolerance=t)
    after = applied(actual, diff)
    assert not diff_symbol(after, limits, NORMAL, tolerance=t)
    assert len(after) == len(limits)


@given(ORDERS, ORDERS)
def test_exact_orders_are_kept_and_market_orders_always_sent(
    before: list[ExecutableOrder], wanted: list[ExecutableOrder]
) -> None:
    actual = [resting(order, i) for i, order in enumerate(before)]
    diff = diff_symbol(actual, wanted, NORMAL, tolerance=0.0)
    markets = [order for order in wanted if order.kind == "market"]
    assert [order for order in diff.creates if order.kind == "market"] == markets
    kept = len(actual) - len(diff.cancels)
    assert kept + len(diff.creates) == len(wanted)


@given(ORDERS, ORDERS)
def test_manual_sides_are_untouched(before: list[ExecutableOrder], wanted: list[ExecutableOrder]) -> None:
    actual = [resting(order, i) for i, order in enumerate(before)]
    policies: dict[Pside, SidePolicy] = {"long": SidePolicy(Mode.MANUAL), "short": SidePolicy(Mode.NORMAL)}
    diff = diff_symbol(actual, wanted, policies, tolerance=0.0002)
    assert all(order.pside == "short" for order in [*diff.cancels, *diff.creates])


@given(ORDERS, ORDERS)
def test_waiting_entries_are_neither_made_nor_cancelled(
    before: list[ExecutableOrder], wanted: list[ExecutableOrder]
) -> None:
    actual = [resting(order, i) for i, order in enumerate(before)]
    waits = SidePolicy(Mode.NORMAL, entries_wait=True)
    diff = diff_symbol(actual, wanted, {"long": waits, "short": waits}, tolerance=0.0002)
    assert all(reduces(order) for order in diff.cancels)
    assert all(order.reduce_only for order in diff.creates)


@given(ORDERS, ORDERS)
def test_blocked_entries_are_cancelled_but_not_made(
    before: list[ExecutableOrder], wanted: list[ExecutableOrder]
) -> None:
    actual = [resting(order, i) for i, order in enumerate(before)]
    free = diff_symbol(actual, wanted, NORMAL, tolerance=0.0)
    blocked = SidePolicy(Mode.NORMAL, entries_blocked=True)
    diff = diff_symbol(actual, wanted, {"long": blocked, "short": blocked}, tolerance=0.0)
    assert diff.cancels == free.cancels
    assert diff.creates == [order for order in free.creates if order.reduce_only]


@given(ORDERS, ORDERS, st.integers(1, 4), st.integers(1, 4))
def test_batches_converge(
    before: list[ExecutableOrder], wanted: list[ExecutableOrder], cancels: int, creates: int
) -> None:
    """Cancels before creates, each within its limit: agreement in at most the larger number of batches, and one."""
    limits = [order for order in wanted if order.kind == "limit"]
    actual = [resting(order, i) for i, order in enumerate(before)]
    full = diff_symbol(actual, limits, NORMAL, tolerance=0.0)
    most = max(math.ceil(len(full.cancels) / cancels), math.ceil(len(full.creates) / creates)) + 1
    for round_ in range(most):
        diff = diff_symbol(actual, limits, NORMAL, tolerance=0.0)
        batch = Diff(cancel_batch(diff.cancels, cancels), diff.creates[:creates])
        assert len(batch.cancels) <= cancels
        actual = applied(actual, batch, 10_000 + 100 * round_)
    assert not diff_symbol(actual, limits, NORMAL, tolerance=0.0)


@given(ORDERS, st.integers(0, 6))
def test_crowded_cancels_take_those_that_reduce_first(before: list[ExecutableOrder], most: int) -> None:
    orders = [resting(order, i) for i, order in enumerate(before)]
    batch = cancel_batch(orders, most)
    assert len(batch) == min(most, len(orders))
    if len(orders) > most:
        first = [order for order in orders if reduces(order)]
        assert batch == [*first, *(order for order in orders if not reduces(order))][:most]


def test_tolerance_is_a_fraction_of_the_new_order() -> None:
    order = ExecutableOrder(SYMBOL, "buy", "long", 1.0, 100.0, False, "entry_grid_normal_long", "limit")
    near = resting(ExecutableOrder(SYMBOL, "buy", "long", 1.0001, 100.02, False, order.order_type, "limit"), 1)
    far = resting(ExecutableOrder(SYMBOL, "buy", "long", 1.0, 100.03, False, order.order_type, "limit"), 2)
    assert not diff_symbol([near], [order], NORMAL, tolerance=0.0002)
    assert diff_symbol([far], [order], NORMAL, tolerance=0.0002)
    assert diff_symbol([near], [order], NORMAL, tolerance=0.0)


def test_an_unfilled_unstuck_order_is_kept_while_wanted() -> None:
    old = ExecutableOrder(SYMBOL, "sell", "long", 1.0, 100.0, True, "close_unstuck_long", "limit")
    new = ExecutableOrder(SYMBOL, "sell", "long", 1.0, 100.01, True, "close_unstuck_long", "limit")
    assert not diff_symbol([resting(old, 1)], [new], NORMAL, tolerance=0.0002)


@given(ORDERS)
def test_merged_is_nearest_first(orders: list[ExecutableOrder]) -> None:
    total = merged([Diff([], orders)], {SYMBOL: 100.0})
    distances = [distance(order.side, order.price, 100.0) for order in total.creates]
    assert distances == sorted(distances)
    assert distance("buy", 100.0, None) == 0.0
