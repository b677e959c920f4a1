"""A run and its folder: what is written, and that breaking off and going on changes nothing."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import pyarrow.parquet as pq
import pytest
from campaign_desk import Desk, front_of, optimize_config
from search_home import SearchHome

from pbtui.backtest.run import simulate
from pbtui.config.pipeline import load
from pbtui.core.clock import RealClock
from pbtui.core.errors import ConfigError
from pbtui.jobs.events import FrontPoints, SearchState, from_json, to_json
from pbtui.optimize.all_results import Reader
from pbtui.optimize.folder import reopen
from pbtui.optimize.scoring import Scoring, stats_of

SCORING = ["gain", "drawdown_worst"]


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> SearchHome:
    made = SearchHome(tmp_path_factory.mktemp("campaign"))
    made.keep()
    return made


@pytest.fixture(scope="module")
def desk(home) -> Desk:
    return Desk(home, optimize_config(home, scoring=SCORING))


@pytest.fixture(scope="module")
def whole(desk):
    folder = desk.begin()
    return folder, desk.run(folder, threads=2)


def test_a_run_fills_its_folder(desk, whole):
    folder, outcome = whole
    assert re.fullmatch(r"2025-06-15T15_06_40_binance_3days_SOL_XRP_[0-9a-f]{8}", folder.name)
    assert {path.name for path in folder.iterdir()} == {
        "all_results", "all_results.bin", "config.json", "journal.bin", "pareto", "run.json",
    }  # fmt: skip
    assert outcome.finished
    assert outcome.evaluations > 40
    records = list(Reader(folder / "all_results.bin"))
    assert len(records) == outcome.evaluations
    tables = [pq.read_table(path).to_pylist() for path in sorted((folder / "all_results").iterdir())]
    rows = [row for table in tables for row in table]
    assert [row["number"] for row in rows] == list(range(outcome.evaluations))
    searched = [name for name in rows[0] if name.startswith("long.")]
    assert len(searched) > 20
    by_genes = {tuple(row[name] for name in searched): row for row in rows}
    for record in records:
        told = record["metrics"]
        row = by_genes[tuple(record["bot"]["long"][name.removeprefix("long.")] for name in searched)]
        assert [row["objective.gain_usd"], row["objective.drawdown_worst_usd"]] == list(told["objectives"].values())
        assert row["metric.gain_usd"] == told["stats"]["gain_usd"]["mean"] == -told["objectives"]["w_0"]
    front = front_of(folder)
    assert len(front) == outcome.members > 1
    assert all(re.fullmatch(r"\d{3}\.\d{4}_[0-9a-f]{64}\.json", name) for name in front)
    best = min(record["metrics"]["objectives"]["w_0"] for record in records)
    assert min(item["metrics"]["objectives"]["w_0"] for item in front.values()) == best


def results(member: dict[str, Any]) -> str:
    return json.dumps([member["bot"], member["metrics"]])


def finite(stats: dict[str, float]) -> dict[str, float | None]:
    return {stat: value if math.isfinite(value) else None for stat, value in stats.items()}


def test_a_member_is_a_configuration_whose_backtest_gives_its_objectives(home, desk, whole):
    folder, _ = whole
    for name in front_of(folder):
        path = folder / "pareto" / name
        member = load(path, command="backtest", base_dir=home.base)
        assert member.warnings == ()
        run = simulate(member, home.data(member), clock=RealClock(), on_event=lambda _: None)
        stored = json.loads(path.read_text())["metrics"]
        stats = stats_of([run.analysis])
        score = Scoring.of(member).score(stats)
        # Plain equality: every bit.
        assert list(score.objectives) == list(stored["objectives"].values())
        for metric, told in stored["stats"].items():
            assert told == finite(stats.get(metric, dict.fromkeys(told, math.nan)))


def test_events_tell_the_run_and_survive_the_pipe(desk, whole):
    _, outcome = whole
    states = [event for event in desk.events if isinstance(event, SearchState)]
    fronts = [event for event in desk.events if isinstance(event, FrontPoints)]
    assert states[-1].evaluations == outcome.evaluations == states[-1].total
    assert states[-1].front == outcome.members == len(fronts[-1].members)
    assert states[-1].hypervolume is not None
    assert states[-1].hypervolume > 0
    assert all(len(member["values"]) == 2 and len(member["id"]) == 12 for member in fronts[-1].members)
    assert states[-1].bests["gain_usd"] == max(member["values"][0] for member in fronts[-1].members)
    for event in (states[-1], fronts[-1]):
        assert from_json(to_json(event)) == event


@pytest.mark.parametrize("records", [True, False])
def test_broken_off_anywhere_it_ends_the_same(home, whole, records):
    """Kill between any two writes, again and again: a run cut down to any state on disk ends with the same front."""
    desk = Desk(home, optimize_config(home, scoring=SCORING, write_all_results=records))
    folder = desk.begin()
    unbroken = desk.run(desk.begin())
    done = 0
    for allowed in (
        3,
        7,
        9,
        14,
        0,
        1,
        30,
    ):  # the second one ends with the first generation, before its rows are written

        def limited(genes, progress, room=[allowed]):  # noqa: B006 counts down over the calls of one run
            room[0] -= 1
            if room[0] < 0:
                raise KeyboardInterrupt
            return desk.ground.evaluate(genes, progress)

        try:
            outcome = desk.run(folder, evaluate=limited)
        except KeyboardInterrupt:
            done += allowed
            continue
        break
    else:
        outcome = desk.run(folder, threads=2)
    assert done > 0
    assert outcome.finished
    assert (outcome.evaluations, outcome.hypervolume) == (unbroken.evaluations, unbroken.hypervolume)
    mine, theirs = front_of(folder), front_of(whole[0])
    if records:
        assert mine == theirs
    else:
        assert sorted(map(results, mine.values())) == sorted(map(results, theirs.values()))
    assert outcome.duplicates == unbroken.duplicates
    if records:
        assert sum(1 for _ in Reader(folder / "all_results.bin")) == outcome.evaluations
        assert len(list((folder / "all_results").iterdir())) == 5


def test_with_many_objectives_and_broken_limits_it_goes_on_the_same_too(home):
    limits = [{"metric": "gain", "penalize_if": "<", "value": 1.01}, {"metric": "adg", "penalize_if": "<", "value": 0}]
    scoring = ["gain", "drawdown_worst", "sharpe_ratio", "positions_held_per_day", "adg_pnl"]
    desk = Desk(home, optimize_config(home, scoring=scoring, limits=limits, iters=30, pareto_max_size=6))
    whole, broken = desk.begin(seed=4), desk.begin(seed=4)
    unbroken = desk.run(whole, threads=2)
    room = [17]

    def limited(genes, progress):
        room[0] -= 1
        if room[0] < 0:
            raise KeyboardInterrupt
        return desk.ground.evaluate(genes, progress)

    with pytest.raises(KeyboardInterrupt):
        desk.run(broken, evaluate=limited)
    assert desk.run(broken) == unbroken
    assert front_of(broken) == front_of(whole)
    assert 0 < unbroken.feasible < 1


def test_damaged_tails_are_mended_and_told(home, desk, whole):
    folder = desk.begin()
    desk.run(folder, threads=2)
    front = front_of(folder)
    journal, records = folder / "journal.bin", folder / "all_results.bin"
    with journal.open("r+b") as file:
        file.truncate(journal.stat().st_size - 5)
    with records.open("r+b") as file:
        file.seek(records.stat().st_size - 10_000)
        file.write(b"\xc1" * 200)
    for path in (folder / "pareto").iterdir():
        path.unlink()
    campaign = desk.campaign(folder)
    assert any("journal.bin had an unfinished entry" in note for note in campaign.notes)
    assert any("all_results.bin is damaged: its last" in note for note in campaign.notes)
    outcome = campaign.run()
    desk.crew.close()
    assert front_of(folder) == front == front_of(whole[0])
    reader = Reader(records)
    assert 0 < sum(1 for _ in reader) < outcome.evaluations
    assert reader.damage == ""
    # A further time only what has come since is mended: what was lost is known.
    size = records.stat().st_size
    with records.open("ab") as file:
        file.write(b"\x93\x01")
    campaign = desk.campaign(folder)
    assert campaign.notes == ["all_results.bin had 2 bytes after its last record: cut away"]
    campaign.run()
    desk.crew.close()
    assert records.stat().st_size == size
    assert desk.campaign(folder).notes == []
    desk.crew.close()


def test_a_folder_in_use_or_of_something_else_is_refused(home, desk, whole, tmp_path):
    folder = desk.begin()
    campaign = desk.campaign(folder)
    desk.crew.finish()
    with pytest.raises(ConfigError, match="another process"):
        desk.campaign(folder)
    assert not campaign.run().finished
    with pytest.raises(ConfigError, match="holds no run"):
        reopen(tmp_path, base_dir=home.base)
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(ConfigError, match="cannot be read"):
        reopen(tmp_path, base_dir=home.base)
