"""Not alone: another console, what happened before this one came, and how the loop does."""

from __future__ import annotations

from dataclasses import replace

from pbtui.console.company import put_before, told
from pbtui.console.dialogs.health import health_lines
from pbtui.console.state import MOST_EVENTS, ViewState
from pbtui.console.text import line_width
from pbtui.console.widgets.equity import area, thinned
from pbtui.core.history import Backlog, CallTimes, Equity, HealthReport, Stall
from pbtui.core.snapshot import EventRow, LoopHealth
from pbtui.link.base import Seating

from .sample import NOW_MS, snapshot
from .support import desk

HEALTH = LoopHealth(
    state="running", tick=42, loop_lag_p50_ms=0.4, loop_lag_ms=61.0, loop_lag_max_ms=340.0, rest_ms=88.0, rss_mb=97.0
)
REPORT = HealthReport(
    HEALTH,
    lag_max_ms=(1.0, 340.0, 2.0),
    turns_ms=(12.0, 15.0, 90.0),
    stalls=(Stall(NOW_MS, 340.0, "json/encoder.py iterencode in live/turn.py:88 _decide < live/bot.py:2 _one_turn"),),
    calls=(CallTimes("fetch_ticker", 12, 88.0, 240.0, 1),),
)
CURVE = Equity((NOW_MS, NOW_MS + 60_000, NOW_MS + 120_000), (1_000.0,) * 3, (1_000.0, 990.0, 1_020.0))


def row(seq: int) -> EventRow:
    return EventRow(NOW_MS, 1, "order", "BTC", f"event {seq}", seq)


def plain(lines: list) -> str:
    return "\n".join("".join(text for text, _ in line) for line in lines)


def test_the_health_in_lines_fits_any_room_and_says_what_is_wrong() -> None:
    for room in (30, 72):
        curves = [line for line in health_lines(REPORT, CURVE, room) if "█" in plain([line])]
        assert curves
        assert all(line_width(line) <= room for line in curves)
    text = plain(health_lines(REPORT, CURVE, 72))
    for words in ("1,020.00  +2.00% since 20", "99 % below 61ms, worst 340ms warn", "live/turn.py:88 _decide",
                  "fetch_ticker", "1 failed", "worst 90ms of 3"):  # fmt: skip
        assert words in text
    empty = plain(health_lines(HealthReport(LoopHealth()), Equity(), 40, plain=True))
    assert "not measured here" in empty
    assert "never stood still" in empty


def test_a_curve_keeps_its_ends_its_gaps_and_its_room() -> None:
    assert area([], 10, 3) == area([float("nan")], 10, 3) == []
    assert plain(area([1.0, 2.0], 10, 1)) == "▁█"
    assert plain(area([5.0, float("nan"), 5.0], 10, 2)) == "   \n▁ ▁"
    assert plain(area([1.0, 9.0], 10, 1, plain=True)).isascii()
    assert thinned(list(range(100)), 3)[-1] == 99
    assert len(area(list(range(1_000)), 40, 2)[0][0][0]) == 40


def test_what_happened_before_comes_before_and_nothing_twice() -> None:
    state = ViewState()
    state.take(replace(snapshot(), events=(row(7), row(8))))
    put_before(state, tuple(map(row, range(1, 9))))
    assert [event.seq for event in state.events] == list(range(1, 9))
    full = ViewState()
    full.events.extend(map(row, range(5_000, 5_000 + MOST_EVENTS - 2)))
    put_before(full, tuple(map(row, range(4_000))))
    assert (len(full.events), full.events[0].seq, full.events[-1].seq) == (MOST_EVENTS, 3_998, 5_000 + MOST_EVENTS - 3)


def test_each_change_of_seats_is_told_to_those_it_concerns() -> None:
    here, there = Seating("controller", "here"), Seating("viewer", "there")
    assert told(here, there) == "there has the controls now; this one only watches"
    assert told(there, here) == "this console has the controls now"
    assert told(here, replace(here, asker="phone")) == "phone asks for the controls: C hands them over"
    assert told(there, replace(there, holder="phone")) == "phone has the controls now"
    assert told(there, replace(there, watchers=4)) == ""


async def test_the_controls_are_asked_for_then_taken_and_handed_over() -> None:
    async with desk(role="viewer") as here:
        here.link.seat("viewer", holder="pts/3")
        await here.press("C")
        assert here.link.wishes == ["ask"]
        assert "C again takes them" in here.message
        await here.press("C")
        assert "pts/3 has the controls" in here.text
        await here.press("enter")
        assert here.link.wishes == ["ask"], "enter is not yes"
        await here.press("C", "y")
        assert here.link.wishes == ["ask", "take"]
        here.link.seat("controller", holder="this", asker="pts/9")
        here.app.tick()
        await here.settle()
        assert "this console has the controls now" in here.message
        await here.press("C")
        assert here.link.wishes[-1] == "give"


async def test_an_attached_console_shows_the_past_and_the_health() -> None:
    async with desk(attached=True) as here:
        here.link.backlog = Backlog((row(-1),), CURVE)
        here.link.report = REPORT
        here.app._look.company.arrive()
        await here.settle()
        assert here.app.state.events[0].text == "event -1"
        await here.press("H")
        assert "99 % below 61ms" in here.text
        assert "1,020.00" in here.text
        await here.press("escape")
        assert "99 % below" not in here.text
