"""The replay of a backtest in a real terminal: it is drawn, a key goes on, and leaving gives the terminal back."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from pathlib import Path

import pytest
from replay_home import day_of
from terminals import Terminal

from pbtui.core.amounts import plain

DOWN = b"\x1b[?1049l"


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    desk, folder = day_of(tmp_path_factory.mktemp("day"))
    return desk.base, folder


def env_of(base: Path) -> Mapping[str, str]:
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME")}
    places = {f"XDG_{name}_HOME": str(base / name.lower()) for name in ("STATE", "CONFIG", "CACHE", "DATA")}
    return {**kept, **places, "TERM": "xterm-256color", "LANG": "C.UTF-8"}


def replay(day: tuple[Path, Path], *words: str) -> Terminal:
    base, folder = day
    return Terminal(["-m", "pbtui", "tool", "replay-backtest", str(folder), *words], env_of(base), cwd=base)


def test_a_replay_is_stepped_through_and_left(day: tuple[Path, Path]) -> None:
    first = (day[1] / "fills.csv").read_text().splitlines()[1].split(",")
    filled = f"buy {plain(float(first[10]))}".encode()
    with replay(day) as terminal:
        terminal.wait_for(b"Orders wanted now", b"came out the same", seconds=120)
        assert filled not in terminal.output
        terminal.type("n")
        terminal.wait_for(filled, seconds=120)
        terminal.type("q")
        assert terminal.wait(120) == 0
        assert terminal.output.rindex(DOWN) > terminal.output.rindex(filled)
        assert b"Traceback" not in terminal.output


def test_a_lost_terminal_ends_it(day: tuple[Path, Path]) -> None:
    with replay(day) as terminal:
        terminal.wait_for(b"Orders wanted now", seconds=120)
        terminal.kill(signal.SIGHUP)
        assert terminal.wait(120) == 0
        assert b"Traceback" not in terminal.output


def test_a_coin_that_was_not_in_it_is_one_line_on_the_normal_screen(day: tuple[Path, Path]) -> None:
    with replay(day, "--coin", "DOGE") as terminal:
        assert terminal.wait(120) == 2
        tail = terminal.output[terminal.output.rindex(DOWN) :]
        assert b"pbtui: DOGE was not in this backtest; there are: SOL, XRP" in tail
        assert b"Traceback" not in terminal.output
