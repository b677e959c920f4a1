"""A suite and each run of it come out the same again; what is different by then is named."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from suite_home import Home

from pbtui.backtest.repeat import Repeated, repeat
from pbtui.core.errors import DataError

SAME = Repeated(True, ())
SCENARIOS: list[dict[str, Any]] = [
    {"label": "both"},
    {"label": "later", "start_date": "2024-03-04", "overrides": {"bot.long.entry_grid_spacing_pct": 0.02}},
    {"label": "one", "exchanges": ["bybit"], "coins": ["SYNB"]},
    {"label": "again", "coins": ["BTC", "SYNB"]},
]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "home")
    made.add_exchange("bybit")
    return made


def again(home: Home, folder: Path) -> Repeated:
    return asyncio.run(repeat(folder, home.sourcing, home.events.append))


def runs_of(suite: Path) -> dict[str, list[Any]]:
    scenarios = json.loads((suite / "suite.json").read_text())["scenarios"]
    return {told["label"]: told["runs"] for told in scenarios}


def test_every_run_and_the_whole_come_out_the_same_wherever_they_lie(home: Home) -> None:
    done = home.suite(SCENARIOS, {"backtest.exchanges": ["binance", "bybit"], "backtest.combine_ohlcvs": True})
    runs = runs_of(done.folder)
    assert [Path(run).parts[:2] for (run,) in runs.values()] == [
        ("both", "combined"),
        ("later", "combined"),
        ("one", "bybit"),
        ("both", "combined"),  # comes to the same, so it was run once
    ]
    (home.folder / "changed.json").unlink()
    moved = home.folder / "kept"
    done.folder.rename(moved)
    assert again(home, moved) == SAME
    alone = home.folder / "alone"
    (moved / runs["later"][0]).rename(alone)
    assert again(home, alone) == SAME
    found = json.loads((alone / "analysis.json").read_text())
    (alone / "analysis.json").write_text(json.dumps(found | {"gain_usd": 0.5}, indent=4, sort_keys=True))
    assert again(home, alone) == Repeated(False, ("analysis.json is different",))
    with pytest.raises(DataError, match="is not there"):
        again(home, moved)


def test_what_is_different_is_named_with_its_scenario(home: Home) -> None:
    done = home.suite([*SCENARIOS[:1], {"label": "short", "end_date": "2024-03-06"}])
    (fills,) = (done.folder / "short").glob("binance/*/fills.csv")
    fills.write_text(fills.read_text().replace("BTC", "BTX"))
    assert again(home, done.folder) == Repeated(False, ("scenario short: fills.csv is different",))
    summary = json.loads((done.folder / "suite_summary.json").read_text())
    summary["suite_metrics"]["metrics"]["gain_usd"]["aggregated"] += 1e-12
    (done.folder / "suite_summary.json").write_text(json.dumps(summary))
    found = again(home, done.folder)
    assert found.differences[-1] == "suite_summary.json is different"
    facts = json.loads((done.folder / "suite.json").read_text())
    facts["scenarios"][1]["runs"] = [None]
    (done.folder / "suite.json").write_text(json.dumps(facts))
    assert (
        "scenario short: the disk refused a run of it, which cannot be compared" in again(home, done.folder).differences
    )


def test_facts_that_do_not_suffice_are_one_line(home: Home) -> None:
    done = home.suite(SCENARIOS[:1])
    (run,) = runs_of(done.folder)["both"]
    facts = json.loads((done.folder / run / "run.json").read_text())
    assert facts["part_of_suite"] is True
    (done.folder / "suite_summary.json").write_text("{")
    with pytest.raises(DataError, match="cannot be read"):
        again(home, done.folder)
    for shared in (None, {}, {**facts["shared"], "request": {}}, {**facts["shared"], "coins": 3}):
        (done.folder / run / "run.json").write_text(json.dumps({**facts, "shared": shared}))
        with pytest.raises(DataError, match="does not tell which candles were shared"):
            again(home, done.folder / run)
    for told in ({"scenarios": {"both": "x"}}, {"scenarios": [{"label": "both", "runs": [run]}]}, {}):
        (done.folder / "suite.json").write_text(json.dumps(told))
        with pytest.raises(DataError, match="does not tell the runs"):
            again(home, done.folder)
    (done.folder / "suite.json").unlink()
    with pytest.raises(DataError, match="was not written by this program"):
        again(home, done.folder)
