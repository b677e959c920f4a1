"""Passivbot's old day files: summed up, cleaned, and compared between two machines by their hashes."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pbtui.cli.main import main
from pbtui.core.clock import DAY_MS, MINUTE_MS

Capture = pytest.CaptureFixture[str]
FIRST_MS = 1_714_521_600_000  # 2024-05-01


def day(number: int, *, rows: int = 1_440, step_ms: int = MINUTE_MS) -> np.ndarray:
    """Return a day of candles as the old downloader kept them."""
    times = FIRST_MS + number * DAY_MS + np.arange(rows) * step_ms
    price = 100.0 + np.arange(rows) % 7
    return np.column_stack([times, price, price + 1, price - 1, price, np.full(rows, 3.0)]).astype(np.float64)


def put(root: Path, coin: str, number: int, array: np.ndarray) -> Path:
    path = root / coin / f"2024-05-{number + 1:02d}.npy"
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, array)
    return path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Three days of BTC; of ETH a good day, a short one, one with a hole, one that is rubbish; and a foreign file."""
    folder = tmp_path / "historical_data" / "ohlcvs_binanceusdm"
    for number in range(3):
        put(folder, "BTC", number, day(number))
    put(folder, "ETH", 0, day(0))
    put(folder, "ETH", 1, day(1, rows=1_439))
    put(folder, "ETH", 2, day(2, step_ms=2 * MINUTE_MS))
    put(folder, "ETH", 3, day(3)).write_bytes(b"rubbish")
    (folder / "ETH" / "index.json").write_text("{}")
    return folder


def ran(capsys: Capture, *words: object) -> tuple[int, list[dict[str, Any]], str]:
    code = main(["--json", "tool", "verify-hlcvs", *map(str, words)])
    told = capsys.readouterr()
    return code, [json.loads(line) for line in told.out.splitlines()], told.err


def test_coins_are_summed_up(root: Path, tmp_path: Path, capsys: Capture) -> None:
    code, (btc, eth), told = ran(capsys, "summarize-historical", "--hash", "--progress", "--base-dir", tmp_path)
    assert code == 1
    assert (btc["coin"], btc["files"], btc["rows"], btc["problems"]) == ("BTC", 3, 3 * 1_440, [])
    assert (btc["whole_days"], btc["even"], btc["contiguous"]) == (True, True, True)
    assert (btc["first_ms"], btc["last_ms"]) == (FIRST_MS, FIRST_MS + 3 * DAY_MS - MINUTE_MS)
    assert (eth["whole_days"], eth["even"], eth["contiguous"]) == (False, False, False)
    assert [line.partition(":")[0] for line in eth["problems"]] == [f"2024-05-0{n}.npy" for n in (2, 3, 4)]
    assert "BTC: 3 files" in told
    put(root, "BTC", 1, day(1) + np.array([0, 0.5, 0, 0, 0, 0]))
    again = ran(capsys, "summarize-historical", "--hash", root)[1][0]
    assert again["sha256"] != btc["sha256"]
    assert main(["tool", "verify-hlcvs", "summarize-historical", str(root)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith("BTC: 3 files, 4,320 rows, 2024-05-01T00:00Z to 2024-05-03T23:59Z")
    assert "    wrong: 2024-05-02.npy: 1,439 rows instead of 1,440" in lines


def test_bad_files_are_named_and_deleted_only_when_told(root: Path, capsys: Capture) -> None:
    code, bad, told = ran(capsys, "clean-historical", root)
    assert (code, [Path(each["file"]).name for each in bad]) == (1, [f"2024-05-0{n}.npy" for n in (2, 3, 4)])
    assert "--apply" in told
    assert len(list(root.rglob("*.npy"))) == 7
    assert ran(capsys, "clean-historical", root, "--apply")[0] == 0
    assert sorted(path.name for path in (root / "ETH").iterdir()) == ["2024-05-01.npy", "index.json"]
    assert ran(capsys, "clean-historical", root) == (0, [], "nothing to delete\n")


def test_hashes_are_those_of_passivbot_and_tell_two_machines_apart(root: Path, tmp_path: Path, capsys: Capture) -> None:
    mine, other = tmp_path / "mine.json", tmp_path / "other.json"
    code, (told,), narration = ran(capsys, "hash-historical", root, "--output", mine)
    assert (code, told["hashes"]) == (1, 6)  # the rubbish is left out, and said
    assert "ETH/2024-05-04.npy" in narration
    listed = json.loads(mine.read_text())
    assert listed.keys() == {"generated_at", "roots", "files"}
    assert listed["files"]["BTC/2024-05-01.npy"] == hashlib.sha256(day(0).astype(np.float32).tobytes()).hexdigest()
    put(root, "BTC", 1, day(1) + np.array([0, 0.5, 0, 0, 0, 0]))
    put(root, "SOL", 0, day(0))
    (root / "ETH" / "2024-05-04.npy").unlink()
    assert ran(capsys, "hash-historical", root, "--output", other)[0] == 0
    assert ran(capsys, "compare-historical-hashes", mine, mine)[:2] == (0, [])
    code, apart, _ = ran(capsys, "compare-historical-hashes", mine, other, "--local-root", root)
    assert (code, {each["file"]: each["field"] for each in apart}) == (
        1,
        {"BTC/2024-05-02.npy": "differs", "SOL/2024-05-01.npy": "only in B"},
    )
    assert (root / "BTC" / "2024-05-02.npy").exists()
    assert ran(capsys, "compare-historical-hashes", mine, other, "--local-root", root, "--apply")[0] == 1
    assert not (root / "BTC" / "2024-05-02.npy").exists()
    assert (root / "SOL" / "2024-05-01.npy").exists()


def test_a_list_that_leads_elsewhere_deletes_nothing(root: Path, tmp_path: Path, capsys: Capture) -> None:
    outside = put(tmp_path / "elsewhere", "BTC", 0, day(0))
    (root / "out").symlink_to(tmp_path / "elsewhere")
    for name in ("../../elsewhere/BTC/2024-05-01.npy", "out/BTC/2024-05-01.npy", "../mine.json", str(outside)):
        lists = []
        for hashed in "ab":
            lists.append(tmp_path / f"{hashed}.json")
            lists[-1].write_text(json.dumps({"files": {name: hashed, "BTC/2024-05-01.npy": hashed}}))
        assert ran(capsys, "compare-historical-hashes", *lists, "--local-root", root, "--apply")[0] == 2
        assert outside.exists()
        assert (root / "BTC" / "2024-05-01.npy").exists()


def test_wrong_words_are_one_line(root: Path, tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "no.json").write_text("[]")
    base = ["--base-dir", tmp_path / "empty"]
    for words in (
        ["summarize-historical", *base],
        ["summarize-historical", tmp_path / "none"],
        ["clean-historical", tmp_path / "empty"],
        ["hash-historical", root],
        ["compare-historical-hashes", tmp_path / "no.json"],
        ["compare-historical-hashes", tmp_path / "no.json", tmp_path / "no.json"],
        ["compare-historical-hashes", tmp_path / "no.json", tmp_path / "no.json", "--apply"],
    ):
        code, found, told = ran(capsys, *words)
        assert (code, found, told.count("\n")) == (2, [], 1), words
