from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbtui.core.sanitize import sanitize_line, sanitize_text

HOSTILE = "A\x1b]0;PWN\x07B\x1b[31mC\x9b32mD\x1b]52;c;aGk=\x1b\\E\u202eF\u200bG\x7f"


def is_safe(text: str) -> bool:
    return all(c in "\n\t" or unicodedata.category(c) not in {"Cc", "Cf", "Cs"} for c in text)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("BTC/USDT:USDT", "BTC/USDT:USDT"),
        ("a\nb\tc", "a\nb\tc"),
        ("\x1b[31mred", "\ufffd[31mred"),
        ("zero\u200bwidth", "zerowidth"),
        ("bidi\u202etxt", "biditxt"),
        ("naïve – ok ▲", "naïve – ok ▲"),
        ("\ud800", "\ufffd"),
    ],
)
def test_known_texts(raw: str, shown: str) -> None:
    assert sanitize_text(raw) == shown


def test_hostile_text_is_inert_in_one_line() -> None:
    assert is_safe(sanitize_text(HOSTILE))
    assert "\n" not in sanitize_line("two\r\nlines")


@given(st.text())
def test_any_text_becomes_safe_and_stays_so(raw: str) -> None:
    once = sanitize_text(raw)
    assert is_safe(once)
    assert sanitize_text(once) == once


@given(st.text(min_size=50, max_size=500))
def test_long_text_is_cut(raw: str) -> None:
    assert len(sanitize_text(raw, limit=40)) <= 40
