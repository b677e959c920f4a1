"""Orders whose creation was never answered: what the venue says of each decides, before anything like it is sent."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from live_support import settings, stepped

from pbtui.core.errors import VenueUnreachable
from pbtui.core.types import OrderRequest
from pbtui.engine.execution import ExecutableOrder
from pbtui.exchange.port import OrderFate
from pbtui.live.account import Account
from pbtui.live.fills import FillBook
from pbtui.live.guards import DOUBT_ASKS, LATE_MARGIN_MS, Guards, Told

BTC = "BTC/USDT:USDT"
ORDER = ExecutableOrder(BTC, "buy", "long", 1.0, 100.0, False, "entry_grid_normal_long", "limit")


def in_doubt() -> tuple[Guards, str]:
    guards = Guards("v:u", FillBook(), stepped=False)
    name = guards.client_id(ORDER, [])
    guards.doubtful(OrderRequest(BTC, "buy", "long", 1.0, 100.0, False, "limit", name, "entry_grid_normal_long"), 0)
    return guards, name


def test_an_order_the_venue_knows_is_waited_for_and_one_that_has_ended_is_not_sent_under_its_id_again() -> None:
    account = Account()
    guards, name = in_doubt()
    assert guards.open_doubts(account) == [(BTC, name)]
    for _ in range(DOUBT_ASKS - 1):
        assert guards.after_read(account, 0, {name: "resting"}) == []
        assert "may exist" in guards.why_not(ORDER, account, 60_000)
    assert guards.after_read(account, 0, {name: "done"}) == []
    assert guards.why_not(ORDER, account, 60_000) == ""
    assert guards.client_id(ORDER, []) != name


def test_an_order_that_never_was_may_be_sent_again_and_silence_holds_it_back_for_a_while_only() -> None:
    account = Account()
    guards, name = in_doubt()
    assert guards.after_read(account, 0, {name: "absent"}) == []
    assert guards.after_read(account, 0, {name: "absent"}) == [name]
    assert guards.client_id(ORDER, []) == name
    guards, name = in_doubt()
    for _ in range(DOUBT_ASKS):
        assert guards.after_read(account, 0, {name: "unanswered"}) == []
    assert [guards.after_read(account, 0, {name: "unanswered"}) for _ in range(2)] == [[], [name]]


async def test_the_loop_asks_before_it_counts_readings(tmp_path: Path) -> None:
    run = await stepped(tmp_path, settings())
    asked: list[str] = []
    answers: list[OrderFate | Exception] = [VenueUnreachable("gone"), "resting", "done"]

    async def find_order(symbol: str, client_id: str) -> OrderFate | None:
        asked.append(client_id)
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    run.venue.find_order = find_order  # type: ignore[attr-defined]
    await run.minutes(1)
    guards = run.bot.core.guards
    request = OrderRequest("XRP/USDT:USDT", "buy", "long", 1.0, 9.0, False, "limit", "0xname", "entry_grid_normal_long")
    guards.doubtful(request, 0)
    for left in (1, 1, 0):
        await run.bot.core._observe()
        assert len(guards.open_doubts(run.bot.core.observer.account)) == left
    assert asked == ["0xname"] * 3
    await run.venue.close()


def test_a_refused_panic_is_tried_again_every_twenty_seconds() -> None:
    guards = Guards("v:u", FillBook(), stepped=False)
    grid = OrderRequest(BTC, "sell", "long", 1.0, 100.0, True, "market", "a", "close_grid_long")
    panic = OrderRequest(BTC, "sell", "long", 1.0, 100.0, True, "market", "b", "close_panic_long")
    waits = [(guards.refused(grid, at), guards.refused(panic, at)) for at in range(0, 3_000_000, 600_000)]
    assert [wait for wait, _ in waits] == [20_000, 40_000, 80_000, 160_000, 320_000]
    assert {wait for _, wait in waits} == {20_000}


def test_absence_tells_nothing_as_long_as_the_order_may_still_come() -> None:
    account, guards = Account(), Guards("v:u", FillBook(), stepped=False, late_ms=5_000)
    entry = OrderRequest(BTC, "buy", "long", 1.0, 100.0, False, "limit", "0xa", "entry_grid_normal_long")
    panic = OrderRequest(BTC, "sell", "long", 1.0, 100.0, True, "market", "0xb", "close_panic_long")
    guards.doubtful(entry, 1_000)
    guards.doubtful(panic, 1_000)
    absent: dict[str, Told] = {"0xa": "absent", "0xb": "absent"}
    # A panic is not held up: no venue closes more than is held.
    assert [guards.after_read(account, at, absent) for at in (1_500, 2_000)] == [[], ["0xb"]]
    for at in (3_000, 1_000 + 5_000 + LATE_MARGIN_MS - 1):
        assert guards.after_read(account, at, {"0xa": "absent"}) == []
    # Until then no entry of the side goes out, however far its price has moved; its closes and the other side do.
    far = replace(ORDER, price=90.0)
    assert "may exist" in guards.why_not(far, account, 60_000)
    assert guards.why_not(replace(far, pside="short", side="sell"), account, 60_000) == ""
    close = replace(far, side="sell", reduce_only=True, order_type="close_grid_long", price=120.0)
    assert guards.why_not(close, account, 60_000) == ""
    late = 1_000 + 5_000 + LATE_MARGIN_MS
    assert [guards.after_read(account, late, {"0xa": "absent"}) for _ in range(2)] == [[], ["0xa"]]
    assert guards.why_not(far, account, 60_000) == ""


def test_who_was_not_asked_for_is_neither_here_nor_gone() -> None:
    guards, name = in_doubt()
    for _ in range(3 * DOUBT_ASKS):
        assert guards.after_read(Account(), 0, {name: "unasked"}) == []
    assert guards.open_doubts(Account()) == [(BTC, name)]
