"""What the terminal sends, read at the speed it comes: most of a flood of keys is dropped before it is parsed.

Making an event of every character of an unmarked paste takes half a minute for a megabyte, and the operator's own keys
wait behind it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Protocol

from textual._xterm_parser import BRACKETED_PASTE_END, BRACKETED_PASTE_START
from textual.message import Message

LONGEST = 32  # signs after an escape that may belong to it
_RUN = re.compile(rf"([^\x1b]{{{LONGEST}}})[^\x1b]+")


class Feed(Protocol):
    """A parser of what a terminal sends."""

    def feed(self, data: str) -> Iterable[Message]:
        """Return the events in `data` and what was kept of the text before."""
        ...

    def tick(self) -> Iterable[Message]:
        """Return the events that a pause makes: an escape that nothing follows is a key."""
        ...


class Intake:
    """Hands text to a parser; while `shut` says so, only as much of plain text as can belong to an escape sequence.

    Marked pastes are one event each and go through whole.
    """

    def __init__(self, shut: Callable[[], bool], parser: Feed) -> None:
        self._shut = shut
        self._parser = parser
        self._pasting = False
        self._tail = ""  # a mark may come in two parts

    def feed(self, text: str) -> Iterable[Message]:
        """Return the events of text that was read."""
        pasting = self._pasting
        seen = self._tail + text
        begin, end = seen.rfind(BRACKETED_PASTE_START), seen.rfind(BRACKETED_PASTE_END)
        if begin >= 0 or end >= 0:
            self._pasting = begin > end
            pasting = True  # a part of this text at least
        self._tail = seen[-len(BRACKETED_PASTE_END) + 1 :]
        if not pasting and len(text) > LONGEST and self._shut():
            text = _RUN.sub(r"\1", text)
        return self._parser.feed(text)

    def tick(self) -> Iterable[Message]:
        """Return the events that a pause makes."""
        return self._parser.tick()
