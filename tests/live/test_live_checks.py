"""What a plan must pass before any of it is sent, and what the engine is told when averages are missing."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from live_support import settings

from pbtui.core.types import Market, Mode, OpenOrder, Position, Ticker
from pbtui.engine import compute_ideal_orders_json, decode_plan
from pbtui.engine.execution import ExecutableOrder
from pbtui.live.account import Account
from pbtui.live.fills import FillBook
from pbtui.live.foreign import leave_room
from pbtui.live.inputs import SymbolInput, document
from pbtui.live.keys import Key
from pbtui.live.modes import ModeTable
from pbtui.live.rules import Rules
from pbtui.live.trailing import DEFAULT_BUNDLE
from pbtui.live.validate import Limits, problems

SYMBOL = "ETH/USDT:USDT"
MARKET = Market(SYMBOL, "ETH", qty_step=0.001, price_step=0.01, min_qty=0.001, min_cost=5.0)
ENTRY = ExecutableOrder(SYMBOL, "buy", "long", 0.01, 2_000.0, False, "entry_grid_normal_long", "limit")
CLOSE = ExecutableOrder(SYMBOL, "sell", "long", 0.02, 2_100.0, True, "close_grid_long", "limit")


def limits(mode: Mode = Mode.NORMAL, *, size: float = 0.05, values: Mapping[str, object] | None = None) -> Limits:
    positions: dict[Key, Position] = {(SYMBOL, "long"): Position(size, 2_000.0)} if size else {}
    account = Account(raw=1_000.0, snapped=1_000.0, positions=positions)
    modes = ModeTable({(SYMBOL, "long"): mode, (SYMBOL, "short"): Mode.NORMAL}, (SYMBOL,))
    return Limits(Rules(settings(values=values)), account, modes, {SYMBOL: MARKET})


def found(*orders: ExecutableOrder, mode: Mode = Mode.NORMAL, size: float = 0.05, **kwargs: object) -> list[str]:
    return problems({SYMBOL: orders}, limits(mode, size=size, **kwargs))  # type: ignore[arg-type]


def test_a_sound_plan_passes() -> None:
    assert found(ENTRY, CLOSE) == []


@pytest.mark.parametrize(
    ("order", "words"),
    [
        (replace(ENTRY, qty=math.nan), "positive numbers"),
        (replace(ENTRY, price=math.inf), "positive numbers"),
        (replace(ENTRY, qty=0.0), "positive numbers"),
        (replace(ENTRY, price=-1.0), "positive numbers"),
        (replace(ENTRY, price=2_000.004), "off the tick"),
        (replace(ENTRY, qty=0.0105), "off the lot"),
        (replace(ENTRY, side="sell"), "direction"),
        (replace(ENTRY, reduce_only=True), "direction"),
        (replace(CLOSE, reduce_only=False), "direction"),
        (replace(ENTRY, pside="short"), "other side"),
        (replace(ENTRY, qty=1.0), "exposure limit"),
        (replace(ENTRY, symbol="NONE/USDT:USDT"), "no such market"),
        (replace(CLOSE, qty=0.06), "exceed the position"),
        (replace(CLOSE, order_type="close_panic_long"), "no panic close"),
    ],
)
def test_one_impossible_order_rejects_the_plan(order: ExecutableOrder, words: str) -> None:
    texts = found(ENTRY, CLOSE, order)
    assert texts
    assert any(words in text for text in texts)


@pytest.mark.parametrize(
    ("mode", "order", "size", "fine"),
    [
        (Mode.NORMAL, ENTRY, 0.0, True),
        (Mode.GRACEFUL_STOP, ENTRY, 0.05, True),
        (Mode.GRACEFUL_STOP, ENTRY, 0.0, False),
        (Mode.TP_ONLY, ENTRY, 0.05, False),
        (Mode.TP_ONLY, CLOSE, 0.05, True),
        (Mode.MANUAL, CLOSE, 0.05, False),
        (Mode.PANIC, CLOSE, 0.05, False),
        (Mode.PANIC, replace(CLOSE, order_type="close_panic_long"), 0.05, True),
        (Mode.PANIC, ENTRY, 0.05, False),
    ],
)
def test_modes_decide_which_orders_may_be_in_a_plan(
    mode: Mode, order: ExecutableOrder, size: float, fine: bool
) -> None:
    assert (found(order, mode=mode, size=size) == []) is fine


def test_a_configured_notional_bounds_entries_but_never_keeps_risk() -> None:
    strict = {"live.max_order_notional": 10.0}
    assert any("max_order_notional" in text for text in found(ENTRY, values=strict))
    assert found(CLOSE, values=strict) == []


def test_exposure_after_all_fills_is_bounded_per_coin_and_side() -> None:
    # The example allows 400 per coin long: 0.05 × 2000 is held, eleven more entries of 30 would exceed it.
    many = [replace(ENTRY, qty=0.015, price=2_000.0 - i) for i in range(11)]
    assert any("after all fills" in text for text in found(*many))
    assert found(*many[:9]) == []


@given(st.floats(allow_nan=True, allow_infinity=True), st.floats(allow_nan=True, allow_infinity=True))
def test_any_number_is_either_sound_or_refused(qty: float, price: float) -> None:
    texts = found(replace(ENTRY, qty=qty, price=price))
    sound = math.isfinite(qty) and math.isfinite(price) and qty > 0 and price > 0
    assert sound or texts


def test_float32_noise_of_recorded_prices_is_no_offence() -> None:
    assert found(replace(CLOSE, price=2_100.010009765625)) == []


# --- missing averages -----------------------------------------------------------------------------------------------


def plan_without_averages(mode: Mode, size: float) -> list[str]:
    rules = Rules(settings())
    positions: dict[Key, Position] = {(SYMBOL, "long"): Position(size, 2_000.0)} if size else {}
    account = Account(raw=1_000.0, snapped=1_000.0, positions=positions)
    item = SymbolInput(
        SYMBOL, "ETH", MARKET, 1_999.0, None, {"long": mode, "short": Mode.NORMAL},
        {"long": DEFAULT_BUNDLE, "short": DEFAULT_BUNDLE},
    )  # fmt: skip
    text = document(rules, account, FillBook(), [item], hedge_mode=True)
    assert json.loads(text)["symbols"][0]["long"]["mode"] in ("manual", "tp_only", "panic")
    plan = decode_plan(compute_ideal_orders_json(text), [SYMBOL])
    return [order.order_type for order in plan.orders[SYMBOL]]


@pytest.mark.parametrize("mode", [Mode.NORMAL, Mode.GRACEFUL_STOP, Mode.TP_ONLY])
def test_closes_go_on_without_averages_and_entries_wait(mode: Mode) -> None:
    types = plan_without_averages(mode, 0.1)
    assert types
    assert all(name.startswith("close_grid") for name in types)
    assert plan_without_averages(mode, 0.0) == []


def test_a_stuck_position_is_not_unstuck_on_made_up_averages() -> None:
    """A position far above the unstuck threshold: trimming goes on, unstucking waits for real averages."""
    types = plan_without_averages(Mode.NORMAL, 0.39)
    assert types
    assert not any("unstuck" in name for name in types)


def test_manual_and_panic_need_no_averages() -> None:
    assert plan_without_averages(Mode.MANUAL, 0.1) == []
    assert plan_without_averages(Mode.PANIC, 0.1) == ["close_panic_long"]


# --- foreign orders -------------------------------------------------------------------------------------------------


@given(st.floats(0.001, 0.3), st.lists(st.integers(1, 12), max_size=10))
def test_foreign_entries_take_room_from_ours(foreign_qty: float, lots: list[int]) -> None:
    rules = Rules(settings())
    account = Account(raw=1_000.0, snapped=1_000.0)
    account.tickers = {SYMBOL: Ticker(SYMBOL, 2_000.0, 2_000.0, 2_000.0, 0)}
    account.orders = [OpenOrder("1", "somebody", SYMBOL, "buy", "long", foreign_qty, 1_990.0, False, 0)]
    wanted = {SYMBOL: [replace(ENTRY, qty=n * 0.01, price=1_999.0 - i) for i, n in enumerate(lots)] + [CLOSE]}
    kept, dropped = leave_room(wanted, account, rules, {SYMBOL: MARKET})
    assert CLOSE in kept[SYMBOL]
    assert len(kept[SYMBOL]) + len(dropped) == len(wanted[SYMBOL])
    entries = sum(order.qty * order.price for order in kept[SYMBOL] if not order.reduce_only)
    limit = rules.coin("ETH", "long").allowed_limit * 1_000.0 * 1.01
    assert entries == 0 or entries + foreign_qty * 1_990.0 <= limit * (1 + 1e-9)
    account.orders = []
    assert leave_room(wanted, account, rules, {SYMBOL: MARKET}) == (wanted, [])
