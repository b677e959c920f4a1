"""Two bots and one terminal: from the console of one bot to the other and back, both trading all the while."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from commands import Home
from screens import Screen, SeenTerminal

MARKET = ("--synthetic", "--speed", "60")
# What stands on the screen of each bot and never on the other's: they trade one coin each.
BITCOIN, ETHER = "Orders: BTC", "Orders: ETH"


@pytest.fixture
def homes(tmp_path: Path) -> Iterator[tuple[Home, Home]]:
    """Two folders of bots that share one machine's locks."""
    one, two = Home(tmp_path), Home(tmp_path)
    one.base, two.base = tmp_path / "one", tmp_path / "two"
    yield one, two
    for each in bots(one).values():
        os.kill(each["pid"], signal.SIGKILL)


def bots(home: Home) -> dict[str, dict[str, Any]]:
    """Return what each running bot says, by the folder it runs in."""
    told = home.command("status", "--json").stdout.splitlines()
    return {Path(each["run_dir"]).parent.parent.name: each for each in map(json.loads, told)}


def wait_bots(home: Home, ticks: dict[str, int]) -> dict[str, dict[str, Any]]:
    """Ask until these bots, and no others, have taken more turns than that."""
    end = time.monotonic() + 120
    while True:
        found = bots(home)
        if found.keys() == ticks.keys() and all(found[name]["tick"] > tick for name, tick in ticks.items()):
            return found
        assert time.monotonic() < end, f"not reached: {found}"


def test_the_terminal_turns_to_another_bot_and_back_while_both_go_on(homes: tuple[Home, Home]) -> None:
    one, two = homes
    other = two.start(*MARKET, "--coins", "ETH", "--no-ui")
    wait_bots(one, {"two": 0})
    with SeenTerminal(one.words(*MARKET, "--coins", "BTC")[1:], one.env) as terminal:
        terminal.wait_to_see("SYNTHETIC", BITCOIN, without=[ETHER])
        first = wait_bots(one, {"one": 0, "two": 0})

        terminal.type("U")
        terminal.wait_to_see("● here", "● running", "is the one on this screen")
        seen = terminal.screen.text
        terminal.type("j" if seen.index("● here") < seen.index("● running") else "k")
        terminal.wait_to_see("goes on in the background without a screen")
        time.sleep(0.5)  # confirming keys rest for a moment after a dialog opens
        terminal.type("\r")
        terminal.wait_to_see("SYNTHETIC", ETHER, without=[BITCOIN, "Accounts"])
        assert f"the bot goes on (pid {first['one']['pid']})".encode() in terminal.output
        between = wait_bots(one, {name: each["tick"] for name, each in first.items()})

        terminal.type(":")
        terminal.wait_to_see("tab completes")
        words = f"account {first['one']['name']}"
        terminal.type(words)
        terminal.wait_to_see(words)
        terminal.type("\r")
        terminal.wait_to_see("SYNTHETIC", BITCOIN, without=[ETHER])
        last = wait_bots(one, {name: each["tick"] for name, each in between.items()})

        for name, each in first.items():
            assert {found[name]["pid"] for found in (between, last)} == {each["pid"]}
            assert {found[name]["state"] for found in (first, between, last)} == {"running"}
        assert other.poll() is None
        assert not terminal.ended()
        assert one.command("stop", first["one"]["name"]).returncode == 0
        terminal.wait_to_see("the bot is gone", "q leaves")
        terminal.type("q")
        assert terminal.wait(seconds=120) == 0
        assert bots(one).keys() == {"two"}


def test_a_screen_is_what_was_painted_last() -> None:
    screen = Screen(8, 3)
    told = (
        "\x1b[?1049h\x1b[2J\x1b[1;1Hone ●\x1b[3;4H\x1b[1;31mtwo\x1b[m\x1b]0;title\x07\x1b[1;1HT\x1b[1;6H\x1b[K".encode()
    )
    for at in range(len(told)):  # letters and sequences come in pieces
        screen.feed(told[at : at + 1])
    assert screen.text == "Tne ●\n\n   two"
    screen.feed(b"\x1b[1;1H12345678over\r\nlast\r\nmore")
    assert screen.text == "over\nlastwo\nmore"
    screen.feed(b"\x1b[2;3H\x1b[J")
    assert screen.text == "over\nla\n"
    screen.feed(b"\x1b[?1049l")
    assert screen.text == "\n\n"
