"""Backtests run from the console in real processes: to the end, stopped, killed, refused, two at once."""

from __future__ import annotations

import csv
import json
import os
import signal
from pathlib import Path

import pytest
from textual.widgets import Input

from pbtui.console.backtest.view import RunJob
from pbtui.console.dialogs.pick import PickDialog
from pbtui.console.screens.backtest import BacktestScreen
from pbtui.console.screens.live import LiveScreen
from pbtui.jobs.events import Event
from pbtui.jobs.job import Job

from .backtest_support import EXPECTED, at_rest, backtests, ended, field, home, keys, view_of, write_config
from .support import LARGE, SMALL, Desk, desk, until


@pytest.fixture
def base(tmp_path: Path) -> Path:
    home(tmp_path)
    write_config(tmp_path)
    return tmp_path


async def choose(d: Desk, typed: str = "small") -> None:
    """Choose a config by a few letters, offline."""
    await field(d, "config")
    await d.press("enter")
    dialog = d.app.screen
    assert isinstance(dialog, PickDialog)
    await until(lambda: bool(dialog._paths))
    await d.settle()
    await d.type(typed)
    await keys(d, "enter")
    await field(d, "offline")
    await keys(d, "enter")


def results(base: Path) -> list[str]:
    root = base / "backtests"
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_dir())


async def held(d: Desk, number: int = 1) -> Job:
    """Return a run's process as soon as it is there, stopped: it cannot end before it was looked at."""
    processes = d.app.backtests.runs._processes
    await until(lambda: number in processes)
    os.kill(processes[number].pid, signal.SIGSTOP)
    return processes[number]


async def held_at_its_first_word(d: Desk, monkeypatch: pytest.MonkeyPatch) -> Job:
    """Run, and return the process stopped when it has told something: its own preparations are behind it."""
    runs = d.app.backtests.runs
    original, seen = runs._take, list[Job]()

    def take(job: RunJob, event: Event) -> None:
        if not seen:
            seen.append(runs._processes[job.number])
            os.kill(seen[0].pid, signal.SIGSTOP)
        original(job, event)

    monkeypatch.setattr(runs, "_take", take)
    d.app.perform("backtest.run")
    await until(lambda: bool(seen))
    return seen[0]


async def test_a_run_to_its_end_with_the_reference_s_numbers(base: Path) -> None:
    async with backtests(base) as d:
        await choose(d)
        assert "configs/small.json" in d.text
        assert view_of(d).form.told["coins"] == "BTC, SYNB"
        await d.press("ctrl+r")
        assert "Run" in d.text
        job = await ended(d)
        assert (job.state, job.last_lines) == ("done", ())
        assert job.folder is not None
        assert job.folder.parent == base / "backtests" / "binance"
        assert view_of(d).current == job.folder
        shown = d.text
        assert "Runs 1" in shown
        assert "-7.8%" in shown
        mine, theirs = (json.loads((folder / "analysis.json").read_text()) for folder in (job.folder, EXPECTED))
        assert {name: value for name, value in mine.items() if value is not None} == pytest.approx(
            {name: value for name, value in theirs.items() if value is not None}, rel=1e-9, abs=1e-12
        )
        with (EXPECTED / "fills.csv").open() as file:
            count = sum(1 for _ in csv.DictReader(file))
        found = view_of(d).result()
        assert found is not None
        assert found.fills is not None
        assert len(found.fills) == count
        assert f"{count:,}" in shown
        assert job.samples
        assert job.samples[-1][2] == pytest.approx(8_838.34, abs=0.01)


async def test_what_is_typed_into_the_form_is_what_runs(base: Path) -> None:
    async with backtests(base) as d:
        await choose(d)
        for name, text in (("end", "2024-03-04"), ("balance", "2500"), ("coins", "BTC")):
            await field(d, name)
            await d.press("enter")
            assert isinstance(d.app.focused, Input)
            await d.type(text)
            await keys(d, "enter")
        assert "2500" in d.text
        await d.press("ctrl+r")
        job = await ended(d)
        assert job.state == "done", job.line
        assert job.folder is not None
        written = json.loads((job.folder / "config.json").read_text())
        assert written["backtest"]["starting_balance"] == 2500
        assert written["backtest"]["end_date"] == "2024-03-04"
        assert json.loads((job.folder / "run.json").read_text())["run"]["coins"] == ["BTC"]
        await field(d, "end")
        await d.press("enter")
        await d.press(*["backspace"] * 10)
        await keys(d, "enter")
        assert "end" not in view_of(d).form.typed


async def test_a_run_that_is_stopped_leaves_nothing(base: Path) -> None:
    async with backtests(base) as d:
        await choose(d)
        d.app.perform("backtest.run")
        process = await held(d)
        d.app.perform("backtest.stop")
        await d.settle()
        assert "stopping backtest" in d.message
        os.kill(process.pid, signal.SIGCONT)
        job = await ended(d)
        assert job.state == "stopped"
        assert "● stopped" in d.text
        assert not any("2" in name for name in results(base))
        await d.press("x")
        assert d.message == "stop: nothing runs"


async def test_stopped_before_it_began(base: Path) -> None:
    async with backtests(base) as d:
        await choose(d)
        d.app.perform("backtest.run")
        d.app.perform("backtest.stop")
        job = await ended(d)
        assert job.state == "stopped"


async def test_stopping_twice_kills(base: Path) -> None:
    async with backtests(base) as d:
        await choose(d)
        d.app.perform("backtest.run")
        process = await held(d)  # it cannot hear that it should end
        d.app.perform("backtest.stop")
        d.app.perform("backtest.stop")
        job = await ended(d)
        assert job.state == "stopped"
        assert not process.running


async def test_a_crash_shows_the_last_lines_and_touches_nothing_else(
    base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with backtests(base) as d:
        await choose(d)
        ticks = d.app.state.snapshot
        process = await held_at_its_first_word(d, monkeypatch)
        os.kill(process.pid, signal.SIGABRT)
        os.kill(process.pid, signal.SIGCONT)
        job = await ended(d)
        assert job.state == "failed"
        assert "killed by SIGABRT" in d.text
        assert "Fatal Python error: Aborted" in d.text
        assert d.app.state.snapshot is ticks
        assert "✗ failed" in d.text
        await d.press("ctrl+r")
        assert (await ended(d, 2)).state == "done"


async def test_a_kill_is_one_line(base: Path) -> None:
    async with backtests(base, size=SMALL) as d:
        await choose(d)
        d.app.perform("backtest.run")
        os.kill((await held(d)).pid, signal.SIGKILL)
        job = await ended(d)
        assert "killed by SIGKILL (perhaps memory ran out)" in job.line
        assert "killed by SIGKILL" in d.text


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("balance", "-5", "balance"),
        ("start", "2024-04-01", "start"),
        ("start", "soon", "date"),
        ("coins", "NOSUCH", "NOSUCH"),
        ("exchanges", "nowhere", "nowhere"),
    ],
)
async def test_wrong_words_are_one_line_and_nothing_is_written(base: Path, name: str, text: str, said: str) -> None:
    async with backtests(base) as d:
        await choose(d)
        view_of(d).form.put(name, text)
        await d.press("ctrl+r")
        job = await ended(d)
        assert job.state == "failed"
        assert said in job.line
        assert job.last_lines == ()
        assert not any("2" in each for each in results(base))


async def test_a_config_that_cannot_be_read_is_told(base: Path) -> None:
    (base / "configs" / "broken.json").write_text("{")
    async with backtests(base) as d:
        await choose(d, "broken")
        assert "✗ configs/broken.json" in d.text
        await d.press("ctrl+r")
        assert "run: the config cannot be used" in d.message
        assert not view_of(d).jobs


async def test_two_at_once_and_leaving_the_screen(base: Path) -> None:
    async with backtests(base) as d:
        await choose(d)
        d.app.perform("backtest.run")
        both = [await held(d)]
        await d.press("ctrl+r")
        both.append(await held(d, 2))
        assert len({process.pid for process in both}) == 2
        for process in both:
            os.kill(process.pid, signal.SIGCONT)
        await d.press("escape", "escape")
        assert isinstance(d.app.screen, LiveScreen)
        first, second = await ended(d), await ended(d, 2)
        assert (first.state, second.state) == ("done", "done")
        assert first.folder != second.folder
        await d.press("2")
        await at_rest(d)
        assert isinstance(d.app.screen, BacktestScreen)
        assert "Runs 2" in d.text


async def test_a_suite_of_two_scenarios(base: Path) -> None:
    scenarios = [{"label": "all"}, {"label": "one", "coins": ["BTC"]}]
    write_config(base, "many.json", scenarios=scenarios, end_date="2024-03-05", suite_enabled=True)
    async with backtests(base, size=(200, 50)) as d:
        await choose(d, "many")
        assert "2 scenarios" in d.text
        await d.press("ctrl+r")
        job = await ended(d)
        assert job.state == "done", job.line
        assert job.folder is not None
        assert "suite_runs" in job.folder.parts
        assert "scenario" in d.text
        assert "aggregated" in d.text
        assert "Runs 3" in d.text
        view_of(d).form.put("scenarios", "one")
        await d.press("ctrl+r")
        second = await ended(d, 2)
        assert second.folder is not None
        summary = json.loads((second.folder / "suite_summary.json").read_text())
        assert summary["suite_metrics"]["scenario_labels"] == ["one"]
        view_of(d).form.put("scenarios", "none of them")
        await d.press("ctrl+r")
        assert "there are: all, one" in (await ended(d, 3)).line


async def test_a_run_goes_on_when_the_console_ends(base: Path) -> None:
    async with desk(size=LARGE, base_dir=base) as d:
        await d.press("2")
        await at_rest(d)
        await choose(d)
        d.app.perform("backtest.run")
        process = await held(d)
        await d.app.backtests.let_go()
        process._process.stdin.close()  # type: ignore[union-attr]
        assert process.running
        os.kill(process.pid, signal.SIGCONT)
        await until(lambda: not process.running)
        assert len([name for name in results(base) if "/" in name and "." not in name]) >= 1
