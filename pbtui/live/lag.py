"""How late the event loop wakes, and what held it: a beat on the loop, and a thread that looks when one is missing."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections import deque
from dataclasses import replace
from types import FrameType

from pbtui.core.clock import Clock
from pbtui.core.history import Stall
from pbtui.core.snapshot import LoopHealth

BEAT_S = 0.1
LATE_S = 0.1  # a beat that is later than this is a stall
_BEATS = 3_000  # five minutes
_SLOT_S = 10.0
_SLOTS = 60
_STALLS = 50
_FRESH_S = 1.0  # percentiles are not worked out more often
_FRAMES = 3
_ROOT = f"{os.sep}pbtui{os.sep}"
# How the program was started is under every stack.
_BASE = frozenset({"cli/run.py", "cli/launcher.py", "cli/narrate.py", "cli/main.py", "__main__.py"})
NOBODY = "nothing of ours was running: the machine was busy, or the process was stopped"


class LagMeter:
    """Beats on the running loop from `start` until `close`; bounded memory, some ten wake-ups a second."""

    def __init__(self, clock: Clock, *, loading_s: float = 3.0) -> None:
        """Leave out the first `loading_s` seconds: while a program loads itself, lateness says nothing of its loop."""
        self._clock = clock
        self._loading_s = loading_s
        self._late_s: deque[float] = deque(maxlen=_BEATS)
        self._slots: deque[float] = deque(maxlen=_SLOTS)
        self._slot_end = 0.0
        self._stalls: deque[Stall] = deque(maxlen=_STALLS)
        self._figures: tuple[float, float, float] | None = None
        self._figures_at = float("-inf")
        self._timer: asyncio.TimerHandle | None = None
        self._due = 0.0
        self._counts_from = 0.0
        self._watchdog: Watchdog | None = None

    def start(self) -> None:
        """Begin to beat on the running loop and to watch the thread it runs in."""
        self._watchdog = Watchdog(self._clock, threading.get_ident())
        now = self._clock.monotonic()
        self._slot_end, self._counts_from = now + _SLOT_S, now + self._loading_s
        self._schedule()

    def close(self) -> None:
        """Stop beating and watching."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._watchdog is not None:
            self._watchdog.close()

    def beat(self, now: float, where: str) -> None:
        """Take the beat that was expected; `where` is what was seen to hold the loop, "" if nothing."""
        late = max(0.0, now - self._due)
        self._late_s.append(late)
        if now >= self._slot_end or not self._slots:
            self._slots.append(0.0)
            self._slot_end = now + _SLOT_S
        self._slots[-1] = max(self._slots[-1], late)
        if late > LATE_S:
            ts_ms = self._clock.now_ms() - round(late * 1000)
            self._stalls.append(Stall(ts_ms, late * 1000, where or "not seen: it was over too soon"))

    def forget(self) -> None:
        """Begin anew: what was so far does not count."""
        self._late_s.clear()
        self._slots.clear()
        self._stalls.clear()
        self._figures = None

    def fill(self, health: LoopHealth) -> LoopHealth:
        """Return the health with what is known of the loop's lag."""
        now = self._clock.monotonic()
        if now - self._figures_at >= _FRESH_S and self._late_s:
            ordered = sorted(self._late_s)
            last = len(ordered) - 1
            self._figures = (ordered[last // 2] * 1000, ordered[round(last * 0.99)] * 1000, ordered[last] * 1000)
            self._figures_at = now
        if self._figures is None:
            return health
        p50, p99, worst = self._figures
        return replace(health, loop_lag_p50_ms=p50, loop_lag_ms=p99, loop_lag_max_ms=worst)

    @property
    def worst_ms(self) -> tuple[float, ...]:
        """The worst lag of each ten seconds, oldest first."""
        return tuple(late * 1000 for late in self._slots)

    @property
    def stalls(self) -> tuple[Stall, ...]:
        """The last times the loop stood still, oldest first."""
        return tuple(self._stalls)

    def expect_next(self) -> None:
        """Note when the next beat is due."""
        self._due = self._clock.monotonic() + BEAT_S
        if self._watchdog is not None:
            self._watchdog.expect(self._due)

    def _schedule(self) -> None:
        self.expect_next()
        self._timer = asyncio.get_running_loop().call_later(BEAT_S, self._on_beat)

    def _on_beat(self) -> None:
        where = self._watchdog.seen() if self._watchdog is not None else ""
        now = self._clock.monotonic()
        if now >= self._counts_from:
            self.beat(now, where)
        self._schedule()


class Watchdog:
    """A thread that looks at another thread's stack when a beat is late."""

    def __init__(self, clock: Clock, thread_id: int) -> None:
        self._clock = clock
        self._thread_id = thread_id
        self._due = clock.monotonic() + BEAT_S
        self._seen_of = 0.0
        self._seen = ""
        self._over = threading.Event()
        threading.Thread(target=self._work, name="watchdog", daemon=True).start()

    def expect(self, due: float) -> None:
        """Tell when the next beat is due."""
        self._due = due

    def seen(self) -> str:
        """Return what held the loop before the present beat, "" if it was in time."""
        return self._seen if self._seen_of == self._due else ""

    def close(self) -> None:
        """End the thread soon."""
        self._over.set()

    def _work(self) -> None:
        while True:
            due = self._due
            left = due + LATE_S - self._clock.monotonic()
            if left <= 0 and due == self._due:
                self._look(due)
            if self._over.wait(max(left, LATE_S / 2)):
                return

    def _look(self, due: float) -> None:
        if self._seen_of == due and self._seen != NOBODY:
            return
        # The only way to the stack of another thread.
        frame = sys._current_frames().get(self._thread_id)  # pyright: ignore[reportPrivateUsage]
        self._seen, self._seen_of = folded(frame), due


def folded(frame: FrameType | None) -> str:
    """Return a stack as its innermost frames of this program: `live/turn.py:88 _decide < live/bot.py:120 _one_turn`."""
    ours: list[str] = []
    foreign = ""
    while frame is not None and len(ours) < _FRAMES:
        name = frame.f_code.co_filename
        place = name.rpartition(_ROOT)[2] if _ROOT in name else ""
        if place and place not in _BASE:
            ours.append(f"{place}:{frame.f_lineno} {frame.f_code.co_name}")
        elif not ours and not foreign and not place:
            foreign = f"{os.path.basename(name)} {frame.f_code.co_name}"
        frame = frame.f_back
    if not ours:
        return NOBODY
    return f"{f'{foreign} in ' if foreign else ''}{' < '.join(ours)}"
