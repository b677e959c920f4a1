"""Filters decided over blocks of bytes agree with reading each line; searches find what is nearest."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pbtui.console.log import blocks, choosing
from pbtui.console.log.pattern import Pattern
from pbtui.console.log.record import encode, parse
from pbtui.console.log.search import AFTER_ALL, BEFORE_ALL, at_time, find, iso
from pbtui.console.log.wanted import Wanted, read_words
from pbtui.core.errors import ConfigError
from pbtui.core.snapshot import EventRow

from .log_files import START_MS, Following, encoded, row, write

WORDS = (
    "error",
    "info",
    "text",
    "false",
    "2025",
    "00",
    "tag",
    "seq",
    "a",
    "B",
    "é",
    '"',
    "\\",
    "n",
    "nFile",
    "x\ny",
    " ",
)
TEXTS = st.lists(st.sampled_from(WORDS), max_size=5).map("".join)
ROWS = st.lists(
    st.builds(
        EventRow,
        ts_ms=st.integers(START_MS, START_MS + 10**9),
        level=st.integers(0, 3),
        tag=st.sampled_from(("order", "fill", "error", "or", "")),
        coin=st.sampled_from(("", "SOL", "SOL/USDT:USDT", "BTC", "SOLX", "é")),
        text=TEXTS,
        seq=st.integers(0, 10**6),
        is_error=st.booleans(),
    ),
    max_size=12,
)
JUNK = (b"", b"not json\n", b'{"time":"error"}\n', b"[1]\n\n", b'{"level":"warning","text":"error B"}\n')


def lines_of(data: bytes) -> list[tuple[int, bytes]]:
    """Return where each line begins, and the line; empty ones are none."""
    found, at = [], 0
    for line in data.split(b"\n"):
        if line:
            found.append((at, line))
        at += len(line) + 1
    return found


def passes(wanted: Wanted, raw: bytes) -> bool:
    """Decide by reading one line."""
    record = parse(raw)
    coin, tag = record.coin.lower(), record.tag.lower()
    if (record.level if not record.junk else 1) > wanted.level or (wanted.errors and not record.is_error):
        return False
    if (wanted.coins and coin not in wanted.coins) or coin in wanted.not_coins:
        return False
    if (wanted.tags and not tag.startswith(wanted.tags)) or (wanted.not_tags and tag.startswith(wanted.not_tags)):
        return False
    return wanted.pattern is None or any(wanted.pattern.matches([record.tag, record.coin, *record.lines]))


@pytest.mark.parametrize("few", [0, 300], ids=["by fields", "by parsing"])
@given(
    rows=ROWS, junk=st.sampled_from(JUNK), level=st.integers(0, 3), words=TEXTS.filter(str.strip), errors=st.booleans()
)
@example(rows=[row(1, "x\nFile")], junk=b"", level=3, words="nFile", errors=False)
@example(rows=[row(1, "no")], junk=b"", level=3, words="error", errors=False)
@example(rows=[row(2025, "no")], junk=b"", level=3, words="2025", errors=False)
def test_a_block_is_filtered_as_its_lines_would_be(
    few: int, rows: list[EventRow], junk: bytes, level: int, words: str, errors: bool
) -> None:
    data = junk + encoded(rows)
    words = words.replace("\n", " ").strip()
    text = words if not re.search(r"[\\]", words) else re.escape(words)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(choosing, "_FEW", few)
        for wanted in (
            Wanted(level=level),
            Wanted(errors=errors, pattern=Pattern(text)),
            Wanted(level=level, pattern=Pattern(f"(?:{re.escape(words)})")),
            Wanted(coins=("sol",), not_tags=("or",)),
            Wanted(tags=("or", "error"), not_coins=("btc",), pattern=Pattern(text)),
        ):
            expected = [at for at, line in lines_of(data) if passes(wanted, line)]
            assert list(wanted.select(data)) == expected, wanted


@pytest.mark.parametrize(
    ("text", "needle"),
    [
        ("immediately.*code", b"immediately"),
        (r"code -\d+", b"code -"),
        ("abc?d", b"ab"),
        ("a|bcd", b""),
        ("(abc)?d", b""),
        ("[abc]def", b"def"),
        (r"[\]a]def", b"def"),
        ("[^]a]*def", b"def"),
        ("[[:digit:]]def", b""),
        (r"\d{10,20}", b""),
        ("[ab]{10,20}c", b""),
        (r"\x41bc", b""),
        ('say "hi"', b"say "),
        ("x{0}yy", b"yy"),
        ("ab+cd", b"ab"),
        ("é", b""),
    ],
)
def test_letters_that_every_match_holds_are_known(text: str, needle: bytes) -> None:
    assert Pattern(text).needle == needle


PIECES = (
    "ab",
    "[ab]",
    "[^b]",
    r"[\]b]",
    "b{1,2}",
    "[ab]{1,12}",
    r"\d{1,12}",
    "a?",
    "(ab)+",
    ".",
    r"\.",
    "ba",
    "12",
    "-",
)


@given(
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map("".join), st.lists(st.text("ab12.-]B", max_size=20))
)
def test_no_match_is_without_these_letters(text: str, lines: list[str]) -> None:
    pattern = Pattern(text)
    for line, matched in zip(lines, pattern.matches(lines), strict=True):
        assert not matched or pattern.needle in line.lower().encode()


def test_case_matters_only_where_a_capital_is_typed() -> None:
    assert Pattern("sol").matches(["a SOL b", "sol", "so"]) == [True, True, False]
    assert Pattern("SOL").matches(["a SOL b", "sol", "so"]) == [True, False, False]
    assert Pattern("s.l").matches(["a SOL b", "sol", "so"]) == [True, True, False]
    assert Pattern("S.L").matches(["a SOL b", "sol", "so"]) == [True, False, False]


def test_places_of_matches_are_counted_in_characters() -> None:
    assert Pattern("b").spans(["é b B", ""]) == [[(2, 3), (4, 5)], []]
    assert Pattern("b+").spans(["é bb B東b", "x"]) == [[(2, 4), (5, 6), (7, 8)], []]
    assert Pattern("^b").spans(["bb"]) == [[(0, 1)]]
    assert Pattern("x*").spans(["axb"]) == [[(1, 2)]]


def test_a_hostile_pattern_takes_no_time() -> None:
    """Such a pattern on such a text would keep a backtracking engine busy for longer than the market exists."""
    assert Pattern("(a+)+$").matches(["a" * 5_000 + "b"]) == [False]


@pytest.mark.parametrize("text", ["a(b", "[", "*", "(?=x)", "x{99999}", "  "])
def test_a_pattern_that_cannot_be_understood_is_one_line(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Pattern(text)
    assert "\n" not in caught.value.line()
    assert len(caught.value.line()) < 160


def test_typed_words_become_a_filter() -> None:
    wanted = read_words("coin:SOL !tag:Market tag:order some words", 2)
    assert (wanted.coins, wanted.tags, wanted.not_tags, wanted.level) == (("sol",), ("order",), ("market",), 2)
    assert wanted.pattern == Pattern("some words")
    assert read_words("", 1) == Wanted(level=1)
    with pytest.raises(ConfigError, match="!x: only"):
        read_words("!x", 1)


@pytest.fixture
def following(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Following:
    """A log of 100 minutes over several small blocks and files; each tenth is an error."""
    monkeypatch.setattr(blocks, "BLOCK", 700)
    rows = [row(minute * 60, f"minute {minute}", is_error=minute % 10 == 0) for minute in range(100)]
    write(tmp_path / "log.jsonl", rows, max_bytes=4_000).close()
    return Following(tmp_path / "log.jsonl").read()


def test_the_next_row_is_the_nearest_in_its_direction(following: Following) -> None:
    index, errors = following.index, Wanted(errors=True)
    assert len(index.blocks) > 10
    assert len(following.log.pieces) > 2

    def go(start: int, wanted: Wanted, step: int) -> str:
        found = find(index.blocks, wanted, index.place(start), step)
        return "" if found is None else index.record(index.row(found)).head

    assert go(0, errors, 1) == "minute 10"
    assert go(10, errors, 1) == "minute 20"
    assert go(10, errors, -1) == "minute 0"
    assert go(95, errors, 1) == ""
    assert go(0, errors, -1) == ""
    assert go(50, Wanted(pattern=Pattern("minute .7$")), -1) == "minute 47"
    assert find(index.blocks, errors, AFTER_ALL, -1) == index.place(90)
    assert find(index.blocks, errors, BEFORE_ALL, 1) == index.place(0)
    assert find([], errors, AFTER_ALL, -1) is None


def test_a_time_is_found_in_either_direction(following: Following) -> None:
    index = following.index
    for start, minutes, expected in ((0, 60, 60), (10, 60, 70), (90, -60, 30), (61, -60, 1), (5, 1, 6)):
        time = iso(START_MS + (start + minutes) * 60_000)
        found = at_time(index.blocks, time, index.place(start), 1 if minutes > 0 else -1)
        assert found == index.place(expected)
    assert at_time(index.blocks, iso(START_MS + 10**9), index.place(0), 1) is None
    assert at_time(index.blocks, iso(START_MS - 10**9), index.place(50), -1) is None


def test_searches_find_only_rows_that_are_shown(tmp_path: Path) -> None:
    rows = [row(1, "one", level=2), row(2, "two"), row(3, "one", level=1)]
    write(tmp_path / "log", rows).close()
    shown = Following(tmp_path / "log", Wanted(level=1)).read()
    assert shown.texts == ["two", "one"]
    assert find(shown.index.blocks, Wanted(pattern=Pattern("one")), BEFORE_ALL, 1) == shown.index.place(1)


def test_lines_without_a_final_newline_count_in_a_finished_block() -> None:
    assert list(Wanted().select(b"ab\n\ncd")) == [0, 4]
    assert list(Wanted(pattern=Pattern("cd")).select(b"ab\n\ncd")) == [4]
    assert list(Wanted(level=0).select(encode(row(1, level=0)).rstrip())) == [0]
    assert list(Wanted(level=1).select(b"")) == []
