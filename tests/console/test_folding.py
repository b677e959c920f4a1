"""Words in little room: numbers whole or not at all, dialogs folded instead of cut, on a telephone too."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbtui.console.text import Line, cut, fold, line_width, width

from .support import desk

PHONE, SHORT = (40, 20), (60, 18)


@pytest.mark.parametrize(
    ("text", "room", "shown"),
    [
        ("buy 0.014 @ 2,343.5", 16, "buy 0.014 …"),
        ("trail 0.42/0.80%", 10, "trail…"),
        ("3 orders left", 8, "3 order…"),
        ("ADA lot 1, BTC", 10, "ADA lot…"),
        ("12345", 3, "…"),
    ],
)
def test_a_number_is_never_cut(text: str, room: int, shown: str) -> None:
    assert cut(text, room).rstrip() == shown
    assert width(cut(text, room)) == room


@given(st.lists(st.integers(0, 10**9).map(lambda n: f"{n:,}"), min_size=1, max_size=6), st.integers(1, 30))
def test_what_is_left_of_a_list_of_numbers_are_whole_ones(numbers: list[str], room: int) -> None:
    text = " ".join(numbers)
    if width(text) > room:
        shown = cut(text, room).rstrip().removesuffix("…").split()
        assert shown == numbers[: len(shown)]


inks = st.sampled_from(["text", "dim", "bad"])
lines = st.lists(st.tuples(st.text("ab c⚠1.", min_size=1, max_size=30), inks), max_size=5).map(tuple)


@given(lines, st.integers(4, 60))
def test_folding_keeps_every_word_in_its_ink_and_fits(line: Line, room: int) -> None:
    found = fold(line, room)
    assert all(line_width(part) <= room or not "".join(t for t, _ in part).strip() for part in map(_trimmed, found))
    before = [(char, ink) for text, ink in line for char in text if char != " "]
    assert [(char, ink) for part in found for text, ink in part for char in text if char != " "] == before


def _trimmed(line: Line) -> Line:
    text = "".join(part for part, _ in line).rstrip()
    return ((text, "text"),)


def test_later_lines_hang_under_a_bullet() -> None:
    folded = fold((("⚠ ", "warn"), ("one two three", "text")), 9)
    assert ["".join(text for text, _ in line).rstrip() for line in folded] == ["⚠ one two", "  three"]


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("q", ("holds 4 positions and", "Detach: the bot goes on,", "opens this again", "esc Cancel")),
        ("t", ("cancels 2 resting", "y set the mode", "esc Cancel")),
        ("p", ("sell SOL long 4.2", "entries are blocked", "before closing", "realised", "type SOL")),
        ("r", ("bot.long.n_positions", "raises risk")),
        ("question_mark", ("graceful", "PANIC")),
    ],
)
@pytest.mark.parametrize("size", [PHONE, SHORT])
async def test_dialogs_fold_in_small_terminals(key: str, words: tuple[str, ...], size: tuple[int, int]) -> None:
    async with desk(size=size) as d:
        await d.press(key)
        inside = " ".join(" ".join(re.findall(r"[│┃](.*)[│┃]", d.text)).split())
        for word in words:
            assert word in inside, d.text


async def test_a_phone_shows_what_there_is_and_what_is_at_risk() -> None:
    async with desk(size=PHONE) as d:
        head = " ".join(d.lines[:2])
        for word in ("PAPER", "bal 1,012.44", "eq 950.46", "L 1.42/1.50", "S 0.31/0.50", "tick 0.4s"):
            assert word in head


async def test_a_dialog_folds_anew_when_the_terminal_shrinks() -> None:
    async with desk() as d:
        await d.press("q")
        assert "Detach: the bot goes on, `pbtui attach` opens this again" in d.text
        await d.pilot.resize_terminal(*PHONE)
        await d.settle()
        assert "opens this again" in " ".join(" ".join(re.findall(r"│(.*)│", d.text)).split())
