"""Events survive the way through a line of JSON, and nothing else passes for one."""

from __future__ import annotations

import json
import math
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbtui.core.sanitize import sanitize_line
from pbtui.jobs.events import (
    TEXT_LIMIT,
    BadEvent,
    Done,
    EquitySample,
    Failed,
    FillsCount,
    FrontPoints,
    Note,
    Progress,
    SearchState,
    Stage,
    from_json,
    to_json,
)

EXAMPLES = [
    Stage("candles", 3, 16),
    Progress(12.5, 50.0, 3.0, 12.5),
    Progress(0.0, 0.0),
    EquitySample(1_746_835_200_000, 1000.25, 999.5, "bull/binance"),
    FillsCount(42),
    SearchState(120, 5_000, 1, 50, 2.5, 1952.0, 17, 0.5, 0.25, {"adg_usd": 0.001, "gain_usd": None}, paused=True),
    SearchState(0, 10, 0, 1),
    FrontPoints(
        ("adg_usd", "drawdown_worst_usd"),
        (-1, 1),
        (
            {"id": "0123456789ab", "number": 7, "values": (0.001, 0.25), "violation": 0.0},
            {"id": "", "number": 8, "values": (None, None), "violation": 2.5},
        ),
    ),
    Note("BTC has no candles", "warning"),
    Done({"folder": "backtests/binance/x", "metrics": {"adg_usd": 0.001, "sharpe": None}, "days": [1, 2]}),
    Failed("no candles for any coin", 2, ("one", "two")),
]


@pytest.mark.parametrize("event", EXAMPLES, ids=lambda event: event.type)
def test_there_and_back(event):
    line = to_json(event)
    assert "\n" not in line
    assert json.loads(line)["type"] == event.type
    assert from_json(line) == event
    assert from_json(line.encode()) == event


def test_figures_that_are_not_finite_become_null_and_unknown():
    line = to_json(EquitySample(1, math.nan, math.inf))
    assert json.loads(line)["balance"] is None
    back = from_json(line)
    assert isinstance(back, EquitySample)
    assert math.isnan(back.balance)
    assert json.loads(to_json(Done({"x": -math.inf, "y": [math.nan]})))["result"] == {"x": None, "y": [None]}


def test_numbers_of_numpy_and_paths_are_written_plainly(tmp_path):
    import numpy as np

    result = json.loads(
        to_json(Done({"n": np.int64(3), "x": np.float64(0.5), "bad": np.float64("nan"), "at": tmp_path}))
    )
    assert result["result"] == {"n": 3, "x": 0.5, "bad": None, "at": str(tmp_path)}


def test_texts_cannot_reach_the_terminal_raw():
    back = from_json(to_json(Note("a\x1b[31mred\nline")))
    assert isinstance(back, Note)
    assert "\x1b" not in back.text
    assert "\n" not in back.text


def test_the_share_stays_between_nothing_and_all():
    assert Progress(5, 10).share == 0.5
    assert Progress(11, 10).share == 1.0
    assert Progress(-1, 10).share == 0.0
    assert Progress(1, 0).share == 0.0


@pytest.mark.parametrize(
    "line",
    [
        "",
        "nonsense",
        "[]",
        "{}",
        '{"type": 3}',
        '{"type": "nope"}',
        '{"type": "stage"}',
        '{"type": "stage", "text": 1}',
        '{"type": "stage", "text": "a", "done": 1.5}',
        '{"type": "equity", "ts_ms": true, "balance": 1, "equity": 1}',
        '{"type": "note", "text": "a", "level": "loud"}',
        '{"type": "failed", "line": "a", "last_lines": "x"}',
        '{"type": "done", "result": []}',
        '{"type": "fills", "n": ' + "9" * 400 + "x}",
        "[" * 100_000,
        b"\xff\xfe\x00",
        '{"type":"search","evaluations":1.5,"total":3,"generation":0,"generations":1}',
        '{"type":"search","evaluations":1,"total":3,"generation":0,"generations":1,"bests":{"x":"y"}}',
        '{"type":"search","evaluations":1,"total":3,"generation":0,"generations":1,"paused":1}',
        '{"type":"front","names":["a"],"signs":["x"],"members":[]}',
        '{"type":"front","names":["a"],"signs":[1],"members":[{"id":"x"}]}',
        '{"type":"front","names":["a"],"signs":[1],"members":[3]}',
    ],
)
def test_anything_else_is_refused(line):
    with pytest.raises(BadEvent):
        from_json(line)


@given(st.text(max_size=200))
def test_any_text_of_a_note_comes_back_on_one_line(text):
    line = to_json(Note(text))
    assert line.isascii()
    back = from_json(line)
    assert isinstance(back, Note)
    assert back.text == sanitize_line(text, limit=TEXT_LIMIT)
    assert not any(unicodedata.category(char) in {"Cc", "Cf", "Cs"} for char in back.text)


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_by_name(junk):
    with pytest.raises(BadEvent, match="no event"):
        from_json(junk)
