"""Damaged segments: whatever happens to their bytes, rows are right or absent and told, and can be brought again."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from shelf_support import ALL, BTC, NOW, Kept, at, minutes

from pbtui.market.store.segment import decode, encode

ROWS = minutes("2025-05-31T21:00", 180 + 150 + 0, seed=2)
PARTS = {"2025-05.parquet": slice(0, 180), "2025-06-01.parquet": slice(180, 330)}


@pytest.fixture
def filled(kept: Kept) -> Kept:
    kept.store.write(BTC, ROWS)
    assert [name for name in kept.names() if name in PARTS] == list(PARTS)
    return kept


def spoiled(random: np.random.Generator, data: bytes, other: bytes) -> bytes:
    """Return data with one thing wrong: flipped bits, an end cut off, a stretch of zeros, another's bytes, more."""
    way, at_byte = int(random.integers(0, 10)), int(random.integers(0, len(data)))
    found = bytearray(data)
    if way < 5:
        for _ in range(int(random.integers(1, 4)) if way < 2 else 1):
            bit = int(random.integers(0, 8 * len(data)))
            found[bit // 8] ^= 1 << bit % 8
    elif way < 7:
        del found[at_byte:]
    elif way == 7:
        end = at_byte + int(random.integers(1, 600))
        found[at_byte:end] = bytes(len(found[at_byte:end]))
    elif way == 8:
        found[at_byte:] = other[at_byte:]
    else:
        found[at_byte:at_byte] = random.bytes(int(random.integers(1, 9)))
    return bytes(found)


def none_is_used(kept: Kept, rounds: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    folder = kept.folder()
    sound = {name: (folder / name).read_bytes() for name in PARTS}
    changed = 0
    while changed < rounds:
        name, other = random.permutation(list(PARTS)).tolist()
        data = spoiled(random, sound[name], sound[other])
        if data == sound[name]:
            continue
        changed += 1
        path = folder / name
        path.write_bytes(data)
        expected = np.delete(ROWS, PARTS[name])
        assert np.array_equal(kept.whole(), expected)
        assert [(each.kind, each.path) for each in kept.troubles] == [("corrupt", str(path))]
        (aside,) = (folder / "quarantine").iterdir()
        assert aside.read_bytes() == data
        hole = ROWS[PARTS[name]]
        assert kept.store.missing(BTC, int(ROWS["ts"][0]), int(ROWS["ts"][-1]) + 60_000) == [
            (int(hole["ts"][0]), int(hole["ts"][-1]) + 60_000)
        ]
        aside.unlink()
        kept.troubles.clear()
        path.write_bytes(sound[name])
    assert np.array_equal(kept.whole(), ROWS)


def test_a_thousand_damages_and_none_is_used_silently(filled: Kept) -> None:
    none_is_used(filled, 1_000, seed=1)


@pytest.mark.slow
def test_ten_thousand_damages_and_none_is_used_silently(filled: Kept) -> None:
    none_is_used(filled, 10_000, seed=2)


def test_every_single_byte_is_under_the_seal(kept: Kept) -> None:
    from pbtui.market.store.layout import month_at
    from pbtui.market.store.segment import BadSegment

    month = month_at(at("2025-05-01"))
    rows = minutes("2025-05-01", 40)
    data = encode(rows)
    assert np.array_equal(decode(data, month), rows)
    for i in range(len(data)):
        with pytest.raises(BadSegment):
            decode(data[:i] + bytes([data[i] ^ 0x10]) + data[i + 1 :], month)
        with pytest.raises(BadSegment):
            decode(data[:i], month)


def test_damage_that_leaves_size_and_time_as_they_were_is_found_on_reading(filled: Kept) -> None:
    path = filled.folder() / "2025-05.parquet"
    data, stat = bytearray(path.read_bytes()), path.stat()
    data[200] ^= 1
    with path.open("r+b") as file:  # the same file, as a failing disk would have it
        file.write(data)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    span = (int(ROWS["ts"][0]), at("2025-06-01"))
    assert filled.store.missing(BTC, *span) == [], "segments are not opened for this"
    assert len(filled.whole()) == 150
    assert filled.store.missing(BTC, *span) == [span]
    assert filled.kinds() == ["corrupt"]


def test_a_sound_segment_in_the_wrong_place_is_damaged_too(filled: Kept) -> None:
    folder = filled.folder()
    shutil.copy(folder / "2025-05.parquet", folder / "2025-04.parquet")
    assert np.array_equal(filled.whole(), ROWS)
    assert "another time than its name says" in filled.troubles[0].line()


def test_parquet_of_another_program_is_put_aside_not_lost(filled: Kept) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = filled.folder() / "2025-04.parquet"
    pq.write_table(pa.table({"ts": [1], "o": [2.0]}), path)
    data = path.read_bytes()
    assert np.array_equal(filled.whole(), ROWS)
    assert "bears no seal" in filled.troubles[0].line()
    (aside,) = (filled.folder() / "quarantine").iterdir()
    assert aside.read_bytes() == data


def test_writing_over_damage_keeps_what_is_new_and_tells_the_rest(filled: Kept) -> None:
    path = filled.folder() / "2025-05.parquet"
    path.write_bytes(path.read_bytes()[:-1])
    filled.store.write(BTC, ROWS[170:185])
    assert np.array_equal(filled.whole(), ROWS[170:])
    assert filled.kinds() == ["corrupt"]
    filled.store.write(BTC, ROWS)
    assert np.array_equal(filled.whole(), ROWS)


def test_verifying_puts_damage_aside_and_names_it(filled: Kept) -> None:
    path = filled.folder() / "2025-06-01.parquet"
    path.write_bytes(path.read_bytes()[:100])
    (finding,) = filled.store.verify(BTC)
    assert (finding.check, finding.timeframe, finding.name) == ("corrupt", "1m", "2025-06-01.parquet")
    assert filled.store.verify(BTC) == []
    assert len(filled.whole()) == 180


def test_two_stores_that_find_the_same_damage_put_it_aside_once(filled: Kept) -> None:
    other = Kept(filled.root)
    path = filled.folder() / "2025-05.parquet"
    path.write_bytes(b"")
    for kept in (filled, other):
        assert len(kept.whole()) == 150
    assert len(filled.troubles) + len(other.troubles) == 1
    assert len(list((filled.folder() / "quarantine").iterdir())) == 1


def test_a_damaged_segment_that_cannot_be_moved_is_not_used_and_told_once(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "ohlcv", lock_timeout_s=0.01)
    kept.store.write(BTC, ROWS)
    path = kept.folder() / "2025-05.parquet"
    path.write_bytes(b"PAR1")
    with kept.store.shelf(BTC, "1m").alone():
        for _ in range(3):
            assert len(kept.whole()) == 150
    assert kept.kinds() == ["corrupt"]
    assert "could not be put aside" in kept.troubles[0].line()
    assert path.exists()
    assert len(kept.whole()) == 150
    assert not path.exists()


def test_links_and_folders_in_place_of_segments_are_told(filled: Kept) -> None:
    folder = filled.folder()
    (folder / "2025-04.parquet").symlink_to(folder / "nowhere")
    (folder / "2025-03.parquet").mkdir()
    (folder / "2025-06-02.npy").mkdir()
    assert np.array_equal(filled.whole(), ROWS)
    assert filled.store.coverage(BTC).count == len(ROWS)
    assert sorted(filled.kinds()) == ["shard", "unreadable", "unreadable"]
    assert {each.check for each in filled.store.verify(BTC)} <= {"unreadable"}


def test_what_was_known_of_gaps_may_be_damaged(filled: Kept) -> None:
    from pbtui.market.store.spans import Stretch

    filled.store.note_gaps(BTC, [Stretch(0, 60_000)], "no_archive")
    filled.store.note_listing(BTC, 7)
    path = filled.folder() / "notes.json"
    path.write_bytes(path.read_bytes()[:-3])
    assert filled.store.known_gaps(BTC) == []
    assert filled.store.listing(BTC) is None
    assert set(filled.kinds()) == {"notes"}
    assert [each.name for each in filled.store.verify(BTC)] == ["notes.json"]
    filled.store.note_listing(BTC, 8)
    assert filled.fresh().listing(BTC) == 8
    assert np.array_equal(filled.store.read(BTC, *ALL), ROWS)
    assert filled.clock.now_ms() == NOW
