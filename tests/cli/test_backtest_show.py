"""A job's progress in words and bars."""

from __future__ import annotations

import io

import pytest

from pbtui.cli.backtest_show import BarShow, PlainShow, QuietShow
from pbtui.cli.backtest_summary import day, metric_lines, run_line, suite_lines
from pbtui.core.clock import VirtualClock
from pbtui.jobs.events import EquitySample, FillsCount, Note, Progress, Stage
from pbtui.jobs.standing import Standing

RUNNING = [
    Stage("simulating bull", 2, 4),
    FillsCount(1234),
    EquitySample(0, 1.0, 1012.5),
    Progress(25.0, 100.0, 2_500_000.0, 3_725.4),
]


def bar(width: int, *, unicode: bool = True) -> str:
    show = BarShow(io.StringIO(), VirtualClock(), unicode=unicode)
    for event in RUNNING:
        show.take(event)
    return show.line(width)


def test_the_bar_says_all_it_knows():
    whole = "simulating bull 2/4  █████░░░░░░░░░░░░░░░  25%  2.5M bars/s  1:02:05 left  1,234 fills  equity 1,012.50"
    assert bar(120) == whole
    assert bar(120, unicode=False) == whole.replace("█", "#").replace("░", ".")


@pytest.mark.parametrize("width", range(130))
def test_the_bar_never_wraps(width):
    assert len(bar(width)) <= width


def test_a_stage_without_progress_counts_its_parts():
    standing = Standing()
    standing.take(Stage("candles", 3, 12))
    assert (standing.title(), standing.share, standing.figures()) == ("candles 3/12", 0.25, [])
    standing.take(Stage("metrics"))
    assert (standing.title(), standing.share) == ("metrics", None)


def test_a_new_stage_forgets_the_figures_of_the_last():
    standing = Standing()
    for event in RUNNING:
        standing.take(event)
    standing.take(Stage("simulating bull", 3, 4))
    assert standing.fills == 1234
    standing.take(Stage("simulating bear", 3, 4))
    assert (standing.fills, standing.equity, standing.share) == (None, None, 0.75)


def test_the_bar_is_drawn_ten_times_a_second_at_most(capsys):
    out = io.StringIO()
    show = BarShow(out, VirtualClock())
    for n in range(1000):
        show.take(Progress(n, 1000.0))
    assert out.getvalue().count("\r") == 1
    show.take(Note("a gap", "warning"))
    assert capsys.readouterr().err == "warning: a gap\n"
    show.close()
    assert out.getvalue().endswith("\r\x1b[K")


def test_plain_lines_come_every_tenth(capsys):
    show = PlainShow()
    show.take(Stage("simulating"))
    show.take(Stage("simulating"))
    for n in range(1001):
        show.take(Progress(n, 1000.0))
    said = capsys.readouterr().err.splitlines()
    assert said == ["simulating", *[f"simulating: {n}%" for n in range(10, 101, 10)]]


def test_a_line_is_said_once_however_often_candles_are_read(capsys):
    shows = (PlainShow(), QuietShow(), BarShow(io.StringIO(), VirtualClock()))
    for show in shows:
        for text in ("a gap", "a gap", "another gap", "a gap"):
            show.take(Note(text, "warning"))
        show.take(Note("a gap"))  # not a warning: another line, which the quiet one keeps to itself
        said = capsys.readouterr().err.splitlines()
        assert said == ["warning: a gap", "warning: another gap", *([] if isinstance(show, QuietShow) else ["a gap"])]


def test_a_terminal_that_is_gone_hurts_nobody():
    out = io.StringIO()
    show = BarShow(out, VirtualClock())
    out.close()
    show.take(Stage("candles"))
    show.close()
    assert out.closed


def test_metrics_without_a_value_and_of_one_currency():
    lines = metric_lines({"gain_usd": 1.5, "adg_usd": None, "loss_profit_ratio": float("inf")})
    assert lines[0].split() == ["return", "gain", "1.5000"]
    assert any(line.split() == ["adg", "–"] for line in lines)
    assert any(line.split() == ["loss_profit_ratio", "–"] for line in lines)
    assert all("BTC" not in line for line in lines)
    both = metric_lines({"gain_usd": 2.0, "gain_btc": 1.0})
    assert both[0].split() == ["USD", "BTC"]
    assert both[1].split() == ["return", "gain", "2.0000", "1.0000"]


def test_a_run_of_which_little_is_known():
    assert run_line({}) == "0 coins () · – to – · 0 fills · balance –, equity – · 0.0 s"
    assert run_line({"coins": list("ABCDEFGH")}).startswith("8 coins (A, B, C, D, E, F and 2 more) · ")
    assert day(1_746_835_200_000) == "2025-05-10"
    assert day(1_746_835_260_000) == "2025-05-10 00:01Z"
    assert suite_lines({}) == ["scenario  ", "aggregated"]
