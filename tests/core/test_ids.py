from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbtui.core.ids import client_order_id, is_ours, order_type_of
from pbtui.core.order_types import TYPE_IDS, TYPE_NAMES, is_close_type


def make(**changes: object) -> str:
    facts = {
        "account": "paper", "symbol": "BTC/USDT:USDT", "pside": "long", "side": "buy",
        "order_type": "entry_grid_normal_long", "qty": 0.01, "price": 100.5, "nth": 0,
    }  # fmt: skip
    return client_order_id(**{**facts, **changes})  # type: ignore[arg-type]


def test_the_same_intent_gives_the_same_id() -> None:
    assert make() == make()
    assert re.fullmatch(r"0x0004[0-9a-f]{28}", make())
    assert len(make()) == 34


@pytest.mark.parametrize(
    "change",
    [{"account": "b"}, {"symbol": "ETH/USDT:USDT"}, {"price": 100.6}, {"qty": 0.02}, {"nth": 1},
     {"order_type": "close_grid_long"}, {"pside": "short"}, {"side": "sell"}],
)  # fmt: skip
def test_any_difference_gives_another_id(change: dict[str, object]) -> None:
    assert make(**change) != make()


@given(st.sampled_from(sorted(TYPE_IDS)))
def test_the_type_travels_in_the_id(name: str) -> None:
    assert order_type_of(make(order_type=name)) == name
    assert is_ours(make(order_type=name))


@pytest.mark.parametrize(
    ("client_id", "expected"),
    [
        ("x-abcdefgh0x0004" + "ab" * 10, "entry_grid_normal_long"),  # Passivbot on binance, 36 characters
        ("0x0007" + "0" * 22, "close_grid_long"),  # gateio, 28
        ("brokername#0x0016" + "f" * 32, "close_panic_long"),  # bitget
        ("0004" + "ab" * 16, None),  # the loose fallback is not adopted
        ("0x00ff" + "ab" * 14, None),  # no such type
        ("web_12345", None),
        ("", None),
        (None, None),
    ],
)
def test_what_is_adopted(client_id: str | None, expected: str | None) -> None:
    assert order_type_of(client_id) == expected


def test_type_numbers_are_a_bijection() -> None:
    assert len(TYPE_NAMES) == len(TYPE_IDS) == 27
    assert sum(is_close_type(name) for name in TYPE_IDS) == 12
    assert [TYPE_IDS[n] for n in ("close_unstuck_short", "close_auto_reduce_wel_short", "empty")] == [20, 25, 65535]
