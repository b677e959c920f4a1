"""The first line on the screen: seen at once, gone before anything is said, never in the way of the bot."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import termios
from collections.abc import Iterator
from typing import TextIO

import pytest

from pbtui.console.curtain import Curtain

UP, DOWN = b"\x1b[?1049h", b"\x1b[?1049l"


@pytest.fixture
def terminal() -> Iterator[tuple[int, TextIO]]:
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 40, 0, 0))
    os.set_blocking(ours, False)
    with os.fdopen(theirs, "w") as file:
        yield ours, file
    os.close(ours)


def seen(fd: int, end: bytes = b"") -> bytes:
    """Return what the terminal was sent, waiting for what it ends with; what was sent may arrive a moment later."""
    found = b""
    while not found.endswith(end) or not found:
        if not select.select([fd], [], [], 60.0 if end else 0.0)[0]:
            break
        found += os.read(fd, 10_000)
    return found


def test_the_line_is_seen_at_once_and_fits(terminal: tuple[int, TextIO]) -> None:
    ours, file = terminal
    with Curtain("SYNTHETIC 60x", "binance  \x1b[31mpaper  loading the console", file=file) as curtain:
        shown = seen(ours, b"paper load")
        assert shown.startswith(UP)
        line = shown.rpartition(b"\x1b[2J")[2].replace(b"\x1b[1;7m", b"").replace(b"\x1b[0m", b"")
        assert line.startswith(b" SYNTHETIC 60x  binance")
        assert b"\x1b" not in line
        assert len(line.decode()) <= 39
        curtain.fall()
        assert seen(ours, DOWN).endswith(DOWN)
    assert seen(ours) == b""  # given back once only


def test_an_error_is_said_on_the_normal_screen(terminal: tuple[int, TextIO]) -> None:
    ours, file = terminal
    with pytest.raises(RuntimeError), Curtain("PAPER", "binance", file=file):
        raise RuntimeError("the account is in use")
    assert seen(ours, DOWN).endswith(DOWN)


def test_a_stopped_terminal_keeps_nobody_waiting(terminal: tuple[int, TextIO]) -> None:
    ours, file = terminal
    termios.tcflow(file.fileno(), termios.TCOOFF)
    with Curtain("PAPER", "binance", file=file):
        assert seen(ours) == b""
    termios.tcflow(file.fileno(), termios.TCOON)
    assert seen(ours) == b""


def test_where_there_is_no_terminal_nothing_is_drawn() -> None:
    reading, writing = os.pipe()
    with os.fdopen(writing, "w") as file, Curtain("PAPER", "binance", file=file):
        file.flush()
    assert os.read(reading, 100) == b""
    os.close(reading)
