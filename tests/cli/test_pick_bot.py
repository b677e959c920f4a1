"""Choosing among running bots by number or account."""

from __future__ import annotations

import pytest

from pbtui.cli.pick_bot import choose, listing
from pbtui.live.lock import LockInfo


def bot(name: str, user: str, kind: str = "live") -> LockInfo:
    return LockInfo(name, user, "binance", kind, "a.hjson", "/run", "/socket", 1, 1_763_700_000_000)  # type: ignore[arg-type]


BOTS = [
    bot("alice-1", "alice"),
    bot("bob-1", "bob"),
    bot("paper-1", "paper", "paper"),
    bot("paper-2", "paper", "paper"),
]


def answers(*words: str | None):
    left = list(words)
    return lambda question: left.pop(0)


@pytest.mark.parametrize(
    ("typed", "chosen"),
    [
        (("2",), "bob-1"),
        ((" alice ",), "alice-1"),
        (("9", "paper", "paper-2"), "paper-2"),
        (("",), ""),
        ((None,), ""),
        (("q",), ""),
    ],
)
def test_a_bot_is_chosen_by_number_account_or_name(typed: tuple[str | None, ...], chosen: str) -> None:
    found = choose(BOTS, answers(*typed))
    assert (found.name if found is not None else "") == chosen


def test_the_list_tells_them_apart_and_hides_control_characters(capsys: pytest.CaptureFixture[str]) -> None:
    lines = listing([*BOTS[:2], bot("x", "evil\x1b[2J", "replay")])
    assert lines[0].startswith("1  alice")
    assert "LIVE" in lines[0]
    assert "since 2025-11-21" in lines[0]
    assert "\x1b" not in "".join(lines)
    assert "replay" in lines[2]
    assert choose(BOTS, answers("7", "paper", "")) is None
    said = capsys.readouterr().err
    assert "7 is none of them" in said
    assert "paper is several of them" in said
    assert choose([], answers()) is None
