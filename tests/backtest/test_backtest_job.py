"""A backtest job survives the way to its process."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pbtui.backtest.job import BacktestJob, suite_flags
from pbtui.cli.backtest import plan
from pbtui.cli.backtest_args import parse
from pbtui.core.errors import ConfigError


def test_there_and_back_with_absolute_paths(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    job = BacktestJob(
        config=Path("c.json"),
        flags={"backtest.scenarios": [{"label": "a"}], "backtest.starting_balance": 1000.0},
        now_ms=5,
        offline=True,
        refetch_gaps=True,
        fill_plots=False,
    )
    back = BacktestJob.of_request(json.loads(json.dumps(job.to_request())))
    assert back == BacktestJob(
        config=tmp_path / "c.json",
        flags=job.flags,
        base_dir=tmp_path,
        now_ms=5,
        offline=True,
        refetch_gaps=True,
        fill_plots=False,
    )
    repeat = BacktestJob.of_request(BacktestJob(repeat=Path("old")).to_request())
    assert (repeat.repeat, repeat.config) == (tmp_path / "old", None)


@pytest.mark.parametrize(("words", "again"), [((), False), (("--force-refetch-gaps",), True)])
def test_known_gaps_are_asked_for_again_when_the_command_says_so(words, again):
    assert plan(parse(["c.json", *words])).refetch_gaps is again


def test_what_is_no_job_is_refused():
    with pytest.raises(ConfigError, match="no backtest job"):
        BacktestJob.of_request({"base_dir": 3})


def test_the_same_moment_settles_the_end_in_both_processes():
    job = BacktestJob(now_ms=1_750_000_000_000, flags={"backtest.end_date": "now"})
    assert job.load().backtest.end_date == "2025-06-13"
    assert BacktestJob.of_request(job.to_request()).load().backtest.end_date == "2025-06-13"


def test_nothing_said_of_suites_changes_no_flag():
    assert suite_flags(None, {"a.b": 1}) == {"a.b": 1}
    assert suite_flags(None, {}, suite=True) == {"backtest.suite_enabled": True}
    assert suite_flags(None, {}, suite=False) == {"backtest.suite_enabled": False}


@pytest.mark.parametrize(
    ("text", "labels", "aggregate"),
    [
        ('{"backtest": {"scenarios": [{"label": "x"}]}}', ["x"], None),
        ('{"backtest": {"aggregate": {"default": "min"}}}', None, {"default": "min"}),
        (
            '{"backtest": {"suite": {"enabled": true, "include_base_scenario": true, "base_label": "b", '
            '"scenarios": [{"label": "x"}], "aggregate": {"default": "max"}}}}',
            ["b", "x"],
            {"default": "max"},
        ),
    ],
)
def test_a_suite_of_another_file(tmp_path, text, labels, aggregate):
    path = tmp_path / "suite.json"
    path.write_text(text)
    flags = suite_flags(None, {}, suite_config=path)
    scenarios = flags.get("backtest.scenarios")
    assert (scenarios and [scenario["label"] for scenario in scenarios]) == labels
    assert flags.get("backtest.aggregate") == aggregate


def test_a_suite_of_another_file_is_chosen_from(tmp_path):
    path = tmp_path / "suite.json"
    path.write_text('{"backtest": {"scenarios": [{"label": "x"}, {"coins": ["BTC"]}]}}')
    flags = suite_flags(None, {}, suite_config=path, labels=["scenario_02"])
    assert flags["backtest.scenarios"] == [{"coins": ["BTC"], "label": "scenario_02"}]
    assert flags["backtest.suite_enabled"] is True
    loaded = BacktestJob(flags=flags).load()
    assert [scenario["label"] for scenario in loaded.backtest.scenarios] == ["scenario_02"]
    with pytest.raises(ConfigError) as caught:
        suite_flags(None, {}, suite_config=path, labels=["x", "y"])
    assert caught.value.line() == "no scenario is called y; there are: x, scenario_02"
