"""`pbtui tool config-from-passivbot`: a folder laid out as Passivbot's, taken over, ends in a working replay."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pbtui.cli.main import main
from pbtui.config.accounts import load_accounts
from pbtui.console.backtest.finding import find_runs
from pbtui.core.clock import RealClock
from pbtui.core.errors import DataError
from pbtui.market.holdings import Library
from pbtui.market.recordings import find_sources
from pbtui.market.store import Trouble
from tests.support.passivbot_folder import DAYS, FIRST_MS, SECRET, listing, make, minutes

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return make(tmp_path / "passivbot")


def held_in(base: Path) -> Library:
    def fail(trouble: Trouble) -> None:
        pytest.fail(trouble.line())

    return Library(base, RealClock(), fail)


def records(capsys: Capture, *words: object) -> list[dict[str, Any]]:
    assert main(["--json", "tool", "config-from-passivbot", *map(str, words)]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def printed(home: Path, *words: str) -> str:
    """Run a command in a process of its own, as a user does, and return what it wrote."""
    own = {"XDG_STATE_HOME": str(home), "XDG_RUNTIME_DIR": str(home)}
    command = [sys.executable, "-m", *words]
    done = subprocess.run(command, env=os.environ | own, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_base_lies_nowhere_in_the_old_folder(old: Path, capsys: Capture) -> None:
    before = listing(old)
    for base, why in ((old, "is the base folder itself"), (old / "configs" / "new", "the base folder lies in")):
        assert main(["tool", "config-from-passivbot", str(old), "--to", str(base), "--apply"]) == 2
        assert why in capsys.readouterr().err
    assert listing(old) == before


def test_the_plan_names_everything_and_touches_nothing(old: Path, tmp_path: Path, capsys: Capture) -> None:
    before = listing(tmp_path)
    base = tmp_path / "base"
    assert main(["tool", "config-from-passivbot", str(old), "--to", str(base)]) == 0
    told = capsys.readouterr()
    assert listing(tmp_path) == before
    assert not base.exists()
    for line in [
        "config: configs/mine.json → configs/mine.json",
        '    unknown key "live.levrage" is left out, did you mean live.leverage?',
        "    live.max_realized_loss_pct 0 blocks every realised loss, in live too; a live start asks once",
        "coin list: configs/ignored_coins.txt → configs/ignored_coins.txt",
        "    others may read the old file (mode 0644), which is refused here: the copy gets mode 0600",
        "candles: historical_data/ohlcvs_binanceusdm → caches/ohlcv/binance",
        "left out: configs/broken.json: line 1, column 10: a value is missing here",
        "left out: caches/fill_events: fills come from the venue itself: pbtui fills refresh USER",
        "left out: src: the program itself",
    ]:
        assert line in told.out.splitlines()
    assert SECRET not in told.out + told.err
    assert "--apply does it" in told.err


def test_what_is_copied_is_whole_private_and_replays(old: Path, tmp_path: Path, capsys: Capture) -> None:
    before, base = listing(old), tmp_path / "base"
    done = records(capsys, old, "--to", base, "--apply")
    assert listing(old) == before
    for name in ("configs/mine.json", "configs/approved_coins.json", "configs/ignored_coins.txt", "api-keys.json"):
        assert (base / name).read_bytes() == (old / name).read_bytes()
    assert (base / "api-keys.json").stat().st_mode & 0o777 == 0o600
    assert load_accounts(base / "api-keys.json")["main"].exchange == "binance"
    for tree in ("backtests", "optimize_results"):
        names = sorted(path.relative_to(old) for path in (old / tree).rglob("*"))
        assert names == sorted(path.relative_to(base) for path in (base / tree).rglob("*"))
    assert list(find_runs([base / "backtests"], {})) == [base / "backtests/binance/2025-06-03T00_00_00_abc"]
    store = held_in(base).store("binance")
    assert store.symbols() == ["BTC/USDT:USDT", "ETH/USDT:USDT", "SOL/USDT:USDT"]
    held = store.read("SOL/USDT:USDT", 0, 1 << 62)
    assert held.tobytes() == minutes(1).tobytes()
    assert sum(each.get("candles", 0) for each in done) == 3 * DAYS * 1_440
    words = next(each["replay"] for each in done if "replay" in each)
    assert words[0] == "pbtui"
    assert words[words.index("--for") + 1] == "1d"
    words[words.index("--for") + 1] = "6h"
    assert json.loads(printed(tmp_path, *words, "--json").splitlines()[-1])["fills"] > 0
    again = records(capsys, old, "--to", base, "--apply")
    assert (
        sum(each.get("candles", 0) + each["files"] for each in again if each.get("target") == "configs/mine.json") == 0
    )
    assert sum(each.get("candles", 0) for each in again) == 0
    assert next(each["replay"] for each in again if "replay" in each)


def test_a_backtest_of_what_was_taken_over_is_proven_by_its_repetition(
    old: Path, tmp_path: Path, capsys: Capture
) -> None:
    base = tmp_path / "base"
    records(capsys, old, "--to", base, "--apply")
    common = ["--base-dir", str(base), "--offline", "-q"]
    days = ["-sd", "2025-06-02", "-ed", "2025-06-03", "-dp"]
    folder = printed(tmp_path, "pbtui", "backtest", str(base / "configs/mine.json"), *days, *common).strip()
    assert len(Path(folder, "fills.csv").read_text("utf-8").splitlines()) > 10
    printed(tmp_path, "pbtui", "backtest", "--repeat", folder, *common)
    listed = sorted(find_runs([base / "backtests"], {}))
    assert listed == [base / "backtests/binance/2025-06-03T00_00_00_abc", Path(folder)]


def test_nothing_that_exists_is_overwritten(old: Path, tmp_path: Path, capsys: Capture) -> None:
    base = tmp_path / "base"
    (base / "configs").mkdir(parents=True)
    (base / "configs/mine.json").write_text("mine", "utf-8")
    (base / "api-keys.sealed").write_text("sealed", "utf-8")
    store = held_in(base).store("binance")
    mine = minutes(0)[:100].copy()
    mine["c"] = mine["o"] = mine["h"] = mine["l"] = 5.0
    store.write("BTC/USDT:USDT", mine)
    done = records(capsys, old, "--to", base, "--apply")
    why = {each["source"]: each["notes"][0] for each in done if each.get("kind") == "left out"}
    assert "stays" in why["configs/mine.json"]
    assert "api-keys.sealed" in why["api-keys.json"]
    assert (base / "configs/mine.json").read_text("utf-8") == "mine"
    assert not (base / "api-keys.json").exists()
    held = held_in(base).store("binance").read("BTC/USDT:USDT", 0, 1 << 62)
    assert held[:100].tobytes() == mine.tobytes()
    assert held[100:].tobytes() == minutes(0)[100:].tobytes()


def test_a_broken_day_is_named_and_the_rest_comes(old: Path, tmp_path: Path, capsys: Capture) -> None:
    (old / "caches/ohlcv/binance/1m/SOL_USDT:USDT/2025-06-02.npy").write_bytes(b"rubbish")
    assert main(["tool", "config-from-passivbot", str(old), "--to", str(tmp_path / "base"), "--apply"]) == 1
    assert "2025-06-02.npy" in capsys.readouterr().err
    store = held_in(tmp_path / "base").store("binance")
    assert store.coverage("SOL/USDT:USDT").count == (DAYS - 1) * 1_440


def test_wrong_folders_are_one_line(old: Path, tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "empty").mkdir()
    for words in (["empty"], ["nowhere"], ["passivbot", "--to", str(old)]):
        assert main(["tool", "config-from-passivbot", str(tmp_path / words[0]), *words[1:]]) == 2
        assert capsys.readouterr().err.count("\n") == 1


def test_a_replay_plays_the_store_and_refuses_damage(tmp_path: Path) -> None:
    library = held_in(tmp_path)
    rows = minutes(3)
    library.store("binance").write("SOL/USDT:USDT", rows)
    source = find_sources(library.root / "binance")["SOL"]
    assert source.span() == (FIRST_MS, int(rows["ts"][-1]))
    recording = source.load()
    assert (recording.ts_ms == rows["ts"]).all()
    assert (recording.values[3] == rows["c"]).all()
    file = next((library.root / "binance/1m/SOL_USDT:USDT").glob("*.parquet"))
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    with pytest.raises(DataError):
        find_sources(library.root / "binance")["SOL"].load()
