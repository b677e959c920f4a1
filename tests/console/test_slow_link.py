"""A terminal that does not keep up is measured, told of, and drawn to less often; it never holds the program."""

from __future__ import annotations

import asyncio
import os
import select
import time

import pytest

from pbtui.console.app import ConsoleApp
from pbtui.console.screens.live import LiveScreen
from pbtui.console.tty.driver import MOST_BEHIND, MOST_WAITING, FrameWriter
from pbtui.console.tty.pressure import CALM_S, LATE_S, Pressure
from pbtui.core.clock import VirtualClock

from .sample import NOW_MS, snapshot
from .support import desk


def test_a_frame_that_waits_too_long_is_slow_until_calm_has_returned() -> None:
    pressure = Pressure()
    assert not pressure.slow(0.0)
    for second in range(5):
        pressure.queued(float(second))
        pressure.written(second + LATE_S / 2)
    assert not pressure.slow(5.0)
    pressure.queued(5.0)
    assert not pressure.slow(5.0 + LATE_S / 2)
    assert pressure.slow(5.01 + LATE_S)  # not written yet, and late already
    pressure.written(8.0)
    assert pressure.slow(8.0 + CALM_S - 0.1)
    assert not pressure.slow(8.0 + CALM_S)
    pressure.written(30.0)  # more written than queued: nothing to learn
    assert not pressure.slow(30.0)


def test_a_terminal_that_stops_reading_is_noticed_and_holds_nobody() -> None:
    clock = VirtualClock(NOW_MS)
    reader, writer = os.pipe()
    calls: list[int] = []
    with open(writer, "w", encoding="utf-8") as file:
        frames = FrameWriter(file, lambda: calls.append(1), clock)
        frames.start()
        began = time.monotonic()
        for _ in range(40):
            frames.write("x" * 20_000)
        assert time.monotonic() - began < 30.0  # never waits for the pipe
        assert MOST_BEHIND < frames.backlog <= MOST_WAITING
        assert not frames.slow
        asyncio.run(clock.advance(1.0))
        assert frames.slow
        while frames.backlog:
            # What was written last may be counted a moment after it was read: there is nothing to read then.
            if select.select([reader], [], [], 0.05)[0]:
                os.read(reader, 1 << 20)
        frames.stop()
        assert calls == [1]  # some were dropped: paint anew
    os.close(reader)


async def test_a_slow_link_is_drawn_to_once_a_second_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk() as d:
        monkeypatch.setattr(ConsoleApp, "slow_link", True)
        drawn: list[float] = []
        original = LiveScreen.refresh_body

        def spy(self: LiveScreen) -> None:
            drawn.append(time.monotonic())
            original(self)

        monkeypatch.setattr(LiveScreen, "refresh_body", spy)
        began = time.monotonic()
        seq = 2
        while seq <= 10 or time.monotonic() - began < 1.5:
            d.link.give(snapshot(seq))
            seq += 1
            await d.pilot.pause()
        assert len(drawn) <= time.monotonic() - began + 3
        d.app.refresh_views()
        await d.settle()
        assert " SLOW LINK " in d.text
        monkeypatch.setattr(ConsoleApp, "choked_link", True)
        drawn.clear()
        d.app.tick()
        await d.give(snapshot(seq))
        assert len(drawn) == 1  # the one `give` asks for


async def test_the_last_snapshot_is_drawn_once_there_is_room(monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk() as d:
        monkeypatch.setattr(ConsoleApp, "choked_link", True)
        d.link.give(snapshot(2, money=snapshot().money.__class__(2_222.0, 2_222.0)))
        await d.settle()
        monkeypatch.setattr(ConsoleApp, "choked_link", False)
        d.app.tick()
        await d.settle()
        assert "2,222.00" in d.text
