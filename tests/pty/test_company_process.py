"""Consoles attached to one bot in real terminals: handing the controls over, storms of sizes, a megabyte of paste."""

from __future__ import annotations

import fcntl
import os
import struct
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from commands import Home
from terminals import Terminal


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    found = Home(tmp_path)
    bot = found.start("--synthetic", "--speed", "60", "--no-ui")
    found.wait_status(lambda status: status["tick"] > 0)
    yield found
    bot.kill()
    bot.wait()


def attached(home: Home, *flags: str) -> Terminal:
    found = Terminal(["-m", "pbtui", "attach", "paper", *flags], home.env)
    found.wait_for(b"SYNTHETIC", b"Positions", seconds=120)
    return found


def pour(terminal: Terminal, data: bytes) -> None:
    """Write everything to a terminal, reading what comes back meanwhile."""
    os.set_blocking(terminal.fd, False)
    end = time.monotonic() + 40
    while data and time.monotonic() < end:
        try:
            data = data[os.write(terminal.fd, data) :]
        except BlockingIOError:
            terminal.read(0.01)
    os.set_blocking(terminal.fd, True)
    assert not data, "the console goes on reading"


def test_handing_over_storms_and_floods(home: Home) -> None:
    with attached(home) as first, attached(home) as second:
        second.type("C")
        second.wait_for(b"C again takes them", seconds=120)
        first.wait_for(b"asks for the controls: C hands them over", seconds=120)
        first.type("C")
        second.wait_for(b"this console has the controls now", seconds=120)
        first.wait_for(b"handed the controls to", seconds=120)
        before = home.wait_status(lambda status: True)
        for number in range(200):
            size = struct.pack("HHHH", 1 + number % 60, 1 + number * 7 % 300, 0, 0)
            fcntl.ioctl(second.fd, termios.TIOCSWINSZ, size)
            second.read(0.01)
        fcntl.ioctl(second.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 36, 120, 0, 0))
        pour(second, b"\x1b[200~" + b"PANIC y q d P p\r" * 65_536 + b"\x1b[201~")
        pour(second, b"gmtpPyq" * 2_000)
        time.sleep(1.0)
        second.read(0.5)
        after = home.wait_status(lambda status: status["tick"] > before["tick"] + 2)
        assert (after["errors_1h"], after["hand_modes"], after["state"]) == (0, {}, "running")
        assert not second.ended()
        second.hang_up()
        first.output = b""
        first.wait_for(b"this console has the controls now", seconds=120)
