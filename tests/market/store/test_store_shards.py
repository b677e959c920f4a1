"""Passivbot's day shards in the same folders: read in both their forms, checked, never touched."""

from __future__ import annotations

import json
import os
import zlib
from pathlib import Path

import numpy as np
import pytest
from shelf_support import BTC, Kept, at, minutes

from pbtui.core.clock import HOUR_MS, MINUTE_MS
from pbtui.market.store.rows import FIELDS, Rows

DAY = "2025-06-01"
ROWS = minutes(DAY, 1440)


def put(kept: Kept, name: str, array: np.ndarray, *, index: bool = True) -> Path:
    """Lay down a shard, and an index younger than it, as Passivbot leaves them."""
    folder = kept.folder()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.npy"
    with path.open("wb") as file:
        np.save(file, array)
    os.utime(path, (2_000_000_000, 2_000_000_000))
    if index:
        ts = array["ts"] if array.dtype.names else array[:, 0]
        entry = {
            "path": str(path),
            "min_ts": int(ts.min()),
            "max_ts": int(ts.max()),
            "count": len(array),
            "crc32": zlib.crc32(array.tobytes()),
        }
        known = json.loads((folder / "index.json").read_text()) if (folder / "index.json").exists() else {"shards": {}}
        known["shards"][name] = entry
        known["meta"] = {"known_gaps": [[at("2025-06-02"), at("2025-06-03")]], "inception_ts": 1}
        (folder / "index.json").write_text(json.dumps(known, sort_keys=True))
        os.utime(folder / "index.json", (2_000_000_001, 2_000_000_001))
    return path


def table_of(rows: Rows) -> np.ndarray:
    return np.column_stack([rows[name].astype(np.float64) for name in ("ts", *FIELDS)] + [np.zeros(len(rows))])


def state(folder: Path) -> dict[str, tuple[bytes, int, int]]:
    names = [path for path in folder.iterdir() if path.suffix == ".npy" or path.name == "index.json"]
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_ino) for path in names}


def test_both_forms_are_read_and_nothing_of_theirs_is_changed(kept: Kept) -> None:
    put(kept, DAY, ROWS)
    put(kept, "2025-06-02", table_of(minutes("2025-06-02", 1440)))
    before = state(kept.folder())
    expected = minutes(DAY, 2880)
    assert np.array_equal(kept.whole(), expected)
    assert kept.store.symbols() == [BTC]
    assert kept.store.coverage(BTC).count == 2880
    assert kept.store.known_gaps(BTC) == [], "its failed requests would look like gaps"
    newer = minutes(at(DAY) + 12 * HOUR_MS, 1440, seed=4)
    kept.store.write(BTC, newer)
    expected[720:2160] = newer
    assert np.array_equal(kept.whole(), expected), "ours win"
    assert kept.store.coverage(BTC).count == 2880
    assert kept.store.verify(BTC) == []
    kept.store.delete(BTC)
    assert np.array_equal(kept.whole(), minutes(DAY, 2880))
    assert state(kept.folder()) == before
    assert sorted(path.name for path in kept.folder().iterdir()) == sorted(before)
    assert kept.troubles == []


def test_unsorted_and_double_rows_of_a_shard_count_as_passivbot_counts_them(kept: Kept) -> None:
    twice = minutes(DAY, 3, seed=9)
    put(kept, DAY, np.concatenate([twice, ROWS[::-1]]), index=False)
    assert np.array_equal(kept.whole(), ROWS)


def test_rows_of_a_shard_that_are_no_candles_are_not_used(kept: Kept) -> None:
    bad = ROWS.copy()
    bad["ts"][0] += 7
    bad["c"][1] = np.nan
    bad["h"][2] = bad["l"][2] / 2
    bad["c"][3] = bad["h"][3] + 1
    bad["ts"][5] = bad["ts"][4]
    bad["ts"][-1] = at("2025-06-09")
    put(kept, DAY, bad)
    assert np.array_equal(kept.whole()[1:], ROWS[6:-1])
    assert kept.whole()["ts"][0] == ROWS["ts"][4]
    found = {each.check: (each.count, each.name) for each in kept.store.verify(BTC)}
    name = f"{DAY}.npy"
    assert found == {
        "grid": (1, name),
        "duplicate": (1, name),
        "date": (1, name),
        "number": (1, name),
        "prices": (2, name),
    }


def test_the_minute_that_ran_when_a_shard_was_written_is_not_used(kept: Kept) -> None:
    path = put(kept, DAY, ROWS[:600], index=False)
    last_s = int(ROWS["ts"][599]) // 1000
    os.utime(path, (last_s + 30, last_s + 30))
    assert len(kept.whole()) == 599
    os.utime(path, (last_s + 60, last_s + 60))
    assert len(kept.whole()) == 600


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x93NUMPY\x01\x00",
        b"PK\x03\x04 no zip",
        b"\x93NUMPY\x01\x00\x76\x00{'descr': '<f8', 'fortran_order': False, 'shape': (9999999999999, 6), }".ljust(128),
        b"\x93NUMPY\x01\x00\x76\x00{'descr': '|O', 'fortran_order': False, 'shape': (1,), }".ljust(128) + b"cos\nx\n.",
        b"\x93NUMPY\x01\x00\x76\x00" + b"(" * 118,
        b"\x93NUMPY\x02\x00\x76\x00\x00\x00" + b"{'descr': [[[[".ljust(118),
    ],
)
def test_a_shard_that_cannot_be_read_is_told_once_and_left_alone(kept: Kept, content: bytes) -> None:
    good = put(kept, "2025-06-02", minutes("2025-06-02", 1440))
    broken = good.with_name(f"{DAY}.npy")
    broken.write_bytes(content)
    for _ in range(2):
        assert np.array_equal(kept.whole(), minutes("2025-06-02", 1440))
        assert kept.store.missing(BTC, at(DAY), at("2025-06-03")) == [(at(DAY), at("2025-06-02"))]
    assert [(each.kind, each.path) for each in kept.troubles] == [("shard", str(broken))]
    assert broken.read_bytes() == content
    assert [each.check for each in kept.store.verify(BTC)] == ["unreadable"]
    kept.store.write(BTC, ROWS)
    assert np.array_equal(kept.whole(), minutes(DAY, 2880))
    assert broken.read_bytes() == content


def test_damage_that_the_index_proves_is_not_used(kept: Kept) -> None:
    path = put(kept, DAY, ROWS)
    data = bytearray(path.read_bytes())
    data[-4] ^= 4
    stamp = path.stat().st_mtime_ns
    path.write_bytes(data)
    os.utime(path, ns=(stamp, stamp))
    assert len(kept.whole()) == 0
    assert kept.store.coverage(BTC).count == 0
    assert kept.kinds() == ["shard"]
    assert [each.check for each in kept.store.verify(BTC)] == ["checksum"]
    # A shard younger than the index was just written by Passivbot, whose index follows later.
    os.utime(path, (2_000_000_009, 2_000_000_009))
    assert len(kept.whole()) == 1440


def test_an_index_that_disagrees_in_other_ways_is_only_told(kept: Kept) -> None:
    put(kept, DAY, ROWS)
    put(kept, "2025-06-02", minutes("2025-06-02", 5)).unlink()
    assert [each.line() for each in kept.store.verify(BTC)] == [
        "1m/index.json: knows a shard of 2025-06-02 that is not there"
    ]
    for nonsense in ("{", "[]", '{"shards": 3}', '{"shards": {"2025-06-01": 7}}', "[" * 100_000):
        (kept.folder() / "index.json").write_text(nonsense)
        assert np.array_equal(kept.fresh().read(BTC, *(0, 1 << 62)), ROWS)
    assert kept.troubles == []


def test_other_files_are_none_of_our_business(kept: Kept) -> None:
    put(kept, DAY, ROWS)
    strange = ["2025-06-31.npy", "2025-06.npy", "2025-06-02.npz", "notes.txt", "2025-06-02.npy.tmp", "2025-6-2.npy"]
    for name in strange:
        (kept.folder() / name).write_bytes(b"?")
    assert np.array_equal(kept.whole(), ROWS)
    kept.store.write(BTC, minutes("2025-06-01", 10, seed=1))
    kept.store.delete(BTC)
    assert kept.names() == sorted([f"{DAY}.npy", "index.json", *strange])
    assert kept.store.missing(BTC, at(DAY), at(DAY) + 1440 * MINUTE_MS) == []
    assert kept.troubles == []
