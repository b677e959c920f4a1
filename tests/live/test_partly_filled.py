"""Executions explain the absence of what they filled and of nothing more: nothing vanishes in part."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbtui.core.clock import VirtualClock
from pbtui.core.types import Balance, Fill, OpenOrder, Position, Pside
from pbtui.exchange.port import Capabilities, Exchange, HeldPosition
from pbtui.live.calls import Calls
from pbtui.live.events import EventLog
from pbtui.live.fills import FillBook
from pbtui.live.observe import Observer
from pbtui.live.store import RunStore

BTC = "BTC/USDT:USDT"
ORDER = OpenOrder("7", "0xa", BTC, "sell", "long", 0.61, 110.0, True, 1)


class Told:
    """A venue that tells what it is told to tell."""

    capabilities = Capabilities(stepped=False)

    def __init__(self) -> None:
        self.positions: list[HeldPosition] = []
        self.orders: list[OpenOrder] = []
        self.fills: list[Fill] = []

    async def fetch_balance(self) -> Balance:
        return Balance(1_000.0, "USDT")

    async def fetch_positions(self) -> list[HeldPosition]:
        return list(self.positions)

    async def fetch_open_orders(self) -> list[OpenOrder]:
        return list(self.orders)

    async def fetch_fills(self, since_ms: int) -> list[Fill]:
        return [fill for fill in self.fills if fill.ts_ms >= since_ms]

    def fill(self, qty: float, *, pside: Pside = "long", order: str = "7", name: str = "0xa") -> None:
        number = len(self.fills) + 1
        side = "buy" if qty > 0 else "sell"
        kind = "close_grid_long" if (qty > 0) != (pside == "long") else "entry_grid_normal_long"
        self.fills.append(Fill(f"f{number}", number, BTC, pside, side, qty, 110.0, 0.0, 0.0, kind, name, order))


class Desk:
    def __init__(self, folder: Path) -> None:
        clock = VirtualClock()
        self.venue = Told()
        calls = Calls(EventLog(clock.now_ms), clock.monotonic)
        exchange = cast(Exchange, cast(Any, self.venue))
        self.observer = Observer(exchange, calls, RunStore(folder), FillBook(), first_fill_ms=0)
        self.account = self.observer.account

    def holds(self, size: float, pside: Pside = "long") -> None:
        self.venue.positions = [HeldPosition(BTC, pside, Position(size, 100.0))] if size else []

    async def read(self) -> tuple[str, ...]:
        await self.observer.read(hysteresis_pct=0.0, balance_override=None)
        return self.account.doubts


async def test_an_order_filled_in_part_does_not_vanish_with_a_wrong_reading(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.holds(0.61)
    desk.venue.orders = [ORDER]
    assert await desk.read() == ()
    desk.venue.fill(-0.02)
    desk.venue.orders, desk.account.positions = [replace(ORDER, qty=0.59)], {}
    desk.holds(0.59)
    assert await desk.read() == ()
    # An empty answer: the fill told what it took, and the rest must still be there.
    desk.venue.orders = []
    assert any("vanished" in text for text in await desk.read())
    assert [order.id for order in desk.account.orders] == ["7"]
    desk.venue.orders = [replace(ORDER, qty=0.59)]
    assert await desk.read() == ()
    # The rest is filled, told with the list of before it: its absence at the next reading is explained.
    desk.venue.fill(-0.59)
    desk.holds(0.0)
    assert await desk.read() == ()
    desk.venue.orders = []
    assert await desk.read() == ()
    assert desk.account.orders == []


async def test_a_position_closed_in_part_does_not_vanish_with_a_wrong_reading(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.holds(1.0)
    assert await desk.read() == ()
    desk.venue.fill(-0.4)
    desk.holds(0.0)
    assert any("vanished" in text for text in await desk.read())
    assert (BTC, "long") in desk.account.positions
    desk.holds(0.6)
    assert await desk.read() == ()
    desk.venue.fill(-0.6)
    desk.holds(0.0)
    assert await desk.read() == ()
    assert desk.account.positions == {}


@pytest.mark.parametrize("sign", [1, -1])
@given(parts=st.lists(st.floats(0.001, 5.0), min_size=1, max_size=5), opened=st.booleans())
async def test_what_is_filled_to_the_end_is_gone_at_once(
    tmp_path_factory: pytest.TempPathFactory, sign: int, parts: list[float], opened: bool
) -> None:
    desk = Desk(tmp_path_factory.mktemp("desk"))
    pside: Pside = "long" if sign > 0 else "short"
    desk.holds(sign * sum(parts), pside)
    desk.venue.orders = [replace(ORDER, pside=pside, side="sell" if sign > 0 else "buy", qty=sum(parts))]
    assert await desk.read() == ()
    if opened:  # an entry between the closes makes them close more
        desk.venue.fill(sign * 1.5, pside=pside, order="8", name="0xb")
        desk.venue.fill(-sign * 1.5, pside=pside, order="9", name="0xc")
    for part in parts:
        desk.venue.fill(-sign * part, pside=pside)
    desk.holds(0.0)
    desk.venue.orders = []
    assert await desk.read() == ()
    assert (desk.account.positions, desk.account.orders) == ({}, [])
