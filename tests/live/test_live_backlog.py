from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbtui.core.clock import MINUTE_MS
from pbtui.core.history import Equity
from pbtui.core.snapshot import AccountHead, EventRow, LoopHealth, Money, Snapshot
from pbtui.live.equity import MOST_POINTS, EquityTrail
from pbtui.live.journal import Journal

HEAD = AccountHead("paper", "binanceusdm", "USDT", "paper", "PAPER", hedge_mode=True, config_name="x")


def picture(market_ms: int, equity: float = 10.0, balance: float = 10.0) -> Snapshot:
    money = Money(balance=balance, equity=equity)
    return Snapshot(1, 1, market_ms, HEAD, money=money, health=LoopHealth(state="running"))


def test_a_minute_is_one_point_with_its_last_value() -> None:
    trail = EquityTrail()
    trail.take(replace(picture(0), health=LoopHealth(state="starting")))
    trail.take(picture(0, balance=0.0))
    assert trail.curve(10) == Equity()
    for equity in (11.0, 12.0):
        trail.take(picture(MINUTE_MS + 100, equity))
    trail.take(picture(3 * MINUTE_MS, 13.0))
    assert trail.curve(10) == Equity((MINUTE_MS, 3 * MINUTE_MS), (10.0, 10.0), (12.0, 13.0))
    assert trail.curve(1).equity == (13.0,)
    trail.take(picture(MINUTE_MS, 1.0))  # the market began anew
    assert trail.curve(10).equity == (1.0,)


@given(st.lists(st.integers(1, 400), min_size=1, max_size=300), st.integers(1, 50))
def test_a_long_run_stays_bounded_ordered_and_ends_with_the_newest(steps: list[int], points: int) -> None:
    trail = EquityTrail(most=40)
    minute = 0
    for number, step in enumerate(steps):
        minute += step
        trail.take(picture(minute * MINUTE_MS, float(number + 1)))
    curve = trail.curve(points)
    assert 1 <= len(curve.ts_ms) <= min(points, 40)
    assert list(curve.ts_ms) == sorted(set(curve.ts_ms))
    assert curve.equity[-1] == float(len(steps))
    assert MOST_POINTS >= 1_000


@pytest.mark.parametrize("asked", [0, 1, 3, 99_999])
def test_the_journal_tells_more_than_a_snapshot_carries_but_not_without_end(asked: int) -> None:
    journal = Journal(lambda: 7)
    heard: list[EventRow] = []
    journal.subscribe(heard.append)
    for number in range(6_000):
        journal.say("x", str(number))
    assert journal.said == len(heard) == 6_000
    assert [row.text for row in journal.tail()] == [str(n) for n in range(5_800, 6_000)]
    assert [row.seq for row in journal.last(asked)] == list(range(6_001 - min(asked, 5_000), 6_001))
