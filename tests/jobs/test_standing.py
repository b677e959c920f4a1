"""What events add up to: of a backtest and of an optimisation, one after the other."""

from __future__ import annotations

from pbtui.jobs.events import FillsCount, FrontPoints, Progress, SearchState, Stage
from pbtui.jobs.standing import Standing


def test_an_optimisation_is_told_by_its_state():
    standing = Standing()
    standing.take(Stage("candles", 2, 4))
    assert (standing.title(), standing.share) == ("candles 2/4", 0.5)
    standing.take(Stage("searching"))
    assert standing.share is None
    standing.take(SearchState(1_250, 5_000, 12, 50, rate=2.345, left_s=1_600.0, front=7, feasible=0.5))
    standing.take(FrontPoints((), (), ()))
    assert standing.share == 0.25
    assert standing.figures() == ["1,250/5,000", "2.35/s", "26:40 left", "7 on the front", "50% feasible"]
    standing.take(SearchState(5_000, 5_000, 50, 50, rate=2.0, left_s=0.0, paused=True))
    assert standing.figures() == ["5,000/5,000", "paused", "0 on the front", "0% feasible"]
    standing.take(Stage("simulating"))
    standing.take(Progress(5.0, 10.0, 1_000.0, 5.0))
    standing.take(FillsCount(3))
    assert standing.share == 0.5
    assert standing.figures() == ["1.0k bars/s", "0:05 left", "3 fills"]
