"""The screen of searches: form, a real small search to its end, pausing, stopping, what goes wrong."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

from pbtui.console.screens.backtest import BacktestScreen
from pbtui.console.screens.pareto import ParetoScreen

from .optimize_support import ended, field, fill, keys, pareto_of, reached, search_config, searching, view_of


async def test_a_small_search_to_its_end_then_a_member_of_its_front(tmp_path: Path) -> None:
    base = tmp_path
    search_config(base)
    async with searching(base) as d:
        assert "configs/search.json" in d.text
        assert " searched" in d.text
        await fill(d, "seed", "7")
        await fill(d, "iterations", "16")
        await field(d, "offline")
        await keys(d, "enter", "ctrl+r")
        search = await ended(d)
        assert (search.state, search.last_lines) == ("done", ())
        assert search.last is not None
        assert search.last.evaluations >= 16
        assert search.points is not None
        assert [volume for _, volume in search.curve] == sorted(volume for _, volume in search.curve)
        assert "✓ done" in d.text
        assert "seed 7" in d.text
        assert "hypervolume" in d.text
        assert "best adg_usd" in d.text
        assert "x adg_usd" in d.text
        await keys(d, "right_square_bracket")
        assert "y adg_usd" in d.text
        assert "x drawdown_worst_usd" in d.text
        d.app.screen.query_one("#searches").focus()
        await keys(d, "enter")
        assert isinstance(d.app.screen, ParetoScreen)
        front = pareto_of(d).front()
        assert front is not None
        assert front.folder == search.folder
        assert len(front.results.members) == len(search.points.members)
        await keys(d, "enter")
        assert isinstance(d.app.screen, BacktestScreen)
        assert d.app.state.backtest.form.problem == ""
        assert d.app.state.backtest.form.config == front.by_id[front.picked].path.resolve()


async def test_a_search_rests_and_is_stopped_in_order_then_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    search_config(tmp_path, iters=50_000)
    async with searching(tmp_path) as d:
        await keys(d, "space")
        assert d.message == "pause: nothing runs"
        await field(d, "offline")
        await keys(d, "enter", "ctrl+r")
        first = view_of(d).searches[1]
        await reached(d, lambda: first.last is not None and first.last.evaluations > 8)
        await keys(d, "space")
        await reached(d, lambda: first.paused)
        assert "paused" in d.text
        await keys(d, "space")
        await reached(d, lambda: not first.paused)
        said: list[str] = []
        say = d.app.say
        monkeypatch.setattr(d.app, "say", lambda text, *rest, **more: (said.append(text), say(text, *rest, **more)))
        await keys(d, "x")
        assert "x again kills it" in said[0]  # the search may have ended before anybody looks
        await ended(d)
        assert first.state == "stopped"
        assert "all is written" in first.line
        assert first.folder is not None
        assert json.loads((first.folder / "summary.json").read_text())["finished"] is False
        assert list(first.folder.glob("pareto/*.json"))
        await keys(d, "ctrl+r")
        second = view_of(d).searches[2]
        await reached(d, lambda: second.last is not None)
        await keys(d, "x")
        if second.running:
            await keys(d, "x")
        await ended(d, 2)
        assert second.state == "stopped"
        assert "Searches 2" in d.text


async def test_what_the_form_gets_wrong_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    search_config(tmp_path)
    find = importlib.util.find_spec
    monkeypatch.setattr("importlib.util.find_spec", lambda name, *rest: None if name == "ray" else find(name, *rest))
    (tmp_path / "wide.json").write_text('{"optimize": {"bounds": {"long_ema_span_0": [9, 3]}}}')
    (tmp_path / "none.json").write_text('{"bounds": {}}')
    async with searching(tmp_path) as d:
        wrong = (
            ("bounds", "nowhere.json", "nowhere.json"),
            ("bounds", "none.json", "holds no bounds"),
            ("bounds", "wide.json", "9 is above 3"),
            ("fine_tune", "long_nothing", "no parameter long_nothing"),
            ("seed", "-1", "seed: -1 is no number"),
            ("cpus", "0", "n_cpus"),
            ("cluster", "10.8.0.1", "'10.8.0.1' is no cluster; write HOST:PORT, or auto"),
            ("cluster", "auto", "a cluster needs Ray, which is not installed; install pbtui[cluster]"),
        )
        for number, (name, text, words) in enumerate(wrong, 1):
            view_of(d).form.typed = {name: text}
            await keys(d, "ctrl+r")
            search = await ended(d, number)
            assert search.state == "failed"
            assert words in search.line, (name, search.line)
        assert not (tmp_path / "optimize_results").exists()
        assert f"Searches {len(wrong)}" in d.text
        view_of(d).form.typed = {}
        await field(d, "suite")
        await keys(d, "enter", "enter", "enter")
        assert view_of(d).form.typed == {}
        await keys(d, "tab", "enter")
        assert "screen 4 when the search has ended" in d.message
