"""Viewers of every kind on one running bot: none of them slows it, none of them hurts it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from contextlib import nullcontext
from pathlib import Path

import pytest
from commands import ROOT, Home

from pbtui.link import wire


def hello(path: str, want: wire.Want, who: str) -> socket.socket:
    found = socket.socket(socket.AF_UNIX)
    found.connect(path)
    found.sendall(wire.encode(wire.Hello(wire.VERSION, want, who)))
    return found


def memory_mb(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def test_no_viewer_slows_or_hurts_the_bot(tmp_path: Path) -> None:
    home = Home(tmp_path)
    bot = home.start("--synthetic", "--speed", "600", "--no-ui")
    plain = home.words("attach", "paper", "--plain", "--view", "--follow", "--log-level", "3")
    quiet = {"cwd": ROOT, "env": home.env, "stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL}
    opened: list[socket.socket] = []
    viewers: list[subprocess.Popen[bytes]] = []
    try:
        home.wait_status(lambda status: status["fills"] > 1)
        path = next(str(found) for found in (tmp_path / "s").rglob("*.sock"))
        # A viewer that was stopped (SIGSTOP), one that is killed, one whose output nobody reads.
        viewers = [subprocess.Popen(plain, **quiet) for _ in range(2)]
        viewers.append(subprocess.Popen(plain, **{**quiet, "stdout": subprocess.PIPE}))
        # Readers that never read, or read a byte now and then; a megabyte of junk, a megabyte announced, half a hello.
        opened = [hello(path, "viewer", "mute"), hello(path, "controller", "crawler")]
        home.wait_status(lambda status: status["tick"] > 20)
        viewers[0].send_signal(signal.SIGSTOP)
        viewers[1].kill()
        for junk in (os.urandom(1_000_000), (1_000_000).to_bytes(4, "big") + b"x" * 1_000_000, b"\0\0"):
            stranger = socket.socket(socket.AF_UNIX)
            stranger.connect(path)
            stranger.settimeout(0.5)
            with pytest.raises((OSError, TimeoutError)) if len(junk) > 10 else nullcontext():
                stranger.sendall(junk)
                stranger.sendall(junk)
            opened.append(stranger)
        before = home.wait_status(lambda status: True)
        used = memory_mb(bot.pid)
        end = time.monotonic() + 3
        while time.monotonic() < end:
            opened[1].recv(1)
            time.sleep(0.2)
        after = home.wait_status(lambda status: True)
        assert after["tick"] - before["tick"] > 15, "the market went on, ten minutes of it a second"
        assert after["errors_1h"] == before["errors_1h"] == 0
        assert after["restarts"] == 0
        assert memory_mb(bot.pid) < used + 20, "what nobody reads is not kept"
        assert home.command("do", "paper", "pause").returncode == 0
        assert home.command("do", "paper", "stop", "cancel_all").returncode == 0
        assert bot.wait(timeout=120) == 0
    finally:
        for viewer in viewers:
            viewer.send_signal(signal.SIGCONT)
            viewer.kill()
            viewer.wait()
        for found in opened:
            found.close()
        bot.kill()
        bot.wait()
