"""Candidates over the scenarios of a suite: equal to the suite backtest of the stored member."""

from __future__ import annotations

import asyncio
import json

import pytest
from campaign_desk import Desk, front_of, optimize_config, sourcing_of
from search_home import NOW, SearchHome

from pbtui.backtest.result import Pictures
from pbtui.backtest.suite import run_suite
from pbtui.config import load
from pbtui.optimize.all_results import Reader
from pbtui.optimize.genes import SLOTS

SCENARIOS = [
    {"label": "both"},
    {"label": "one", "coins": ["SOL"], "start_date": "2025-05-12"},
    {"label": "many", "overrides": {"bot.long.n_positions": 1, "bot.long.ema_span_1": 300.5}},
    {"label": "again", "coins": ["SOL"], "start_date": "2025-05-12"},
]


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> SearchHome:
    made = SearchHome(tmp_path_factory.mktemp("suite"))
    made.keep()
    return made


@pytest.fixture(scope="module")
def desk(home) -> Desk:
    optimize_config(home, scoring=["gain", "drawdown_worst"], population_size=4, iters=8)
    path = home.base / "search.json"
    document = json.loads(path.read_text())
    document["backtest"] |= {
        "scenarios": SCENARIOS,
        "suite_enabled": True,
        "aggregate": {"default": "mean", "drawdown_worst": "max", "gain": "median"},
    }
    document["optimize"]["limits"] = [{"metric": "gain", "penalize_if": "<", "value": 2}]
    path.write_text(json.dumps(document))
    return Desk(home, load(path, command="optimize", base_dir=home.base, now_ms=NOW))


def test_a_member_has_the_numbers_of_its_suite(home, desk):
    folder = desk.begin()
    assert "_3days_suite_2_coins_" in folder.name
    desk.run(folder, threads=2)
    name, member = next(iter(front_of(folder).items()))
    told = member["suite_metrics"]
    assert told["scenario_labels"] == ["both", "one", "many", "again"]
    assert "stats" not in member["metrics"]
    config = load(folder / "pareto" / name, command="backtest", base_dir=home.base)
    assert config.warnings == ()
    pictures = Pictures(account=False, fills=False)
    done = asyncio.run(run_suite(config, sourcing_of(home), lambda _: None, pictures=pictures))
    ran = done.summary["suite_metrics"]["metrics"]
    compared = 0
    for metric, mine in told["metrics"].items():
        if mine["aggregated"] is not None:
            # Plain equality: every bit.
            assert mine == ran[metric], metric
            compared += 1
    assert compared > 60
    gain = told["metrics"]["gain_usd"]
    assert gain["scenarios"]["one"] == gain["scenarios"]["again"] != gain["scenarios"]["both"]
    # The limit looks at the worst scenario.
    violation = (2.0 - gain["stats"]["min"]) * 1e6
    assert member["metrics"]["constraint_violation"] == violation
    assert (
        member["metrics"]["objectives"] == {"w_0": violation, "w_1": violation}
        or member["metrics"]["objectives"]["w_1"] == told["metrics"]["drawdown_worst_usd"]["aggregated"]
    )
    records = list(Reader(folder / "all_results.bin"))
    assert all(set(record["suite_metrics"]["metrics"]) == set(told["metrics"]) for record in records)


def test_overrides_beat_genes_and_a_scenario_is_told_once(desk):
    genes = desk.space.encode(desk.config)
    evaluate = desk.ground.evaluate
    found = evaluate(genes)
    other = list(genes)
    other[SLOTS.index(("long", "n_positions"))] = 1.0
    moved = evaluate(tuple(other))
    assert found.suite is not None
    assert moved.suite is not None
    before, after = (told.suite["metrics"]["gain_usd"]["scenarios"] for told in (found, moved))
    assert before["many"] == after["many"]
    assert before["both"] != after["both"]
