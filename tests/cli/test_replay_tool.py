"""`pbtui tool replay-backtest` without a screen: lines and objects of a run, its check, and what it refuses."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from replay_home import day_of

from pbtui.cli.main import main

Captured = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    desk, folder = day_of(tmp_path_factory.mktemp("day"))
    return desk.base, folder


def run(day: tuple[Path, Path], *words: str, place: Path | None = None) -> int:
    return main(["tool", "replay-backtest", str(place or day[1]), "--base-dir", str(day[0]), *words])


def fills_of(folder: Path) -> list[list[str]]:
    return [line.split(",") for line in (folder / "fills.csv").read_text().splitlines()[1:]]


def objects(capsys: Captured) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_lines_tell_minute_fills_orders_and_why(day: tuple[Path, Path], capsys: Captured) -> None:
    assert run(day, "--steps", "3") == 0
    told = capsys.readouterr()
    first = fills_of(day[1])[0]
    lines = told.out.splitlines()
    assert lines[0].startswith(first[2][:16])
    assert any(first[14] in line and "filled: " in line for line in lines)
    assert any(line.strip().startswith("+ take profit at") for line in lines)
    assert sum("balance" in line for line in lines) == 3
    assert "the folder's fills came out the same" in told.err


def test_objects_tell_the_folders_fills_every_one(day: tuple[Path, Path], capsys: Captured) -> None:
    assert run(day, "--json", "--by", "fill", "--steps", "100000") == 0
    head, *steps = objects(capsys)
    written = fills_of(day[1])
    assert head["same"] is True
    assert head["fills"] == len(written)
    told = [fill for step in steps for coin in step["coins"] for fill in coin["fills"]]
    told.sort(key=lambda fill: fill["row"])
    assert [(one["coin"], one["kind"], one["qty"], one["price"], one["size"]) for one in told] == [
        (row[3], row[14], float(row[10]), float(row[11]), float(row[12])) for row in written
    ]
    assert not any(step["problem"] for step in steps)


def test_orders_of_an_object_carry_their_reason(day: tuple[Path, Path], capsys: Captured) -> None:
    assert run(day, "--json", "--coin", "sol", "--at", "2025-05-11T06:00", "--steps", "4") == 0
    _, *steps = objects(capsys)
    assert len(steps) == 4
    assert steps[0]["time"] == "2025-05-11T06:00:00Z"
    orders = [order for step in steps for order in step["coins"][0]["orders"]]
    assert orders
    assert all(order["coin"] == "SOL" and order["why"]["code"] and order["why"]["text"] for order in orders)


def test_steps_by_minute_end_where_they_are_told_to(day: tuple[Path, Path], capsys: Captured) -> None:
    words = ("--json", "--coin", "XRP", "--by", "minute", "--at", "2025-05-11T05:00", "--to", "2025-05-11T05:04")
    assert run(day, *words, "--whole-ladders") == 0
    _, *steps = objects(capsys)
    assert [step["time"][11:16] for step in steps] == ["05:00", "05:01", "05:02", "05:03", "05:04"]


def test_every_minute_is_checked(day: tuple[Path, Path], capsys: Captured) -> None:
    assert run(day, "--check") == 0
    assert "bars decide as the run did" in capsys.readouterr().out


def test_a_config_is_run_for_its_replay(day: tuple[Path, Path], capsys: Captured) -> None:
    assert run(day, "--steps", "1", place=day[1] / "config.json") == 0
    assert f"run for this replay: {len(fills_of(day[1])):,} fills" in capsys.readouterr().err


def test_a_folder_with_other_fills_is_told_at_once(day: tuple[Path, Path], tmp_path: Path, capsys: Captured) -> None:
    odd = tmp_path / "binance" / "odd"
    shutil.copytree(day[1], odd)
    lines = (odd / "fills.csv").read_text().splitlines()
    lines[4] = lines[4].replace(",close_", ",odd_").replace(",entry_", ",odd_")
    (odd / "fills.csv").write_text("\n".join(lines) + "\n")
    assert run(day, "--steps", "1", place=odd) == 1
    told = capsys.readouterr()
    assert "NOT the folder's fills" in told.err
    assert "the first that differs is number 4" in told.err
    assert told.out


def refused(day: tuple[Path, Path], capsys: Captured, *words: str, place: Path | None = None) -> str:
    assert run(day, *words, place=place) == 2
    told = capsys.readouterr()
    assert told.out == ""
    lines = [line for line in told.err.splitlines() if not line.startswith("warning: ")]
    assert len(lines) == 1
    return lines[0]


def test_what_was_not_in_the_run_is_refused_in_one_line(day: tuple[Path, Path], capsys: Captured) -> None:
    assert "doge was not in this backtest; there are: SOL, XRP" in refused(day, capsys, "--plain", "--coin", "doge")
    line = refused(day, capsys, "--plain", "--at", "2024-01-01")
    assert "2024-01-01 00:00Z is outside of this backtest; it runs from 2025-05-11" in line
    assert "--by change needs --coin" in refused(day, capsys, "--by", "change")


def test_what_is_no_backtest_is_refused_in_one_line(day: tuple[Path, Path], tmp_path: Path, capsys: Captured) -> None:
    assert "is not there; name the folder of a backtest" in refused(day, capsys, place=tmp_path / "nowhere")
    assert "is not there" in refused(day, capsys, place=tmp_path)
    foreign = tmp_path / "foreign"
    shutil.copytree(day[1], foreign)
    (foreign / "run.json").unlink()
    line = refused(day, capsys, place=foreign)
    assert "was not written by this program" in line
    assert str(foreign / "config.json") in line
    (tmp_path / "suite_summary.json").write_text("{}")
    assert "is a suite" in refused(day, capsys, place=tmp_path)
    assert "is no config" in refused(day, capsys, place=day[1] / "fills.csv")


def test_candles_that_are_gone_are_named(day: tuple[Path, Path], tmp_path: Path, capsys: Captured) -> None:
    line = refused((tmp_path, day[1]), capsys)
    assert "no candles of binance are held" in line
    assert f"`pbtui backtest --repeat {day[1]}` fetches them" in line
