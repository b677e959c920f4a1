"""What listeners hear of a running backtest, and how they stop it."""

from __future__ import annotations

import numpy as np
import pytest

from pbtui.engine import InvalidInput
from pbtui.jobs.child import Stopped
from pbtui.jobs.events import EquitySample, Event, FillsCount, Progress
from pbtui.jobs.watch import watched_run
from tests.engine.test_backtest import BARS, Call, market

LONG = 500_000


def long_call() -> Call:
    return Call(hlcvs=market(LONG), btc_usd=np.full(LONG, 50_000.0))


def test_a_short_run_is_told_whole_at_its_end():
    heard: list[Event] = []
    with watched_run(heard.append, run="bull/binance") as progress:
        found = Call().run(progress=progress)
    assert found.fills is not None
    assert found.equity is not None
    samples = [event for event in heard if isinstance(event, EquitySample)]
    assert 40 < len(samples) <= 200
    assert (samples[-1].run, samples[-1].equity) == ("bull/binance", found.equity.usd[-1])
    assert [event.n for event in heard if isinstance(event, FillsCount)][-1] == len(found.fills)
    last = [event for event in heard if isinstance(event, Progress)][-1]
    assert (last.done, last.total, last.share, last.left_s) == (BARS - 1, BARS - 1, 1.0, 0.0)


def test_a_listener_that_raises_stops_the_run():
    heard: list[Event] = []

    def listen(event: Event) -> None:
        heard.append(event)
        raise Stopped

    with pytest.raises(Stopped), watched_run(listen) as progress:
        long_call().run(progress=progress, look_ahead=False)
    assert len(heard) == 1
    assert progress.poll().bar < LONG - 1


def test_an_error_of_the_run_comes_through():
    with pytest.raises(InvalidInput, match="btc_usd"), watched_run(lambda _: None) as progress:
        Call(btc_usd=np.full(3, 1.0)).run(progress=progress)


def test_progress_never_goes_back():
    heard: list[Event] = []
    with watched_run(heard.append) as progress:
        long_call().run(progress=progress, look_ahead=False)
    done = [event.done for event in heard if isinstance(event, Progress)]
    times = [event.ts_ms for event in heard if isinstance(event, EquitySample)]
    assert len(done) > 1
    assert done == sorted(set(done))
    assert times == sorted(set(times))
