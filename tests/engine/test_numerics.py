"""The typed face of the helper functions: worked values, and what is refused."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbtui.core.order_types import TYPE_IDS
from pbtui.engine import EngineError, InvalidInput, numerics

anything = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.lists(st.floats(), max_size=3)
)


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        (numerics.round_(-2.5, 1), -3.0),
        (numerics.round_dn(0.3, 0.1), 0.2),
        (numerics.round_up(0.07, 0.01), 0.08),
        (numerics.round_dynamic(123456.789, 3), 123000.0),
        (numerics.round_dynamic_up(0.00012345, 2), 0.00013),
        (numerics.round_dynamic_dn(-0.00012345, 2), -0.00013),
        (numerics.quantize(1.26, 0.0), 1.26),
        (numerics.cost_to_qty(-50, 20, 0.1), 25.0),
        (numerics.qty_to_cost(-3, 20, 0.1), 6.0),
        (numerics.wallet_exposure(1, 1000, -2, 100), 0.2),
        (numerics.new_psize_pprice(-2, 100, -1, 103, 0.01), (-3.0, 100.99999999999999)),
        (numerics.pnl("long", 100, 103, -2, 0.1), 0.6000000000000001),
        (numerics.pnl("short", 100, 103, 2, 0.1), -0.6000000000000001),
        (numerics.pprice_diff("short", 100, 90), -0.09999999999999998),
        (numerics.order_price_diff(" BUY ", 99.0, 100.0), 0.010000000000000009),
        (numerics.calc_diff(0, 0), 0.0),
        (numerics.calc_diff(1, 0), math.inf),
        (numerics.hysteresis(102.1, 100, 0.02), 102.1),
        (numerics.hysteresis(102, 100, 0.02), 100.0),
        (numerics.min_entry_qty(3, 1, 0.1, 1, 5), 1.7),
        (numerics.effective_min_cost(100, 0.1, 5, 1), 10.0),
        (numerics.unstuck_allowance(10000, 0.0125, 500, 420), 46.00000000000029),
        (numerics.trailing_bundle_default(), (1.7976931348623157e308, 0.0, 0.0, 1.7976931348623157e308)),
    ],
)
def test_worked_values(actual: object, expected: object) -> None:
    assert actual == expected


def test_the_bundle_takes_lists_arrays_and_a_start() -> None:
    candles = ([11.0, 12.0, 9.0, 15.0], [9.0, 10.0, 7.5, 13.0], [10.0, 11.0, 8.0, 14.0])
    whole = numerics.update_trailing_bundle(*candles)
    assert whole == (7.5, 15.0, 15.0, 14.0)
    arrays = [np.array(values)[::-1][::-1] for values in candles]
    assert numerics.update_trailing_bundle(*arrays) == whole
    first = numerics.update_trailing_bundle(*(values[:2] for values in candles))
    assert numerics.update_trailing_bundle(*(values[2:] for values in candles), bundle=first) == whole
    with pytest.raises(InvalidInput, match="equally long"):
        numerics.update_trailing_bundle([1.0, 2.0], [1.0], [1.0])


def test_order_types_are_those_of_the_client_ids() -> None:
    assert numerics.all_order_types() == {number: name for name, number in TYPE_IDS.items()}
    for name, number in TYPE_IDS.items():
        assert numerics.order_type_number(name) == number
        assert numerics.order_type_name(number) == name


@pytest.mark.parametrize(
    ("refused", "names"),
    [
        (lambda: numerics.round_("1", 1), "real number"),  # type: ignore[arg-type]
        (lambda: numerics.pnl("both", 1, 1, 1, 1), "'both'"),  # type: ignore[arg-type]
        (lambda: numerics.order_price_diff("long", 1, 1), "'long'"),
        (lambda: numerics.order_type_name(26), "26"),
        (lambda: numerics.order_type_name(-1), "-1"),
        (lambda: numerics.order_type_number("Empty"), "'Empty'"),
        (lambda: numerics.round_dynamic(1.0, 10**30), "too large"),
        (lambda: numerics.order_type_number("\x1b[31m"), "unknown order type"),
    ],
)
def test_what_is_refused_is_named_in_one_clean_line(refused: Callable[[], object], names: str) -> None:
    with pytest.raises(InvalidInput, match=names) as caught:
        refused()
    line = caught.value.line()
    assert "\n" not in line
    assert "\x1b" not in line


FUNCTIONS = [
    value
    for name, value in vars(numerics).items()
    if not name.startswith("_") and getattr(value, "__module__", "") == numerics.__name__
]


@given(st.sampled_from(FUNCTIONS), st.lists(anything, min_size=6, max_size=6))
def test_any_arguments_give_an_answer_or_a_typed_error(function: Callable[..., object], arguments: list[Any]) -> None:
    count = len(inspect.signature(function).parameters)
    with suppress(EngineError):
        assert function(*arguments[:count]) is not None
