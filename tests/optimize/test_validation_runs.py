"""Searches held to unseen days: what is told of members is what a backtest of those days gives."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from campaign_desk import optimize_config
from search_home import SearchHome

from pbtui.backtest.analysis import analysis_of
from pbtui.backtest.inputs import engine_inputs, whole
from pbtui.cli.pareto import main as pareto
from pbtui.config import load_changed
from pbtui.core.errors import ConfigError
from pbtui.engine.backtest import run_backtest
from pbtui.jobs.events import Stage
from pbtui.jobs.job import Job
from pbtui.optimize.job import CHILD, OptimizeJob
from pbtui.optimize.results import open_results
from pbtui.optimize.validation.verdict import FILE, front_of, read_document

HELD: dict[str, Any] = {
    "method": "holdout",
    "holdout_pct": 0.34,
    "purge_days": 0,
    "jitter_runs": 2,
    "start_jitter_days": 1,
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> SearchHome:
    made = SearchHome(tmp_path_factory.mktemp("validated"))
    made.keep()
    return made


@pytest.fixture(scope="module")
def validated(home: SearchHome) -> dict[str, Any]:
    """The result of a run with a held-out day."""
    return finished(request(home, HELD))


def request(home: SearchHome, validation: dict[str, Any], **more: Any) -> dict[str, Any]:
    optimize_config(
        home, scoring=["gain", "drawdown_worst"], population_size=10, iters=30, n_cpus=2, validation=validation
    )
    given = {"config": home.base / "search.json", "seed": 3, **more}
    return OptimizeJob(base_dir=home.base, offline=True, **given).to_request()


def finished(request: dict[str, Any]) -> dict[str, Any]:
    """Run to the end; return the result."""

    async def run() -> dict[str, Any]:
        process = await Job.start(CHILD, request)
        async for _ in process.events():
            continue
        return dict(await process.result())

    return asyncio.run(run())


def killed(request: dict[str, Any], stage: str) -> None:
    """Run up to a stage, and kill."""

    async def run() -> None:
        process = await Job.start(CHILD, request)
        async for event in process.events():
            if isinstance(event, Stage) and event.text == stage:
                break
        process.kill()
        async for _ in process.events():
            continue

    asyncio.run(run())


def test_members_are_told_as_a_backtest_of_the_unseen_days_tells_them(
    home: SearchHome, validated: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    told = validated
    assert told["finished"]
    folder = Path(told["folder"])
    results = open_results(folder, base_dir=home.base)
    assert results.validation is not None
    assert {name: results.validation[name] for name in told["validation"]} == told["validation"]
    assert results.validation["folds"] == []
    assert results.validation["train"] == ["2025-05-11", "2025-05-13"]
    assert results.validation["test"] == ["2025-05-13", "2025-05-14"]
    assert results.validation["trials"] == told["evaluations"]
    base = home.load(home.base / "search.json")
    unseen = load_changed(
        base, {**base.data, "backtest": {**base.data["backtest"], "start_date": "2025-05-13"}}, base_dir=home.base
    )
    data = home.data(unseen)
    for member in results.members:
        assert member.config["backtest"]["end_date"] == "2025-05-13"
        config = load_changed(unseen, {**unseen.data, "bot": member.config["bot"]}, base_dir=home.base)
        inputs = engine_inputs(config, whole(data))
        outcome = run_backtest(inputs.hlcvs, inputs.btc_usd, inputs.bots, inputs.markets, inputs.parameters)
        found = analysis_of(config, outcome)
        for name in ("gain_usd", "drawdown_worst_usd", "adg_usd"):
            assert member.value(f"{name}.oos") == found[name]
        assert member.unseen is not None
        assert member.unseen[results.objectives[0]] == -found["gain_usd"]
        robust = member.value("robustness")
        assert robust is not None
        assert 0.0 <= robust <= 1.0
    first = results.objectives[0]
    best = min(item.unseen[first] for item in results.members if item.unseen is not None)
    words = [str(folder), "--select", "out-of-sample", "-m", "lexicographic", "--json"]
    capsys.readouterr()
    assert pareto(words) == 0
    shown = json.loads(capsys.readouterr().out)
    chosen = results.find(shown["closest"]["hash"]).unseen
    assert chosen is not None
    assert chosen[first] == best
    assert shown["validation"]["rank_correlation"].keys() == set(results.objectives)
    assert pareto([str(folder), "-s", "-gain.oos"]) == 0
    text = capsys.readouterr().out
    assert "gain_usd.oos" in text
    assert "tested 2025-05-13 to 2025-05-14" in text


def test_killed_while_it_tests_it_ends_the_same(home: SearchHome, validated: dict[str, Any]) -> None:
    killed(request(home, HELD), "nudging parameters")
    (folder,) = [path.parent for path in home.base.glob("optimize_results/2*/run.json")
                 if not (path.parent / "summary.json").is_file()]  # fmt: skip
    assert not (folder / FILE).is_file()
    again = OptimizeJob(base_dir=home.base, offline=True, resume=folder).to_request()
    told = finished(again)
    assert told["validation"] == validated["validation"]
    assert read_document(folder) == read_document(Path(validated["folder"]))


def test_a_walk_forward_searches_fold_after_fold(home: SearchHome, capsys: pytest.CaptureFixture[str]) -> None:
    told = finished(request(home, {**HELD, "method": "walk_forward", "folds": 2}))
    folder = Path(told["folder"])
    first, last = (read_document(each) for each in (folder / "fold_1", folder))
    assert first is not None
    assert last is not None
    assert [first["train"], first["test"]] == [["2025-05-11", "2025-05-12"], ["2025-05-12", "2025-05-13"]]
    assert [last["train"], last["test"]] == [["2025-05-11", "2025-05-13"], ["2025-05-13", "2025-05-14"]]
    assert [each["test"] for each in last["folds"]] == [first["test"]]
    assert last["trials"] > first["trials"] > 0
    assert len(front_of(last)) == last["members"] == len(list((folder / "pareto").glob("*.json")))
    before = {path: path.stat().st_mtime_ns for path in (folder / "fold_1").rglob("*") if path.is_file()}
    again = finished(OptimizeJob(base_dir=home.base, offline=True, resume=folder).to_request())
    assert again["validation"] == told["validation"]
    assert {path: path.stat().st_mtime_ns for path in before} == before
    capsys.readouterr()
    assert pareto([str(folder)]) == 0
    assert len([line for line in capsys.readouterr().out.splitlines() if line.startswith("searched ")]) == 2


def test_what_was_not_tested_cannot_be_chosen_by_it(validated: dict[str, Any], tmp_path: Path) -> None:
    folder = Path(shutil.copytree(validated["folder"], tmp_path / "copy"))
    assert pareto([str(folder), "--select", "oos"]) == 0
    (folder / FILE).write_text('{"found": 3}')
    with pytest.raises(ConfigError, match="out of sample"):
        pareto([str(folder), "--select", "oos"])
    (folder / FILE).unlink()
    with pytest.raises(ConfigError, match="out of sample"):
        pareto([str(folder), "--select", "oos"])
    assert open_results(folder, base_dir=tmp_path).validation is None
