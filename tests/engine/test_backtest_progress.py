"""Watching a backtest while it runs, and breaking it off from another thread."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from pbtui.core.errors import ExitCode
from pbtui.engine.progress import RunCancelled, RunProgress
from tests.engine.test_backtest import BARS, Call, market


def test_nothing_is_told_before_the_run_begins():
    state = RunProgress().poll()
    assert (state.bar, state.bars, state.fills, state.samples) == (0, 0, 0, ())


def test_a_finished_run_has_told_all():
    progress = RunProgress()
    found = Call().run(progress=progress)
    assert found.equity is not None
    assert found.fills is not None
    state = progress.poll()
    assert (state.bar, state.bars, state.fills) == (BARS - 1, BARS - 1, len(found.fills))
    assert state.samples[-1].equity == found.equity.usd[-1]
    assert state.samples[-1].ts_ms == found.equity.timestamp_ms[-1]
    assert progress.poll().samples == ()


def test_watching_changes_nothing():
    watched, alone = Call().run(progress=RunProgress()), Call().run()
    assert watched.fills is not None
    assert alone.fills is not None
    np.testing.assert_array_equal(watched.fills.fill_price, alone.fills.fill_price)
    assert watched.analysis_usd == alone.analysis_usd


def test_a_run_is_watched_and_stopped_while_it_goes_on():
    bars = 2_000_000
    call = Call(hlcvs=market(bars), btc_usd=np.full(bars, 50_000.0))
    progress, ended = RunProgress(), threading.Event()
    caught: list[BaseException] = []

    def work() -> None:
        try:
            call.run(progress=progress, look_ahead=False)
        except RunCancelled as error:
            caught.append(error)
        finally:
            ended.set()

    worker = threading.Thread(target=work)
    worker.start()
    seen = progress.poll()
    while not seen.samples and not ended.is_set():
        seen = progress.poll()
    progress.cancel()
    worker.join()
    assert 0 < seen.bar < bars
    assert progress.poll().bar < bars - 1
    assert isinstance(caught[0], RunCancelled)
    assert caught[0].exit_code == ExitCode.INTERRUPTED


def test_a_run_cancelled_before_it_begins_does_not_run():
    progress = RunProgress()
    progress.cancel()
    with pytest.raises(RunCancelled, match="stopped"):
        Call().run(progress=progress)
    assert progress.poll().bar < 200
