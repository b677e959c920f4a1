"""Telling of a running backtest: a thread asks the engine a few times a second and passes the answers on as events."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager

from pbtui.core.clock import Clock, RealClock
from pbtui.engine.progress import RunProgress, RunState
from pbtui.jobs.events import EquitySample, FillsCount, OnEvent, Progress

_EVERY_S = 0.25
_SAMPLES_A_LOOK = 200  # a look passes on so many at most, evenly thinned


@contextmanager
def watched_run(on_event: OnEvent, *, run: str = "", clock: Clock | None = None) -> Generator[RunProgress]:
    """Yield what to hand to `run_backtest`; while it runs, `on_event` hears of bars, fills and equity.

    `on_event` is called from another thread, and for the last time before this returns. Whatever it raises breaks the
    run off and is raised here instead of the engine's RunCancelled.
    """
    watcher = _Watcher(RunProgress(), on_event, run, clock or RealClock())
    watcher.start()
    try:
        yield watcher.progress
    except BaseException:
        watcher.end()
        if watcher.trouble is not None:
            raise watcher.trouble from None
        raise
    watcher.end()
    watcher.look()
    if watcher.trouble is not None:
        raise watcher.trouble


class _Watcher:
    def __init__(self, progress: RunProgress, on_event: OnEvent, run: str, clock: Clock) -> None:
        self.progress = progress
        self.trouble: BaseException | None = None
        self._on_event = on_event
        self._run = run
        self._clock = clock
        self._began = clock.monotonic()
        self._fills = -1
        self._bar = -1
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._work, name="watch", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        self._over.set()
        self._thread.join()

    def look(self) -> None:
        """Tell what is new; keeps what the listener raises and stops the run."""
        if self.trouble is not None:
            return
        try:
            self._tell(self.progress.poll())
        except BaseException as error:  # noqa: BLE001 whatever it is, it must end the run, and is raised there
            self.trouble = error
            self.progress.cancel()

    def _work(self) -> None:
        while not self._over.wait(_EVERY_S):
            self.look()

    def _tell(self, state: RunState) -> None:
        step = -(-len(state.samples) // _SAMPLES_A_LOOK) or 1
        # Counted from the end, so that the newest is always among them.
        for sample in state.samples[(len(state.samples) - 1) % step :: step]:
            self._on_event(EquitySample(sample.ts_ms, sample.balance, sample.equity, self._run))
        if state.fills != self._fills:
            self._fills = state.fills
            self._on_event(FillsCount(state.fills))
        if state.bar != self._bar:
            self._bar = state.bar
            self._on_event(self._progress(state))

    def _progress(self, state: RunState) -> Progress:
        elapsed = self._clock.monotonic() - self._began
        rate = state.bar / elapsed if elapsed > 0 else 0.0
        left = (state.bars - state.bar) / rate if rate > 0 else None
        return Progress(state.bar, state.bars, rate, left)
