from __future__ import annotations

import asyncio
import sys
import threading
from pathlib import Path

from pbtui.core.clock import RealClock, VirtualClock
from pbtui.core.history import CallTimes
from pbtui.core.sanitize import sanitize_line
from pbtui.core.snapshot import LoopHealth
from pbtui.exchange.timing import CallTimer
from pbtui.live.lag import BEAT_S, NOBODY, LagMeter, Watchdog, folded


async def test_late_beats_become_percentiles_and_stalls_in_bounded_memory() -> None:
    clock = VirtualClock()
    meter = LagMeter(clock)
    assert meter.fill(LoopHealth()) == LoopHealth()
    meter.start()
    for number in range(4_000):
        await clock.advance(BEAT_S)
        late = 0.3 if number % 200 == 199 else 0.002
        meter.beat(clock.monotonic() + late, "live/turn.py:1 turn" if late > 0.2 else "")
        meter.expect_next()
    meter.close()
    health = meter.fill(LoopHealth(tick=7))
    assert health.tick == 7
    assert health.loop_lag_p50_ms is not None
    assert health.loop_lag_max_ms is not None
    assert round(health.loop_lag_p50_ms) == 2
    assert round(health.loop_lag_max_ms) == 300
    assert len(meter.worst_ms) <= 60
    assert len(meter.stalls) == 20
    assert meter.stalls[-1].where == "live/turn.py:1 turn"


async def test_a_blocked_loop_is_seen_with_what_blocks_it() -> None:
    meter = LagMeter(RealClock(), loading_s=0.0)
    meter.start()
    try:
        for _ in range(100):
            await asyncio.sleep(BEAT_S)
            await asyncio.to_thread(lambda: None)
            # Something of ours that blocks: the reading of a folder, over and over.
            end = asyncio.get_running_loop().time() + 0.3
            while asyncio.get_running_loop().time() < end:
                sanitize_line("é" * 100_000, limit=100_000)
            await asyncio.sleep(BEAT_S)
            if any("core/sanitize.py" in stall.where for stall in meter.stalls):
                break
        found = next(stall for stall in meter.stalls if "core/sanitize.py" in stall.where)
        assert found.late_ms > 100
        assert "sanitize_line" in found.where
        assert str(Path.cwd()) not in found.where
    finally:
        meter.close()


def test_a_stack_is_folded_to_our_innermost_frames() -> None:
    assert folded(None) == NOBODY
    assert folded(sys._getframe()) == NOBODY, "tests are no part of the program"
    clock = VirtualClock()
    dog = Watchdog(clock, threading.get_ident())
    dog.expect(5.0)
    assert dog.seen() == ""
    dog.close()


async def test_remote_calls_are_kept_by_kind_for_five_minutes() -> None:
    clock = VirtualClock()
    timer = CallTimer(clock)
    assert (timer.middle_ms(), timer.times(), timer.last_minute()) == (None, (), 0)
    for took_ms in (10.0, 30.0, 20.0):
        timer.note("fetch_time", took_ms, ok=True)
    timer.note("candles BTC/USDT:USDT", 500.0, ok=False)
    assert timer.times() == (CallTimes("candles", 1, 500.0, 500.0, 1), CallTimes("fetch_time", 3, 20.0, 30.0, 0))
    assert timer.middle_ms() == (25.0, 500.0)
    await clock.advance(61)
    assert (timer.last_minute(), timer.middle_ms()) == (0, (25.0, 500.0))
    await clock.advance(240)
    assert timer.times() == ()
    for number in range(2_000):
        timer.note(f"x{number} y", 1.0, ok=True)
    assert len(timer.times()) == 400
