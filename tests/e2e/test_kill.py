"""Killing the real process again and again must not change a single fill (architecture.md, Time, state and restart)."""

from __future__ import annotations

import json
import random
import time
from datetime import datetime
from pathlib import Path

from commands import Home

MINUTE_MS = 60_000
DAYS = 10
REPLAY = ("--coins", "BTC,ETH,SOL,XRP,ADA", "--no-ui")
FILLS = "SELECT id, ts_ms, symbol, pside, side, qty, price, pnl, fee, order_type, client_id, psize, pprice FROM fills"


def replay_of(candles: Path) -> tuple[str, ...]:
    return ("--replay", str(candles / "binanceusdm"), *REPLAY, "--log-level", "0")


def set_a_mode_and_die(home: Home, replay: tuple[str, ...]) -> int:
    """Set a mode by hand while the market stands still, then kill the bot: the mode must be on disk already.

    Returns when the first candle opened, in ms.
    """
    bot = home.start(*replay, "--speed", "0.001")
    found = home.wait_status(lambda found: found["tick"] > 0)
    done = home.command("mode", "replay", "SOL", "long", "t")
    assert done.returncode == 0, done.stderr
    bot.kill()
    bot.wait()
    assert home.status() is None
    return round(datetime.fromisoformat(found["market_time"]).timestamp() * 1000) - MINUTE_MS


def kill_at(home: Home, replay: tuple[str, ...], minute_ms: int) -> None:
    """Run on at full speed and kill -9 once the ledger has passed a minute."""
    bot = home.start(*replay, "--speed", "max", "--for", f"{DAYS}d")
    deadline = time.monotonic() + 400
    while home.last_minute() < minute_ms:
        assert bot.poll() is None, f"ended with {bot.returncode} before it was killed"
        assert time.monotonic() < deadline
        time.sleep(0.01)
    bot.kill()
    bot.wait()


def test_killed_at_twelve_random_minutes_every_fill_is_the_same(tmp_path: Path, candles_dir: Path) -> None:
    replay = replay_of(candles_dir)
    whole, killed = Home(tmp_path / "a"), Home(tmp_path / "b")
    first_ms = set_a_mode_and_die(whole, replay)
    assert set_a_mode_and_die(killed, replay) == first_ms
    uninterrupted = whole.start(*replay, "--speed", "max", "--for", f"{DAYS}d")

    chance = random.Random(20_250_505)
    for minute in sorted(chance.sample(range(30, DAYS * 1440 - 30), 12)):
        kill_at(killed, replay, first_ms + minute * MINUTE_MS)
    done = killed.run(*replay, "--speed", "max", "--for", f"{DAYS}d", "--json")
    assert done.returncode == 0, done.stderr
    assert uninterrupted.wait(timeout=400) == 0

    fills = whole.rows(FILLS)
    assert len(fills) > 500
    assert killed.rows(FILLS) == fills
    assert killed.last_minute() == whole.last_minute() == first_ms + (DAYS * 1440 - 1) * MINUTE_MS
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    status = [line for line in lines if line["type"] == "status"][-1]
    assert status["hand_modes"] == {"SOL long": "tp_only"}
    assert status["modes"]["SOL long"] == "tp_only"
    check_summary(lines[-1], killed)


def check_summary(summary: dict[str, float], home: Home) -> None:
    """The summary, the ledger's balance and its fills must agree to the cent."""
    (n, pnl, fees) = home.rows("SELECT count(*), sum(pnl), sum(fee) FROM fills")[0]
    balance = home.rows("SELECT balance FROM state")[0][0]
    assert summary["fills"] == n
    assert abs(summary["pnl"] - pnl) < 0.005
    assert abs(summary["fees"] - fees) < 0.005
    assert abs(summary["balance"] - balance) < 0.005
    assert abs(1_000 + pnl + fees - balance) < 0.005


def test_two_bots_never_run_one_account(tmp_path: Path) -> None:
    home = Home(tmp_path)
    bot = home.start("--synthetic", "--speed", "1", "--no-ui")
    home.wait_status(lambda found: found["tick"] > 0)
    second = home.run("--synthetic", "--no-ui", "--speed", "max")
    assert second.returncode == 4
    assert "`pbtui attach paper` opens it, `pbtui stop paper` stops it" in second.stderr
    assert second.stderr.count("\n") == 1
    done = home.command("stop", "paper")
    assert (done.returncode, bot.wait(timeout=120)) == (0, 0)
