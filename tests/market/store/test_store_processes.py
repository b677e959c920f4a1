"""Eight processes on one store, killed at random: every row that was reported as written is there, and right."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
from shelf_support import ALL, Kept, at, minutes
from worker import BLOCK

from pbtui.core.clock import DAY_MS, MINUTE_MS

ROOT = Path(__file__).resolve().parents[3]
SYMBOLS = ["BTC/USDT:USDT", "ETH/USDT:USDT"]
WORKERS, BLOCKS = 8, 30
START = at("2025-05-27")  # over the end of a month: segments of both kinds


def launch(root: Path, number: int, rounds: int) -> subprocess.Popen[bytes]:
    script = Path(__file__).with_name("worker.py")
    arguments = [str(root), str(number), str(WORKERS), str(START), str(BLOCKS), str(rounds), *SYMBOLS]
    paths = os.pathsep.join([str(ROOT), str(script.parent)])
    return subprocess.Popen(
        [sys.executable, str(script), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": paths, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
    )


def reported(told: bytes) -> list[tuple[str, int]]:
    """Return the blocks that a worker said are stored; a line cut short by a kill says nothing."""
    lines = told.decode().split("\n")[:-1]
    return [(line.split()[0], int(line.split()[1])) for line in lines]


def test_eight_processes_killed_at_random_lose_nothing(tmp_path: Path) -> None:
    random = np.random.default_rng(7)
    root = tmp_path / "ohlcv"
    # Two come to an end; the others would go on until long after they are killed.
    running = [launch(root, number, 1 if number % 4 == 0 else 1_000) for number in range(WORKERS)]
    written: list[tuple[str, int]] = []
    for number, process in enumerate(running):
        if number % 4:
            assert process.stdout is not None
            said = b"".join(process.stdout.readline() for _ in range(int(random.integers(1, BLOCKS - 5))))
            process.send_signal(signal.SIGKILL)
            rest, _ = process.communicate(timeout=60)
            written += reported(said + rest)
            assert process.returncode == -signal.SIGKILL
    for number, process in enumerate(running):
        if not number % 4:
            told, complaints = process.communicate(timeout=60)
            assert process.returncode == 0, complaints.decode()
            assert complaints == b""
            assert len(reported(told)) == BLOCKS
            written += reported(told)
    kept = Kept(root)
    for i, symbol in enumerate(SYMBOLS):
        rows = kept.store.read(symbol, *ALL)
        assert np.array_equal(rows, minutes(START, WORKERS * BLOCKS * BLOCK, seed=i)[index_of(rows)]), "each is right"
        for block in [block for name, block in written if name == symbol]:
            first = START + block * BLOCK * MINUTE_MS
            assert len(kept.store.read(symbol, first, first + BLOCK * MINUTE_MS)) == BLOCK, "and none is lost"
        assert kept.store.coverage(symbol).count == len(rows)
        assert kept.store.verify(symbol) == []
        kept.store.write(symbol, minutes(START - DAY_MS, 1))
        drafts = list(kept.folder(symbol).glob(".2*"))
        assert drafts == [], "what the killed left behind is swept away"
    assert kept.troubles == []
    assert len(written) > 2 * BLOCKS


def index_of(rows: np.ndarray) -> np.ndarray:
    return (rows["ts"] - START) // MINUTE_MS


def test_a_kill_at_any_step_of_a_write_leaves_the_old_rows_or_the_new(tmp_path: Path) -> None:
    """The n-th call that changes the disk never happens and the process dies there, for every n until none is left."""
    old, new = minutes("2025-06-01", 2 * 1440), minutes("2025-06-01T12:00", 2 * 1440, seed=3)
    merged = old.copy()[:720].tolist() + new.tolist()
    outcomes: list[bool] = []
    for n in range(1, 200):
        kept = Kept(tmp_path / str(n))
        kept.store.write("A/USDT:USDT", old)
        kept.clock._start_ms = at("2025-07-01")  # the write folds days into their month
        pid = os.fork()
        if pid == 0:
            die_at(n)
            kept.fresh().write("A/USDT:USDT", new)
            os._exit(0)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        rows = kept.store.read("A/USDT:USDT", *ALL).tolist()
        assert rows in (old.tolist(), merged)
        assert status == 0 or status == 9
        if status == 0:
            assert rows == merged
            break
        outcomes.append(rows == merged)
        kept.store.write("A/USDT:USDT", new)
        assert kept.store.read("A/USDT:USDT", *ALL).tolist() == merged
        assert not list(kept.folder("A/USDT:USDT").glob(".2*"))
        assert kept.troubles == []
    assert outcomes == sorted(outcomes), "once the new rows are there, they stay"
    assert {False, True} <= set(outcomes)
    assert len(outcomes) >= 8


def test_processes_that_find_the_same_damage_at_once_put_it_aside_once(tmp_path: Path) -> None:
    kept = Kept(tmp_path)
    kept.store.write("A/USDT:USDT", minutes("2025-05-31T23:00", 120))
    folder = kept.folder("A/USDT:USDT")
    sound = (folder / "2025-05.parquet").read_bytes()
    for turn in range(1, 11):
        (folder / "2025-05.parquet").write_bytes(sound[:-turn])
        ready, go = os.pipe()
        children = []
        for _ in range(4):
            children.append(os.fork())
            if children[-1] == 0:
                os.close(go)
                os.read(ready, 1)  # until all are there
                os._exit(0 if len(kept.fresh().read("A/USDT:USDT", *ALL)) == 60 else 1)
        os.close(ready)
        os.close(go)
        assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0] * 4
        assert len(list((folder / "quarantine").iterdir())) == turn
        assert not (folder / "2025-05.parquet").exists()


def die_at(n: int) -> None:
    """Let the n-th call that writes, syncs, renames or deletes end the process instead."""
    left = n

    def counted(name: str) -> None:
        real = getattr(os, name)

        def call(*args, **options):
            nonlocal left
            left -= 1
            if left == 0:
                os._exit(9)
            return real(*args, **options)

        setattr(os, name, call)

    for name in ("open", "pwrite", "fsync", "replace", "rename", "unlink", "mkdir"):
        counted(name)
