"""Which flat sides compete for a coin in one-way trading (orchestrator.md 3.4)."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from live_support import settings

from pbtui.core.types import Market, Mode, Position, Pside
from pbtui.engine.indicators import Emas
from pbtui.live.account import Account
from pbtui.live.inputs import SymbolInput
from pbtui.live.keys import Key
from pbtui.live.oneway import with_rivals
from pbtui.live.rules import Rules

EMAS: Emas = {"m1": {}, "h1": {}}
BOTH: dict[Pside, tuple[str, ...]] = {"long": ("A", "B"), "short": ("A", "B")}
HELD: dict[Key, Position] = {("B", "short"): Position(-1.0, 10.0)}


def item(symbol: str, long: Mode, short: Mode, emas: Emas | None = EMAS) -> SymbolInput:
    market = Market(
        symbol=symbol, coin=symbol, qty_step=0.1, price_step=0.01, min_qty=0.1, min_cost=5.0, quote="USDT",
        maker_fee=0.0, taker_fee=0.0,
    )  # fmt: skip
    return SymbolInput(symbol, symbol, market, 10.0, emas, {"long": long, "short": short}, {})


def rivals_of_a(
    *,
    a: SymbolInput | None = None,
    b: SymbolInput | None = None,
    held: Mapping[Key, Position] = HELD,
    approved: Mapping[Pside, tuple[str, ...]] = BOTH,
    forced: frozenset[Key] = frozenset(),
    balance: float = 1_000.0,
) -> frozenset[Pside]:
    rules = Rules(settings(values={"live.hedge_mode": False, "bot.short.n_positions": 1}))
    account = Account(raw=balance, snapped=balance, positions=dict(held))
    first = a or item("A", Mode.NORMAL, Mode.GRACEFUL_STOP)
    second = b or item("B", Mode.GRACEFUL_STOP, Mode.NORMAL)
    return with_rivals(rules, account, [first, second], approved, forced)[0].rivals


def test_a_side_whose_slots_are_taken_competes_for_its_flat_coin() -> None:
    assert rivals_of_a() == {"short"}


@pytest.mark.parametrize(
    "change",
    [
        {"b": item("B", Mode.GRACEFUL_STOP, Mode.GRACEFUL_STOP), "held": {}},  # a free slot: the engine could choose it
        {"held": {**HELD, ("A", "long"): Position(1.0, 10.0)}},
        {"a": item("A", Mode.NORMAL, Mode.GRACEFUL_STOP, emas=None)},
        {"a": item("A", Mode.NORMAL, Mode.TP_ONLY)},
        {"b": item("B", Mode.GRACEFUL_STOP, Mode.NORMAL, emas=None), "held": {}},  # chosen, but waits: a free slot
        {"approved": {"long": ("A", "B"), "short": ("B",)}},
        {"forced": frozenset({("A", "short")})},
        {"balance": 10.0},  # it could not afford its first entry
    ],
)
def test_no_other_side_does(change: dict[str, object]) -> None:
    assert rivals_of_a(**change) == frozenset()  # pyright: ignore[reportArgumentType]
