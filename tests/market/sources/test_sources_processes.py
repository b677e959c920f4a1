"""Downloads that are killed, and several processes with the same wish."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from sources_support import at, same, walk
from store_support import store_at
from venue_support import NOW

from tests.support.archive_server import ArchiveServer
from tests.support.kline_server import KlineServer

ROOT = Path(__file__).resolve().parents[3]
ROWS = walk("2025-05-20", 22, seed=9)
START, END = at("2025-05-20"), at("2025-06-10")
SOL = "SOL/USDT:USDT"


@pytest.fixture
def servers() -> Iterator[tuple[KlineServer, ArchiveServer]]:
    venue = KlineServer("binance", {"SOL": ROWS}, now_ms=NOW)
    with venue, ArchiveServer({"binance": {"SOLUSDT": ROWS}}) as archive:
        yield venue, archive


def fill(folder: Path, servers: tuple[KlineServer, ArchiveServer]) -> subprocess.Popen[str]:
    urls = [server.base_url for server in servers]
    script = Path(__file__).with_name("fill_process.py")
    paths = os.pathsep.join([str(ROOT), str(script.parent)])
    return subprocess.Popen(
        [sys.executable, str(script), str(folder), *urls, str(START), str(END)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": paths},
    )


def held(folder: Path) -> np.ndarray:
    return store_at(folder, "binance").read(SOL, 0, 1 << 62)


def test_killed_again_and_again_it_ends_with_everything(
    tmp_path: Path, servers: tuple[KlineServer, ArchiveServer]
) -> None:
    expected = ROWS[(ROWS["ts"] >= START) & (ROWS["ts"] < END)]
    counts = [0]
    for _ in range(2):
        process = fill(tmp_path, servers)
        deadline = time.monotonic() + 180
        while len(held(tmp_path)) <= counts[-1] and process.poll() is None:
            assert time.monotonic() < deadline
        process.send_signal(signal.SIGKILL)
        process.communicate()
        rows = held(tmp_path)
        assert same(rows, expected[np.isin(expected["ts"], rows["ts"])]), "whatever is there is right"
        counts.append(len(rows))
    assert counts == sorted(counts)
    process = fill(tmp_path, servers)
    told, _ = process.communicate(timeout=300)
    assert process.returncode == 0
    assert same(held(tmp_path), expected)
    assert int(told) == len(expected) - counts[-1], "nothing that was there is fetched again"


def test_processes_share_the_work(tmp_path: Path, servers: tuple[KlineServer, ArchiveServer]) -> None:
    both = [fill(tmp_path, servers) for _ in range(2)]
    told = [process.communicate(timeout=300)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    expected = ROWS[(ROWS["ts"] >= START) & (ROWS["ts"] < END)]
    assert same(held(tmp_path), expected)
    assert sum(map(int, told)) == len(expected), "nothing is fetched twice"
    files = servers[1].requests
    assert len(files) == len(set(files))
