"""Objectives and limits: names, directions, penalties, metrics that are not finite."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from search_home import SearchHome

from pbtui.config import load
from pbtui.core.errors import ConfigError
from pbtui.optimize.limits import limits_of
from pbtui.optimize.metrics import METRICS, resolve, weight
from pbtui.optimize.scoring import WORST, Scoring, stats_of


@pytest.fixture
def home(tmp_path: Path) -> SearchHome:
    return SearchHome(tmp_path)


@pytest.mark.parametrize(
    ("name", "metric", "direction"),
    [
        ("adg_usd", "adg_usd", -1),
        ("adg_pnl", "adg_pnl", -1),
        ("mdg_w_per_exposure_long_btc", "mdg_w_per_exposure_long_btc", -1),
        ("drawdown_worst_btc", "drawdown_worst_btc", 1),
        ("drawdown_worst", "drawdown_worst_usd", 1),
        ("position_held_hours_max", "position_held_hours_max", 1),
        ("hours_held_max_position", None, 1),
        ("position_max_hours_held", "position_held_hours_max", 1),
        ("peak_recovery_hours_pnl", "peak_recovery_hours_pnl", 1),
        ("sharpe_w_ratio", "sharpe_ratio_w_usd", -1),
        ("total_wallet_exposure_mean", "total_wallet_exposure_mean", 1),
        ("entry_initial_balance_pct_long", "entry_initial_balance_pct_long", -1),
    ],
)
def test_names_lead_to_metric_and_direction(name, metric, direction):
    assert weight(name) == direction
    if metric is None:
        with pytest.raises(ConfigError, match=r"optimize\.scoring: .* is no metric"):
            resolve(name, "optimize.scoring")
    else:
        assert resolve(name, "optimize.scoring") == metric
        assert metric in METRICS


@pytest.mark.parametrize(
    ("given", "value", "cost"),
    [
        ({"metric": "drawdown_worst", "penalize_if": ">", "value": 0.3}, 0.5, 0.2e6),
        ({"metric": "drawdown_worst", "penalize_if": "above", "value": "0.3"}, 0.3, 0.0),
        ({"name": "usd_gain", "penalize_if": "LT", "threshold": 2}, 1.5, 0.5e6),
        ({"metric": "gain", "penalize_if": "auto", "bound": 2}, 1.5, 0.5e6),
        ({"metric": "adg", "penalize_if": "outside", "range": [2, 1]}, 0.75, 0.25e6),
        ({"metric": "adg", "penalize_if": "out_of_range", "values": {"low": 1, "end": 2}}, 2.5, 0.5e6),
        ({"metric": "adg", "penalize_if": "inside", "value": [1, 2]}, 1.25, 0.25e6),
        ({"metric": "adg", "penalize_if": "inside", "value": [1, 2]}, 2.0, 0.0),
    ],
)
def test_a_broken_limit_costs_its_distance(given, value, cost):
    (limit,) = limits_of([given])
    assert limit.penalty(value) == pytest.approx(cost)
    assert limits_of([{**given, "stat": "std"}])[0].stat == "std"


def test_old_forms_of_limits_read_as_the_list():
    wanted = limits_of(
        [
            {"metric": "drawdown_worst_usd", "penalize_if": "greater_than", "value": 0.3},
            {"metric": "gain_usd", "penalize_if": "less_than", "value": 2},
            {"metric": "sharpe_ratio_usd", "penalize_if": "auto", "value": 0.1},
        ]
    )
    old = {"penalize_if_greater_than_drawdown_worst": 0.3, "upper_bound_gain": 2, "sharpe_ratio": 0.1}
    assert limits_of(old) == wanted
    text = "--lower_bound_drawdown_worst: 0.3 --penalize_if_lower_than_gain 2 --sharpe_ratio 0.1"
    assert limits_of(text) == wanted
    assert [(limit.mode, limit.stat) for limit in wanted] == [
        ("greater_than", "max"),
        ("less_than", "min"),
        ("less_than", "min"),
    ]
    assert limits_of(None) == limits_of("") == limits_of([]) == ()
    assert limits_of({"peak_recovery_hours_pnl": 4}) == ()


@pytest.mark.parametrize(
    "given",
    [
        [{"metric": "gain", "value": 1}],
        [{"metric": "gain", "penalize_if": ">", "value": 1, "stat": "median"}],
        [{"metric": "gain", "penalize_if": ">"}],
        [{"metric": "no_such_thing", "penalize_if": ">", "value": 1}],
        {"no_such_thing": 1},
        "--gain",
        ["gain"],
        7,
    ],
)
def test_limits_that_make_no_sense_are_refused(given):
    with pytest.raises(ConfigError):
        limits_of(given)


def test_unknown_objectives_are_refused(home):
    with pytest.raises(ConfigError, match="profitability is no metric"):
        Scoring.of(home.config(scoring=["adg", "profitability"]))


def test_the_shipped_template_is_understood():
    scoring = Scoring.of(load(None, command="optimize", base_dir=Path(), now_ms=1_750_000_000_000))
    assert scoring.common
    assert len(scoring.objectives) >= 2


def test_who_pays_for_a_limit(home):
    limits = [
        {"metric": "gain", "penalize_if": "<", "value": 2},
        {"metric": "drawdown_worst", "penalize_if": ">", "value": 0.25},
    ]
    scoring = Scoring.of(home.config(scoring=["adg", "drawdown_worst", "adg_usd"], limits=limits))
    assert [objective.metric for objective in scoring.objectives] == ["adg_usd", "drawdown_worst_usd"]
    good = {"adg_usd": 0.01, "drawdown_worst_usd": 0.2, "gain_usd": 3.0}
    assert scoring.score(stats_of([good])).objectives == (-0.01, 0.2)
    assert scoring.score(stats_of([good])).violation == 0.0
    own = scoring.score(stats_of([{**good, "drawdown_worst_usd": 0.5}]))
    assert (own.objectives, own.violation) == ((-0.01, 0.25e6), 0.25e6)
    both = scoring.score(stats_of([{**good, "drawdown_worst_usd": 0.5, "gain_usd": 1.5}]))
    assert (both.objectives, both.violation) == ((0.5e6, 0.75e6), 0.75e6)


def test_statistics_over_datasets_decide_limits(home):
    limits = [{"metric": "gain", "penalize_if": "<", "value": 2}, {"metric": "gain", "penalize_if": "<", "value": 2.5}]
    limits[1]["stat"] = "mean"
    scoring = Scoring.of(home.config(scoring=["adg"], limits=limits))
    stats = stats_of([{"adg_usd": 0.01, "gain_usd": 1.0}, {"adg_usd": 0.03, "gain_usd": 3.0}])
    assert stats["gain_usd"] == {"mean": 2.0, "min": 1.0, "max": 3.0, "std": 1.0}
    assert scoring.score(stats).violation == 1.0e6 + 0.5e6
    assert scoring.score(stats).objectives == (1.5e6,)


@pytest.mark.parametrize("broken", [None, math.inf, -math.inf, math.nan])
def test_a_metric_that_is_not_finite_is_the_worst(home, broken):
    limits = [{"metric": "gain", "penalize_if": "<", "value": 0}]
    scoring = Scoring.of(home.config(scoring=["adg", "drawdown_worst"], limits=limits))
    stats = stats_of([{"adg_usd": broken, "drawdown_worst_usd": 0.1, "gain_usd": 1.0}])
    assert scoring.score(stats).objectives == (WORST, 0.1)
    assert scoring.score(stats_of([{"drawdown_worst_usd": 0.1, "gain_usd": 1.0}])).objectives == (WORST, 0.1)
    assert scoring.score(stats_of([{"adg_usd": 1.0, "drawdown_worst_usd": 0.1, "gain_usd": broken}])).violation == WORST
