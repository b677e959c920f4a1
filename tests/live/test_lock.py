from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from pbtui.core.errors import ConfigError, SafetyRefusal, StateError
from pbtui.core.secret import Secret
from pbtui.live import lock

HOLDER = """
import sys
from pathlib import Path
from pbtui.live import lock
info = lock.LockInfo(sys.argv[2], sys.argv[3], "binanceusdm", "paper", "c", "/x", "/s", pid=4242)
held = lock.AccountLock.acquire(Path(sys.argv[1]), info)
print("held", flush=True)
sys.stdin.read()
"""


def info(name: str, user: str = "paper", run_dir: str = "/run/a") -> lock.LockInfo:
    return lock.LockInfo(name, user, "binanceusdm", "paper", "c.hjson", run_dir, "/s", pid=os.getpid())


def holder(folder: Path, name: str, user: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder), name, user],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_second_bot_is_refused_and_told_how_to_reach_the_first(tmp_path: Path) -> None:
    process = holder(tmp_path, "paper-x-1", "paper")
    with pytest.raises(SafetyRefusal, match=r"pid 4242.*pbtui attach paper.*pbtui stop paper") as caught:
        lock.AccountLock.acquire(tmp_path, info("paper-x-1"))
    assert caught.value.exit_code == 4
    assert [bot.name for bot in lock.running(tmp_path)] == ["paper-x-1"]
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert list(lock.running(tmp_path)) == []
    lock.AccountLock.acquire(tmp_path, info("paper-x-1")).release()
    assert list(tmp_path.iterdir()) == []


def test_probing_never_keeps_a_bot_from_starting(tmp_path: Path) -> None:
    for _ in range(50):
        held = lock.AccountLock.acquire(tmp_path, info("a"))
        assert len(list(lock.running(tmp_path))) == 1
        held.release()
        held.release()


def test_a_shorter_text_replaces_a_longer_one(tmp_path: Path) -> None:
    held = lock.AccountLock.acquire(tmp_path, info("a", user="a-very-long-user-name"))
    held.write(info("a", user="b"))
    assert [bot.user for bot in lock.running(tmp_path)] == ["b"]
    held.release()
    with pytest.raises(StateError):
        held.write(info("a"))


def test_find_by_user_name_or_start_of_it(tmp_path: Path) -> None:
    with pytest.raises(lock.NotRunning) as nothing:
        lock.find(tmp_path, "paper")
    assert nothing.value.line() == "no bot called paper is running"
    held = [
        lock.AccountLock.acquire(tmp_path, info("paper-binance-aa", run_dir="/one")),
        lock.AccountLock.acquire(tmp_path, info("paper-bybit-bb", run_dir="/two")),
        lock.AccountLock.acquire(tmp_path, info("replay_1-x-cc", user="replay-1")),
    ]
    with pytest.raises(ConfigError) as several:
        lock.find(tmp_path, "paper")
    assert "paper-binance-aa (/one), paper-bybit-bb (/two)" in several.value.line()
    assert lock.find(tmp_path, "paper-bybit-bb").run_dir == "/two"
    assert lock.find(tmp_path, "paper-by").run_dir == "/two"
    assert lock.find(tmp_path, "replay").user == "replay-1"
    with pytest.raises(lock.NotRunning) as other:
        lock.find(tmp_path, "nobody")
    assert "running: paper, paper, replay-1" in other.value.line()
    for one in held:
        one.release()


def test_a_lock_file_of_another_shape_is_not_a_bot(tmp_path: Path) -> None:
    (tmp_path / "x.lock").write_text("{broken")
    assert list(lock.running(tmp_path)) == []
    (tmp_path / "y.lock").symlink_to(tmp_path / "x.lock")
    with pytest.raises(StateError):
        lock.AccountLock.acquire(tmp_path, info("y"))


def test_two_keys_of_one_account_exclude_each_other_and_a_bot_is_listed_once(tmp_path: Path) -> None:
    name = lock.lock_name("account", "bybit", lock.told_account_key("bybit", "4711"))
    first = lock.AccountLock.acquire(tmp_path, info("one", "main"))
    by_id = lock.AccountLock.acquire(tmp_path, info("one", "main"), name=name)
    assert [bot.name for bot in lock.running(tmp_path)] == ["one"]
    assert lock.find(tmp_path, "main").name == "one"
    second = lock.AccountLock.acquire(tmp_path, info("two", "spare"))
    with pytest.raises(SafetyRefusal, match="pbtui attach main"):
        lock.AccountLock.acquire(tmp_path, info("two", "spare"), name=name)
    for held in (second, by_id, first):
        held.release()
    assert list(lock.running(tmp_path)) == []


def test_keys_tell_accounts_apart_and_hide_the_key() -> None:
    one = lock.account_key("bybit", Secret("abc"))
    assert one != lock.account_key("bybit", Secret("abd"))
    assert "abc" not in one
    assert lock.paper_key(Path("a/../ledger.db")) == lock.paper_key(Path("ledger.db"))
    name = lock.lock_name("../../evil\x1b", "bin ance", one)
    assert "/" not in name
    assert name.isascii()


def test_the_state_folder_is_made_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "state" / "pbtui").mkdir(parents=True, mode=0o755)
    folder = lock.state_folder()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    (tmp_path / "file").write_text("")
    with pytest.raises(StateError) as caught:
        lock.state_folder()
    assert "XDG_STATE_HOME" in caught.value.line()


def test_a_socket_path_too_long_is_said(tmp_path: Path) -> None:
    assert lock.socket_path(Path("/tmp/x"), "n").parent == Path("/tmp/x")
    with pytest.raises(StateError, match="too long"):
        lock.socket_path(Path("/" + "a" * 120), "n")
