"""`pbtui tool datasets` as a user types it, and what the doctor says of their room."""

from __future__ import annotations

import gc
import json
import os
from pathlib import Path

import pytest

from pbtui.cli.checks import folders
from pbtui.cli.checks.finding import Asked
from pbtui.cli.main import main
from pbtui.core.clock import DAY_MS, RealClock
from pbtui.market.prepare import DatasetCache
from pbtui.market.prepare.aggregate import axis_of

Capture = pytest.CaptureFixture[str]
FIRST_MS = 1_714_521_600_000  # 2024-05-01
AGES = (40, 9, 1)  # days since each was used


def key_of(number: int) -> str:
    return f"{number:024x}".ljust(64, "0")


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """Three datasets of two coins and a day."""
    now = RealClock().now_ms()
    cache, paths = DatasetCache(tmp_path), list[Path]()
    for number in range(len(AGES)):
        axis = axis_of(FIRST_MS, FIRST_MS + DAY_MS, 1)
        coins = [{"coin": coin} for coin in ("BTC", "S\x1b[31mOL")]
        facts = {"first_ms": FIRST_MS, "bars": axis.bars, "interval_minutes": 1, "coins": coins, "n": number}
        with cache.draft(axis, 2) as draft:
            draft.arrays.hlcvs[:] = draft.arrays.btc_usd[:, None, None] = 1.0 + number
            path = cache.commit(draft, facts, [], key_of(number)).path
        assert path is not None
        paths.append(path / "meta.json")
    for path, age in zip(paths, AGES, strict=True):
        used_s = (now - age * DAY_MS) / 1000
        os.utime(path, (used_s, used_s))
    gc.collect()
    return tmp_path


def left(base: Path) -> int:
    return sum(1 for path in (base / "caches" / "datasets").iterdir() if path.name != "inputs")


def test_all_are_listed_with_room_time_and_content(base: Path, capsys: Capture) -> None:
    words = ["tool", "datasets", "--base-dir", str(base)]
    assert main(words) == 0
    told = capsys.readouterr()
    assert told.out.count("kept      used 20") == 3
    assert "2024-05-01T00:00Z to 2024-05-02T00:00Z, 1 min" in told.out
    assert "\x1b" not in told.out
    assert "3 prepared datasets, 0.3 MiB" in told.err
    opened = DatasetCache(base).find(key_of(0))
    assert opened is not None
    assert main([*words, "--json"]) == 0
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [each["state"] for each in records] == ["kept", "kept", "in use"]
    assert {each["last_ms"] - each["first_ms"] for each in records} == {DAY_MS}


def test_clearing_shows_first_and_takes_only_what_is_asked_for(base: Path, capsys: Capture) -> None:
    words = ["tool", "datasets", "--base-dir", str(base)]
    assert main([*words, "--unused", "7d"]) == 0
    told = capsys.readouterr()
    assert told.out.count("would go") == 2
    assert "2 of them, 0.2 MiB, would go: --apply does it" in told.err
    assert left(base) == 3
    assert main([*words, "--unused", "30d", "--apply"]) == 0
    assert "1 of them, 0.1 MiB, are cleared" in capsys.readouterr().err
    assert left(base) == 2
    assert main([*words, "--keep", "1", "--apply"]) == 0
    assert left(base) == 2
    opened = DatasetCache(base).find(key_of(1))
    assert opened is not None
    assert main([*words, "--all", "--apply"]) == 0
    assert left(base) == 1
    assert float(opened.arrays.hlcvs[0, 0, 0]) == 2.0
    del opened
    gc.collect()
    assert main([*words, "--keep", "0", "--apply"]) == 0
    assert left(base) == 0
    assert list((base / "caches" / "datasets" / "inputs").iterdir()) == []
    capsys.readouterr()
    assert main(words) == 0
    assert "0 prepared datasets" in capsys.readouterr().err


def test_nothing_is_cleared_unless_it_is_said_what(base: Path, capsys: Capture) -> None:
    assert main(["tool", "datasets", "--base-dir", str(base), "--apply"]) == 2
    assert "--unused 7d" in capsys.readouterr().err
    for wrong in (["--unused", "soon"], ["--keep", "-1"], ["--keep", "nan"]):
        assert main(["tool", "datasets", "--base-dir", str(base), *wrong]) == 2
    assert left(base) == 3


def test_a_damaged_one_is_listed_and_the_doctor_tells_the_room(base: Path, capsys: Capture) -> None:
    damaged = next(path for path in (base / "caches" / "datasets").iterdir() if path.name != "inputs")
    (damaged / "meta.json").write_text("{")
    assert main(["tool", "datasets", "--base-dir", str(base)]) == 0
    assert "not what was written" in capsys.readouterr().out
    (finding,) = [each for each in folders.look(Asked(base_dir=base)) if each.name == "datasets"]
    assert finding.text == "3 prepared for backtests, 0.3 MiB (pbtui tool datasets)"
