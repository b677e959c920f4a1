"""Equity since the start: which stretch is looked at, what is drawn of it, and the panel on the live screen."""

from __future__ import annotations

import pytest

from pbtui.console.equity import SPANS_MS, EquityView, equity_lines
from pbtui.console.text import Line, line_width
from pbtui.console.widgets.equity_panel import EquityPanel
from pbtui.core.actions import BacklogQuery
from pbtui.core.history import Equity

from .sample import MINUTE_MS, equity
from .support import LARGE, SMALL, desk

HOUR = 60 * MINUTE_MS


def view(**changes: object) -> EquityView:
    return EquityView(equity(), **changes)  # type: ignore[arg-type]


def text(lines: list[Line]) -> list[str]:
    return ["".join(words for words, _ in line) for line in lines]


def test_all_of_it_is_in_view_at_first_and_does_not_move() -> None:
    seen = view()
    assert seen.shown() == seen.known
    assert not seen.step(-1)
    assert seen.title().startswith("Equity since 2025-05-14 02:04Z · 9h")


def test_a_shorter_stretch_ends_now_and_goes_into_the_past() -> None:
    seen = view()
    seen.zoom(-99)
    newest = seen.known.ts_ms[-1]
    assert seen.title() == "Equity · last 1 h"
    assert seen.shown().ts_ms == tuple(range(newest - HOUR, newest + 1, MINUTE_MS))
    assert seen.step(-1)
    assert seen.shown().ts_ms[-1] < newest
    assert seen.title() == "Equity · 1 h until 05-14 11:55Z"
    for _ in range(500):
        seen.step(-1)
    assert seen.shown().ts_ms[0] == seen.known.ts_ms[0], "not before the bot began"
    seen.zoom(1)
    assert seen.shown().ts_ms[0] == seen.known.ts_ms[0], "the longer stretch stays inside what is known"
    seen.jump(first=False)
    assert seen.shown().ts_ms[-1] == newest


def test_what_follows_the_newest_goes_on_following_it() -> None:
    seen = view(span=0)
    seen.take(equity(660))
    assert seen.shown().ts_ms[-1] == seen.known.ts_ms[-1]
    seen.jump(first=True)
    first = seen.shown()
    seen.take(Equity((*seen.known.ts_ms, seen.known.ts_ms[-1] + MINUTE_MS), (*seen.known.balance, 1.0),
                     (*seen.known.equity, 1.0)))  # fmt: skip
    assert seen.shown() == first, "a look into the past is not moved by what comes"


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize(("columns", "rows"), [(38, 12), (58, 9), (80, 20), (120, 30), (30, 3)])
def test_the_drawing_fits_its_room(columns: int, rows: int, plain: bool) -> None:
    lines = equity_lines(view(), columns, rows, plain=plain)
    assert 0 < len(lines) <= rows
    assert all(line_width(line) <= columns for line in lines)
    if columns >= 80:
        (figures,) = [line for line in text(lines) if "equity" in line]
        assert "equity 1,029.06" in figures
        assert "balance 1,029.98" in figures
        assert "drawdown -1.50%" in figures or columns < 100
        assert any("%" in line for line in text(lines)[1:]), "drawdown below"
    assert all(line.isascii() for line in text(lines)) or not plain or "│" in "".join(text(lines))


def test_nothing_known_says_what_is_waited_for() -> None:
    assert "no account read yet" in text(equity_lines(EquityView(), 60, 10, plain=False))[0]
    one = EquityView(Equity((0,), (1.0,), (1.0,)))
    assert "the curve comes" in text(equity_lines(one, 60, 10, plain=False))[0]
    assert "gone" in text(equity_lines(EquityView(problem="gone"), 60, 10, plain=False))[0]
    assert SPANS_MS[-1] == 0


async def test_v_reaches_it_and_its_keys_move_in_time() -> None:
    async with desk(size=LARGE) as d:
        await d.press("v", "v")
        assert isinstance(d.app.focused, EquityPanel)
        assert "Equity since 2025-05-14 02:04Z" in d.text
        assert "equity 1,029.06" in d.text
        assert BacklogQuery(events=0, points=1_440) in d.link.queries
        await d.press("comma", "comma", "comma", "comma", "left")
        assert "Equity · 1 h until" in d.text
        assert isinstance(d.app.focused, EquityPanel), "left moved in time"
        await d.press("pageup", "home", "end", "full_stop")
        assert "Equity · last 6 h" in d.text
        asked = len(d.link.queries)
        await d.press("v", "v")
        assert not any(isinstance(query, BacklogQuery) for query in d.link.queries[asked:]), "fresh enough"
        await d.pilot.resize_terminal(*SMALL)
        await d.settle()
        assert d.app.live.query_one(EquityPanel).display is False
        await d.pilot.resize_terminal(200, 60)
        await d.settle()
        assert "Equity" in d.text
        assert "Modes" in d.text
