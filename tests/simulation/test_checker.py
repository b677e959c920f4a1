"""The judge of the simulations: each invariant, when it is broken, is seen; what is right is left in peace."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pbtui.core.errors import OrderRejected
from pbtui.core.snapshot import EventRow
from pbtui.core.types import FLAT, Fill, Mode, OpenOrder, OrderRequest, Position
from pbtui.exchange.port import CreateResult
from pbtui.live.sim.checker import CANARY, Checker
from pbtui.live.sim.healing import LOOK_UNTIL_S, Healing
from pbtui.live.sim.server import LIMIT, Server

SOL = "SOL/USDT:USDT"


class Desk:
    """A checker with a true account and a bot, both as they are set."""

    def __init__(self) -> None:
        self.now_s = 1_000.0
        self.age_ms: int | None = 30_000
        self.fills: list[Fill] = []
        self.books = SimpleNamespace(
            orders={}, positions={(SOL, "long"): Position(1.0, 100.0)}, next_fill=1, balance=1_000.0
        )
        self.books.held = lambda symbol, pside: self.books.positions.get((symbol, pside), FLAT)
        clock: Any = SimpleNamespace(monotonic=lambda: self.now_s, true_ms=lambda: round(self.now_s * 1_000))
        paper: Any = SimpleNamespace(
            books=self.books,
            ledger=SimpleNamespace(fills=lambda *_: self.fills),
            audit=lambda: SimpleNamespace(differences=[]),
        )
        self.clock, self.paper = clock, paper
        self.checker = Checker(clock, paper, {"long": 0.5, "short": 0.5})
        self.wanted: list[OrderRequest] = []
        self.core: Any = SimpleNamespace(
            last=SimpleNamespace(decision=SimpleNamespace(wanted={SOL: self.wanted}, panicking=False)),
            candles=SimpleNamespace(averages=SimpleNamespace(age_ms=lambda _: self.age_ms)),
            observer=SimpleNamespace(account=SimpleNamespace(positions={})),
            fills=SimpleNamespace(count=0, pnl_last=0.0),
        )
        self.checker.new_life(self.core)
        self.checker.decided_s = self.now_s

    def rests(self, name: str, request: OrderRequest, qty: float | None = None) -> None:
        order = OpenOrder(
            name, name, SOL, request.side, request.pside, qty or request.qty, request.price, request.reduce_only, 1
        )
        self.books.orders[name] = SimpleNamespace(order=order)

    def sends(self, request: OrderRequest, *, planned: bool = True) -> None:
        if planned:
            self.wanted.append(request)
        self.checker.before_create(request)


def entry(name: str = "0x0004a1", price: float = 90.0) -> OrderRequest:
    return OrderRequest(SOL, "buy", "long", 1.0, price, False, "limit", name, "entry_grid_normal_long")


def close(name: str = "0x000aa1", *, reduce_only: bool = True) -> OrderRequest:
    return OrderRequest(SOL, "sell", "long", 1.0, 110.0, reduce_only, "limit", name, "close_grid_long")


def fill(request: OrderRequest) -> Fill:
    kind = request.order_type
    return Fill("1", 1, SOL, "long", request.side, 1.0, request.price, 0.0, 0.0, kind, request.client_id, "1")


def accepted(desk: Desk, request: OrderRequest) -> None:
    order = OpenOrder(request.client_id, request.client_id, SOL, "buy", "long", 1.0, 90.0, False, 1)
    desk.checker.after_create(request, CreateResult(request, order))


def unplanned(desk: Desk) -> None:
    desk.sends(entry(), planned=False)


def accepted_twice(desk: Desk) -> None:
    accepted(desk, entry())
    accepted(desk, entry())


def resting_twice(desk: Desk) -> None:
    desk.rests("0x0004a1", entry())
    desk.rests("0x0004a2", entry())
    desk.checker.step()


def sent_beside_one_under_way(desk: Desk) -> None:
    desk.checker.under_way["0x0004a2"] = entry("0x0004a2", price=95.0)
    desk.sends(entry())


def foreign_cancel(desk: Desk) -> None:
    desk.checker.before_cancel(OpenOrder("1", "web_77", SOL, "buy", "long", 1.0, 90.0, False, 1))


def impossible_plan(desk: Desk) -> None:
    desk.checker.bad_plan = True
    desk.sends(entry())


def closes_too_much(desk: Desk) -> None:
    desk.rests("0x000aa1", close(), qty=1.5)
    desk.checker.step()


def entry_over_the_limit(desk: Desk) -> None:
    desk.books.positions[SOL, "long"] = Position(9.0, 100.0)
    desk.checker.step()
    desk.now_s += 200.0
    desk.fills.append(fill(entry()))
    desk.books.next_fill = 2
    desk.checker.step()


def close_that_could_open(desk: Desk) -> None:
    desk.sends(close(reduce_only=False))


def never_healed(desk: Desk) -> None:
    desk.now_s = LOOK_UNTIL_S
    Healing(None, desk.paper, desk.clock, desk.checker, Path()).check_hour()  # type: ignore[arg-type]


def asked_too_much(desk: Desk) -> None:
    Server(desk.checker.broken).note(0.0, LIMIT + 1.0)


def asked_during_a_ban(desk: Desk) -> None:
    server = Server(desk.checker.broken)
    server.ban(0.0, 30.0)
    server.note(29.0, 1.0)


def refused_again_and_again(desk: Desk) -> None:
    for _ in range(4):
        desk.now_s += 10.0
        refusal = OrderRejected("too poor", reason="insufficient_margin")
        desk.checker.after_create(entry(), CreateResult(entry(), error=refusal))


def old_candles(desk: Desk) -> None:
    desk.age_ms = 600_000
    desk.sends(entry())


def deaf_stream(desk: Desk) -> None:
    desk.checker.deaf = True
    desk.sends(entry())


def old_plan(desk: Desk) -> None:
    desk.now_s += 11.0
    desk.sends(close())


def sent_in_manual(desk: Desk) -> None:
    desk.checker.hand[SOL, "long"] = (Mode.MANUAL, desk.now_s - 60.0)
    desk.sends(close())


def entry_in_tp_only(desk: Desk) -> None:
    desk.checker.hand[SOL, "long"] = (Mode.TP_ONLY, desk.now_s - 60.0)
    desk.sends(entry())


def fill_not_counted(desk: Desk) -> None:
    desk.fills.append(fill(close()))
    Healing(None, desk.paper, desk.clock, desk.checker, Path())._check_books(desk.core)  # type: ignore[arg-type]


def secret_told(desk: Desk) -> None:
    desk.checker.take_row(EventRow(1, 1, "venue", "SOL", f"GET /x?signature={CANARY}", 1))


def control_character(desk: Desk) -> None:
    desk.checker.take_row(EventRow(1, 3, "venue", "SOL", "\x1b[2J", 1))


@pytest.mark.parametrize(
    ("invariant", "deed"),
    [
        ("I1", unplanned), ("I1", accepted_twice), ("I1", resting_twice), ("I1", foreign_cancel),
        ("I1", sent_beside_one_under_way), ("I1", impossible_plan), ("I2", closes_too_much),
        ("I3", entry_over_the_limit), ("I4", close_that_could_open), ("I5", never_healed), ("I6", asked_too_much),
        ("I6", asked_during_a_ban), ("I6", refused_again_and_again), ("I7", old_candles), ("I7", deaf_stream),
        ("I7", old_plan), ("I8", sent_in_manual), ("I8", entry_in_tp_only), ("I9", fill_not_counted),
        ("I10", secret_told), ("I10", control_character),
    ],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)  # fmt: skip
def test_a_broken_invariant_is_seen(invariant: str, deed: Callable[[Desk], None]) -> None:
    desk = Desk()
    desk.checker.step()
    assert desk.checker.breach is None
    deed(desk)
    assert desk.checker.breach is not None
    assert desk.checker.breach.invariant == invariant, desk.checker.breach


def test_what_is_right_breaks_nothing_and_goes_into_the_journal() -> None:
    desk = Desk()
    empty = desk.checker.digest()
    desk.sends(entry())
    desk.sends(close())
    accepted(desk, entry())
    desk.rests("0x0004a1", entry())
    desk.rests("0x000aa1", close())
    desk.fills.append(fill(entry()))
    desk.books.next_fill = 2
    desk.checker.hand[SOL, "long"] = (Mode.GRACEFUL_STOP, desk.now_s - 60.0)
    desk.sends(entry("0x0004a3", 80.0))  # the position is held: it may grow
    for _ in range(3):
        desk.now_s += 10.0
        desk.checker.after_create(entry(), CreateResult(entry(), error=OrderRejected("x", reason="min_cost")))
    desk.checker.take_row(EventRow(1, 1, "order", "SOL", "created buy 1 @ 90", 1))
    desk.checker.step()
    assert desk.checker.breach is None
    assert desk.checker.digest() != empty
