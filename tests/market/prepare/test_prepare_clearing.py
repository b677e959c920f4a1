"""Room for prepared datasets: the one used longest ago goes first, and never one that a process runs on."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from pbtui.core.clock import DAY_MS, HOUR_MS, RealClock
from pbtui.market.prepare import DatasetCache, clearing
from pbtui.market.prepare.aggregate import axis_of
from pbtui.market.prepare.cache import Stored
from pbtui.market.prepare.clearing import UNUSED_MS, clear, kept, make_room, put_away, report
from pbtui.market.prepare.holding import free, held

NOW = RealClock().now_ms()
TINY, HUGE = 1, 1 << 60
BARS = 601


@pytest.fixture(autouse=True)
def disk(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A disk with so much room, in bytes, whatever the machine has."""
    free_now = [1 << 40]
    monkeypatch.setattr(clearing, "free_bytes", lambda _: free_now[0])
    return free_now


def made(base: Path, number: int) -> Path:
    """Keep a dataset that nobody holds afterwards."""
    stored = keep(DatasetCache(base), number)
    assert stored.path is not None
    path = stored.path
    del stored
    gc.collect()
    return path


def used(base: Path, *times_ms: int) -> list[Path]:
    """Keep datasets that were used last at these times."""
    paths = [made(base, 1 + at) for at in range(len(times_ms))]
    for path, at_ms in zip(paths, times_ms, strict=True):
        os.utime(path / "meta.json", (at_ms / 1000, at_ms / 1000))
    return paths


def key_of(number: int) -> str:
    return f"{number:024x}".ljust(64, "0")


def keep(cache: DatasetCache, number: int) -> Stored:
    with cache.draft(axis_of(0, (BARS - 1) * 60_000, 1), 2) as draft:
        draft.arrays.hlcvs[:] = float(number)
        draft.arrays.btc_usd[:] = 1.0
        return cache.commit(draft, {"n": number}, [], key_of(number))


def root_of(base: Path) -> Path:
    return base / "caches" / "datasets"


def names(base: Path) -> set[str]:
    return {each.path.name for each in kept(root_of(base))}


def test_the_one_used_longest_ago_is_first_and_sizes_are_those_of_the_files(tmp_path: Path) -> None:
    new, old, middle = used(tmp_path, *(NOW - age * HOUR_MS for age in (2, 9, 5)))
    found = kept(root_of(tmp_path))
    assert [each.path for each in found] == [old, middle, new]
    assert [each.used_ms for each in found] == [NOW - age * HOUR_MS for age in (9, 5, 2)]
    assert all(each.size >= BARS * (2 * 4 + 1 + 1) * 8 for each in found)
    assert not any(each.in_use for each in found)
    assert kept(tmp_path / "nowhere") == []


def test_room_is_made_until_the_new_one_fits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    new, old, middle = used(tmp_path, *(NOW - age * HOUR_MS for age in (2, 9, 5)))
    size = kept(root_of(tmp_path))[0].size
    monkeypatch.setattr(clearing, "MOST_BYTES", 4 * size)
    assert make_room(root_of(tmp_path), size, NOW) == []
    gone = make_room(root_of(tmp_path), size + 1, NOW)
    assert [each.path for each in gone] == [old]
    assert names(tmp_path) == {new.name, middle.name}
    assert report(gone).startswith("one prepared dataset of earlier runs cleared, 0.0 MiB")
    cache = DatasetCache(tmp_path)
    assert cache.find(key_of(2)) is None
    assert cache.find(key_of(3)) is not None
    # However much is needed: what was found just now stays for a moment.
    assert [each.path for each in make_room(root_of(tmp_path), HUGE, NOW)] == [new]
    assert [each.path for each in make_room(root_of(tmp_path), HUGE, NOW + DAY_MS)] == [middle]
    assert list((root_of(tmp_path) / "inputs").iterdir()) == []
    assert list(root_of(tmp_path).iterdir()) == [root_of(tmp_path) / "inputs"]


def test_a_full_disk_gets_room_for_the_new_one_and_small_disks_are_not_filled(
    tmp_path: Path, disk: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = used(tmp_path, *(NOW - DAY_MS + number for number in range(4)))
    size = kept(root_of(tmp_path))[0].size
    disk[0] = 1 << 30  # nothing beside what is left free
    assert [each.path for each in make_room(root_of(tmp_path), size + 1, NOW)] == paths[:2]
    monkeypatch.setattr(clearing, "_SPARE_BYTES", 0)
    disk[0] = 2 * size  # with the two that are left four times as much as one
    assert [each.path for each in make_room(root_of(tmp_path), 0, NOW)] == paths[2:3]


def test_what_is_unused_for_a_month_goes_with_the_next_one_and_what_is_fresh_stays(tmp_path: Path) -> None:
    old, young, fresh = used(tmp_path, NOW - UNUSED_MS - HOUR_MS, NOW - UNUSED_MS + HOUR_MS, NOW - 1_000)
    assert [each.path for each in make_room(root_of(tmp_path), TINY, NOW)] == [old]
    assert [each.path for each in make_room(root_of(tmp_path), HUGE, NOW)] == [young]
    assert names(tmp_path) == {fresh.name}


def test_making_a_dataset_makes_room_and_says_so_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    used(tmp_path, *(NOW - DAY_MS + number for number in range(3)))
    monkeypatch.setattr(clearing, "MOST_BYTES", 0)
    said: list[str] = []
    stored = keep(DatasetCache(tmp_path, on_cleared=said.append), 9)
    assert stored.path is not None
    assert names(tmp_path) == {stored.path.name}
    assert [line[:49] for line in said] == ["3 prepared datasets of earlier runs cleared, 0.1 "]


def test_what_this_process_has_opened_stays_as_long_as_a_part_of_it_is_used(tmp_path: Path) -> None:
    path = made(tmp_path, 4)
    stored = DatasetCache(tmp_path).find(key_of(4))
    assert stored is not None
    os.utime(path / "meta.json", (1.0, 1.0))
    part = np.asarray(stored.arrays.hlcvs[3:9, 1])
    assert kept(root_of(tmp_path))[0].in_use
    del stored
    gc.collect()
    assert make_room(root_of(tmp_path), HUGE, NOW) == []
    assert float(part.sum()) == 4.0 * part.size
    del part
    gc.collect()
    assert [each.path for each in make_room(root_of(tmp_path), HUGE, NOW)] == [path]


OPENING = """
import sys
from pathlib import Path
from pbtui.market.prepare import DatasetCache
stored = DatasetCache(Path(sys.argv[1])).find(sys.argv[2])
print(stored is not None, flush=True)
sys.stdin.read()
"""


def test_what_another_process_runs_on_stays_until_it_ends_however_it_does(tmp_path: Path) -> None:
    path = made(tmp_path, 5)
    words = [sys.executable, "-c", OPENING, str(tmp_path), key_of(5)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "True\n"
        os.utime(path / "meta.json", (1.0, 1.0))
        assert make_room(root_of(tmp_path), HUGE, NOW) == []
        assert clear(root_of(tmp_path), kept(root_of(tmp_path)), before_ms=NOW, over=0, until_ms=NOW) == []
        other.kill()
        other.wait()
    assert [each.path for each in make_room(root_of(tmp_path), HUGE, NOW)] == [path]


def test_a_dataset_that_is_being_cleared_is_not_there_for_who_wants_to_open_it(tmp_path: Path) -> None:
    path = made(tmp_path, 6)
    found: list[Stored | None] = []
    opening = threading.Thread(target=lambda: found.append(DatasetCache(tmp_path).find(key_of(6))))
    with free(path) as nobody:
        assert nobody
        opening.start()
        # Whether it waits for the lock already or comes later: it finds nothing.
        assert put_away(root_of(tmp_path), path)
    opening.join(120)
    assert found == [None]
    made(tmp_path, 6)
    assert DatasetCache(tmp_path).find(key_of(6)) is not None


def test_arrays_stay_good_when_their_files_are_removed_by_hand(tmp_path: Path) -> None:
    stored = keep(DatasetCache(tmp_path), 7)
    assert stored.path is not None
    assert put_away(root_of(tmp_path), stored.path)
    assert float(stored.arrays.hlcvs.sum()) == 7.0 * BARS * 8
    assert not put_away(root_of(tmp_path), stored.path)


def test_what_is_damaged_or_no_dataset_holds_nobody_up(tmp_path: Path) -> None:
    path = made(tmp_path, 8)
    (path / "meta.json").unlink()
    os.utime(path, (1.0, 1.0))
    foreign = root_of(tmp_path) / "notes"
    foreign.mkdir()
    with held(path) as handle:
        assert handle is None
    assert [each.path for each in kept(root_of(tmp_path))] == [path]
    assert clear(root_of(tmp_path), kept(root_of(tmp_path)), before_ms=0, over=0, until_ms=NOW) == []
    assert clear(root_of(tmp_path), kept(root_of(tmp_path)), before_ms=0, over=1, until_ms=NOW, really=False)
    assert path.exists()
    assert len(make_room(root_of(tmp_path), HUGE, NOW)) == 1
    assert foreign.exists()


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="the system does not list open files")
def test_what_is_used_no_more_is_not_held_by_an_open_file(tmp_path: Path) -> None:
    def handles() -> list[str]:
        links = [os.path.realpath(each) for each in Path("/proc/self/fd").iterdir()]
        return [link for link in links if link.startswith(str(tmp_path.resolve())) and "meta.json" in link]

    made(tmp_path, 1)
    made(tmp_path, 2)
    assert handles() == []
    stored = DatasetCache(tmp_path).find(key_of(2))
    assert stored is not None
    assert len(handles()) == 3
    del stored
    gc.collect()
    assert handles() == []
