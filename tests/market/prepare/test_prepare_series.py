"""Pieces of a coin's series: months, surveys, filling, days."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prepare_support import MAY_31, minutes, rows_of

from pbtui.core.clock import DAY_MS, MINUTE_MS
from pbtui.market.prepare.series import Filler, Survey, daily_volumes, months, survey
from pbtui.market.store.rows import Rows

stamps = st.lists(st.integers(0, 400), unique=True).map(lambda found: [MAY_31 + i * MINUTE_MS for i in sorted(found)])


def cut(rows: Rows, cuts: list[int]) -> list[Rows]:
    edges = [MAY_31, *(MAY_31 + c * MINUTE_MS for c in sorted(cuts)), MAY_31 + 401 * MINUTE_MS]
    return [rows[(rows["ts"] >= a) & (rows["ts"] < b)] for a, b in itertools.pairwise(edges)]


@given(st.integers(0, 40_000), st.integers(0, 900), st.sampled_from([1, 5, 7, 60, 1440, 100_000]))
def test_months_cover_a_range_once_in_order_on_the_grid(start_day: int, days: int, grid: int) -> None:
    start, end = start_day * DAY_MS + 3 * MINUTE_MS, (start_day + days) * DAY_MS + 7 * MINUTE_MS
    pieces = list(months(start, end, grid * MINUTE_MS))
    assert pieces[0][0] == start
    assert pieces[-1][1] == end
    assert all(a[1] == b[0] for a, b in itertools.pairwise(pieces))
    assert all(a < b for a, b in pieces)
    assert all(b % (grid * MINUTE_MS) == 0 for _, b in pieces[:-1])
    assert all(b - a <= max(31 * DAY_MS, 2 * grid * MINUTE_MS) + grid * MINUTE_MS for a, b in pieces)


def test_no_range_has_no_months() -> None:
    assert list(months(MAY_31, MAY_31)) == []


@given(stamps, st.lists(st.integers(0, 400), max_size=4))
def test_survey_of_pieces_is_the_survey_of_all(found: list[int], cuts: list[int]) -> None:
    rows = rows_of(found)
    facts = survey(cut(rows, cuts))
    if not found:
        assert facts == Survey()
        return
    steps = [(b - a) // MINUTE_MS for a, b in itertools.pairwise(found)]
    assert (facts.count, facts.first_ms, facts.last_ms) == (len(found), found[0], found[-1])
    assert facts.widest_minutes == max(steps, default=0)
    assert facts.volume == pytest.approx(math.fsum(rows["bv"].tolist()), rel=1e-12)
    if steps:
        assert facts.widest_from_ms == found[steps.index(max(steps))]


@settings(max_examples=60)
@given(stamps, st.lists(st.integers(0, 400), max_size=4))
def test_filling_in_pieces_is_the_minute_by_minute_rule(found: list[int], cuts: list[int]) -> None:
    rows = rows_of(found)
    filler = Filler()
    edges = [0, *sorted(cuts), 401]
    blocks = [
        filler.block(part, MAY_31 + a * MINUTE_MS, MAY_31 + b * MINUTE_MS)
        for part, a, b in zip(cut(rows, cuts), edges, edges[1:], strict=False)
    ]
    real = {int(row["ts"]): [float(row[name]) for name in ("h", "l", "c", "bv")] for row in rows}
    close = math.nan
    for ts, got in zip(minutes(MAY_31, 401), np.concatenate(blocks).tolist(), strict=True):
        wanted = real.get(ts, [close, close, close, math.nan if math.isnan(close) else 0.0])
        close = wanted[2]
        assert got == wanted or all(math.isnan(value) for value in (*got, *wanted))
    assert filler.first_close == (real[found[0]][2] if found else pytest.approx(math.nan, nan_ok=True))


def test_days_without_a_candle_count_as_days_without_volume() -> None:
    rows = rows_of([*minutes(MAY_31 + 100 * MINUTE_MS, 3), MAY_31 + 2 * DAY_MS])
    first = MAY_31 // DAY_MS
    found = daily_volumes([rows[:2], rows[2:]], MAY_31 + 3 * DAY_MS)
    assert list(found) == [first, first + 1, first + 2, first + 3]
    volumes = [float(volume) for volume in rows["bv"]]
    assert list(found.values()) == [sum(volumes[:3]), 0.0, volumes[3], 0.0]
    assert daily_volumes([rows[:0]], MAY_31) == {}
