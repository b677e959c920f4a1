"""Signals while the console is still being loaded: the terminal is given back, whatever the moment."""

from __future__ import annotations

import os
import signal
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest
from commands import Home
from terminals import Terminal

UP, DOWN, CURSOR_OFF, CURSOR_ON = b"\x1b[?1049h", b"\x1b[?1049l", b"\x1b[?25l", b"\x1b[?25h"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    found = Home(tmp_path)
    yield found
    left = found.status()
    if left is not None:
        os.kill(left["pid"], signal.SIGKILL)


def loading(home: Home) -> Terminal:
    """Start a console and come back while nothing but its first picture is there."""
    found = Terminal(home.words("--synthetic", "--speed", "60")[1:], home.env)
    found.wait_for(b"SYNTHETIC", seconds=60)
    return found


def expect_given_back(terminal: Terminal) -> None:
    """The normal screen with a cursor, and a terminal that echoes and reads whole lines."""
    assert DOWN in terminal.output, terminal.output[-1500:]
    assert terminal.output.rindex(DOWN) > terminal.output.rindex(UP)
    assert terminal.output.rindex(CURSOR_ON) > terminal.output.rindex(CURSOR_OFF)
    modes = termios.tcgetattr(terminal.fd)[3]
    assert modes & termios.ECHO
    assert modes & termios.ICANON


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_ending_while_loading_gives_the_terminal_back(home: Home, number: signal.Signals) -> None:
    with loading(home) as terminal:
        os.killpg(terminal.pid, number)  # as the terminal's own Ctrl+C does
        status = terminal.wait(60)
        assert status == (0 if number == signal.SIGTERM else 130), terminal.output[-1500:]
        expect_given_back(terminal)
        assert home.status() is None
        assert b"Traceback" not in terminal.output


def test_a_hang_up_while_loading_is_a_detach(home: Home) -> None:
    with loading(home) as terminal:
        terminal.kill(signal.SIGHUP)
        found = home.wait_status(lambda status: status["tick"] > 0, seconds=60)
        terminal.read(0.05)
        expect_given_back(terminal)
        log = next(home.base.glob("run/**/log.jsonl")).read_text()
        assert "the terminal hung up" in log
        assert {os.readlink(f"/proc/{found['pid']}/fd/{fd}") for fd in (0, 1, 2)} == {"/dev/null"}
        assert home.command("stop", "paper").returncode == 0
        assert terminal.wait(60) == 0
