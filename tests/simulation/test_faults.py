"""The live loop against seeded faults: no invariant breaks, and a seed always does the same."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from pbtui.cli.main import main
from pbtui.live.sim.run import SimReport, simulate
from pbtui.live.sim.weather import FAULTS, HOUR_S, TROUBLE_UNTIL_S, Weather, calm

SEEDS = 30  # of two hours each: some 50 s of one core
ALL_SEEDS, ALL_HOURS = 50, 12
_MEMORY = Path("/dev/shm")


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Return a folder that costs no disk, where there is one: what simulations write need not last."""
    if not _MEMORY.is_dir():
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(prefix="pbtui-sim-", dir=_MEMORY) as name:
        yield Path(name)


def run(seed: int, hours: int, place: Path, *only: str) -> SimReport:
    place.mkdir()
    report = simulate(seed, hours, place, only=only)
    assert report.breach is None, f"pbtui sim --seed {seed} --hours {hours}: {report.breach}"
    return report


@pytest.mark.parametrize("first", range(1, SEEDS + 1, 6))
def test_no_fault_breaks_an_invariant(folder: Path, first: int) -> None:
    reports = [run(seed, 2, folder / str(seed)) for seed in range(first, first + 6)]
    assert all(report.fills and report.orders > 20 for report in reports)
    assert sum(report.lives for report in reports) > len(reports)
    assert len({report.journal for report in reports}) == len(reports)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, ALL_SEEDS + 1))
def test_no_fault_breaks_an_invariant_in_half_a_day(folder: Path, seed: int) -> None:
    first, second = (run(seed, ALL_HOURS, folder / name) for name in ("one", "two"))
    assert first == second


@pytest.mark.parametrize("seed", [4, 13])
def test_a_seed_does_the_same_again(folder: Path, seed: int) -> None:
    first, second = (run(seed, 1, folder / name) for name in ("one", "two"))
    assert first == second
    assert first.faults


@pytest.mark.parametrize("only", ["kill,lost_reply,late_create", "limits,kill,signal"])
def test_chosen_faults_happen(folder: Path, only: str) -> None:
    report = run(5, 2, folder / "run", *only.split(","))
    assert set(report.faults) <= set(only.split(","))
    assert report.faults["kill"] == report.kills > 0
    assert report.lives > report.kills


def test_every_fault_is_chosen_by_some_seed_and_none_in_the_calm() -> None:
    plans = [Weather(seed, 12) for seed in range(1, ALL_SEEDS + 1)]
    assert {fault for plan in plans for fault in plan.faults} == set(FAULTS)
    for plan in plans:
        for episode in plan.episodes:
            assert not calm(episode.start_s)
            assert episode.start_s < episode.end_s <= HOUR_S * (episode.start_s // HOUR_S) + TROUBLE_UNTIL_S
    assert {number for numbers in FAULTS.values() for number in numbers} == {*range(1, 13), 13, 14, 15, 16, 20, 22, 26}


def test_a_broken_invariant_is_one_line_and_exit_code_1(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bot that forgets what it was refused breaks I6."""
    monkeypatch.setattr("pbtui.live.guards.Guards.refused", lambda *_: 0)
    assert main(["sim", "--seed", "8", "--hours", "1", "--only", "reject"]) == 1
    shown = capsys.readouterr()
    assert shown.out.startswith("seed 8: minute ")
    assert ": I6 broken: " in shown.out
    assert shown.out.count("\n") == 1
    assert shown.err == "repeat it: pbtui sim --seed 8 --hours 1 --only reject\n"


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sim", "--seeds", "8-9", "--hours", "1", "--json", "--only", "partial"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["seed"] for line in lines] == [8, 9]
    assert all(line["breach"] is None and line["same"] and len(line["journal"]) == 64 for line in lines)
    for wrong in (["--seeds", "9-8"], ["--hours", "0"], ["--only", "rain"], ["--seed", "x"]):
        assert main(["sim", *wrong]) == 2
    capsys.readouterr()
