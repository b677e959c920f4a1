"""Locks: between threads, between stores, between processes; a holder that dies leaves none behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from shelf_support import BTC, Kept, at, minutes

from pbtui.core.clock import MINUTE_MS
from pbtui.market.store import StoreBusy

ROOT = Path(__file__).resolve().parents[3]
HOLD = """
import sys
from pathlib import Path
from pbtui.market.store.locks import held
with held(Path(sys.argv[1]), 5.0):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def impatient(tmp_path: Path) -> Kept:
    return Kept(tmp_path / "ohlcv", lock_timeout_s=0.05)


def holder(path: Path) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"held\n"
    return process


def test_a_lock_of_another_process_is_told_with_its_pid_and_dies_with_it(impatient: Kept) -> None:
    kept = impatient
    kept.store.write(BTC, minutes("2025-05-01", 5))
    process = holder(kept.folder() / ".write.lock")
    with pytest.raises(StoreBusy, match=f"held by process {process.pid} for 0.05 s") as error:
        kept.store.write(BTC, minutes("2025-05-02", 5))
    assert error.value.holder == process.pid
    assert kept.kinds() == ["locked"]
    assert len(kept.whole()) == 5, "reading needs no lock"
    process.send_signal(signal.SIGKILL)
    process.communicate()
    kept.store.write(BTC, minutes("2025-05-02", 5))
    assert len(kept.whole()) == 10


def test_a_fetch_lock_keeps_fetchers_out_but_not_writers(impatient: Kept) -> None:
    kept = impatient
    other = kept.fresh()
    with kept.store.fetch_lock(BTC):
        for store in (kept.store, other):
            with pytest.raises(StoreBusy, match=rf"another task of this process \({os.getpid()}\)"):
                store.fetch_lock(BTC).__enter__()
        with other.fetch_lock(BTC, "1h"), other.fetch_lock("ETH/USDT:USDT"):
            other.write(BTC, minutes("2025-05-01", 5))
    with other.fetch_lock(BTC):
        pass


def test_a_lock_may_be_left_in_another_thread(impatient: Kept) -> None:
    lock = impatient.store.fetch_lock(BTC)
    thread = threading.Thread(target=lock.__enter__)
    thread.start()
    thread.join()
    with pytest.raises(StoreBusy):
        impatient.store.fetch_lock(BTC).__enter__()
    lock.__exit__(None, None, None)
    with impatient.store.fetch_lock(BTC):
        pass


def test_a_lock_file_that_was_deleted_locks_nobody_out_twice(impatient: Kept) -> None:
    kept = impatient
    path = kept.folder() / ".write.lock"
    process = holder(path)
    path.unlink()
    kept.store.write(BTC, minutes("2025-05-01", 5))  # a new file, a new lock
    process.communicate(b"")
    assert kept.store.delete(BTC) > 0
    with kept.store.fetch_lock(BTC):
        kept.store.delete(BTC)
        with pytest.raises(StoreBusy):
            kept.fresh().fetch_lock(BTC).__enter__()


def test_threads_of_one_process_lose_nothing(kept: Kept) -> None:
    failures: list[BaseException] = []
    start, each, threads = at("2025-05-31T20:00"), 40, 8
    go = threading.Barrier(threads)

    def work(number: int) -> None:
        try:
            go.wait(10)
            store = kept.store if number % 2 else kept.fresh()
            for i in range(6):
                first = start + (i * threads + number) * each * MINUTE_MS
                store.write(BTC, minutes(first, each))
                assert len(store.read(BTC, first, first + each * MINUTE_MS)) == each
                store.missing(BTC, start, first)
        except BaseException as error:  # noqa: BLE001  (told by the test's own thread)
            failures.append(error)

    running = [threading.Thread(target=work, args=(number,)) for number in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join(60)
    assert failures == []
    assert np.array_equal(kept.whole(), minutes(start, 6 * threads * each))
    assert kept.troubles == []
