"""What is written comes back, from wherever it lies: months, days, overwritten minutes, other symbols."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shelf_support import ALL, BTC, NOW, Kept, at, minutes, rows_at

from pbtui.core.clock import DAY_MS, HOUR_MS, MINUTE_MS
from pbtui.core.errors import DataError
from pbtui.market.store import Coverage
from pbtui.market.store.rows import MINUTE, no_rows


def test_an_empty_store_makes_nothing_and_lacks_everything(kept: Kept) -> None:
    start = at("2025-01-01")
    assert len(kept.whole()) == 0
    assert kept.store.missing(BTC, start + 1, start + 10 * MINUTE_MS + 1) == [
        (start + MINUTE_MS, start + 11 * MINUTE_MS)
    ], "both ends are rounded up to the grid"
    assert kept.store.coverage(BTC) == Coverage(None, None, 0, ())
    assert kept.store.symbols() == []
    assert kept.store.known_gaps(BTC) == []
    assert kept.store.listing(BTC) is None
    assert kept.store.verify(BTC) == []
    assert kept.store.delete(BTC) == 0
    assert kept.store.write(BTC, no_rows()) == 0
    assert not kept.root.exists()


def test_months_that_are_over_are_one_segment_the_running_one_days(kept: Kept) -> None:
    rows = minutes("2025-04-29T23:00", 60 * 24 * 40)
    assert kept.store.write(BTC, rows) == len(rows)
    days = [f"2025-06-0{i}.parquet" for i in range(1, 9)]
    assert kept.names() == ["2025-04.parquet", "2025-05.parquet", *days, "segments.json"]
    assert np.array_equal(kept.whole(), rows)
    middle = kept.store.read(BTC, at("2025-05-31T23:58"), at("2025-06-01T00:02"))
    assert middle["ts"].tolist() == [at("2025-05-31T23:58") + i * MINUTE_MS for i in range(4)]
    assert kept.store.missing(BTC, int(rows["ts"][0]), int(rows["ts"][-1]) + MINUTE_MS) == []
    assert kept.troubles == []


def test_days_are_folded_when_their_month_is_over_and_written_to(kept: Kept) -> None:
    old, new = minutes("2025-06-01", 3 * 1440), minutes("2025-06-02", 10, seed=5)
    kept.store.write(BTC, old)
    kept.clock._start_ms = at("2025-07-01")
    assert kept.names()[0] == "2025-06-01.parquet"
    kept.store.write(BTC, new)
    assert kept.names() == ["2025-06.parquet", "segments.json"]
    old[1440:1450] = new
    assert np.array_equal(kept.whole(), old)
    assert np.array_equal(kept.fresh().read(BTC, *ALL), old)
    # A month that was folded stays one, though a clock may fall back.
    kept.clock._start_ms = NOW
    newest = minutes("2025-06-02", 5, seed=6)
    kept.store.write(BTC, newest)
    assert kept.names() == ["2025-06.parquet", "segments.json"]
    old[1440:1445] = newest
    assert np.array_equal(kept.whole(), old)


def test_a_fold_cut_short_is_finished_and_its_month_wins(kept: Kept) -> None:
    kept.store.write(BTC, minutes("2025-06-01", 1440))
    day = (kept.folder() / "2025-06-01.parquet").read_bytes()
    kept.clock._start_ms = at("2025-07-01")
    later = minutes("2025-06-01", 1500, seed=3)
    kept.store.write(BTC, later)
    (kept.folder() / "2025-06-01.parquet").write_bytes(day)  # as if the process had died before deleting it
    (kept.folder() / ".2025-06.parquet.99999999-1").write_bytes(b"draft")
    assert np.array_equal(kept.fresh().read(BTC, *ALL), later)
    kept.store.write(BTC, minutes("2025-06-05", 1))
    assert kept.names() == ["2025-06.parquet", "segments.json"]
    assert not list(kept.folder().glob(".2025*"))
    assert len(kept.whole()) == 1501


def test_new_rows_win_and_the_same_rows_change_nothing(kept: Kept) -> None:
    kept.store.write(BTC, minutes("2025-05-01", 100))
    before = (kept.folder() / "2025-05.parquet").stat()
    assert kept.store.write(BTC, minutes("2025-05-01", 50)) == 50
    assert (kept.folder() / "2025-05.parquet").stat() == before
    mixed = np.concatenate([minutes("2025-05-01T00:10", 5, seed=1), minutes("2025-05-01T00:10", 3, seed=2)])
    kept.store.write(BTC, mixed[::-1])  # unsorted, some twice: the last one said counts
    expected = minutes("2025-05-01", 100)
    expected[10:15] = minutes("2025-05-01T00:10", 5, seed=1)
    assert np.array_equal(kept.whole(), expected)


def test_rows_that_are_no_candles_are_left_out_and_told(kept: Kept) -> None:
    rows = minutes("2025-05-01", 8)
    rows["ts"][0] += 1
    rows["o"][1] = np.nan
    rows["c"][2] = 0.0
    rows["h"][3] = rows["l"][3] - 1
    rows["bv"][4] = -1.0
    rows["h"][5] = np.inf
    assert kept.store.write(BTC, rows) == 2
    assert np.array_equal(kept.whole(), rows[6:])
    assert [(each.kind, each.symbol) for each in kept.troubles] == [("unsound", BTC)]
    assert "6 rows are no candles" in kept.troubles[0].line()
    with pytest.raises(DataError, match="dtype"):
        kept.store.write(BTC, np.zeros(3))


def test_coverage_names_the_holes(kept: Kept) -> None:
    start = at("2025-05-31T23:50")
    rows = np.delete(minutes(start, 40), [0, 5, 6, 20])
    kept.store.write(BTC, rows)
    holes = [(start + 5 * MINUTE_MS, start + 7 * MINUTE_MS), (start + 20 * MINUTE_MS, start + 21 * MINUTE_MS)]
    for store in (kept.store, kept.fresh()):
        assert store.coverage(BTC) == Coverage(start + MINUTE_MS, start + 39 * MINUTE_MS, 36, tuple(holes))
        assert store.missing(BTC, start + MINUTE_MS, start + 40 * MINUTE_MS) == holes
        assert store.missing(BTC, start + 6 * MINUTE_MS, start + 6 * MINUTE_MS) == []


def test_what_is_known_of_segments_may_be_lost_stale_or_nonsense(kept: Kept) -> None:
    kept.store.write(BTC, minutes("2025-05-01", 100))
    assert kept.store.coverage(BTC).count == 100
    index = kept.folder() / "segments.json"
    sealed = index.read_bytes()
    for content in (b"", b"{}", sealed[:-7], sealed.replace(b"100", b"999"), b"[" * 100_000):
        index.write_bytes(content)
        assert kept.fresh().coverage(BTC).count == 100
    index.write_bytes(b"{")
    assert [each.check for each in kept.store.verify(BTC)] == ["index"]
    other = Kept(kept.root)
    other.store.write(BTC, minutes("2025-05-02", 10))
    assert kept.store.coverage(BTC).count == 110, "another store's write is seen"
    index.write_bytes(sealed)
    assert kept.fresh().coverage(BTC).count == 110


def test_timeframes_and_symbols_lie_apart(kept: Kept) -> None:
    hours = minutes("2025-05-01", 48, step_ms=HOUR_MS)
    kept.store.write(BTC, hours, "1h")
    kept.store.write("kPEPE/USDC:USDC", minutes("2025-05-01", 5))
    kept.store.write("ETH/USDT", minutes("2025-05-01", 5))
    (kept.root / "binance" / "1m" / "EMPTY_USDT:USDT").mkdir()
    (kept.root / "binance" / "1m" / "stray").write_text("")
    assert kept.store.symbols("1h") == [BTC]
    assert kept.store.symbols() == ["ETH/USDT", "kPEPE/USDC:USDC"]
    assert np.array_equal(kept.store.read(BTC, *ALL, "1h"), hours)
    assert len(kept.whole()) == 0
    assert kept.store.missing(BTC, at("2025-05-01"), at("2025-05-03") + 1, "1h") == [
        (at("2025-05-03"), at("2025-05-03") + HOUR_MS)
    ]
    assert kept.store.write(BTC, minutes("2025-05-01", 61), "1h") == 2, "only whole hours are candles of an hour"


@pytest.mark.parametrize(
    "symbol", ["", "../x", "..", ".hidden/USDT", "a/../../b", "A/B/C", "x\0y/USDT", "BTC_USDT", "\x1b[2J/U"]
)
def test_symbols_that_are_no_folder_are_refused(kept: Kept, symbol: str) -> None:
    with pytest.raises(DataError) as error:
        kept.store.write(symbol, minutes("2025-05-01", 5))
    assert "\x1b" not in error.value.line()
    assert not kept.root.exists()


def test_exchanges_are_names_of_folders(kept: Kept) -> None:
    for name in ("../other", "", "a/b", "."):
        with pytest.raises(DataError):
            Kept(kept.root, exchange=name)
    assert Kept(kept.root, exchange="gateio_backup_20260207").store.symbols() == []


def test_deleting_frees_everything_of_ours(kept: Kept) -> None:
    kept.store.write(BTC, minutes("2025-05-25", 10 * 1440))
    kept.store.note_gaps(BTC, kept.store.missing(BTC, 0, DAY_MS), "no_archive")
    kept.store.write("ETH/USDT:USDT", minutes("2025-05-01", 5))
    assert kept.store.delete(BTC) > 30_000
    assert not kept.folder().exists()
    assert kept.store.symbols() == ["ETH/USDT:USDT"]
    assert kept.store.known_gaps(BTC) == []
    assert kept.store.coverage(BTC).count == 0
    kept.store.write(BTC, minutes("2025-05-01", 5))
    assert kept.store.coverage(BTC).count == 5


write = st.tuples(
    st.integers(0, 2200), st.lists(st.booleans(), min_size=1, max_size=90), st.integers(0, 2), st.integers(0, 40)
)


@settings(max_examples=25, deadline=None)
@given(st.lists(write, min_size=1, max_size=6))
def test_any_writes_at_any_time_read_back_as_the_last_word(
    tmp_path_factory: pytest.TempPathFactory, writes: list[tuple[int, list[bool], int, int]]
) -> None:
    kept = Kept(tmp_path_factory.mktemp("store"))
    held: dict[int, np.void] = {}
    for i, (offset, mask, stretch, days_later) in enumerate(writes):
        kept.clock._start_ms += days_later * DAY_MS
        first = at("2025-06-28") + offset * 3 * MINUTE_MS
        times = first + np.flatnonzero(mask) * MINUTE_MS * (1 + stretch * 40)
        rows = rows_at(times, seed=i)
        (kept.store if i % 2 else kept.fresh()).write(BTC, rows)
        held |= {int(row["ts"]): row for row in rows}
    expected = np.array([held[ts] for ts in sorted(held)], dtype=MINUTE)
    assert np.array_equal(kept.whole(), expected)
    absent = [
        ts
        for start, end in kept.store.missing(BTC, at("2025-06-28"), at("2025-07-10"))
        for ts in range(start, end, MINUTE_MS)
    ]
    assert sorted([*absent, *held]) == list(range(at("2025-06-28"), at("2025-07-10"), MINUTE_MS))
    assert kept.troubles == []


def test_the_store_is_imported_without_pyarrow() -> None:
    code = "import sys, pbtui.market.store; print('pyarrow' in sys.modules, 'ccxt' in sys.modules)"
    root = Path(__file__).resolve().parents[3]
    env = {**os.environ, "PYTHONPATH": str(root)}
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env)
    assert told.stdout.split() == ["False", "False"]
