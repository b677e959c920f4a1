"""What is read from the terminal during a flood: pastes and sequences whole, of plain text only a little."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from textual._xterm_parser import XTermParser
from textual.events import Key, Paste
from textual.message import Message

from pbtui.console.tty.intake import LONGEST, Intake

MARKED = "\x1b[200~{}\x1b[201~"
PARTS = st.lists(
    st.one_of(
        st.text("abc é\r", max_size=200),
        st.sampled_from(["\x1b[A", "\x1b[1;5C", "\x1b[<35;40;12M", "\x1b[48;24;80;480;800t"]),
        st.text("xyz \n", min_size=1, max_size=200).map(MARKED.format),
    ),
    max_size=12,
)


def always() -> bool:
    return True


def never() -> bool:
    return False


def read(text: str, cuts: list[int], shut: Callable[[], bool]) -> list[Message]:
    intake = Intake(shut, XTermParser())
    places = sorted({0, len(text), *(cut % (len(text) + 1) for cut in cuts)})
    pieces = [text[a:b] for a, b in pairwise(places)]
    return [message for piece in pieces for message in intake.feed(piece)]


def kinds(messages: list[Message]) -> list[tuple[str, str]]:
    found = []
    for message in messages:
        word = message.key if isinstance(message, Key) else message.text if isinstance(message, Paste) else ""
        found.append((type(message).__name__, word))
    return found


@given(PARTS, st.lists(st.integers(0, 5_000), max_size=8))
def test_without_a_flood_nothing_is_left_out(parts: list[str], cuts: list[int]) -> None:
    text = "".join(parts)
    assert kinds(read(text, cuts, never)) == kinds(read(text, [], never))


@given(PARTS, st.lists(st.integers(0, 5_000), max_size=8))
def test_in_a_flood_pastes_and_sequences_come_whole(parts: list[str], cuts: list[int]) -> None:
    text = "".join(parts)
    whole, rest = read(text, [], never), read(text, cuts, always)

    def lasting(messages: list[Message]) -> list[tuple[str, str]]:
        return [one for one in kinds(messages) if one[0] != "Key" or one[1] in ("up", "ctrl+right")]

    assert lasting(rest) == lasting(whole)


def test_a_flood_costs_a_few_keys_a_read() -> None:
    intake = Intake(always, XTermParser())
    keys = [message for _ in range(100) for message in intake.feed("lorem ipsum " * 300)]
    assert len(keys) <= 100 * LONGEST
    assert [m.key for m in intake.feed("q") if isinstance(m, Key)] == ["q"]
