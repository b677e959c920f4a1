"""`pbtui pareto`: what it shows, writes and refuses."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from front_files import name_of, write_front
from PIL import Image

from pbtui.cli import pareto
from pbtui.cli.narrate import report
from pbtui.config import load


@pytest.fixture
def folder(tmp_path) -> Path:
    return write_front(tmp_path / "2025-05-10T00_00_00_run")


@pytest.fixture
def run(folder, capsys):
    def call(*words: str, code: int = 0) -> str:
        assert report(lambda: pareto.main([str(folder), *words])) == code
        shown = capsys.readouterr()
        return shown.err if code else shown.out

    return call


def test_members_are_listed_by_distance_and_one_is_picked(run, folder):
    lines = run().splitlines()
    assert lines[0].split() == ["member", "distance", "adg_usd", "drawdown_worst_usd"]
    assert [line.split()[-4].strip("*")[:3] for line in lines[1:5]] == ["333", "111", "000", "222"]
    assert lines[1].split() == ["*", "3" * 12, "0.5025", "0.0029", "0.2"]
    assert lines[-2] == "4 members · weighted: 333333333333, distance 0.5025"
    assert lines[-1] == str(folder / "pareto" / f"{name_of(3)}.json")


def test_order_columns_limits_and_ways_to_pick(run):
    lines = run("-s", "-drawdown_worst", "--columns", "adg.max,volume_pct_per_day_avg", "-l", "adg<0.003").splitlines()
    assert [line[2] for line in lines[1:4]] == ["3", "1", "2"]
    assert lines[-2].startswith("3 of 4 members · ")
    assert lines[1].split()[-2:] == ["0.0058", "0.5"]
    assert run("-m", "l").splitlines()[-1].endswith(f"{name_of(0)}.json")
    assert run("-w", "1,0").splitlines()[-1].endswith(f"{name_of(2)}.json")
    assert run("--id", "11", "-n", "1").splitlines()[-1].endswith(f"{name_of(1)}.json")
    assert run("--metrics").split() == ["adg_usd", "drawdown_worst_usd", "volume_pct_per_day_avg"]


def test_a_handful_that_lies_far_apart(run):
    def shown(*words: str) -> list[str]:
        return sorted(each["id"][0] for each in json.loads(run("--json", *words))["members"])

    assert shown("--diverse", "1") == ["1", "3"]  # the one in the middle, and the picked one
    assert shown("--diverse", "2") == ["0", "1", "3"]
    assert shown("--diverse", "3", "--id", "2") == ["0", "1", "2"]
    assert shown("--diverse", "9") == ["0", "1", "2", "3"]
    run("--diverse", "0", code=2)


def test_json_is_one_object(run):
    told = json.loads(run("--json", "-o", "w_0"))
    assert told["n_members"] == 4
    assert told["objectives"] == {"w_0": "adg_usd", "w_1": "drawdown_worst_usd"}
    assert told["ideal"] == {"w_0": -0.003}
    assert told["closest"]["hash"] == name_of(0)
    assert told["closest"]["normalized_distance"] == 0.0
    assert [item["adg_usd"] for item in told["members"]] == [0.003, 0.0029, 0.002, 0.001]


def test_members_side_by_side_show_where_they_differ(run):
    lines = run("--compare", "00,22").splitlines()
    told = {line.split()[0]: line.split()[1:] for line in lines[1:]}
    assert told["long.n_positions"] == ["1", "3"]
    assert told["volume_pct_per_day_avg"] == ["–", "0.5"]
    assert "long.entry_grid_spacing_pct" not in told


def test_files_are_written_once(run, tmp_path):
    made = tmp_path / "made"
    made.mkdir()
    flags = ["--write", "best.json", "--export", "all.csv", "--html", "front.html", "--png", "front.png"]
    words = [word if word.startswith("--") else str(made / word) for word in flags]
    run(*words)
    config = load(made / "best.json", command="backtest", base_dir=tmp_path)
    assert config.bot.long.n_positions == 4
    assert "metrics" not in json.loads((made / "best.json").read_text())
    rows = list(csv.DictReader((made / "all.csv").open()))
    assert [row["objective.adg_usd"] for row in rows] == ["-0.0029", "-0.002", "-0.003", "-0.001"]
    assert rows[0]["long.n_positions"] == "4"
    text = (made / "front.html").read_text()
    assert "<script" not in text
    assert text.count("<circle") == 4
    svg = text[text.index("<svg") : text.index("</svg>") + 6]
    assert len(ElementTree.fromstring(svg).findall("circle")) == 4
    picture = Image.open(made / "front.png")
    assert picture.size == (1600, 1000)
    assert len(set(picture.convert("L").resize((200, 120)).get_flattened_data())) > 10
    for flag, name in zip(words[::2], words[1::2], strict=True):
        assert "is there already" in run(flag, name, code=2)
        run(flag, name, "--force")
    run("--export", str(made / "all.json"), "-n", "2")
    assert len(json.loads((made / "all.json").read_text())) == 2
    assert "end the name with" in run("--export", str(made / "all.xls"), code=2)
    assert {path.name for path in made.iterdir()} == {"best.json", "all.csv", "all.json", "front.html", "front.png"}


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["-l", "nonsense>1"], "nonsense"),
        (["-l", "adg>5"], "no member is left"),
        (["-m", "best"], "best is no way to pick"),
        (["-w", "1,2,3"], "3 weights for 2"),
        (["-w", "x"], "no list of numbers"),
        (["-o", "gain"], "gain is no objective"),
        (["--id", "99"], "no member begins with 99"),
        (["-n", "0"], "no count"),
        (["--tolerance", "2"], "no share"),
    ],
)
def test_what_is_wrong_is_one_line(run, words, named):
    said = run(*words, code=2)
    assert named in said
    assert said.count("\n") == 1


def test_an_empty_folder_is_one_line(tmp_path, capsys):
    assert report(lambda: pareto.main([str(tmp_path)])) == 2
    assert report(lambda: pareto.main(["--base-dir", str(tmp_path)])) == 2
    assert capsys.readouterr().err.count("\n") == 2
