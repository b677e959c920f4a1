"""What Windows lacks is not asked for: a bot without a screen and a backtest run, and locks still lock."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType

import pytest

from pbtui.cli import signals

ROOT = Path(__file__).resolve().parents[2]
LIKE_WINDOWS = ROOT / "tests" / "support" / "windows_like"
PROGRAM = (sys.executable, "-m", "pbtui")

LOCKS = """
import os, sys
from pathlib import Path
from pbtui.core import system
from pbtui.core.errors import SafetyRefusal
from pbtui.live import lock
from pbtui.market.store import locks, trouble

assert not system.POSIX
folder = Path(sys.argv[1])
info = lock.LockInfo("one", "paper", "binance", "paper", "c", "run", "")
held = lock.AccountLock.acquire(folder, info)
try:
    lock.AccountLock.acquire(folder, info)
except SafetyRefusal as refusal:
    print("refused:", refusal.line())
print("running:", [bot.name for bot in lock.running(folder)])
held.release()
print("left:", list(lock.running(folder)))
lock.AccountLock.acquire(folder, info).release()
with locks.held(folder / "candles.lock", 0.0):
    other = locks._opened(folder / "candles.lock")
    try:
        system.lock_file(other)
    except BlockingIOError:
        print("busy, held by", locks._holder(other) == os.getpid())
system.sync_folder(folder)
print("open to others:", system.open_to_others(0o777))
"""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": f"{LIKE_WINDOWS}{os.pathsep}{ROOT}",
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "XDG_CONFIG_HOME": str(tmp_path / "settings"),
    }


@pytest.fixture
def smoke() -> ModuleType:
    loader = SourceFileLoader("wheel_smoke", str(ROOT / "scripts" / "wheel-smoke"))
    module = ModuleType(loader.name)
    module.__file__ = loader.path
    loader.exec_module(module)
    return module


def wait_for(condition: Callable[[], bool], seconds: float = 120.0) -> None:
    """Wait until something is so."""
    end, pause = time.monotonic() + seconds, threading.Event()
    while not condition():
        assert time.monotonic() < end
        pause.wait(0.05)


def test_locks_lock_where_only_those_of_windows_are_known(tmp_path: Path, environment: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOCKS, str(tmp_path)], env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.stderr == ""
    said = done.stdout.splitlines()
    assert said[0].startswith("refused: another bot (pid 0) runs this account")
    assert said[1:] == ["running: ['one']", "left: []", "busy, held by True", "open to others: False"]


def test_a_bot_without_a_screen_and_a_backtest_run(
    tmp_path: Path, environment: dict[str, str], smoke: ModuleType
) -> None:
    program = smoke.Program(PROGRAM, tmp_path, os.environ["PATH"])
    program.environment |= environment
    smoke.trade(program)
    smoke.backtest(program)
    [folder] = (tmp_path / "backtests" / "binance").iterdir()
    assert "the same, bit for bit" in program.run("backtest", "--repeat", str(folder))
    assert [
        path.name for path in (tmp_path / "caches" / "ohlcv" / "binance" / "1m").iterdir() if "SOL" in path.name
    ] == ["SOL_USDT%3AUSDT"]
    assert not list((tmp_path / "caches" / "datasets").glob(".draft-*"))


def test_a_signal_stops_it_in_order(tmp_path: Path, environment: dict[str, str]) -> None:
    log = tmp_path / "out"
    with log.open("wb") as out:
        bot = subprocess.Popen(
            [*PROGRAM, "--no-ui", "--synthetic"], cwd=tmp_path, env=environment, stdout=out, stderr=out
        )
    try:
        wait_for(lambda: b"created" in log.read_bytes() or bot.poll() is not None)
        bot.send_signal(signal.SIGTERM)
        assert bot.wait(120) == 0
    finally:
        bot.kill()
        bot.wait()
    assert b"stopping in order" in log.read_bytes()
    assert b"summary: " in log.read_bytes()


@pytest.mark.parametrize("words", [[], ["attach"]])
def test_the_console_says_where_it_can_be_had(tmp_path: Path, environment: dict[str, str], words: list[str]) -> None:
    done = subprocess.run(
        [*PROGRAM, *words], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode in (1, 2)
    assert "WSL" in done.stderr or "no bot is running" in done.stderr
    assert "Traceback" not in done.stderr


def test_signals_that_a_system_lacks_never_come() -> None:
    async def listen() -> None:
        signals.listen(asyncio.get_running_loop(), None, lambda: None)

    asyncio.run(listen())
    assert signals.HANG_UP == signal.SIGHUP
    assert signals.BREAK is None
