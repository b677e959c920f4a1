"""When trading begins, and what is said where averages take days of what was asked for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pbtui.backtest.reach import Reach

DAY_MS = 86_400_000
ASKED_MS = 1_746_835_200_000  # 2025-05-10
WHOLE = Reach(ASKED_MS, ASKED_MS, ASKED_MS + 22 * DAY_MS, 5 * DAY_MS)


def test_a_run_that_trades_all_it_was_asked_for_says_nothing() -> None:
    assert WHOLE.line() is None
    assert replace(WHOLE, start_ms=ASKED_MS + 59 * 60_000).line() is None
    assert not WHOLE.nothing


def test_days_that_averages_take_are_told() -> None:
    late = replace(WHOLE, start_ms=ASKED_MS + 19 * DAY_MS + 20 * 3_600_000)
    told = "trading begins only at 2025-05-29 20:00Z: averages need 5.0 days of candles before it"
    assert late.line() == f"{told} (live.max_warmup_minutes limits it)"
    assert not late.nothing


@pytest.mark.parametrize("start_ms", [WHOLE.end_ms + 1, WHOLE.end_ms + 400 * DAY_MS])
def test_nothing_is_left_once_averages_need_all(start_ms: int) -> None:
    none = replace(WHOLE, start_ms=start_ms)
    assert none.nothing
    assert str(none.line()).startswith("no minute is traded: averages need the candles up to ")
    assert not replace(WHOLE, start_ms=WHOLE.end_ms).nothing
