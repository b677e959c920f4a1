"""Which days are searched on and which are kept unseen."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pbtui.config import Config, load
from pbtui.config.dates import DAY_MS, day_text, parse_date
from pbtui.core.errors import ConfigError
from pbtui.optimize.rounds import rounds_of
from pbtui.optimize.validation.split import Split, on_days, splits_of

NOW = 1_750_000_000_000


@cache
def template() -> Config:
    return load(None, command="optimize", now_ms=NOW)


def config_of(start: str, end: str, scenarios: list[Any] | None = None, **validation: Any) -> Config:
    base = template()
    data = {
        **base.data,
        "backtest": {**base.data["backtest"], "start_date": start, "end_date": end, "scenarios": scenarios or []},
        "optimize": {
            **base.data["optimize"],
            "iters": 1000,
            "validation": base.get("optimize.validation") | validation,
        },
    }
    return replace(base, data=data)


def too_few(config: Config) -> bool:
    try:
        splits_of(config)
    except ConfigError as error:
        return "too few" in error.line()
    return False


def told(split: Split) -> list[list[str]]:
    return [split.train.told(), split.test.told()]


def test_without_a_method_nothing_is_kept(tmp_path: Path) -> None:
    config = config_of("2025-01-01", "2025-01-11")
    assert splits_of(config) == ()
    (only,) = rounds_of(config, (), base_dir=tmp_path)
    assert only.config is config


def test_a_tail_is_kept_and_a_gap_before_it(tmp_path: Path) -> None:
    config = config_of("2025-01-01", "2025-01-11", method="holdout", holdout_pct=0.3, purge_days=1.5)
    (split,) = splits_of(config)
    assert told(split) == [["2025-01-01", "2025-01-06"], ["2025-01-08", "2025-01-11"]]
    (only,) = rounds_of(config, (split,), base_dir=tmp_path)
    assert (only.config.get("backtest.start_date"), only.config.get("backtest.end_date")) == (
        "2025-01-01",
        "2025-01-06",
    )
    assert splits_of(only.config) == ()
    assert only.config.optimize.iters == 1000
    later = on_days(config, split.train, base_dir=tmp_path, later_days=2)
    assert (later.get("backtest.start_date"), later.get("backtest.end_date")) == ("2025-01-03", "2025-01-06")


def test_a_walk_forward_tests_each_block_after_the_ones_before(tmp_path: Path) -> None:
    config = config_of("2025-01-01", "2025-01-13", method="walk_forward", folds=3, purge_days=1)
    splits = splits_of(config)
    assert [told(split) for split in splits] == [
        [["2025-01-01", "2025-01-03"], ["2025-01-04", "2025-01-07"]],
        [["2025-01-01", "2025-01-06"], ["2025-01-07", "2025-01-10"]],
        [["2025-01-01", "2025-01-09"], ["2025-01-10", "2025-01-13"]],
    ]
    found = rounds_of(config, splits, base_dir=tmp_path)
    assert [each.below for each in found] == ["fold_1", "fold_2", ""]
    assert {each.config.optimize.iters for each in found} == {333}


@settings(max_examples=40, deadline=None)
@given(
    days=st.integers(1, 400),
    method=st.sampled_from(["holdout", "walk_forward"]),
    share=st.floats(0.01, 0.9),
    folds=st.integers(2, 12),
    purge=st.floats(0, 5),
)
def test_nothing_unseen_is_ever_searched_on(days: int, method: str, share: float, folds: int, purge: float) -> None:
    start = parse_date("2024-01-01")
    end = day_text(start + days * DAY_MS)
    config = config_of(
        "2024-01-01", end,
        method=method, holdout_pct=share, folds=folds, purge_days=purge,
    )  # fmt: skip
    if too_few(config):
        return
    splits = splits_of(config)
    assert splits[-1].test.end_ms == start + days * DAY_MS
    for split in splits:
        assert split.train.start_ms == start
        assert split.train.days >= 1
        assert split.test.days >= 1
        assert split.test.start_ms - split.train.end_ms >= purge * DAY_MS
    tests = [split.test for split in splits]
    assert all(first.end_ms == second.start_ms for first, second in pairwise(tests))


def test_too_few_days_and_scenarios_with_days_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="2 days are too few"):
        splits_of(config_of("2025-01-01", "2025-01-03", method="holdout", purge_days=3))
    own = [{"label": "crash", "start_date": "2025-01-02"}]
    with pytest.raises(ConfigError, match="days of its own"):
        splits_of(config_of("2025-01-01", "2025-02-01", own, method="holdout"))
    coins = [{"label": "one", "coins": ["BTC"]}]
    assert len(splits_of(config_of("2025-01-01", "2025-02-01", coins, method="holdout"))) == 1
