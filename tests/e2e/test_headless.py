"""Headless runs of the real command: what they print, load, and do on signals."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from commands import ROOT, Home

LOADED = """
import sys
from pbtui.cli.main import main
code = main(sys.argv[1:])
print("loaded", *(name for name in ("textual", "rich", "ccxt", "pandas", "plotext") if name in sys.modules))
sys.exit(code)
"""


def test_a_day_of_a_replay_and_its_summary(tmp_path: Path, candles_dir: Path) -> None:
    home = Home(tmp_path)
    replay = ("--replay", str(candles_dir / "binanceusdm"), "--coins", "ETH,SOL,XRP", "--no-ui", "--speed", "max")
    done = home.run(*replay, "--for", "6h", "--json", "--balance", "2000")
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    summary = lines[-1]
    assert summary["type"] == "summary"
    assert (summary["reason"], summary["exit_code"], summary["ticks"]) == ("limit", 0, 360)
    assert all(line["type"] == "status" and line["badge"] == "REPLAY max" for line in lines[:-1])
    (n, pnl, fees) = home.rows("SELECT count(*), sum(pnl), sum(fee) FROM fills")[0]
    assert n == summary["fills"] > 0
    assert summary["balance"] == pytest.approx(2000 + pnl + fees, abs=0.005)
    assert summary["orders_sent"] > 0
    assert "[fill]" in done.stderr
    assert "derived" in json.dumps(lines[:-1])

    again = home.run(*replay, "--for", "6h", "--balance", "3000")
    assert again.returncode == 0
    assert "began with 2,000 USDT: --balance 3,000 changes nothing" in again.stderr
    log = next(home.base.glob("run/*/log.jsonl"))
    assert all(json.loads(line)["text"] for line in log.read_text().splitlines())
    assert log.stat().st_mode & 0o777 == 0o600
    assert log.parent.stat().st_mode & 0o777 == 0o700

    fresh = home.run(*replay, "--once", "--json", "--fresh", "--balance", "3000")
    assert json.loads(fresh.stdout.splitlines()[-1])["ticks"] == 1
    assert home.rows("SELECT count(*) FROM fills") == [(0,)]


def test_headless_loads_no_screen(tmp_path: Path) -> None:
    home = Home(tmp_path)
    words = ["--base-dir", str(home.base), "--no-ui", "--synthetic", "--once"]
    done = subprocess.run(
        [sys.executable, "-c", LOADED, *words], cwd=ROOT, env=home.env, capture_output=True, text=True, check=True
    )
    assert done.stdout == "loaded\n"


def test_sigterm_stops_in_order_and_keeps_closes(tmp_path: Path) -> None:
    home = Home(tmp_path)
    bot = home.start("--synthetic", "--speed", "1200", "--no-ui", stderr=subprocess.PIPE)
    home.wait_status(lambda found: found["positions"] > 0 and found["orders"] > found["positions"])
    bot.send_signal(signal.SIGHUP)
    before = home.wait_status(lambda found: found["state"] == "running")["tick"]
    home.wait_status(lambda found: found["tick"] > before)
    bot.send_signal(signal.SIGTERM)
    _, said = bot.communicate(timeout=120)
    assert bot.returncode == 0
    assert b"entries cancelled" in said
    assert b"hang-up: going on" in said
    kinds = {kind for (kind,) in home.rows("SELECT order_type FROM orders")}
    assert kinds
    assert all(kind.startswith("close_") for kind in kinds)
    assert home.rows("SELECT count(*) FROM positions WHERE size != 0")[0][0] > 0
    assert home.command("status").returncode == 1


def test_ctrl_c_stops_in_order_with_its_own_exit_code(tmp_path: Path) -> None:
    home = Home(tmp_path)
    bot = home.start("--synthetic", "--speed", "60", "--no-ui", "--live.on_stop", "keep")
    home.wait_status(lambda found: found["tick"] > 0)
    bot.send_signal(signal.SIGINT)
    assert bot.wait(timeout=120) == 130


def test_modes_by_command_and_panic_with_its_confirmation(tmp_path: Path) -> None:
    home = Home(tmp_path)
    bot = home.start("--synthetic", "--speed", "600", "--no-ui")
    found = home.wait_status(lambda status: status["exposure"].get("long", 0) > 0)
    coin = next(iter(found["modes"])).split()[0]
    assert home.command("mode", "paper", coin, "long", "gs").returncode == 0
    home.wait_status(lambda status: status["hand_modes"].get(f"{coin} long") == "graceful_stop")
    refused = home.command("mode", "paper", coin, "long", "p")
    assert (refused.returncode, refused.stderr.count("\n")) == (4, 1)
    assert home.command("mode", "paper", coin, "long", "p", "--confirm", coin).returncode == 0
    home.wait_status(lambda status: status["modes"].get(f"{coin} long") == "panic")
    assert home.command("mode", "paper", coin, "both", "c").returncode == 0
    home.wait_status(lambda status: status["hand_modes"] == {})
    told = home.command("why", "paper", coin, "--json")
    rows = [json.loads(line) for line in told.stdout.splitlines()]
    assert {(row["type"], row["pside"]) for row in rows} == {("why", "long"), ("why", "short")}
    assert all(row["text"] and row["code"] and row["effect"] in ("makes", "keeps", "tells") for row in rows)
    words = home.command("why", "paper", coin)
    assert (words.returncode, told.returncode, told.stderr) == (0, 0, "")
    assert [line for line in words.stdout.splitlines() if not line.startswith(" ")] == [
        f"{coin}/USDT:USDT long",
        f"{coin}/USDT:USDT short",
    ]
    unknown, nobody = home.command("why", "paper", "NOCOIN"), home.command("why", "nobody", coin)
    assert (unknown.returncode, nobody.returncode) == (2, 1)
    assert "NOCOIN is not traded here; coins: " in unknown.stderr
    assert home.command("mode", "paper", "NOCOIN", "long", "gs").returncode == 2
    assert home.command("mode", "paper", "all", "long", "p").returncode == 2
    stopped = home.command("stop", "paper", "--orders", "cancel_all")
    assert (stopped.returncode, bot.wait(timeout=120)) == (0, 0)
    assert home.rows("SELECT count(*) FROM orders") == [(0,)]


def test_hostile_names_are_one_safe_line(tmp_path: Path) -> None:
    folder = tmp_path / "c\x1b]52;c;UFdO\x07\x9b2J\u202e[red]"
    folder.mkdir()
    home = Home(tmp_path / "h")
    for words in (
        ("--replay", str(folder)),
        ("--replay", str(folder), "--coins", "B\x1b[2JTC"),
        (str(folder / "\x1b[31m.hjson"), "-u", "paper"),
        ("-u", "ev\x1b]0;x\x07il"),
        ("--exchange", "b\x1b[2J"),
    ):
        done = home.run(*words, "--no-ui", "--log-level", "0")
        assert done.returncode == 2
        assert done.stderr.count("\n") == 1
        assert done.stderr.rstrip("\n").isprintable(), done.stderr
