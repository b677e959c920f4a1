"""Reading answers strictly: what is missing, null, not a number or absurd is an error, never a neutral value."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, cast

from pbtui.core.errors import UnreadableAnswer
from pbtui.core.sanitize import sanitize_line

_HUGE = 1e15  # no price, size, balance or time of a venue is larger
_FIRST_MS, _LAST_MS = 1_230_768_000_000, 4_102_444_800_000  # 2009 to 2100
_TEXT_LIMIT = 120
_SENTENCE = 200


class Row:
    """One object of an answer; `what` names it in errors. Every method raises UnreadableAnswer."""

    __slots__ = ("_fields", "_what")

    def __init__(self, value: Any, what: str) -> None:
        if not isinstance(value, Mapping):
            raise UnreadableAnswer(f"{what}: an object was expected, {_shown(value)} came")
        self._fields = cast("Mapping[str, Any]", value)
        self._what = what

    def __contains__(self, name: str) -> bool:
        return self._fields.get(name) not in (None, "")

    def number(self, name: str, *, least: float = -_HUGE) -> float:
        """Return a finite number (text counts) that is not below `least`."""
        value = self._fields.get(name)
        if isinstance(value, (int, float, str)) and not isinstance(value, bool):
            try:
                number = float(value)
            except (ValueError, OverflowError):
                number = math.nan
            if least <= number <= _HUGE:
                return number
        raise self._bad(name, "no number that makes sense")

    def positive(self, name: str) -> float:
        """Return a number above zero."""
        number = self.number(name, least=0.0)
        if number <= 0.0:
            raise self._bad(name, "not above zero")
        return number

    def time_ms(self, name: str) -> int:
        """Return a time in epoch ms of this century."""
        number = self.number(name)
        if not (_FIRST_MS <= number <= _LAST_MS and number.is_integer()):
            raise self._bad(name, "no time in milliseconds")
        return int(number)

    def time_s(self, name: str) -> int:
        """Return a time that is told in seconds with a fraction, in epoch ms of this century."""
        number = round(self.number(name) * 1000)
        if not _FIRST_MS <= number <= _LAST_MS:
            raise self._bad(name, "no time in seconds")
        return number

    def time_ns(self, name: str) -> int:
        """Return a time that is told in whole nanoseconds, in epoch ms of this century."""
        value = self._fields.get(name)
        text = str(value) if isinstance(value, (int, str)) and not isinstance(value, bool) else ""
        number = int(text) // 1_000_000 if text.isascii() and text.isdigit() and len(text) < 25 else 0
        if not _FIRST_MS <= number <= _LAST_MS:
            raise self._bad(name, "no time in nanoseconds")
        return number

    def text(self, name: str, *, empty: bool = False, longest: int = _TEXT_LIMIT) -> str:
        """Return a printable text (whole numbers count); `empty`: also none."""
        value = self._fields.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if value is None and empty:
            return ""
        if not isinstance(value, str) or len(value) > longest or sanitize_line(value) != value:
            raise self._bad(name, "no text")
        if not value and not empty:
            raise self._bad(name, "empty")
        return value

    def said(self, name: str) -> str:
        """Return what the venue says in words, made fit to be shown; empty where it says nothing.

        Spaces at the end or a length nobody expected must not make a refusal unreadable.
        """
        value = self._fields.get(name)
        return sanitize_line(value, limit=_SENTENCE) if isinstance(value, str) else ""

    def word(self, name: str, *known: str) -> str:
        """Return a text that is one of `known`."""
        value = self.text(name, empty="" in known)
        if value not in known:
            raise self._bad(name, "not one of the known words")
        return value

    def flag(self, name: str) -> bool:
        """Return a truth value."""
        value = self._fields.get(name)
        if isinstance(value, bool):
            return value
        if value in ("true", "false"):
            return value == "true"
        raise self._bad(name, "no truth value")

    def row(self, name: str) -> Row:
        """Return the object below."""
        return Row(self._fields.get(name), f"{self._what}.{name}")

    def rows(self, name: str) -> list[Row]:
        """Return the list of objects below."""
        return rows(self._fields.get(name), f"{self._what}.{name}")

    def null(self, name: str) -> bool:
        """Tell whether a field is there and holds nothing: how some venues say that a list is empty."""
        return name in self._fields and self._fields[name] is None

    def texts(self, name: str) -> tuple[str, ...]:
        """Return the list of texts below."""
        value = self._fields.get(name)
        if not isinstance(value, list) or not all(isinstance(item, str) for item in cast("list[Any]", value)):
            raise self._bad(name, "no list of texts")
        return tuple(sanitize_line(item, limit=_TEXT_LIMIT) for item in cast("list[str]", value))

    def _bad(self, name: str, why: str) -> UnreadableAnswer:
        return UnreadableAnswer(f"{self._what}: {name} is {_shown(self._fields.get(name))}, {why}")


def rows(value: Any, what: str) -> list[Row]:
    """Return a list of objects; raises UnreadableAnswer for anything else."""
    if not isinstance(value, list):
        raise UnreadableAnswer(f"{what}: a list was expected, {_shown(value)} came")
    return [Row(item, what) for item in cast("list[Any]", value)]


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, (dict, list)):
        return "an object" if isinstance(value, dict) else "a list"
    return repr(sanitize_line(str(value), limit=40))
