"""Unstucking, enforcer and stand-alone gate: the examples of orders.md 5.7, what is refused, and the lock released."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pbtui.engine import EngineError, InvalidInput
from pbtui.engine.risk import RiskOrder, gate_entries_by_twel, twel_enforcer_orders, unstucking_close

STUCK: Any = {
    "idx": 0,
    "side": "long",
    "position_size": 8.0,
    "position_price": 100.0,
    "wallet_exposure_limit": 1.0,
    "risk_we_excess_allowance_pct": 0.0,
    "unstuck_threshold": 0.5,
    "unstuck_close_pct": 0.1,
    "unstuck_ema_dist": -0.05,
    "ema_band_upper": 94.0,
    "ema_band_lower": 94.0,
    "current_price": 90.0,
    "price_step": 0.01,
    "qty_step": 0.01,
    "min_qty": 0.01,
    "min_cost": 5.0,
    "c_mult": 1.0,
}


def stuck(**changes: Any) -> Any:
    return {**STUCK, **changes}


@pytest.mark.parametrize(
    ("allowance", "positions", "expected"),
    [
        (50.0, [stuck()], ("long", RiskOrder(0, -1.11, 90.0, "close_unstuck_long"))),
        (5.0, [stuck()], ("long", RiskOrder(0, -0.5, 90.0, "close_unstuck_long"))),
        (0.1, [stuck()], ("long", RiskOrder(0, -0.06, 90.0, "close_unstuck_long"))),
        (50.0, [stuck(current_price=89.29)], None),
        (50.0, [stuck(position_size=5.0)], None),
        (
            50.0,
            [stuck(), stuck(idx=1, position_price=95.0)],
            ("long", RiskOrder(1, -1.11, 90.0, "close_unstuck_long")),
        ),
        (
            50.0,
            [stuck(side="short", position_size=-8.0, position_price=85.0, ema_band_lower=93.0, current_price=88.0)],
            ("short", RiskOrder(0, 1.13, 88.0, "close_unstuck_short")),
        ),
        (0.0, [stuck()], None),
        (50.0, [], None),
    ],
)
def test_worked_unstucking(allowance: float, positions: list[Any], expected: object) -> None:
    assert unstucking_close(1000.0, allowance, allowance, positions) == expected


def enforced(idx: int, size: float, price: float, market: float, limit: float, **changes: Any) -> Any:
    return {
        "idx": idx,
        "position_size": size,
        "position_price": price,
        "market_price": market,
        "base_wallet_exposure_limit": limit,
        "c_mult": 1.0,
        "qty_step": 0.1,
        "price_step": 0.1,
        "min_qty": 0.1,
        "min_cost": 0.0,
        **changes,
    }


PAIR = [enforced(0, 8.0, 50.0, 50.0, 0.4), enforced(1, 12.0, 50.0, 49.0, 0.4)]
TWEL = "close_auto_reduce_twel_long"


@pytest.mark.parametrize(
    ("limit", "positions", "skip_idx", "expected"),
    [
        (0.9, PAIR, None, [RiskOrder(1, -2.0, 48.9, TWEL)]),
        (
            1.0,
            [enforced(0, 8.0, 100.0, 60.0, 0.5), enforced(1, 7.5, 100.0, 99.0, 0.5)],
            None,
            [RiskOrder(0, -3.0, 59.9, TWEL), RiskOrder(1, -2.5, 98.9, TWEL)],
        ),
        (0.9, [PAIR[0], {**PAIR[1], "min_cost": 150.0}], None, [RiskOrder(1, -3.1, 48.9, TWEL)]),
        (1.0, [enforced(0, 10.3, 100.0, 100.0, 0.5)], None, [RiskOrder(0, -0.4, 99.9, TWEL)]),
        (0.9, PAIR, 1, []),
        (0.0, PAIR, None, []),
    ],
)
def test_worked_enforcement(
    limit: float, positions: list[Any], skip_idx: int | None, expected: list[RiskOrder]
) -> None:
    assert twel_enforcer_orders("long", 1.0, limit, 2, 1000.0, positions, skip_idx) == expected


def gated(idx: int, qty: float, price: float, market: float, kind: str = "entry_grid_normal_long") -> Any:
    limits = {"qty_step": 0.01, "min_qty": 0.0, "min_cost": 0.0, "c_mult": 1.0}
    return {"idx": idx, "qty": qty, "price": price, "market_price": market, "order_type": kind, **limits}


def test_worked_gate() -> None:
    held: Any = [{"idx": 0, "position_size": 4.0, "position_price": 100.0, "c_mult": 1.0}]
    initial = "entry_initial_normal_long"
    entries = [gated(0, 2.0, 98.0, 99.0), gated(0, 4.0, 95.0, 99.0), gated(1, 10.0, 20.0, 20.0, initial)]
    assert gate_entries_by_twel("long", 1000.0, 1.0, held, entries) == [
        RiskOrder(0, 2.0, 98.0, "entry_grid_normal_long"),
        RiskOrder(0, 2.14, 95.0, "entry_grid_normal_long"),
        RiskOrder(1, 10.0, 20.0, initial),
    ]


@pytest.mark.parametrize(
    ("positions", "names"),
    [
        ([stuck(side="both")], "'both'"),
        ([{"idx": 0}], "side"),
        ([stuck(idx=-1)], "idx"),
        ([None], "None"),
        (7, "int"),
        ("positions", "str"),
    ],
)
def test_what_is_refused_is_named(positions: Any, names: str) -> None:
    with pytest.raises(InvalidInput, match=names):
        unstucking_close(1000.0, 50.0, 50.0, positions)


odd = st.one_of(st.none(), st.text(max_size=4), st.integers(), st.floats(), st.just([]))


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from([*STUCK, *PAIR[0], *gated(0, 1, 1, 1)]), odd), odd, odd)
def test_broken_input_gives_an_answer_or_a_typed_error(changes: Any, amount: Any, limit: Any) -> None:
    calls: list[Any] = [
        lambda: unstucking_close(amount, limit, limit, [{**STUCK, **changes}]),
        lambda: twel_enforcer_orders("short", 1.0, limit, 2, amount, [{**PAIR[1], **changes}]),
        lambda: gate_entries_by_twel(
            "long", amount, limit, [{**PAIR[1], **changes}], [{**gated(0, 2.0, 98.0, 99.0), **changes}]
        ),
    ]
    for attempt in calls:
        with suppress(EngineError):
            found = attempt()
            assert found is None or isinstance(found, (list, tuple))


def test_other_threads_run_while_the_engine_computes() -> None:
    entries = [gated(0, 1.0, 90.0, 100.0) for _ in range(3000)]
    span: list[float] = []

    def compute() -> None:
        span.append(time.perf_counter())
        gate_entries_by_twel("long", 1000.0, 0.1, [], entries)
        span.append(time.perf_counter())

    worker = threading.Thread(target=compute)
    worker.start()
    ticks: list[float] = []
    while worker.is_alive():
        ticks.append(time.perf_counter())
    worker.join()
    start, end = span
    middle = [tick for tick in ticks if start + (end - start) * 0.5 < tick < start + (end - start) * 0.9]
    assert middle, f"no other thread ran during {end - start:.3f} s"
