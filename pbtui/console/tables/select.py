"""Filtering and sorting, the same for every table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from pbtui.console.state import Sort

R = TypeVar("R")
Value = float | str


def matches(words: Mapping[str, str], wanted: str) -> bool:
    """Tell whether a row, given as column → text, passes a filter.

    All words of the filter must hold: `text` somewhere, `!text` nowhere, `column:text` in that column. `~text` asks for
    its letters in their order, with others between them.
    """
    for part in wanted.casefold().split():
        inverse = part.startswith("!")
        name, colon, text = part.removeprefix("!").partition(":")
        if colon and name in words:
            found = _holds(words[name].casefold(), text)
        else:
            text = part.removeprefix("!")
            found = any(_holds(value.casefold(), text) for value in words.values())
        if found is inverse and text:
            return False
    return True


def _holds(cell: str, text: str) -> bool:
    """Tell whether a cell holds a text, or the letters after `~` in their order."""
    if not text.startswith("~"):
        return text in cell
    letters = iter(cell)
    return all(letter in letters for letter in text[1:])


def filtered(rows: Sequence[R], wanted: str, words: Callable[[R], Mapping[str, str]]) -> list[R]:
    """Return the rows that pass a filter, in their order."""
    return [row for row in rows if matches(words(row), wanted)] if wanted.strip() else list(rows)


def ordered(rows: list[R], sort: Sort, values: Mapping[str, Callable[[R], Value]]) -> list[R]:
    """Return rows sorted by a column; equal ones keep their order, an unknown column changes nothing."""
    value = values.get(sort.column)
    if value is None:
        return rows[::-1] if sort.descending else rows
    return sorted(rows, key=value, reverse=sort.descending)
