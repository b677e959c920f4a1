"""Dates, limits, bounds and metric names in all their forms."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pbtui.config.bounds import BoundError, Range, read_bound
from pbtui.config.dates import parse_date, resolve_end_date
from pbtui.config.limits import LimitError, canonical_limits
from pbtui.config.metric_names import canonical_metric, canonical_scoring
from pbtui.config.schema import built_in_config

from .support import NOW_MS, current, loaded


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024", 1_704_067_200_000),
        (2024, 1_704_067_200_000),
        ("2024-03", 1_709_251_200_000),
        ("2024-03-05", 1_709_596_800_000),
        ("2024/3/5", 1_709_596_800_000),
        ("2024-03-05T06:30", 1_709_620_200_000),
        ("2024-03-05 06", 1_709_618_400_000),
        ("2024-03-05T06:30:15+02:00", 1_709_613_015_000),
    ],
)
def test_dates(text: object, moment: int) -> None:
    assert parse_date(text) == moment


@pytest.mark.parametrize(
    ("value", "day"),
    [
        ("now", "2025-06-13"),
        ("", "2025-06-13"),
        (None, "2025-06-13"),
        ("today", "2025-06-13"),
        ("2024-05-06T23:00", "2024-05-06"),
    ],
)
def test_end_dates(tmp_path: Path, value: object, day: str) -> None:
    assert resolve_end_date(value, NOW_MS) == day
    assert loaded(tmp_path, current(backtest={"end_date": value}), command="backtest").backtest.end_date == day


def test_live_leaves_the_end_date_open(tmp_path: Path) -> None:
    assert loaded(tmp_path, current(backtest={"end_date": ""}), command="live").backtest.end_date == "now"


def test_the_minimum_cost_filter_is_inherited(tmp_path: Path) -> None:
    data = current(live={"filter_by_min_effective_cost": False})
    assert loaded(tmp_path, data, command="backtest").backtest.filter_by_min_effective_cost is False
    data = current(backtest={"filter_by_min_effective_cost": True}, live={"filter_by_min_effective_cost": False})
    assert loaded(tmp_path, data, command="backtest").backtest.filter_by_min_effective_cost is True


@pytest.mark.parametrize(
    ("value", "limits"),
    [
        (None, []),
        ("", []),
        (
            built_in_config()["optimize"]["limits"],
            [
                {"metric": "drawdown_worst_usd", "penalize_if": "auto", "value": 0.333},
                {"metric": "loss_profit_ratio", "penalize_if": "auto", "value": 0.9},
                {"metric": "position_unchanged_hours_max", "penalize_if": "auto", "value": 300},
            ],
        ),
        (
            {"lower_bound_drawdown_worst": "0.4"},
            [{"metric": "drawdown_worst_usd", "penalize_if": "greater_than", "value": 0.4}],
        ),
        ({"upper_bound_gain": 2.0}, [{"metric": "gain_usd", "penalize_if": "less_than", "value": 2}]),
        ('{"penalize_if_lower_than_btc_adg": 1}', [{"metric": "adg_btc", "penalize_if": "less_than", "value": 1}]),
        (
            [{"name": "adg", "penalize_if": "Outside", "bounds": {"start": 3, "end": 1}, "field": "STD", "x": 1}],
            [{"metric": "adg_usd", "penalize_if": "outside_range", "stat": "std", "range": [1, 3]}],
        ),
        (
            [{"metric": "adg", "penalize_if": "inside", "value": [2, 1]}],
            [{"metric": "adg_usd", "penalize_if": "inside_range", "range": [1, 2]}],
        ),
    ],
)
def test_limits(value: Any, limits: list[dict[str, Any]]) -> None:
    assert canonical_limits(value) == limits
    assert canonical_limits(canonical_limits(value)) == limits


@pytest.mark.parametrize(
    "value",
    [
        3,
        "--adg",
        "--adg x",
        [3],
        [{"penalize_if": ">", "value": 1}],
        [{"metric": "a", "penalize_if": ">"}],
        "[{",
        [{"metric": "a", "penalize_if": "outside", "range": [1]}],
        [{"metric": "a", "penalize_if": ">", "value": 1, "stat": "p90"}],
    ],
)
def test_bad_limits(value: Any) -> None:
    with pytest.raises(LimitError):
        canonical_limits(value)


@pytest.mark.parametrize(
    ("value", "bound", "warns"),
    [
        (3, Range(3, 3), False),
        (True, Range(1, 1), False),
        ([4], Range(4, 4), False),
        ([5, 2], Range(2, 5), False),
        ([1, 2, 0.1], Range(1, 2, 0.1), False),
        ([2, 2, 9], Range(2, 2, 9), False),
        ([1, 2, 3], Range(1, 2), True),
        ([1, 2, None], Range(1, 2), True),
        ([1, 2, -1], Range(1, 2), True),
        ([4, 1, 3, 2], Range(1, 4), True),
        (["1", 2], Range(1, 2), False),
    ],
)
def test_bounds(value: Any, bound: Range, warns: bool) -> None:
    result, warning = read_bound(value)
    assert result == bound
    assert bool(warning) is warns


@pytest.mark.parametrize("value", [[], "1,2", None, {}, ["x", 2], [None]])
def test_bad_bounds(value: Any) -> None:
    with pytest.raises(BoundError):
        read_bound(value)


@pytest.mark.parametrize(
    ("name", "canonical"),
    [
        ("adg", "adg_usd"),
        ("btc_adg", "adg_btc"),
        ("usd_loss_profit_ratio", "loss_profit_ratio"),
        ("adg_pnl_w", "adg_pnl_w"),
        ("gain_per_exposure_long", "gain_per_exposure_long_usd"),
        ("made_up", "made_up"),
        ("sharpe_ratio_btc", "sharpe_ratio_btc"),
    ],
)
def test_metric_names(name: str, canonical: str) -> None:
    assert canonical_metric(name) == canonical
    assert canonical_scoring([name, name, canonical]) == [canonical]
