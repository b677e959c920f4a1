"""The process of an optimisation: killed again and again it ends where an unbroken one does; asked to, it rests."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from campaign_desk import Desk, front_of, optimize_config
from search_home import SearchHome

from pbtui.jobs.events import Done, Event, Failed, FrontPoints, SearchState
from pbtui.jobs.job import Job
from pbtui.optimize.all_results import Reader
from pbtui.optimize.job import CHILD, OptimizeJob

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> SearchHome:
    made = SearchHome(tmp_path_factory.mktemp("process"))
    made.keep()
    optimize_config(made, scoring=["gain", "drawdown_worst"], population_size=20, iters=240, n_cpus=1)
    return made


def job_of(home: SearchHome, **more: Any) -> OptimizeJob:
    return OptimizeJob(base_dir=home.base, offline=True, **more)


def new_run(home: SearchHome, **more: Any) -> OptimizeJob:
    return job_of(home, config=home.base / "search.json", seed=5, **more)


async def until(process: Job, evaluations: int) -> list[Event]:
    """Return the events up to the state that has so many evaluations."""
    seen: list[Event] = []
    async for event in process.events():
        seen.append(event)
        if isinstance(event, SearchState) and event.evaluations >= evaluations:
            break
    return seen


def runs(home: SearchHome) -> set[Path]:
    return set((home.base / "optimize_results").glob("2*"))


@pytest.fixture(scope="module")
def desk(home) -> Desk:
    return Desk(home, new_run(home).load())


async def test_killed_at_any_moment_it_goes_on_to_the_same_front(home, desk):
    whole = desk.begin(seed=5)
    unbroken = desk.run(whole)
    before = runs(home)
    process = await Job.start(CHILD, new_run(home).to_request())
    await until(process, 1)
    for target in (100, 0):
        process.kill()
        async for _ in process.events():
            continue
        (folder,) = runs(home) - before
        journal = (folder / "journal.bin").read_bytes()
        process = await Job.start(CHILD, job_of(home, resume=folder, cpus=2).to_request())
        state = (await until(process, target))[-1]
        assert isinstance(state, SearchState)
        # What had ended before is not made again; the last entry may have been written half.
        assert (folder / "journal.bin").read_bytes()[: len(journal) - 400] == journal[:-400]
    process.kill()
    async for _ in process.events():
        continue
    outcome = desk.run(folder, threads=2)
    assert outcome == unbroken
    assert front_of(folder) == front_of(whole)
    reader = Reader(folder / "all_results.bin")
    assert sum(1 for _ in reader) == outcome.evaluations
    assert reader.damage == ""


async def test_it_rests_goes_on_and_stops_when_asked(home):
    endless = new_run(home, flags={"optimize.iters": "100000"})
    process = await Job.start(CHILD, endless.to_request())
    await until(process, 1)
    await process.pause(True)
    async for event in process.events():
        if isinstance(event, SearchState) and event.paused:
            break
    await process.pause(False)
    async for event in process.events():
        if isinstance(event, SearchState) and not event.paused:
            break
    await process.stop(grace_s=60.0)
    seen = [event async for event in process.events()]
    assert isinstance(seen[-1], Done)
    told = seen[-1].result
    assert not told["finished"]
    fronts = [event for event in seen if isinstance(event, FrontPoints)]
    assert len(fronts[-1].members) == told["members"] == len(front_of(Path(told["folder"])))
    assert {name.partition("_")[2][:12] for name in front_of(Path(told["folder"]))} == {
        member["id"] for member in fronts[-1].members
    }


async def test_what_cannot_be_gone_on_with_is_refused(home):
    process = await Job.start(CHILD, job_of(home, resume=home.base).to_request())
    seen = [event async for event in process.events()]
    assert isinstance(seen[-1], Failed)
    assert (seen[-1].exit_code, "holds no run" in seen[-1].line) == (2, True)


def command(home: SearchHome, *words: str) -> list[str]:
    return [sys.executable, "-m", "pbtui", "optimize", *words, "--offline", "--base-dir", str(home.base)]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "100"}


def test_the_command_stops_in_order_and_goes_on(home):
    process = subprocess.Popen(
        command(home, str(home.base / "search.json"), "--json", "--seed", "9", "-ps", "20", "-i", "240"),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(),
    )  # fmt: skip
    assert process.stdout is not None
    for line in process.stdout:
        if json.loads(line)["type"] == "search":
            break
    process.send_signal(signal.SIGINT)
    rest, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert said == "finishing the running evaluations; again to kill\n"
    told = json.loads(rest.splitlines()[-1])
    assert told["type"] == "done"
    folder = Path(told["result"]["folder"])
    assert not told["result"]["finished"]
    assert front_of(folder)
    done = subprocess.run(
        command(home, "--resume", str(folder), "-c", "1"),
        capture_output=True,
        text=True,
        env=environment(),
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    page = done.stdout.splitlines()
    assert "generation 12 of 12" in page[0]
    assert page[0].endswith("seed 9")
    assert [line.split()[:2] for line in page[1:3]] == [["best", "gain_usd"], ["best", "drawdown_worst_usd"]]
    assert page[-1] == str(folder)
    assert "taking up the run" in done.stderr
    assert json.loads((folder / "summary.json").read_text())["members"] == len(front_of(folder))
