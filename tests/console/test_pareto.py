"""The screen of fronts: runs, members by any metric, the cloud, bars in bounds, what can be done with a member."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pbtui.config import load
from pbtui.console.dialogs.adopt import AdoptDialog
from pbtui.console.optimize.reading import parameters, read_front
from pbtui.console.optimize.scatter import Axis, scatter
from pbtui.console.optimize.view import turned
from pbtui.console.screens.backtest import BacktestScreen
from pbtui.console.screens.pareto import ParetoScreen
from pbtui.console.text import line_width

from .optimize_support import OLDER, RUN, at_rest, front, fronts, keys, looking, pareto_of
from .support import SMALL, Desk, until


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return fronts(tmp_path)


def row_of(d: Desk, *words: str) -> str:
    return next(line for line in d.lines if all(word in line for word in words))


def shown(d: Desk) -> list[str]:
    return [item.id for item in pareto_of(d).arranged[2]]


async def test_members_by_distance_by_objective_by_any_metric(base: Path) -> None:
    async with looking(base, size=(200, 50)) as d:
        view = pareto_of(d)
        assert view.current == base / "optimize_results" / RUN
        assert "Fronts 2" in d.text
        assert "passivbot" in row_of(d, "bybit 30days")
        assert "Members 12" in d.text
        found = view.front()
        assert found is not None
        assert shown(d)[0] == found.picked
        assert [found.distances[each] for each in shown(d)] == sorted(found.distances.values())
        await keys(d, "s")
        assert "members sorted by adg_usd" in d.message
        assert shown(d) == sorted(shown(d))
        await keys(d, "S")
        assert shown(d) == sorted(shown(d), reverse=True)
        await keys(d, "m")
        await d.type("sharpe_ratio_usd")
        await keys(d, "enter")
        values = [found.by_id[each].value("sharpe_ratio_usd") for each in shown(d)]
        assert values == sorted(values, reverse=True)  # type: ignore[type-var]
        assert "sharpe_ratio_usd▾" in d.text
        await keys(d, "m")
        d.app.focused.value = "drawdown_worst_usd.max"  # type: ignore[union-attr]
        await keys(d, "enter")
        assert "drawdown_worst_usd.max▴" in d.text
        assert shown(d) == sorted(shown(d))
        await keys(d, "m")
        d.app.focused.value = "sharpe_ratio_usd"  # type: ignore[union-attr]
        await keys(d, "enter")
        await keys(d, "right_square_bracket")
        assert "y sharpe_ratio_usd" in d.text
        await keys(d, "m")
        await d.type("_no")
        await keys(d, "enter")
        assert "is nothing these members tell" in d.message


async def test_limits_and_parts_of_ids_filter(base: Path) -> None:
    async with looking(base) as d:
        await keys(d, "slash")
        await d.type("adg>=0.0015 drawdown_worst<0.09")
        await keys(d, "enter")
        assert sorted(int(each[:4], 16) for each in shown(d)) == [5, 6, 7, 8]
        assert "Members 4 of 12" in d.text
        await keys(d, "escape", "slash")
        await d.type("00b")
        await keys(d, "enter")
        assert [int(each[:4], 16) for each in shown(d)] == [11]
        await keys(d, "escape", "slash")
        await d.type("nothing>1")
        await keys(d, "enter")
        assert "nothing these members tell" in d.text
        assert len(shown(d)) == 12
        await keys(d, "escape")
        assert isinstance(d.app.screen, ParetoScreen)


async def test_the_member_looked_at_is_marked_and_its_bounds_shown(base: Path) -> None:
    async with looking(base, size=(200, 50)) as d:
        await keys(d, "s", "home")
        assert "⚠" in row_of(d, "long.entry_grid_spacing_pct", "0.005", "0.05")
        assert "at a bound" in d.text
        assert "fixed" in d.text
        assert "◆" in d.text
        first = d.text
        await keys(d, "down", "down")
        assert d.text != first
        member = pareto_of(d).chosen()
        assert member is not None
        assert int(member.id[:4], 16) == 2
        found = {each.name: each for each in parameters(member)}
        assert not found["long.entry_grid_spacing_pct"].at_end
        assert found["long.entry_grid_spacing_pct"].share == pytest.approx(2 / 11)
        assert found["short.n_positions"].fixed


async def test_another_run_and_its_members_are_backtested(base: Path) -> None:
    async with looking(base) as d:
        d.app.screen.query_one("#fronts").focus()
        await keys(d, "down")
        assert pareto_of(d).current == base / "optimize_results" / OLDER
        assert "Members 3" in d.text
        await keys(d, "enter", "down", "enter")
        assert isinstance(d.app.screen, BacktestScreen)
        member = pareto_of(d).chosen()
        assert member is not None
        assert d.app.state.backtest.form.config == member.path.resolve()
        assert d.app.state.backtest.form.problem == ""
        await keys(d, "4")
        assert pareto_of(d).chosen() is member


async def test_a_member_is_written_once_as_a_config(base: Path) -> None:
    async with looking(base) as d:
        member = pareto_of(d).chosen()
        assert member is not None
        target = base / "configs" / f"pareto_{member.id}.json"
        await keys(d, "w", "enter")
        assert "written: configs/pareto_" in d.message
        told = json.loads(target.read_text())
        assert "metrics" not in told
        assert told["bot"]["long"]["entry_grid_spacing_pct"] == member.config["bot"]["long"]["entry_grid_spacing_pct"]
        before = target.read_bytes()
        await keys(d, "w")
        assert d.app.focused.value == f"configs/pareto_{member.id}_2.json"  # type: ignore[union-attr]
        d.app.focused.value = f"configs/{target.name}"  # type: ignore[union-attr]
        await keys(d, "enter")
        assert "is there already" in d.message
        assert target.read_bytes() == before


async def test_a_member_is_taken_over_after_a_look(base: Path) -> None:
    async with looking(base) as d:
        member = pareto_of(d).chosen()
        assert member is not None
        await d.press("d")
        dialog = d.app.screen
        assert isinstance(dialog, AdoptDialog)
        await until(lambda: dialog.adoption is not None)
        await d.settle()
        target = base / "configs" / f"live_pareto_{member.id}.json"
        assert target.name in d.text
        assert not target.exists()
        await d.press("y")
        await until(target.exists)
        await at_rest(d)
        assert "written; start with: pbtui run configs/live_pareto_" in d.message
        assert "metrics" not in json.loads(target.read_text())
        assert load(target, command="live", base_dir=base).bot.long.entry_grid_spacing_pct == pytest.approx(
            member.config["bot"]["long"]["entry_grid_spacing_pct"]
        )


async def test_damaged_and_missing_fronts_say_so(tmp_path: Path) -> None:
    async with looking(tmp_path) as d:
        assert "no front yet" in d.text
        await keys(d, "enter")
        assert d.message == "backtest: no member is chosen"
        folder = front(tmp_path, "x\x1b]0;y\x07[red]", 3)
        for path in folder.glob("pareto/*.json"):
            path.write_text("{")
        await keys(d, "r")
        assert "holds no member" in " ".join(d.text.replace("│", " ").split())
        assert "\x1b" not in d.text
        front(tmp_path, RUN, 2)
        await keys(d, "r")
        d.app.screen.query_one("#fronts").focus()
        await keys(d, "end")
        assert "Members 2" in d.text


@pytest.mark.parametrize("size", [(50, 20), SMALL])
async def test_narrow_terminals_turn_pages(base: Path, size: tuple[int, int]) -> None:
    async with looking(base, size=size, ascii_only=True) as d:
        assert isinstance(d.app.screen, ParetoScreen)
        seen = set(d.app.screen.in_view)
        for _ in range(len(d.app.screen.pages)):
            assert d.text.isascii()
            await keys(d, "v")
            seen |= set(d.app.screen.in_view)
        assert seen == {"fronts", "members", "pareto-front", "parameters"}


def test_a_cloud_has_its_size_and_marks_one() -> None:
    points = [(float(n), float(n * n)) for n in range(20)] + [(None, 1.0), (float("nan"), 2.0)]
    axes = (Axis("adg", -1), Axis("drawdown", 1))
    for columns, rows in ((30, 8), (60, 20), (120, 40)):
        lines = scatter(points, axes, columns, rows, marked=3)
        assert len(lines) == rows
        assert all(line_width(line) <= columns for line in lines)
        text = "\n".join("".join(part for part, _ in line) for line in lines)
        assert text.count("◆") == 1
    assert "more is better" in text
    assert "less is better" in text
    plain = "".join(part for line in scatter(points, axes, 60, 20, marked=3, plain=True) for part, _ in line)
    assert "#" in plain
    assert "too little room" in scatter(points, axes, 10, 4)[0][0][0]
    assert "no member" in scatter([(None, 1.0)], axes, 60, 20)[0][0][0]
    assert len(scatter([(1.0, 1.0)], axes, 60, 20)) == 20


def test_axes_go_round_and_never_show_the_same() -> None:
    assert turned((0, 1), 0, 2) == (1, 0)
    assert turned((0, 1), 0, 3) == (2, 1)
    assert turned((2, 1), 0, 3) == (0, 1)
    assert turned((0, 1), 1, 1) == (0, 0)
    assert turned((5, 1), 1, 3) == (2, 0)


def test_what_was_not_searched_lies_at_no_bound(base: Path) -> None:
    run = base / "optimize_results" / RUN
    for path in run.glob("pareto/*.json"):
        document = json.loads(path.read_text())
        bounds = document["optimize"]["bounds"]
        bounds |= {"short_ema_span_0": [document["bot"]["short"]["ema_span_0"], 5_000]}
        bounds["long_close_grid_markup_start"] = [document["bot"]["long"]["close_grid_markup_start"], 0.9]
        path.write_text(json.dumps(document))
    whole = read_front(run, base)
    found = {each.name: each for each in parameters(whole.by_id[whole.picked], whole.tuned)}
    assert found["short.ema_span_0"].fixed
    assert not found["short.ema_span_0"].at_end
    assert found["long.close_grid_markup_start"].at_end
    (run / "run.json").write_text('{"fine_tune": ["long_entry_grid_spacing_pct"]}')
    tuned = read_front(run, base)
    told = parameters(tuned.by_id[tuned.picked], tuned.tuned)
    assert [each.name for each in told if not each.fixed] == ["long.entry_grid_spacing_pct"]
    (run / "run.json").write_text("[")
    assert read_front(run, base).tuned == frozenset()


async def test_a_tested_front_shows_both_samples_and_what_was_tried(base: Path) -> None:
    run = base / "optimize_results" / RUN
    found = {
        f"{n:04x}00000000": {
            "objectives": [0.0001 * n, 0.3], "violation": 0.0, "robustness": 0.5 + 0.01 * n, "deflated_sharpe": 0.25,
            "metrics": {"adg_usd": -0.0001 * n, "drawdown_worst_usd": 0.3},
        }
        for n in range(12)
    }  # fmt: skip
    verdict = {
        "method": "holdout", "train": ["2024-04-01", "2024-04-06"], "test": ["2024-04-07", "2024-04-09"], "folds": [],
        "trials": 5_026, "members": 12, "rank_correlation": {"adg_usd": -0.625, "drawdown_worst_usd": None},
        "kept_limits": 12, "robustness": 0.55, "deflated_sharpe": 0.25, "front": [], "found": found,
    }  # fmt: skip
    (run / "validation.json").write_text(json.dumps(verdict))
    async with looking(base, size=(200, 50)) as d:
        assert "Members 12 · 5,026 trials · rank ρ unseen -0.62 –" in d.text
        assert "adg_usd.oos" in d.text
        assert "deflated_sharpe" in d.text
        chosen = pareto_of(d).chosen()
        assert chosen is not None
        assert f"{chosen.value('robustness'):.6g}" in row_of(d, chosen.id[:8], "0.25")
        await keys(d, "slash")
        await d.type("robustness>=0.58 adg.oos<-0.00095")
        await keys(d, "enter")
        assert sorted(int(each[:4], 16) for each in shown(d)) == [10, 11]
