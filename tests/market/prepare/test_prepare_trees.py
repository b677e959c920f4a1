"""Trees of day files: names, formats, precedence, and files that are not what they should be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from prepare_support import MAY_31, HeldRows, World, minutes, request, rows_of, symbol_of, venue

from pbtui.core.clock import DAY_MS, MINUTE_MS
from pbtui.market.prepare.trees import TreeFeed, find_tree
from pbtui.market.store.rows import MINUTE, Rows

DAY_1, DAY_2 = "2025-05-31.npz", "2025-06-01.npz"


def place(root: Path, name: str, file: str, rows: Rows) -> Path:
    """Write rows as the reference does: structured in .npz, a plain float64 matrix in .npy."""
    folder = root / "binance" / "1m" / name
    folder.mkdir(parents=True, exist_ok=True)
    if file.endswith(".npz"):
        np.savez_compressed(folder / file, candles=rows)
    else:
        matrix = np.column_stack([rows[field].astype(np.float64) for field in ("ts", "o", "h", "l", "c", "bv")])
        np.save(folder / file, matrix)
    return folder / file


def tree(root: Path) -> TreeFeed:
    found = find_tree(root, "binance", "BTC", symbol_of("BTC"))
    assert found is not None
    return found


def read(root: Path, days: int = 2) -> Rows:
    return tree(root).read(MAY_31, MAY_31 + days * DAY_MS)


@pytest.mark.parametrize("name", ["BTC", "BTC/USDT:USDT", "BTC_USDT:USDT"])
@pytest.mark.parametrize("suffix", [".npz", ".npy"])
def test_every_name_and_format_is_found(tmp_path: Path, name: str, suffix: str) -> None:
    rows = rows_of(minutes(MAY_31, 30))
    place(tmp_path, name, f"2025-05-31{suffix}", rows)
    assert np.array_equal(read(tmp_path), rows)


def test_no_day_file_is_no_tree(tmp_path: Path) -> None:
    place(tmp_path, "ETH", DAY_1, rows_of(minutes(MAY_31, 3)))
    place(tmp_path, "BTC", "notes.npz", rows_of(minutes(MAY_31, 3)))
    assert find_tree(tmp_path, "binance", "BTC", symbol_of("BTC")) is None
    assert find_tree(tmp_path / "absent", "binance", "ETH", symbol_of("ETH")) is None


def test_the_coin_goes_before_the_symbol_and_npz_before_npy(tmp_path: Path) -> None:
    kept = rows_of(minutes(MAY_31, 30), seed=1)
    for seed, (name, file) in enumerate([("BTC", "2025-05-31.npy"), ("BTC_USDT:USDT", DAY_1)]):
        place(tmp_path, name, file, rows_of(minutes(MAY_31, 40), seed=seed + 5))
    place(tmp_path, "BTC", DAY_1, kept)
    assert np.array_equal(read(tmp_path), kept)


def test_values_are_rounded_to_float32_and_doubles_keep_the_last(tmp_path: Path) -> None:
    wide = np.dtype([(name, "<i8" if name == "ts" else "<f8") for name in MINUTE.names or ()])
    rows = np.zeros(3, wide)
    rows["ts"] = [MAY_31 + MINUTE_MS + 7, MAY_31, MAY_31 + MINUTE_MS]  # unsorted, not on the minute, double
    for field in ("o", "h", "l", "c"):
        rows[field] = [1.0, 116.70, 2.0]
    place(tmp_path, "BTC", DAY_1, rows)
    found = read(tmp_path)
    assert found["ts"].tolist() == [MAY_31, MAY_31 + MINUTE_MS]
    assert found["h"].tolist() == [116.69999694824219, 2.0]


def test_a_file_that_is_broken_or_empty_gives_way_to_the_next_and_is_told(tmp_path: Path) -> None:
    good = rows_of(minutes(MAY_31, 30))
    broken = place(tmp_path, "BTC", DAY_1, rows_of(minutes(MAY_31, 50)))
    broken.write_bytes(broken.read_bytes()[:-30])
    place(tmp_path, "BTC", "2025-05-31.npy", good[:0])
    place(tmp_path, "BTC_USDT:USDT", DAY_1, good)
    found = tree(tmp_path)
    assert np.array_equal(found.read(MAY_31, MAY_31 + DAY_MS), good)
    assert [path.name for path in found.troubles] == [DAY_1]
    assert "cannot be read" in found.troubles[broken]


@pytest.mark.parametrize(
    ("field", "value"), [("c", np.nan), ("h", np.inf), ("l", 0.0), ("o", -1.0), ("bv", -1.0), ("bv", np.nan), ("ts", 5)]
)
def test_rows_without_sound_numbers_count_as_missing(tmp_path: Path, field: str, value: Any) -> None:
    rows = rows_of(minutes(MAY_31, 9))
    kept = np.delete(rows, 4)
    rows[field][4] = value
    place(tmp_path, "BTC", DAY_1, rows)
    assert np.array_equal(read(tmp_path), kept)
    rows[field] = value
    place(tmp_path, "BTC", DAY_1, rows)
    found = tree(tmp_path)
    assert len(found.read(MAY_31, MAY_31 + DAY_MS)) == 0
    assert "no sound candle" in next(iter(found.troubles.values()))


def test_facts_change_with_the_files_of_the_range_only(tmp_path: Path) -> None:
    place(tmp_path, "BTC", DAY_1, rows_of(minutes(MAY_31, 30)))
    place(tmp_path, "BTC", DAY_2, rows_of(minutes(MAY_31 + DAY_MS, 30)))
    facts = tree(tmp_path).facts(MAY_31, MAY_31 + DAY_MS)
    place(tmp_path, "BTC", DAY_2, rows_of(minutes(MAY_31 + DAY_MS, 31)))
    assert tree(tmp_path).facts(MAY_31, MAY_31 + DAY_MS) == facts
    place(tmp_path, "BTC", DAY_1, rows_of(minutes(MAY_31, 31)))
    assert tree(tmp_path).facts(MAY_31, MAY_31 + DAY_MS) != facts


def test_a_tree_with_a_hole_too_wide_gives_way_to_the_store(tmp_path: Path) -> None:
    stored = rows_of(minutes(MAY_31, 1441), seed=3)
    world = World({"binance": venue("binance", ["BTC"])}, {"binance": HeldRows({symbol_of("BTC"): stored})}, tmp_path)
    whole = rows_of(minutes(MAY_31, 1440), seed=4)
    place(tmp_path / "tree", "BTC", DAY_1, np.delete(whole, slice(100, 230)))
    asked = request(source_dir=tmp_path / "tree")
    assert world.prepare(asked).hlcvs[:, 0, 2].tolist() == stored["c"].tolist()
    place(tmp_path / "tree", "BTC", DAY_1, np.delete(whole, slice(100, 219)))  # 120 minutes from candle to candle
    filled = world.prepare(asked)
    assert filled.hlcvs[50, 0, 2] == float(whole["c"][50])
    assert filled.hlcvs[100:219, 0].tolist() == [[float(whole["c"][99])] * 3 + [0.0]] * 119
