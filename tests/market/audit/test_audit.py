"""Gaps, standstills, spikes and venues that disagree are found; real crashes are not taken for spikes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbtui.core.clock import MINUTE_MS
from pbtui.market.audit import Finding, disagreements, findings_of_rows
from pbtui.market.audit.shape import _usual
from pbtui.market.store.rows import MINUTE, Rows
from pbtui.market.transfer.take import find_files, take

FIRST = 1_620_000_000_000 // MINUTE_MS * MINUTE_MS


def walk(n: int, seed: int = 1, price: float = 100.0) -> Rows:
    random = np.random.default_rng(seed)
    close = price * np.exp(np.cumsum(random.normal(0, 0.0008, n)))
    rows = np.empty(n, dtype=MINUTE)
    rows["ts"] = FIRST + np.arange(n) * MINUTE_MS
    rows["c"], rows["o"] = close, np.concatenate([[price], close[:-1]])
    top, bottom = np.maximum(rows["o"], rows["c"]), np.minimum(rows["o"], rows["c"])
    rows["h"] = top * np.float32(1.0002)
    rows["l"] = bottom * np.float32(0.9998)
    rows["bv"] = 1.0
    return rows


def found(rows: Rows) -> list[tuple[str, int, int]]:
    """Kind, first candle counted from the start, and minutes."""
    return [(f.kind, (f.from_ms - FIRST) // MINUTE_MS, f.minutes) for f in findings_of_rows("x", "A", "A/B", rows)]


def test_sound_candles_have_no_findings() -> None:
    assert found(walk(10_000)) == []
    assert found(walk(0)) == []
    assert found(walk(1)) == []


@given(st.sets(st.integers(1, 498), max_size=40))
def test_gaps_are_exactly_what_is_not_there(missing: set[int]) -> None:
    rows = walk(500)
    left = np.array([i not in missing for i in range(500)])
    gaps = [f for f in found(rows[left]) if f[0] == "gap"]
    named = {at + k for _, at, minutes in gaps for k in range(minutes)}
    assert named == missing
    assert all(at - 1 not in missing and at + minutes not in missing for _, at, minutes in gaps)


def test_a_standstill_of_an_hour_is_named_whole() -> None:
    rows = walk(500)
    for name in ("o", "h", "l", "c"):
        rows[name][200:290] = rows["c"][199]
    assert [f for f in found(rows) if f[0] == "flat"] == [("flat", 200, 90)] or found(rows) == [("flat", 199, 91)]
    for name in ("o", "h", "l", "c"):
        rows[name][:] = walk(500)[name]
        rows[name][200:230] = rows["c"][199]
    assert found(rows) == []


def test_a_spike_is_found_and_a_crash_is_not() -> None:
    rows = walk(1_000)
    rows["c"][500] *= 1.2
    rows["h"][500] = rows["c"][500]
    rows["o"][501] = rows["c"][501]
    assert ("outlier", 500, 1) in found(rows)
    crash = walk(1_000)
    for name in ("o", "h", "l", "c"):
        crash[name][500:] *= np.float32(0.8)
    crash["o"][500] = crash["c"][499]
    crash["h"][500] = crash["o"][500]
    assert found(crash) == []


def test_a_stray_wick_is_found() -> None:
    rows = walk(1_000)
    rows["l"][321] *= np.float32(0.7)
    assert found(rows) == [("outlier", 321, 1)]


def test_quote_volumes_in_place_of_base_volumes_are_found() -> None:
    rows = walk(300, price=100_000.0)
    rows["bv"] = 60.0  # six millions a minute
    assert found(rows) == []
    rows["bv"] *= rows["c"]
    assert found(rows) == [("volume", 0, 300)]


@pytest.mark.parametrize("value", [np.nan, np.inf, 0.0, -1.0])
@pytest.mark.parametrize("name", ["o", "h", "l", "c"])
def test_numbers_that_are_none_are_found(name: str, value: float) -> None:
    rows = walk(300)
    rows[name][100] = value
    assert ("unsound", 100, 1) in found(rows)


def test_doubles_are_found() -> None:
    rows = np.concatenate([walk(100)[:50], walk(100)[49:]])
    assert found(rows) == [("duplicate", 49, 1)]


def test_venues_that_disagree_for_minutes_are_named() -> None:
    mine, theirs = walk(1_000), walk(1_000)
    for name in ("o", "h", "l", "c"):
        theirs[name][300:320] *= np.float32(1.03)
        theirs[name][500:503] *= np.float32(1.03)  # too short
        theirs[name] *= np.float32(1000.0)  # counted in thousands
    (only,) = disagreements("A", ("here", "A/B", mine), ("there", "1000A/B", theirs[10:]))
    assert ((only.from_ms - FIRST) // MINUTE_MS, only.minutes, only.kind) == (300, 20, "disagreement")
    assert "3.0 % away from there" in only.text
    assert disagreements("A", ("here", "A/B", mine), ("there", "A/B", theirs[:0])) == []


def test_a_finding_is_safe_to_show() -> None:
    finding = Finding("x", "A\x1b[2J", "A\u202e/B", "gap", FIRST, 3, "t\x9bx")
    assert finding.line().isprintable()
    assert all(str(value).isprintable() for value in finding.record().values())
    assert finding.record()["from"] == "2021-05-03T00:00Z"


def test_the_outages_of_2021_are_named(candles_dir: Path) -> None:
    files, strange = find_files(candles_dir / "binance_spot_2021", "binance")
    assert strange == []
    gaps = {
        each.symbol.split("/")[0]: [
            (f.record()["from"], f.minutes)
            for f in findings_of_rows("binance", "", each.symbol, take(each).rows)
            if f.kind == "gap"
        ]
        for each in files
        if each.symbol.split("/")[0] in ("BTC", "BNB", "LTC")
    }
    assert gaps == {
        "BTC": [("2021-04-20T02:00Z", 150), ("2021-04-25T04:01Z", 284), ("2021-05-20T20:40Z", 29_816)],
        "BNB": [("2021-04-20T02:00Z", 150), ("2021-04-25T04:01Z", 284), ("2021-05-14T20:26Z", 1_139)],
        "LTC": [("2021-04-20T02:00Z", 150), ("2021-04-25T04:02Z", 283)],
    }


@given(st.lists(st.one_of(st.floats(0, 1), st.just(float("nan"))), min_size=1, max_size=300))
def test_the_usual_move_is_the_median_of_its_two_hours(moves: list[float]) -> None:
    found = _usual(np.array(moves))
    for start in range(0, len(moves), 120):
        known = [move for move in moves[start : start + 120] if not np.isnan(move)]
        assert set(found[start : start + 120].tolist()) == {float(np.median(known)) if known else 0.0}
