"""Which lines of the log are wanted: by level, coin, tag, text; as typed, and as data."""

from __future__ import annotations

import re
from array import array
from dataclasses import dataclass
from typing import TypeAlias

from pbtui.console.log.pattern import Pattern
from pbtui.core.errors import ConfigError

Starts: TypeAlias = "array[int]"  # of "I": where lines begin, in bytes from the beginning of their block

_WORDS = re.compile(r"(!?)(?:(coin|tag):)?(\S+)")


@dataclass(frozen=True)
class Wanted:
    """What passes: levels up to `level`, these coins and tags (small letters), errors only, a text, not others.

    A tag is told by its beginning, a coin in full.
    """

    level: int = 3
    coins: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    not_coins: tuple[str, ...] = ()
    not_tags: tuple[str, ...] = ()
    pattern: Pattern | None = None
    errors: bool = False

    @property
    def named(self) -> bool:
        """Tell whether coins or tags are asked for, or left out."""
        return bool(self.coins or self.tags or self.not_coins or self.not_tags)

    def select(self, data: bytes) -> Starts:
        """Return where the wanted lines of a block of whole lines begin."""
        from pbtui.console.log.choosing import select

        return select(self, data)


def read_words(text: str, level: int) -> Wanted:
    """Return what typed words want: `coin:SOL`, `tag:order`, `!coin:BTC`, and a pattern from the rest.

    Raises ConfigError for a pattern that cannot be understood.
    """
    names: dict[str, list[str]] = {"coin": [], "tag": [], "!coin": [], "!tag": []}
    rest: list[str] = []
    for found in _WORDS.finditer(text):
        mark, column, word = found.groups()
        if column:
            names[mark + column].append(word.lower())
        elif mark:
            raise ConfigError(f"!{word}: only !coin:… and !tag:… leave lines out")
        else:
            rest.append(word)
    return Wanted(
        level=level,
        coins=tuple(names["coin"]),
        tags=tuple(names["tag"]),
        not_coins=tuple(names["!coin"]),
        not_tags=tuple(names["!tag"]),
        pattern=Pattern(" ".join(rest)) if rest else None,
    )
