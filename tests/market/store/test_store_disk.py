"""A disk that is full, read-only or failing: one clear error, and what was stored is untouched."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from shelf_support import ALL, BTC, Kept, at, minutes

from pbtui.core.errors import DataError
from pbtui.market.store import StoreUnwritable
from pbtui.market.store.spans import Stretch

ROWS = minutes("2025-05-01", 3 * 1440)


def in_child(work: Callable[[], None]) -> None:
    """Run work in a forked process, so that what it does to itself ends with it."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
        except BaseException:  # noqa: BLE001  (the exit code tells)
            import traceback

            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0


def refused(kept: Kept, what: str) -> None:
    """Everything that writes is refused; everything that reads goes on."""
    kept.troubles.clear()
    with pytest.raises(StoreUnwritable, match=what) as error:
        kept.store.write(BTC, minutes("2025-04-20", 20 * 1440, seed=1))
    assert isinstance(error.value, DataError)
    assert "cannot be written: " in error.value.line()
    assert kept.kinds() == ["unwritable"]
    assert what in kept.troubles[0].line()
    assert kept.troubles[0].line().count(str(kept.folder())) == 1
    for store in (kept.store, kept.fresh()):
        assert np.array_equal(store.read(BTC, at("2025-05-01"), ALL[1]), ROWS)
        assert store.missing(BTC, at("2025-05-01"), at("2025-05-04")) == []


def contents(kept: Kept) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in kept.folder().iterdir() if path.suffix != ".lock"}


def test_files_that_may_not_grow(kept: Kept) -> None:
    kept.store.write(BTC, ROWS)
    before = contents(kept)

    def work() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, 2_000))
        refused(kept, "may not grow so large")

    in_child(work)
    assert contents(kept) == before
    assert kept.store.write(BTC, minutes("2025-05-04", 10)) == 10


def test_a_folder_in_which_nothing_may_be_written(kept: Kept) -> None:
    kept.store.write(BTC, ROWS)
    damaged = kept.folder() / "2025-03.parquet"
    damaged.write_bytes(b"PAR1")

    def work() -> None:
        if os.getuid() == 0:
            os.setgid(65534)
            os.setuid(65534)
        refused(kept, "no permission")
        with pytest.raises(StoreUnwritable):
            kept.store.note_gaps(BTC, [Stretch(0, 60_000)], "manual")
        with pytest.raises(StoreUnwritable):
            kept.store.delete(BTC)
        with pytest.raises(StoreUnwritable):
            kept.store.fetch_lock(BTC).__enter__()
        with pytest.raises(StoreUnwritable):
            kept.store.write("NEW/USDT:USDT", ROWS)
        assert damaged.exists()

    for folder in kept.root.parents:
        if folder.stat().st_uid == os.getuid() and folder.stat().st_mode & 0o055 != 0o055:
            folder.chmod(0o755)
    kept.folder().chmod(0o555)
    (kept.folder() / ".write.lock").chmod(0o444)
    kept.folder().parent.chmod(0o555)
    try:
        in_child(work)
    finally:
        kept.folder().parent.chmod(0o755)
        kept.folder().chmod(0o755)
        (kept.folder() / ".write.lock").chmod(0o644)
    assert np.array_equal(kept.fresh().read(BTC, *ALL), ROWS)


def test_a_folder_that_may_not_even_be_looked_into(kept: Kept) -> None:
    kept.store.write(BTC, ROWS)

    def work() -> None:
        if os.getuid() == 0:
            os.setgid(65534)
            os.setuid(65534)
        for store in (kept.store, kept.fresh()):
            assert len(store.read(BTC, *ALL)) == 0
            assert store.missing(BTC, 0, 60_000) == [(0, 60_000)]
            assert store.known_gaps(BTC) == []
            assert store.listing(BTC) is None
            with pytest.raises(StoreUnwritable):
                store.write(BTC, ROWS[:3])
        assert kept.kinds() == ["unreadable", "unwritable"] * 2
        assert "no permission" in kept.troubles[0].line()

    for folder in kept.root.parents:
        if folder.stat().st_uid == os.getuid() and folder.stat().st_mode & 0o055 != 0o055:
            folder.chmod(0o755)
    kept.folder().chmod(0)
    try:
        in_child(work)
    finally:
        kept.folder().chmod(0o755)
    assert np.array_equal(kept.fresh().read(BTC, *ALL), ROWS), "and nothing was lost"


def mounted(folder: Path, size: str) -> bool:
    return (
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], capture_output=True
        ).returncode
        == 0
    )


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path | None]:
    """A disk of 400 kB where this machine allows to mount one, else None."""
    folder = tmp_path / "disk"
    folder.mkdir()
    there = mounted(folder, "400k")
    yield folder if there else None
    if there:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_disk_that_fills_up(tiny_disk: Path | None, tmp_path: Path) -> None:
    """Where no disk can be mounted a limit on the size of files stands in for it."""
    kept = Kept((tiny_disk or tmp_path) / "ohlcv")
    written = 0

    def fill() -> None:
        nonlocal written
        for day in range(400):
            kept.store.write(BTC, minutes(at("2024-01-01") + day * 86_400_000, 1440))
            written = day + 1

    def work() -> None:
        if tiny_disk is None:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))
        with pytest.raises(StoreUnwritable, match=r"the disk is full|may not grow"):
            fill()
        assert written > 3
        expected = minutes("2024-01-01", written * 1440)
        assert np.array_equal(kept.fresh().read(BTC, *ALL), expected), "all that was reported as written is there"
        assert not [path for path in kept.folder().iterdir() if path.name.startswith(".2")], "and no draft is left"
        assert kept.store.delete(BTC) > 0, "room can be made"
        kept.store.write(BTC, minutes("2024-01-01", 1440))

    in_child(work)
