"""`pbtui config …` as a user sees it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pbtui.cli.config_cmd import main
from pbtui.config import load
from pbtui.config.pipeline import PROGRAM_ROOT
from pbtui.config.schema import KEYS

from .support import current, write
from .test_flavours import MULTI

PAPER = str(PROGRAM_ROOT / "configs" / "examples" / "paper.hjson")


def test_check_of_a_good_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", PAPER]) == 0
    out, err = capsys.readouterr()
    assert out.startswith(f"{PAPER}: ok (live_only layout")
    assert err == ""


def test_check_names_every_fault_on_its_own_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path, current(live={"leverage": "much"}, optimize={"bounds": {}, "iters": 0}))
    assert main(["check", str(path)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        f'{path}: live.leverage: "much" is not a number; allowed: a number 1 or more',
        f"{path}: optimize.iters: 0 is below 1; allowed: a whole number 1 or more",
    ]


def test_check_warns_of_what_a_live_start_will_ask(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(write(tmp_path, current(live={"levrage": 2})))]) == 0
    err = capsys.readouterr().err
    assert "did you mean live.leverage?" in err
    assert "a live start will ask: live.market_orders_allowed is not written down" in err


def test_json_reports(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = write(tmp_path, '{"bot": {\n  "long" 1\n}}', "broken.json")
    assert main(["check", "--json", str(broken)]) == 2
    report = json.loads(capsys.readouterr().out)
    assert (report["ok"], report["line"], report["column"]) == (False, 2, 10)
    assert main(["check", "--json", PAPER]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["ok"], report["problems"], report["hash"]) == (True, [], load(Path(PAPER)).hash)
    bad = write(tmp_path, current(live={"leverage": 0}), "bad.json")
    assert main(["check", "--json", str(bad)]) == 2
    report = json.loads(capsys.readouterr().out)
    assert report["problems"] == [{"key": "live.leverage", "wrong": "0 is below 1", "allowed": "a number 1 or more"}]


def test_show_gives_value_default_and_origin(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = current(bot={"long": {"entry_grid_spacing_weight": 3}}, coin_overrides={"SOL": {"live": {"leverage": 2}}})
    path = str(write(tmp_path, data))
    assert main(["show", path, "--live.user", "me", "--json"]) == 0
    rows = {row["key"]: row for row in json.loads(capsys.readouterr().out)["values"]}
    assert rows["live.user"] == {"key": "live.user", "value": "me", "default": "bybit_01", "origin": "flag --live.user"}
    assert rows["live.leverage"]["origin"] == "built-in default"
    assert rows["live.on_stop"]["origin"] == "default of pbtui"
    assert rows["bot.long.entry_grid_spacing_we_weight"]["origin"] == "migrated from bot.long.entry_grid_spacing_weight"
    assert rows["coin_overrides.SOL.live.leverage"]["origin"] == "coin override SOL"
    assert rows["live.approved_coins"]["origin"] == f"file {path}"
    assert set(KEYS) - {"coin_overrides"} <= set(rows)
    assert main(["show", path, "--keys", "live.lev*", "--changed"]) == 0
    assert capsys.readouterr().out == ""
    assert main(["show", path, "--keys", "live.lev*"]) == 0
    assert capsys.readouterr().out.split() == ["live:", "leverage", "10.0", "built-in", "default"]


def test_diff(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = str(write(tmp_path, current(live={"leverage": 3}), "one.json"))
    two = str(write(tmp_path, current(live={"leverage": 4}), "two.json"))
    assert main(["diff", one, two]) == 1
    assert capsys.readouterr().out == "live.leverage: 3 → 4\n"
    assert main(["diff", one, one]) == 0
    assert capsys.readouterr().out == ""
    assert main(["diff", one, "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert {"key": "live.leverage", "a": 3, "b": 10} in report["differences"]


def test_migrate_writes_a_file_that_means_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = write(tmp_path, {**MULTI, "approved_symbols": {"SOLUSDT": "-lm gs", "ADAUSDT": ""}}, "old.json")
    new = tmp_path / "new.json"
    assert main(["migrate", str(old), "-o", str(new)]) == 0
    err = capsys.readouterr().err
    assert "rename universal_live_config to bot" in err
    assert f"written to {new}" in err
    before, after = load(old), load(new)
    assert after.flavour == "current"
    assert after.hash == before.hash
    assert after.coin_overrides["SOL"].live == {"forced_mode_long": "graceful_stop"}
    assert main(["migrate", str(new)]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads(new.read_text("utf-8"))


def test_migrate_keeps_coin_files_and_open_dates(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "coins.txt").write_text("BTC ETH")
    path = write(tmp_path, current(live={"approved_coins": "coins.txt"}, backtest={"end_date": "now"}))
    assert main(["migrate", str(path)]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["live"]["approved_coins"] == "coins.txt"
    assert data["backtest"]["end_date"] == "now"
    assert "base_config_path" not in data["live"]


def test_keys(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["keys", "live.on_stop"]) == 0
    assert "one of keep, cancel_entries, cancel_all" in capsys.readouterr().out
    assert main(["keys", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["keys"]
    assert [row["key"] for row in rows] == list(KEYS)
    leverage = next(row for row in rows if row["key"] == "live.leverage")
    assert leverage["flags"] == ["-l", "--live.leverage", "--live_leverage"]
    assert main(["keys", "live.levarage"]) == 2
    assert "did you mean live.leverage?" in capsys.readouterr().err


@pytest.mark.parametrize(
    "argv", [[], ["nonsense"], ["show", "--live.leverage", "abc"], ["diff"], ["check", "/no/such.json"]]
)
def test_wrong_use_is_one_line_and_exit_2(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(argv) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1


def test_missing_coin_file_is_exit_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path, current(live={"approved_coins": "configs/mine.json"}))
    assert main(["check", str(path)]) == 2
    assert 'coin list file "configs/mine.json" does not exist' in capsys.readouterr().err


def test_a_closed_pipe_is_no_failure() -> None:
    code = "import sys; from pbtui.cli.config_cmd import main; sys.exit(main(['show', '--json']))"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(30) == 0
