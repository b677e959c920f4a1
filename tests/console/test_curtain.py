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

from pbtui.console.tty.curtain import Curtain
from pbtui.console.tty.sketch import outline

from .sample import starting
from .support import desk

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
    with Curtain("SYNTHETIC 60x", "binance  \x1b[31mpaper and more", file=file) as curtain:
        shown = seen(ours, b"paper")
        assert shown.startswith(UP)
        line = shown.rpartition(b"\x1b[2J")[2].replace(b"\x1b[1;7m", b"").replace(b"\x1b[0m", b"")
        assert line.startswith(b"  SYNTHETIC 60x    STARTING   binance")
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


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("size", [(40, 20), (60, 18), (80, 24), (120, 40), (200, 60)])
async def test_the_outline_lies_where_the_console_will_draw(size: tuple[int, int], plain: bool) -> None:
    first = [" " * size[0], *outline("connecting to the bot", *size, ascii_only=plain)]
    async with desk(starting(), size=size, ascii_only=plain) as d:
        border = next(number for number, line in enumerate(d.lines) if "Starting" in line)
        assert first[border].strip() == d.lines[border].strip()
        words = first[border + 2]
        assert "connecting to the bot" in words
        assert words[: words.index("connecting")].strip(" │|") == ("o" if plain else "○")
        corners = [number for number, line in enumerate(first) if line.startswith(("╰", "+")) and number > border]
        assert all(d.lines[number][0] == first[number][0] for number in corners)


def test_a_tiny_terminal_gets_no_outline() -> None:
    assert outline("x", 39, 24, ascii_only=False) == []
    assert outline("x", 80, 14, ascii_only=False) == []
