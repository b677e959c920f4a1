"""Fifty stored members of one front: their backtests give every objective and metric to the last bit."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from campaign_desk import Desk, front_of, optimize_config
from search_home import NOW, SearchHome

from pbtui.backtest.run import simulate
from pbtui.config import load
from pbtui.core.clock import RealClock
from pbtui.optimize.scoring import Scoring, stats_of

COUNT = 50


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> SearchHome:
    made = SearchHome(tmp_path_factory.mktemp("fifty"))
    made.keep()
    return made


@pytest.fixture(scope="module")
def front(home: SearchHome) -> Path:
    """A front of exactly so many: four objectives that pull apart, and room for no more."""
    config = optimize_config(
        home,
        scoring=["gain", "drawdown_worst", "position_held_hours_mean", "volume_pct_per_day_avg"],
        population_size=60,
        iters=240,
        pareto_max_size=COUNT,
    )
    desk = Desk(home, config)
    folder = desk.begin(seed=4)
    desk.run(folder, threads=2)
    return folder


def test_fifty_members_are_what_their_backtests_give(home: SearchHome, front: Path) -> None:
    members = front_of(front)
    assert len(members) == COUNT
    clock, seen = RealClock(), set[str]()
    for name, stored in members.items():
        config = load(front / "pareto" / name, command="backtest", base_dir=home.base, now_ms=NOW)
        run = simulate(config, home.data(config), clock=clock, on_event=lambda _: None)
        stats = stats_of([run.analysis])
        # Plain equality: every bit.
        told = stored["metrics"]
        assert list(Scoring.of(config).score(stats).objectives) == list(told["objectives"].values()), name
        for metric, each in told["stats"].items():
            found = stats.get(metric, {})
            assert each == {stat: _finite(found.get(stat)) for stat in each}, (name, metric)
        seen.add(json.dumps(stored["bot"]))
    assert len(seen) == COUNT


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
