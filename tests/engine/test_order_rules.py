"""Entries and closes: the examples worked by hand in orders.md 3.8 and 4.7, and what broken input comes to."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pbtui.engine import EngineError, InvalidInput
from pbtui.engine.orders import EngineOrder, all_closes, all_entries, next_close, next_entry

EXCHANGE: Any = {"qty_step": 0.01, "price_step": 0.01, "min_qty": 0.01, "min_cost": 5.0, "c_mult": 1.0}
NOTHING_SEEN: Any = {
    "min_since_open": 1.7976931348623157e308,
    "max_since_min": 0.0,
    "max_since_open": 0.0,
    "min_since_max": 1.7976931348623157e308,
}
ENTRY_BOT = {
    "wallet_exposure_limit": 1.0,
    "entry_initial_qty_pct": 0.1,
    "entry_grid_spacing_pct": 0.02,
    "entry_grid_double_down_factor": 1.0,
    "entry_trailing_double_down_factor": 1.0,
}
CLOSE_BOT = {
    "wallet_exposure_limit": 1.0,
    "risk_wel_enforcer_threshold": 1.0,
    "close_grid_markup_start": 0.005,
    "close_grid_markup_end": 0.01,
    "close_grid_qty_pct": 0.2,
    "close_trailing_qty_pct": 0.3,
}
SHORT_NAMES = {
    "IN": "entry_initial_normal",
    "IP": "entry_initial_partial",
    "GN": "entry_grid_normal",
    "GC": "entry_grid_cropped",
    "GI": "entry_grid_inflated",
    "TN": "entry_trailing_normal",
    "TC": "entry_trailing_cropped",
    "G": "close_grid",
    "T": "close_trailing",
    "W": "close_auto_reduce_wel",
}


def listed(orders: list[EngineOrder], pside: str) -> str:
    """Write orders as the examples do: `qty@price TYPE`."""
    names = {f"{name}_{pside}": short for short, name in SHORT_NAMES.items()}
    return ", ".join(f"{order.qty:g}@{order.price:g} {names[order.order_type]}" for order in orders)


def entry_case(
    pside: str, size: float = 0.0, touch: float = 100.0, band: float = 100.0, vol: float = 0.0, **rest: Any
) -> tuple[Any, ...]:
    bot = {**ENTRY_BOT, **{key: value for key, value in rest.items() if key not in NOTHING_SEEN}}
    seen = {key: rest.get(key, value) for key, value in NOTHING_SEEN.items()}
    state = {"balance": 1000.0, "bid": touch, "ask": touch, "ema_lower": band, "ema_upper": band}
    state["entry_volatility_logrange_ema_1h"] = vol
    return (pside, EXCHANGE, state, bot, {"size": size, "price": 100.0 if size else 0.0}, seen)


def close_case(pside: str, size: float, touch: float = 100.0, **rest: Any) -> tuple[Any, ...]:
    bot = {**CLOSE_BOT, **{key: value for key, value in rest.items() if key not in NOTHING_SEEN}}
    seen = {key: rest.get(key, value) for key, value in NOTHING_SEEN.items()}
    state = {"balance": 1000.0, "bid": touch, "ask": touch}
    return (pside, EXCHANGE, state, bot, {"size": size, "price": 100.0}, seen)


TRAILING_ENTRY: dict[str, Any] = {
    "entry_trailing_grid_ratio": 1.0,
    "entry_trailing_threshold_pct": 0.02,
    "entry_trailing_retracement_pct": 0.005,
}
SPLIT_ENTRY: dict[str, Any] = {"touch": 99.0, "entry_trailing_threshold_pct": 0.02}
WEIGHTED: dict[str, Any] = {
    "vol": 0.01,
    "entry_grid_spacing_we_weight": 0.5,
    "entry_grid_spacing_volatility_weight": 2.0,
}


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        (entry_case("long"), "1@100 IN, 1.02@98 GN, 2.02@97.01 GN, 4.04@96.04 GN, 2.27@95.07 GC"),
        (
            entry_case("short", band=99.5, entry_initial_ema_dist=0.013, entry_initial_qty_pct=0.0333),
            "-0.33@100.8 IN, -0.33@102.82 GN, -0.66@103.85 GN, -1.32@104.89 GN, -2.64@105.94 GN, -4.17@107 GC",
        ),
        (
            entry_case("long", 0.8, touch=99.5),
            "0.2@99.5 IP, 1.02@97.9 GN, 2.02@96.91 GN, 4.04@95.94 GN, 2.28@94.98 GC",
        ),
        (entry_case("long", 2.0, touch=99.0, **WEIGHTED), "2@97.76 GN, 4@96.47 GN, 2.3@94.91 GC"),
        (entry_case("short", -2.0, touch=101.0, **WEIGHTED), "-2@102.24 GN, -5.75@103.6 GI"),
        (entry_case("long", 4.8, touch=99.0), "5.31@98 GI"),
        (entry_case("long", 5.08, touch=99.0), "5.02@98 GI"),
        (entry_case("long", 6.0, touch=99.0), "4.08@98 GC"),
        (entry_case("long", 9.99, touch=99.0), ""),
        (entry_case("long", 9.99, **SPLIT_ENTRY, entry_trailing_grid_ratio=1.0), "0.06@98 TC"),
        (
            entry_case("long", 2.0, touch=97.6, min_since_open=97.0, max_since_min=97.6, **TRAILING_ENTRY),
            "2@97.6 TN",
        ),
        (
            entry_case("short", -2.0, touch=102.4, max_since_open=103.0, min_since_max=102.4, **TRAILING_ENTRY),
            "-2@102.4 TN",
        ),
        (
            entry_case("long", 2.0, **SPLIT_ENTRY, entry_trailing_grid_ratio=0.3),
            "1.05@98 TC, 3.05@97.32 GN, 4.15@96.34 GC",
        ),
        (entry_case("long", 2.0, **SPLIT_ENTRY, entry_trailing_grid_ratio=-0.7), "1.05@98 GC"),
        (entry_case("long", 3.5, **SPLIT_ENTRY, entry_trailing_grid_ratio=-0.7), "3.5@98 TN"),
    ],
)
def test_worked_entries(case: tuple[Any, ...], expected: str) -> None:
    assert listed(all_entries(*case), case[0]) == expected


def test_entries_that_do_not_come_say_why_by_their_type() -> None:
    waiting = entry_case("long", 2.0, touch=97.2, min_since_open=97.0, max_since_min=97.2, **TRAILING_ENTRY)
    assert next_entry(*waiting) == EngineOrder(0.0, 0.0, "entry_trailing_normal_long")
    assert next_entry(*entry_case("long", 9.99, touch=99.0)) == EngineOrder(0.0, 0.0, "empty")


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        (close_case("long", 10.0), "-2@100.6 G, -2@100.7 G, -2@100.8 G, -2@100.9 G, -2@101 G"),
        (
            close_case("long", 5.5, close_grid_markup_start=0.01, close_grid_markup_end=0.005),
            "-2@100.73 G, -2@100.83 G, -1.5@100.93 G",
        ),
        (
            close_case("long", 13.0, risk_wel_enforcer_threshold=0.0),
            "-5@100.5 G, -2@100.6 G, -2@100.7 G, -2@100.8 G, -2@100.9 G",
        ),
        (close_case("short", -5.5), "1.5@99.42 G, 2@99.32 G, 2@99.22 G"),
        (close_case("long", 10.0, touch=100.75), "-4@100.75 G, -2@100.8 G, -2@100.9 G, -2@101 G"),
        (close_case("long", 0.04), "-0.04@100.51 G"),
        (
            close_case(
                "long",
                5.0,
                touch=101.25,
                max_since_open=101.5,
                min_since_max=101.2,
                close_trailing_grid_ratio=1.0,
                close_trailing_threshold_pct=0.01,
                close_trailing_retracement_pct=0.002,
            ),
            "-3@101.25 T",
        ),
        (
            close_case("long", 8.0, close_trailing_grid_ratio=0.3, close_trailing_threshold_pct=0.01),
            "-1.01@100.56 G, -2@100.66 G, -2@100.76 G",
        ),
        (
            close_case("long", 8.0, close_trailing_grid_ratio=-0.3, close_trailing_threshold_pct=0.01),
            "-0.99@100.55 G, -2@100.65 G, -2@100.75 G, -2@100.85 G, -1.01@101 T",
        ),
        (
            close_case("long", 12.0, touch=95.0),
            "-2.01@95 W, -1.99@100.6 G, -2@100.7 G, -2@100.8 G, -2@100.9 G, -2@101 G",
        ),
        (
            close_case("short", -12.0, touch=105.0, risk_wel_enforcer_threshold=0.9),
            "3.01@105 W, 0.99@99.45 G, 2@99.35 G, 2@99.25 G, 2@99.15 G, 2@99.05 G",
        ),
        (close_case("long", 12.0, touch=102.0, close_grid_qty_pct=1.0), "-12@102 G"),
        (close_case("long", 10.0, wallet_exposure_limit=0.0), "-10@100.5 G"),
    ],
)
def test_worked_closes(case: tuple[Any, ...], expected: str) -> None:
    assert listed(all_closes(*case), case[0]) == expected


def test_the_next_close_keeps_the_type_that_the_list_loses() -> None:
    case = close_case("long", 12.0, touch=102.0, close_grid_qty_pct=1.0)
    assert next_close(*case) == EngineOrder(-2.01, 102.0, "close_auto_reduce_wel_long")


@pytest.mark.parametrize(
    ("place", "value", "names"),
    [
        (0, "Long", "'Long'"),
        (0, 1, "str"),
        (1, {**EXCHANGE, "qty_step": "0.01"}, "qty_step"),
        (1, {"qty_step": 0.01}, "price_step"),
        (2, {"bid": 1.0, "ask": 1.0}, "balance"),
        (3, {"wallet_exposure_limits": 1.0}, "wallet_exposure_limits"),
        (3, {"wallet_exposure_limit": None}, "real number"),
        (3, None, "not iterable"),
        (4, None, "None"),
        (5, {}, "min_since_open"),
    ],
)
def test_what_is_refused_is_named(place: int, value: object, names: str) -> None:
    arguments: list[Any] = list(close_case("long", 10.0))
    arguments[place] = value
    with pytest.raises(InvalidInput, match=names):
        all_closes(*arguments)


odd = st.one_of(st.none(), st.text(max_size=4), st.integers(), st.floats(), st.just([]))
tampering = st.dictionaries(st.sampled_from([*EXCHANGE, *NOTHING_SEEN, *ENTRY_BOT, "size", "price", "balance"]), odd)


@settings(deadline=None)
@given(tampering, st.integers(0, 5), odd, st.booleans(), st.sampled_from([all_entries, all_closes]))
def test_broken_input_gives_an_answer_or_a_typed_error(
    changes: dict[str, object], place: int, value: object, replace: bool, rule: Any
) -> None:
    arguments = [
        {**part, **{key: new for key, new in changes.items() if key in part}} if isinstance(part, dict) else part
        for part in entry_case("short", -2.0)
    ]
    if replace:
        arguments[place] = value
    with suppress(EngineError):
        assert all(isinstance(order, EngineOrder) for order in rule(*arguments))
