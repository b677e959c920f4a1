"""Prepared arrays on disk: found again, remade when candles change, never used when damaged, made by many at once."""

from __future__ import annotations

import json
import multiprocessing
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from prepare_support import MAY_31, World, minutes, one_venue, request, rows_of

from pbtui.core.clock import MINUTE_MS
from pbtui.core.errors import DataError
from pbtui.market.prepare import Dataset, DatasetCache
from pbtui.market.prepare.aggregate import axis_of
from pbtui.market.prepare.cache import Stored

DAY = 1440


def world(base_dir: Path, *, seed: int = 0) -> World:
    stamps = minutes(MAY_31, DAY + 1)
    return one_venue(base_dir, {"BTC": rows_of(stamps, seed=seed), "ETH": rows_of(stamps, seed=seed + 1)})


def folders(base_dir: Path) -> list[str]:
    root = base_dir / "caches" / "datasets"
    return sorted(path.name for path in root.iterdir() if path.name != "inputs")


def same(a: Dataset, b: Dataset) -> bool:
    return a.fingerprint == b.fingerprint and np.array_equal(a.hlcvs, b.hlcvs, equal_nan=True)


def test_a_second_run_maps_what_the_first_wrote_and_reads_no_candle(tmp_path: Path) -> None:
    one = world(tmp_path)
    first = one.prepare(request())
    reads = one.stores["binance"].reads
    second = one.prepare(request())
    assert one.stores["binance"].reads == reads
    assert same(first, second)
    assert first.path == second.path
    assert isinstance(second.hlcvs, np.memmap)
    assert second.hlcvs.flags.c_contiguous
    assert not second.hlcvs.flags.writeable


def test_changed_candles_make_a_new_dataset_and_going_back_finds_the_old(tmp_path: Path) -> None:
    one = world(tmp_path)
    first = one.prepare(request())
    rows = one.stores["binance"].rows["ETH/USDT:USDT"]
    before = rows["c"][700]
    rows["c"][700] = before + np.float32(0.01)
    second = one.prepare(request())
    assert second.path != first.path
    assert second.hlcvs[700, 1, 2] == float(rows["c"][700])
    rows["c"][700] = before
    assert one.prepare(request()).path == first.path
    assert len(folders(tmp_path)) == 2


def test_the_same_candles_by_another_way_share_one_dataset(tmp_path: Path) -> None:
    one = world(tmp_path)
    first = one.prepare(request())
    again = one.prepare(request(gap_tolerance_minutes=60.0))  # other inputs, same outcome
    assert again.path == first.path
    assert len(folders(tmp_path)) == 1
    assert len(list((tmp_path / "caches" / "datasets" / "inputs").iterdir())) == 2


def test_candles_outside_the_window_do_not_matter(tmp_path: Path) -> None:
    one = world(tmp_path)
    first = one.prepare(request())
    store = one.stores["binance"].rows
    later = rows_of(minutes(MAY_31 + (DAY + 1) * MINUTE_MS, 50))
    store["ETH/USDT:USDT"] = np.concatenate([store["ETH/USDT:USDT"], later])
    reads = one.stores["binance"].reads
    assert one.prepare(request()).path == first.path
    assert one.stores["binance"].reads == reads


def test_settings_of_now_change_the_fingerprint_but_not_the_arrays(tmp_path: Path) -> None:
    one = world(tmp_path)
    first = one.prepare(request())
    stamps = minutes(MAY_31, DAY + 1)
    other = one_venue(tmp_path, {"BTC": rows_of(stamps), "ETH": rows_of(stamps, seed=1)}, min_cost=20.0)
    second = other.prepare(request())
    assert second.path == first.path
    assert second.fingerprint != first.fingerprint
    assert [item.settings()["min_cost"] for item in second.coins] == [20.0, 20.0]


@pytest.mark.parametrize("name", ["hlcvs.npy", "btc_usd.npy", "timestamps.npy", "meta.json"])
@pytest.mark.parametrize("harm", ["cut", "gone", "grown", "header", "empty"])
def test_damage_is_seen_at_once_and_the_dataset_made_anew(tmp_path: Path, name: str, harm: str) -> None:
    one = world(tmp_path)
    first = one.prepare(request())
    assert first.path is not None
    wanted = np.array(first.hlcvs)
    path = first.path / name
    content = path.read_bytes()
    spoilt = {"cut": content[:-7], "grown": content + b"\0", "empty": b"", "header": b"\xff" * 30 + content[30:]}
    if harm == "gone":
        path.unlink()
    else:
        path.write_bytes(spoilt[harm])
    again = one.prepare(request())
    assert np.array_equal(again.hlcvs, wanted)
    assert again.path == first.path
    assert len(folders(tmp_path)) == 1


def test_a_flipped_bit_in_the_facts_or_the_pointer_is_seen(tmp_path: Path) -> None:
    one = world(tmp_path)
    first = one.prepare(request())
    assert first.path is not None
    (pointer,) = (tmp_path / "caches" / "datasets" / "inputs").iterdir()
    random = np.random.default_rng(5)
    for path in [first.path / "meta.json", pointer] * 12:
        content = bytearray(path.read_bytes())
        content[random.integers(len(content))] ^= 1 << int(random.integers(8))
        path.write_bytes(content)
        reads = one.stores["binance"].reads
        again = one.prepare(request())
        assert again.fingerprint == first.fingerprint
        assert one.stores["binance"].reads > reads


def test_a_full_check_finds_a_flipped_bit_inside_an_array(tmp_path: Path) -> None:
    one = world(tmp_path)
    first = one.prepare(request())
    cache = DatasetCache(tmp_path)
    assert first.path is not None
    key = json.loads(next((tmp_path / "caches" / "datasets" / "inputs").iterdir()).read_text())
    assert key["body"]["dataset"].startswith(first.path.name)
    stored = found(cache)
    cache.verify(stored)
    path = first.path / "hlcvs.npy"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 4
    path.write_bytes(content)
    with pytest.raises(DataError, match="was damaged and is removed"):
        cache.verify(found(cache))
    assert one.prepare(request()).fingerprint == first.fingerprint


def found(cache: DatasetCache) -> Stored:
    (pointer,) = (cache.root / "inputs").iterdir()
    stored = cache.find(pointer.stem)
    assert stored is not None
    return stored


def _make(base_dir: str, start: object, results: multiprocessing.SimpleQueue[tuple[str, str]]) -> None:
    start.wait()  # type: ignore[attr-defined]
    made = world(Path(base_dir)).prepare(request())
    results.put((made.fingerprint, str(made.path)))


def test_many_processes_making_the_same_at_once_agree(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    start, results = context.Event(), context.SimpleQueue()
    makers = [context.Process(target=_make, args=(str(tmp_path), start, results)) for _ in range(6)]
    for maker in makers:
        maker.start()
    start.set()
    got = {results.get() for _ in makers}
    for maker in makers:
        maker.join()
    assert [maker.exitcode for maker in makers] == [0] * 6
    assert len(got) == 1
    assert len(folders(tmp_path)) == 1


FULL = """
import resource, signal, sys
from pathlib import Path
sys.path.insert(0, {here!r})
from test_prepare_cache import request, world
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
made = world(Path({base!r})).prepare(request())
print(made.fingerprint, made.path, made.hlcvs.shape, float(made.hlcvs.sum()))
print(made.notes[-1])
"""


def test_a_disk_that_refuses_does_not_stop_the_run(tmp_path: Path) -> None:
    code = FULL.format(here=str(Path(__file__).parent), base=str(tmp_path))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.splitlines()
    usual = world(tmp_path).prepare(request())
    assert first == f"{usual.fingerprint} None (1441, 2, 4) {float(usual.hlcvs.sum())}"
    assert second.startswith("the prepared dataset is not kept: ")
    assert folders(tmp_path) == [usual.path.name if usual.path else ""]


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "caches").write_text("a file where the folder should be")
    made = world(tmp_path).prepare(request())
    assert made.path is None
    assert made.notes[-1].startswith("the prepared dataset is not kept: ")
    assert made.hlcvs.shape == (1441, 2, 4)


DYING = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, {here!r})
from pbtui.market.prepare import DatasetCache
from pbtui.market.prepare.aggregate import axis_of
with DatasetCache(Path({base!r})).draft(axis_of(0, 600_000, 1), 2):
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_process_left_goes_with_the_next_draft_and_what_lives_stays(tmp_path: Path) -> None:
    cache = DatasetCache(tmp_path)
    with cache.draft(axis_of(0, 600_000, 1), 2) as living:
        assert living.folder is not None
        code = DYING.format(here=str(Path(__file__).parent), base=str(tmp_path))
        assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == -9
        (cache.root / ".gone-1-1").mkdir()
        assert len(folders(tmp_path)) == 3
        with cache.draft(axis_of(0, 600_000, 1), 2) as other:
            assert other.folder is not None
            assert folders(tmp_path) == sorted([living.folder.name, other.folder.name])
    assert folders(tmp_path) == []


def test_finding_a_dataset_counts_as_use(tmp_path: Path) -> None:
    one = world(tmp_path)
    path = one.prepare(request()).path
    assert path is not None
    os.utime(path / "meta.json", (10_000, 10_000))
    one.prepare(request())
    assert (path / "meta.json").stat().st_mtime > 10_000


def test_a_draft_that_fails_leaves_nothing(tmp_path: Path) -> None:
    cache = DatasetCache(tmp_path)

    def begin() -> None:
        with cache.draft(axis_of(0, 600_000, 1), 2) as draft:
            assert draft.folder is not None
            assert draft.arrays.hlcvs.shape == (11, 2, 4)
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        begin()
    assert folders(tmp_path) == []
