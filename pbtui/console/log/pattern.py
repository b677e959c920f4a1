"""Patterns to search for: plain words, or RE2 expressions, whose time grows only with the text.

Python's own expressions may take for ever on a hostile line, and would hold the bot while they do.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from pbtui.core.errors import ConfigError
from pbtui.core.sanitize import sanitize_line

_META = re.compile(r"[\\.^$*+?{}\[\]|()]")
_UNSURE = re.compile(r"\||\[:|\\[0-9EPQpx]|\(\?|\)[*?{]")  # parts may be optional, or mean others
_ESCAPED = re.compile(r"\\.")
_ANY_OF = re.compile(r"\[\^?\]?[^\]]*\]")  # one sign of several; escapes in it are gone already
_OPTIONAL = re.compile(r".\{[^}]*\}|.[*?]", re.DOTALL)
_AS_IT_IS = re.compile(r"[ !#%&',/0-9:;<=>@A-Z_a-z~-]{2,}")  # written in the file as they are
_LIKE_A_TIME = re.compile(rb"[0-9tT:+.-]*")
_START, _END = "\x01", "\x02"  # cannot occur in text that has been made harmless
Spans = list[tuple[int, int]]


class Pattern:
    """A compiled pattern; raises ConfigError for one that cannot be understood.

    Small letters find capitals too; a pattern with a capital means what it says. A record matches when its tag, its
    coin or one line of its text does.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.any_case = text == text.lower()
        self.plain = not _META.search(text)
        self._folded = text.lower() if self.any_case else text
        if not text.strip():
            raise ConfigError("nothing to search for")
        if not self.plain:
            self._check()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Pattern) and other.text == self.text

    def __hash__(self) -> int:
        return hash(self.text)

    @cached_property
    def needle(self) -> bytes:
        """Bytes that stand in the file in every line that matches, small letters if of any case; empty if unknown."""
        text = self._folded
        if not self.plain:
            if _UNSURE.search(text):
                return b""
            text = _OPTIONAL.sub("\n", _ANY_OF.sub("\n", _ESCAPED.sub("\n", text)))
        return max(_AS_IT_IS.findall(text), key=len, default="").encode()

    @cached_property
    def exact(self) -> bool:
        """Tell whether the needle is the whole pattern, and none that the time of a line could hold by itself."""
        return self.plain and self.needle == self._folded.encode() and not _LIKE_A_TIME.fullmatch(self.needle)

    @property
    def expression(self) -> str:
        """The pattern as an expression of RE2."""
        return re.escape(self.text) if self.plain else self.text

    def matches(self, texts: Sequence[str]) -> list[bool]:
        """Tell of each text whether the pattern occurs in it."""
        if self.plain:
            if self.any_case:
                return [self._folded in text.lower() for text in texts]
            return [self._folded in text for text in texts]
        import pyarrow as pa

        found: Any = _compute().match_substring_regex(
            pa.array(texts, pa.string()), self.expression, ignore_case=self.any_case
        )
        return found.to_pylist()

    def spans(self, texts: Sequence[str]) -> list[Spans]:
        """Return where the pattern occurs in each text, as `(from, to)` in characters."""
        if self.plain:
            return [self._plain_spans(text) for text in texts]
        import pyarrow as pa

        flag = "(?i)" if self.any_case else ""
        marked: Any = _compute().replace_substring_regex(
            pa.array(texts, pa.string()), f"{flag}(?:{self.text})", f"{_START}\\0{_END}"
        )
        return [_marked_spans(text) for text in marked.to_pylist()]

    def _plain_spans(self, text: str) -> Spans:
        folded = text.lower() if self.any_case else text
        if len(folded) != len(text):  # a few letters grow when they become small
            folded = text
        spans: Spans = []
        at = folded.find(self._folded)
        while at >= 0:
            spans.append((at, at + len(self._folded)))
            at = folded.find(self._folded, at + len(self._folded))
        return spans

    def _check(self) -> None:
        import pyarrow as pa

        try:
            _compute().match_substring_regex(pa.array([""]), f"(?:{self.text})")
        except pa.ArrowInvalid as error:
            reason = sanitize_line(error).removeprefix("Invalid regular expression: ")
            hint = "a \\ before a sign takes it as it is"
            raise ConfigError(f"not a regular expression: {reason}", hint=hint) from error


def _compute() -> Any:
    import pyarrow.compute as compute

    return compute


def _marked_spans(text: str) -> Spans:
    spans: Spans = []
    at = 0
    for index, part in enumerate(re.split(f"[{_START}{_END}]", text)):
        if index % 2 and part:
            spans.append((at, at + len(part)))
        at += len(part)
    return spans
