"""The candle store as preparation sees it: facts of files, and markets guessed where nobody told any."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from prepare_support import MAY_31, HeldRows, recorded, symbol_of

from pbtui.core.clock import DAY_MS
from pbtui.market.prepare import StoreRows, venue_of_candles
from pbtui.market.store.rows import Rows

BTC = symbol_of("BTC")
JUNE_1 = MAY_31 + DAY_MS


def facts(root: Path, start_ms: int, end_ms: int) -> list[tuple[str, int, int, int]]:
    return StoreRows(HeldRowsReader(), root).facts(BTC, start_ms, end_ms)


class HeldRowsReader(HeldRows):
    """Takes the time frame as well, as the store does."""

    def read(self, symbol: str, start_ms: int, end_ms: int, timeframe: str = "1m") -> Rows:
        assert timeframe == "1m"
        return super().read(symbol, start_ms, end_ms)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "1m" / "BTC_USDT:USDT"
    folder.mkdir(parents=True)
    for name in (
        "2024-12.parquet",
        "2025-05.parquet",
        "2025-05-31.npy",
        "2025-06-01.parquet",
        "2025-06-02.parquet",
        "2025-13.parquet",
        "2025-06-31.npy",
        "segments.json",
        "index.json",
        ".2025-06-01.parquet.tmp",
    ):
        (folder / name).write_text(name)
    (folder / "quarantine").mkdir()
    return folder


def names(found: list[tuple[str, int, int, int]]) -> list[str]:
    return [fact[0] for fact in found]


def test_only_segments_that_touch_the_range_count(tmp_path: Path, folder: Path) -> None:
    assert names(facts(tmp_path, MAY_31, JUNE_1)) == ["2025-05-31.npy", "2025-05.parquet"]
    assert names(facts(tmp_path, JUNE_1, JUNE_1 + 1)) == ["2025-06-01.parquet"]
    assert names(facts(tmp_path, MAY_31 - 200 * DAY_MS, MAY_31)) == ["2024-12.parquet", "2025-05.parquet"]
    assert facts(tmp_path / "absent", MAY_31, JUNE_1) == []


def test_a_segment_replaced_or_gone_changes_the_facts(tmp_path: Path, folder: Path) -> None:
    before = facts(tmp_path, MAY_31, JUNE_1 + DAY_MS)
    fresh = folder / "fresh"
    fresh.write_text("2025-06-01.parquet")  # as long as the old one, and as old
    stamp = (folder / "2025-06-01.parquet").stat().st_mtime_ns
    os.utime(fresh, ns=(stamp, stamp))
    fresh.replace(folder / "2025-06-01.parquet")
    after = facts(tmp_path, MAY_31, JUNE_1 + DAY_MS)
    assert names(after) == names(before)
    assert after != before
    (folder / "2025-06-02.parquet").write_text("of another day")
    assert facts(tmp_path, MAY_31, JUNE_1 + DAY_MS) == after
    (folder / "2025-05.parquet").unlink()
    assert names(facts(tmp_path, MAY_31, JUNE_1)) == ["2025-05-31.npy"]


def test_markets_are_guessed_from_the_candles(candles_dir: Path) -> None:
    store = recorded(candles_dir / "binanceusdm", ["BTC", "SOL"])
    end_ms = 1_748_649_600_000
    found = venue_of_candles("binance", store, [BTC, symbol_of("SOL"), symbol_of("XMR")], end_ms)
    assert found.coins() == ["BTC", "SOL"]
    btc, sol = found.market("BTC"), found.market("SOL")
    assert btc is not None
    assert sol is not None
    assert (btc.price_step, btc.qty_step, btc.min_cost, btc.derived) == (0.1, 0.001, 5.0, True)
    assert (sol.price_step, sol.quote, sol.derived) == (0.001, "USDT", True)  # one recorded high is 174.733
