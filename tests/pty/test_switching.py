"""Two bots and one terminal: from the console of one bot to the other and back, both trading all the while."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from commands import Home
from terminals import Terminal


def bots(home: Home) -> dict[str, dict[str, Any]]:
    """Return what each running bot says, by the folder it runs in."""
    done = home.command("status", "--json")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    return {Path(each["run_dir"]).parent.parent.name: each for each in found}


@pytest.fixture
def homes(tmp_path: Path) -> Iterator[tuple[Home, Home]]:
    """Two folders of bots that share one machine's locks."""
    one, two = Home(tmp_path), Home(tmp_path)
    one.base, two.base = tmp_path / "one", tmp_path / "two"
    yield one, two
    for each in bots(one).values():
        os.kill(each["pid"], signal.SIGKILL)


def turn_to(terminal: Terminal, name: str) -> None:
    """Type the command that opens another account, and wait until the next console says so."""
    terminal.output = b""
    terminal.type(":")
    terminal.wait_for(b"tab completes", seconds=120)
    terminal.type(f"account {name}")
    terminal.wait_for(name.encode(), seconds=120)
    terminal.type("\r")
    terminal.wait_for(f"this is {name} now".encode(), b"Positions", seconds=120)


def test_the_terminal_turns_to_another_bot_and_back_while_both_go_on(homes: tuple[Home, Home]) -> None:
    one, two = homes
    other = two.start("--synthetic", "--speed", "60", "--no-ui")
    two.wait_status(lambda status: status["tick"] > 0)
    with Terminal(one.words("--synthetic", "--speed", "60")[1:], one.env) as terminal:
        terminal.wait_for(b"SYNTHETIC", b"Orders", seconds=120)
        found = bots(one)
        assert set(found) == {"one", "two"}
        turn_to(terminal, found["two"]["name"])
        assert f"the bot goes on (pid {found['one']['pid']})".encode() in terminal.output
        turn_to(terminal, found["one"]["name"])
        after = bots(one)
        assert {name: each["pid"] for name, each in after.items()} == {n: each["pid"] for n, each in found.items()}
        assert {each["state"] for each in after.values()} == {"running"}
        assert other.poll() is None
        assert one.command("stop", found["one"]["name"]).returncode == 0
        terminal.wait_for(b"stopped", seconds=120)
        terminal.type("q")
        assert terminal.wait(seconds=120) == 0
