"""Suites: every scenario is the plain run it describes, on candles loaded once."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from suite_home import CASE, Home

from pbtui.backtest.result import open_result
from pbtui.backtest.suite_plan import plan_suite
from pbtui.core.errors import ConfigError, PbtuiError

# Two as asked for in the test, the others by the defaults of `backtest.aggregate`.
LARGEST = (
    *("drawdown_worst_usd", "drawdown_worst_btc"),
    *("high_exposure_hours_max_long", "peak_recovery_hours_pnl", "position_held_hours_max"),
)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def analysis(folder: Path, label: str, name: str) -> dict[str, float | None]:
    (found,) = (folder / label / name).iterdir()
    return dict(open_result(found).analysis)


def test_scenarios_are_the_plain_runs_they_describe(home):
    later = {"start_date": "2024-03-04", "end_date": "2024-03-08"}
    override = {"bot.long.entry_grid_spacing_pct": 0.02}
    scenarios = [
        {"label": "base"},
        {"label": "later", **later},
        {"label": "one coin", "coins": ["SYNB"], "overrides": override},
    ]
    done = home.suite(scenarios)
    assert analysis(done.folder, "base", "binance") == pytest.approx(
        json.loads((CASE / "expected" / "analysis.json").read_text()), rel=1e-9, abs=1e-12
    )
    alone = home.run({f"backtest.{name}": value for name, value in later.items()})
    assert analysis(done.folder, "later", "binance") == alone.analysis
    both = {"long": ["SYNB"], "short": ["SYNB"]}
    alone = home.run({"live.approved_coins": both, **override})
    assert analysis(done.folder, "one_coin", "binance") == alone.analysis
    assert len(alone.fills) > 0


def test_the_summary_tells_every_scenario_and_every_metric(home):
    scenarios = [{"label": "a"}, {"label": "b", "coins": ["SYNB"]}, {"coins": ["BTC"], "end_date": "2024-03-06"}]
    how = {"default": "mean", "drawdown_worst": "max", "gain_btc": "median", "adg_usd": "min"}
    done = home.suite(scenarios, {"backtest.aggregate": how})
    summary = json.loads((done.folder / "suite_summary.json").read_text())
    assert summary == done.summary
    labels = ["a", "b", "scenario_03"]
    assert summary["meta"]["scenarios"] == labels == summary["suite_metrics"]["scenario_labels"]
    assert [Path(told["output_path"]) for told in summary["per_scenario"].values()] == [
        done.folder / label for label in labels
    ]
    metrics = summary["suite_metrics"]["metrics"]
    runs = [analysis(done.folder, label, "binance") for label in labels]
    assert set(metrics) == {name for run in runs for name in run}
    for name, told in metrics.items():
        values = [run[name] or 0.0 for run in runs if name in run]
        assert list(told["scenarios"].values()) == values
        stats = {"mean": np.mean(values), "min": min(values), "max": max(values), "std": np.std(values)}
        assert told["stats"] == pytest.approx(stats, rel=1e-9, abs=1e-12)
        mode = "max" if name in LARGEST else {"adg_usd": "min"}.get(name, "mean")
        want = np.median(values) if name == "gain_btc" else stats[mode]
        assert told["aggregated"] == pytest.approx(want, rel=1e-9, abs=1e-12)


def test_what_comes_to_the_same_is_run_once(home):
    done = home.suite([{"label": "a"}, {"label": "again", "coins": ["BTC", "SYNB"]}])
    paths = {label: told["output_path"] for label, told in done.summary["per_scenario"].items()}
    assert paths == {"a": str(done.folder / "a"), "again": str(done.folder / "a")}
    assert sorted(path.name for path in done.folder.iterdir()) == ["a", "suite.json", "suite_summary.json"]
    means = done.summary["suite_metrics"]["metrics"]["gain_usd"]["scenarios"]
    assert means["a"] == means["again"]


def test_a_scenario_of_one_exchange_runs_on_its_candles(home):
    home.add_exchange("bybit")
    done = home.suite(
        [{"label": "both"}, {"label": "one", "exchanges": ["bybit"]}, {"label": "other", "exchanges": "binance"}],
        {"backtest.exchanges": ["binance", "bybit"]},
    )
    ran = {label: [path.name for path in (done.folder / label).iterdir()] for label in ("both", "one", "other")}
    assert ran == {"both": ["combined"], "one": ["bybit"], "other": ["binance"]}
    assert analysis(done.folder, "other", "binance") == home.run().analysis


def test_coins_of_the_configuration_are_there_although_a_scenario_names_its_own(home):
    done = home.suite([{"label": "base"}, {"label": "one", "coins": ["SYNB"]}])
    assert analysis(done.folder, "base", "binance") == home.run().analysis


def test_an_empty_list_is_no_coin_in_a_suite(home):
    nothing = {"live.approved_coins": {"long": [], "short": []}, "live.empty_means_all_approved": True}
    with pytest.raises(ConfigError, match="scenario a lists no coins"):
        home.suite([{"label": "a"}, {"label": "b", "coins": ["SYNB"]}], nothing)
    for changes in (nothing, {**nothing, "live.empty_means_all_approved": False}):
        done = home.suite([{"label": "b", "coins": ["SYNB"]}], changes)
        assert done.fills > 0
    everything = home.suite([{"label": "a"}], {"live.approved_coins": {"long": ["all"], "short": ["all"]}})
    assert analysis(everything.folder, "a", "binance") == home.run().analysis


def test_only_candles_that_a_scenario_runs_on_are_loaded(home):
    home.add_exchange("bybit")
    asked = {"backtest.exchanges": ["binance", "bybit"], "backtest.suite_enabled": True}
    own = [{"label": "b", "exchanges": ["bybit"]}]
    plan = plan_suite(home.config({**asked, "backtest.scenarios": own}), base_dir=home.folder)
    assert list(plan.requests) == ["bybit"]
    plan = plan_suite(home.config({**asked, "backtest.scenarios": [*own, {"label": "a"}]}), base_dir=home.folder)
    assert list(plan.requests) == ["combined", "bybit"]
    shutil.rmtree(home.folder / "ohlcv" / "binance")
    assert home.suite(own, asked).fills > 0


def test_one_folder_and_nothing_hidden(home):
    done = home.suite([{"label": "../x y"}, {"label": "x_y", "coins": ["BTC"]}])
    stamp = done.folder.name
    runs = [name for name in home.results() if name.count("/") == 4]
    assert [name.rsplit("/", 1)[0] for name in runs] == [
        f"suite_runs/{stamp}/x_y/binance",
        f"suite_runs/{stamp}/x_y_2/binance",
    ]
    assert not [name for name in home.results() if "/." in name]
    assert all(open_result(home.folder / "backtests" / name).facts["part_of_suite"] for name in runs)


@pytest.mark.parametrize(
    ("scenarios", "changes", "line"),
    [
        ([{"label": "a"}, {"label": "a"}], {}, "two scenarios are called a"),
        ([{"label": "a", "coins": ["NOSUCH"]}], {}, "NOSUCH"),
        ([{"label": "a"}, {"label": "b", "coins": ["NOSUCH"]}], {}, "scenario b: none of its coins has candles"),
        ([{"label": "a", "start_date": "2024-03-08", "end_date": "2024-03-04"}], {}, "2024-03-08 is not before"),
        ([{"label": "a", "overrides": {"bot.long.ema_span_0": "x"}}], {}, "scenario a: "),
        ([{"label": "a", "overrides": {"backtest.starting_balance": -1}}], {}, "starting_balance"),
        (
            [{"label": "a", "coin_sources": {"BTC": "bybit"}}],
            {"backtest.coin_sources": {"BTC": "binance"}},
            "backtest.coin_sources of BTC contradict: binance and bybit",
        ),
    ],
)
def test_bad_suites_are_one_line_and_leave_nothing(home, scenarios, changes, line):
    with pytest.raises(PbtuiError) as caught:
        home.suite(scenarios, changes)
    assert line in caught.value.line()
    assert "\n" not in caught.value.line()
    assert caught.value.exit_code == ConfigError.exit_code
    assert [name for name in home.results() if name != "suite_runs"] == []
