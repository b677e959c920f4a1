"""Choosing from a front: filters, order, and every mode's member."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest
from front_files import POINTS, document, name_of, write_front, write_older_front, write_suite_front
from hypothesis import given, settings
from hypothesis import strategies as st

from pbtui.core.errors import ConfigError
from pbtui.optimize.picking import MODES, chosen_objectives, keep_those, mode_named, pick, sort_by
from pbtui.optimize.results import Results, Stored, open_everything, open_results


@pytest.fixture
def results(tmp_path) -> Results:
    return open_results(write_front(tmp_path / "run"), base_dir=tmp_path)


def ids(members) -> str:
    return "".join(item.id[0] for item in members)


def test_folders_of_every_age_open(tmp_path, results):
    old = open_results(write_older_front(tmp_path / "old"), base_dir=tmp_path)
    for found in (results, old):
        assert found.objectives == ("adg_usd", "drawdown_worst_usd")
        assert [tuple(item.objectives.values()) for item in found.members] == POINTS
        assert [item.id for item in found.members] == [name_of(n) for n in range(4)]
        assert [item.value("adg") for item in found.members] == [-gain for gain, _ in POINTS]
    assert old.members[0].value("adg.max") == 1.0
    suite = open_results(write_suite_front(tmp_path / "suite"), base_dir=tmp_path)
    assert [item.value("adg") for item in suite.members] == [2.5, 3.0]
    assert suite.members[0].value("adg.mean") == 1.0
    assert set(results.members[0].config) == {"bot", "live", "backtest", "optimize"}


def test_the_latest_run_is_found_and_odd_files_are_told(tmp_path, results):
    with pytest.raises(ConfigError, match="no results in"):
        open_results(None, base_dir=tmp_path)
    run = write_front(tmp_path / "optimize_results" / "2025-01-01_run")
    (run / "pareto" / "broken.json").write_text("{")
    (run / "pareto" / "plain.json").write_text(json.dumps({"bot": {}}))
    other = document(5, POINTS[0])
    other["optimize"]["scoring"] = ["gain", "sharpe_ratio"]
    (run / "pareto" / "zzz.json").write_text(json.dumps(other))
    found = open_results(None, base_dir=tmp_path)
    assert found.folder == run / "pareto"
    assert len(found.members) == 4
    assert len(found.odd) == 3
    for wrong, why in ((tmp_path / "nowhere", "no such folder"), (tmp_path, "holds no member")):
        with pytest.raises(ConfigError, match=why):
            open_results(wrong, base_dir=tmp_path)


def test_every_evaluation_opens_too_and_a_damaged_tail_is_told(tmp_path, results):
    run = results.folder.parent
    with pytest.raises(ConfigError, match="is not there"):
        open_everything(run, base_dir=tmp_path)
    packed = [msgspec.msgpack.encode(document(n, point)) for n, point in enumerate(POINTS)]
    (run / "all_results.bin").write_bytes(b"".join(packed) + packed[0][:50])
    for folder in (run, run / "pareto"):
        found = open_everything(folder, base_dir=tmp_path)
        assert [item.id for item in found.members] == ["000000", "000001", "000002", "000003"]
        assert [tuple(item.objectives.values()) for item in found.members] == POINTS
        assert "50 bytes are left out" in found.odd[0]
    (run / "all_results.bin").write_bytes(b"")
    with pytest.raises(ConfigError, match="holds no evaluation"):
        open_everything(run, base_dir=tmp_path)


def test_filters_hold_and_say_what_is_wrong(results):
    assert ids(keep_those(results, [])) == "0123"
    assert ids(keep_those(results, ["adg>=0.002"])) == "013"
    assert ids(keep_those(results, ["adg >= 0.002", "w_1<0.3"])) == "13"
    assert ids(keep_those(results, ["drawdown_worst_usd.max==0.4"])) == "0"
    # A member that does not tell the metric is kept.
    assert ids(keep_those(results, ["volume_pct_per_day_avg>1"])) == "0"
    for text in ("adg", "adg>", "adg>lots", "nonsense>1", "w_2>0", "adg.median>0", "adg>nan"):
        with pytest.raises(ConfigError):
            keep_those(results, [text])


def test_members_are_sorted_by_any_key(results):
    assert ids(sort_by(results.members, results, "adg")) == "2130"
    assert ids(sort_by(results.members, results, "-drawdown_worst")) == "0312"
    assert ids(sort_by(results.members, results, "-volume_pct_per_day_avg"))[-1] == "0"
    with pytest.raises(ConfigError):
        sort_by(results.members, results, "nonsense")


def test_every_mode_picks_its_member(results):
    members, names = results.members, results.objectives
    assert pick(members, names, "lexicographic").place == 0
    assert pick(members, names, "lexicographic", tolerance=0.1).place == 3
    assert pick(members, names[::-1], "lexicographic").place == 2
    assert pick(members, names, "knee").place == 3
    assert pick(members, names).place == pick(members, names, "min").place == pick(members, names, "utopian").place == 3
    assert pick(members, names, weights=[1.0, 0.0]).place == 2
    assert pick(members, names, weights=[0.0, 1.0]).place == 0
    assert pick(members, names, "midrange").ideal == pytest.approx((-0.002, 0.2))
    assert pick(members, names, "percentile").ideal == pytest.approx((-0.00297, 0.115))
    found = pick(members, names)
    x, y = 0.05, 0.5
    assert found.distances[3] == pytest.approx((x**2 + y**2) ** 0.5)
    assert pick(members, ["adg_usd"]).place == 0
    with pytest.raises(ConfigError, match="3 weights for 2 objectives"):
        pick(members, names, weights=[1, 2, 3])
    with pytest.raises(ConfigError, match="no member is left"):
        pick([], names)


def test_a_penalty_in_place_of_objectives_neither_wins_nor_stretches_the_ranges(results):
    members, names = results.members, results.objectives
    poor = [replace(members[n], objectives=dict.fromkeys(names, 1e6 * (n + 1)), violation=1.0) for n in range(4)]
    for mode in MODES:
        alone, beside = pick(members, names, mode), pick([*poor[:2], *members, *poor[2:]], names, mode)
        assert beside.place == alone.place + 2
        assert beside.distances[2:6] == pytest.approx(alone.distances)
        assert beside.ideal == pytest.approx(alone.ideal)
        assert {*beside.distances[:2], *beside.distances[6:]} == {np.inf}
    alone = pick(poor, names)
    assert (alone.place, np.isfinite(alone.distances).all()) == (0, True)


def test_modes_and_objectives_go_by_short_names(results):
    letters = {"m": "min", "w": "weighted", "u": "utopian", "p": "percentile", "mi": "midrange", "g": "geomedian"}
    more = {"k": "knee", "l": "lexicographic", "Knee": "knee", "perc": "percentile"}
    for text, mode in {**letters, **more}.items():
        assert mode_named(text) == mode
    with pytest.raises(ConfigError):
        mode_named("best")
    assert chosen_objectives(results, []) == results.objectives
    assert chosen_objectives(results, ["w_1", "adg"]) == ("drawdown_worst_usd", "adg_usd")
    with pytest.raises(ConfigError) as refused:
        chosen_objectives(results, ["gain"])
    assert refused.value.hint == "there are: adg_usd, drawdown_worst_usd"
    assert results.find("22").id == name_of(2)
    for start in ("9", ""):
        with pytest.raises(ConfigError):
            results.find(start)


@settings(max_examples=40)
@given(st.lists(st.tuples(*[st.floats(-1e3, 1e3)] * 3), min_size=1, max_size=12), st.sampled_from(MODES))
def test_any_front_has_a_member_to_pick(points, mode):
    names = ("a", "b", "c")
    members = [
        Stored(Path(f"{n}.json"), str(n), {}, dict(zip(names, point, strict=True)), 0.0, {})
        for n, point in enumerate(points)
    ]
    found = pick(members, names, mode)
    assert 0 <= found.place < len(points)
    assert np.isfinite(found.distances).all()
    if mode == "lexicographic":
        assert points[found.place] == min(points)
