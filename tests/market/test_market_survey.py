"""What is on disk of a symbol, week by week: shares, sources, files, gaps and why."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pbtui.core.clock import DAY_MS, MINUTE_MS, VirtualClock
from pbtui.market.checking import findings
from pbtui.market.holdings import WEEK_MS, Holding, Library, monday_of, weeks
from pbtui.market.store import Coverage
from pbtui.market.store.rows import MINUTE, Rows
from pbtui.market.store.spans import Stretch
from pbtui.market.survey import survey

MONDAY = 1_746_403_200_000  # 2025-05-05
BTC = "BTC/USDT:USDT"


def rows(start_ms: int, count: int) -> Rows:
    made = np.empty(count, dtype=MINUTE)
    made["ts"] = start_ms + np.arange(count) * MINUTE_MS
    for name, value in (("o", 10.0), ("h", 11.0), ("l", 9.0), ("c", 10.5), ("bv", 1.0)):
        made[name] = value
    return made


def library(base: Path, now_ms: int = MONDAY + 60 * DAY_MS) -> Library:
    return Library(base, VirtualClock(now_ms), lambda trouble: None)


def test_weeks_shares_files_and_gaps(tmp_path: Path) -> None:
    held = library(tmp_path)
    kept = rows(MONDAY, 14 * 1440)
    held.store("binance").write(BTC, np.delete(kept, slice(1440, 1440 + 300)))
    gap = Stretch(MONDAY + DAY_MS, MONDAY + DAY_MS + 100 * MINUTE_MS)
    held.store("binance").note_gaps(BTC, [gap], "no_trades", retry_count=3)
    found = survey(held, "binance", BTC)
    assert [(week.start_ms, round(week.share, 6), week.source) for week in found.weeks] == [
        (MONDAY, round(1 - 300 / 10_080, 6), "ours"),
        (MONDAY + WEEK_MS, 1.0, "ours"),
    ]
    assert [(gap.reason, (gap.end_ms - gap.start_ms) // MINUTE_MS) for gap in found.gaps] == [
        ("no_trades", 100),
        ("not asked", 200),
    ]
    assert (found.missing, found.missing_in(MONDAY), found.missing_in(MONDAY + WEEK_MS)) == (300, 300, 0)
    assert [piece.name for piece in found.pieces_of(MONDAY)] == ["2025-05.parquet"]
    file = tmp_path / "caches/ohlcv/binance/1m/BTC_USDT:USDT/2025-05.parquet"
    assert (found.our_bytes, found.shard_bytes) == (file.stat().st_size, 0)


def test_whose_files_hold_a_week(tmp_path: Path) -> None:
    held = library(tmp_path)
    folder = tmp_path / "caches/ohlcv/binance/1m/BTC_USDT:USDT"
    folder.mkdir(parents=True)
    for day in range(14):
        name = str(np.datetime64(MONDAY + day * DAY_MS, "ms").astype("datetime64[D]"))
        np.save(folder / f"{name}.npy", rows(MONDAY + day * DAY_MS, 1440))
    assert [week.source for week in survey(held, "binance", BTC).weeks] == ["shards", "shards"]
    running = library(tmp_path, now_ms=MONDAY + 13 * DAY_MS)
    running.store("binance").write(BTC, rows(MONDAY + 8 * DAY_MS, 10))
    found = survey(running, "binance", BTC)
    assert [week.source for week in found.weeks] == ["shards", "both"]
    assert found.shard_bytes > 14 * 1440 * 20
    assert found.holding.coverage.count == 14 * 1440


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 20_000),
    st.lists(st.tuples(st.integers(1, 30_000), st.integers(1, 40_000)), min_size=1, max_size=6),
)
def test_shares_of_weeks_add_up_to_what_is_held(offset: int, parts: list[tuple[int, int]]) -> None:
    at = MONDAY + offset * MINUTE_MS
    first, holes, count = at, list[Stretch](), 0
    for held, missing in parts:
        count += held
        at += held * MINUTE_MS
        holes.append(Stretch(at, at + missing * MINUTE_MS))
        at += missing * MINUTE_MS
    last = holes.pop().start_ms - MINUTE_MS
    found = weeks(Holding("binance", BTC, "BTC", Coverage(first, last, count, tuple(holes))))
    assert [start for start, _ in found] == list(range(monday_of(first), last + 1, WEEK_MS))
    assert all(-1e-12 <= share <= 1.0 for _, share in found)
    assert round(sum(share for _, share in found) * WEEK_MS / MINUTE_MS) == count


def test_strange_folders_are_no_exchanges(tmp_path: Path) -> None:
    held = library(tmp_path)
    held.store("binance").write(BTC, rows(MONDAY, 10))
    (tmp_path / "caches/ohlcv/bin\x1bance/1m").mkdir(parents=True)
    (tmp_path / "caches/ohlcv/.hidden").mkdir()
    assert held.exchanges() == ["binance"]


def test_a_check_tells_what_it_looks_at_and_compares_venues(tmp_path: Path) -> None:
    held = library(tmp_path)
    other = rows(MONDAY, 100)
    for name in ("o", "h", "l", "c"):
        other[name][40:60] *= 1.05
    held.store("binance").write(BTC, np.delete(rows(MONDAY, 100), slice(80, 90)))
    held.store("bybit").write(BTC, other)
    steps: list[str] = []
    found = list(findings(held, [("binance", BTC), ("bybit", BTC)], on_step=steps.append))
    assert steps == ["1/2 binance BTC", "2/2 bybit BTC", "BTC: binance beside bybit"]
    assert [(each.kind, each.exchange, each.minutes) for each in found if each.kind in ("gap", "disagreement")] == [
        ("gap", "binance", 10),
        ("disagreement", "binance", 20),
    ]


def test_thousands_written_with_a_k_are_compared_where_the_venue_lists_them_so(tmp_path: Path) -> None:
    held = library(tmp_path)
    thousands = rows(MONDAY, 100)
    for name in ("o", "h", "l", "c"):
        thousands[name] *= 1000
        thousands[name][40:60] *= 1.05
    kilo = ("hyperliquid", "KPEPE/USDC:USDC")
    pairs = [("binance", "PEPE/USDT:USDT"), kilo, ("hyperliquid", "KAVA/USDC:USDC"), ("binance", "AVA/USDT:USDT")]
    for exchange, symbol in pairs:
        held.store(exchange).write(symbol, thousands if (exchange, symbol) == kilo else rows(MONDAY, 100))

    def compared() -> list[str]:
        steps: list[str] = []
        found = list(findings(held, pairs, on_step=steps.append))
        apart = [f"{each.coin} {each.minutes}" for each in found if each.kind == "disagreement"]
        return [*(step for step in steps if "beside" in step), *apart]

    assert compared() == []  # without a list nobody knows whether the K belongs to the name
    names = {"KPEPE/USDC:USDC": "kPEPE", "KAVA/USDC:USDC": "KAVA"}
    records = {
        symbol: {"id": base, "symbol": symbol, "base": symbol.split("/")[0], "baseName": base, "quote": "USDC"}
        | {"swap": True, "linear": True, "active": True, "contractSize": 1.0, "settle": "USDC"}
        | {"precision": {"amount": 1.0, "price": 0.001}, "limits": {"amount": {"min": 1.0}, "cost": {"min": 10.0}}}
        for symbol, base in names.items()
    }
    path = tmp_path / "caches" / "hyperliquid" / "markets.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(records))
    assert compared() == ["PEPE: binance beside hyperliquid", "PEPE 20"]
    path.write_text("{")
    assert compared() == []
