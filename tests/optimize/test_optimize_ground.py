"""What a search says, and refuses, where averages take days from what it was asked to search."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from search_home import SearchHome

from pbtui.backtest.sourcing import Sourcing
from pbtui.core.clock import RealClock
from pbtui.jobs.events import Event, Note
from pbtui.market.prepare import NoData
from pbtui.optimize.genes import GeneSpace
from pbtui.optimize.ground import Ground, ground_of
from pbtui.optimize.scoring import Scoring


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> SearchHome:
    made = SearchHome(tmp_path_factory.mktemp("ground"))
    made.keep()
    return made


def ground(
    home: SearchHome, longest_minutes: float, *, scenarios: tuple[dict[str, Any], ...] = ()
) -> tuple[Ground, list[str]]:
    home.config(bounds={"long_ema_span_1": [100, 100_000]})
    path: Path = home.base / "search.json"
    document = json.loads(path.read_text())
    document["live"] |= {"max_warmup_minutes": longest_minutes}
    document["backtest"] |= {"scenarios": list(scenarios), "suite_enabled": bool(scenarios)}
    path.write_text(json.dumps(document))
    config = home.load(path)
    told: list[Event] = []
    sourcing = Sourcing(base_dir=home.base, clock=RealClock(), say=lambda _: None, offline=True)
    made = asyncio.run(ground_of(GeneSpace.of(config), Scoring.of(config), sourcing, told.append))
    return made, [event.text for event in told if isinstance(event, Note) and "averages need" in event.text]


def test_a_search_whose_averages_are_warm_in_time_says_nothing(home: SearchHome) -> None:
    made, told = ground(home, 600)
    assert told == []
    made.require_trade()


def test_days_taken_by_averages_are_told(home: SearchHome) -> None:
    made, (line,) = ground(home, 2.5 * 1_440)
    assert line.startswith("trading begins only at 2025-05-")
    assert "averages need 2.5 days of candles before it" in line
    made.require_trade()


def test_a_search_in_which_nothing_could_trade_is_refused(home: SearchHome) -> None:
    made, (line,) = ground(home, 20 * 1_440)
    assert line.startswith("no minute is traded: averages need the candles up to ")
    with pytest.raises(NoData, match="no minute is traded"):
        made.require_trade()


def test_of_a_suite_one_scenario_that_trades_is_enough(home: SearchHome) -> None:
    early = {"label": "early", "start_date": "2025-05-11", "end_date": "2025-05-12"}
    made, told = ground(home, 2.5 * 1_440, scenarios=(early, {"label": "all"}))
    assert len(told) == 2
    assert [reach.nothing for reach in made.reaches] == [True, False]
    made.require_trade()
