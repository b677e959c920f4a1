"""Where tag, coin and text stand in the lines of a block, found for all of them at once.

A line of ours without a backslash has 24 quotes; between known ones of them stand its values, as they are. Every other
line (an escape, another program's line, junk) is irregular and must be parsed.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
import orjson

_QUOTES = 24
# The first quote of a key, and its length: time, level, tag, coin, text, error, seq.
_KEYS = ((0, 4), (4, 5), (8, 3), (12, 4), (16, 4), (20, 5), (22, 3))
_VALUES = ((10, 1), (11, 0), (14, 1), (15, 0), (18, 1), (19, 0))  # the quotes around tag, coin, text
N_VALUES = 3
# Some bytes of {"time":"2025-05-14T12:03:44.000+00:00","level":" by their places.
_BEGINNING = tuple((at, ord(sign)) for at, sign in ((0, "{"), (1, '"'), (7, ":"), (38, '"'), (41, "l"), (48, '"')))
LEVEL_AT = 49
_QUOTE, _BACKSLASH, _NEWLINE = 34, 92, 10


class Fields:
    """The values of the lines that begin at `starts`, looked for when they are asked for."""

    def __init__(self, data: bytes, starts: np.ndarray) -> None:
        self.data = data
        self.starts = starts
        self._bytes = np.frombuffer(data, np.uint8)

    @cached_property
    def ends(self) -> np.ndarray:
        """Where each line ends."""
        ends = np.append(np.flatnonzero(self._bytes == _NEWLINE), len(self.data))
        return ends[np.searchsorted(ends, self.starts)]

    @cached_property
    def escaped(self) -> np.ndarray:
        """Tell of each line whether a sign in it is written in another way."""
        escapes = np.flatnonzero(self._bytes == _BACKSLASH)
        if not len(escapes):
            return np.zeros(len(self.starts), bool)
        return np.searchsorted(escapes, self.ends) > np.searchsorted(escapes, self.starts)

    @cached_property
    def ours(self) -> np.ndarray:
        """Tell of each line whether it begins as a line of ours, with a time and a level."""
        return np.logical_and.reduce([self.byte(at) == value for at, value in _BEGINNING])

    def byte(self, at: int) -> np.ndarray:
        """Return a byte of each line; that of another line where it is shorter."""
        return self._bytes[np.minimum(self.starts + at, len(self.data) - 1)]

    @property
    def regular(self) -> np.ndarray:
        """Tell of each line whether its values stand in `spans`."""
        return self._found[0]

    @property
    def spans(self) -> np.ndarray:
        """One row per regular line: from and to of tag, coin, text."""
        return self._found[1]

    @cached_property
    def _found(self) -> tuple[np.ndarray, np.ndarray]:
        quotes = np.flatnonzero(self._bytes == _QUOTE)
        first = np.searchsorted(quotes, self.starts)
        regular = np.searchsorted(quotes, self.ends) - first == _QUOTES
        regular &= ~self.escaped
        begin = first[regular]
        ours = np.ones(len(begin), bool)
        for key, length in _KEYS:
            ours &= quotes[begin + key + 1] - quotes[begin + key] == length + 1
        regular[np.flatnonzero(regular)[~ours]] = False
        begin = begin[ours]
        spans = np.empty((len(begin), len(_VALUES)), np.int32)
        for column, (quote, after) in enumerate(_VALUES):
            spans[:, column] = quotes[begin + quote] + after
        return regular, spans

    def value_offsets(self) -> np.ndarray:
        """Return offsets that cut the block into values and what lies between: every second piece is a value."""
        return self.spans.reshape(-1)

    def irregular_texts(self, index: int) -> list[str]:
        """Return tag, coin and the lines of the text of one line, parsed; the line itself where that fails."""
        raw = self.data[self.starts[index] : self.ends[index]]
        try:
            found = orjson.loads(raw)
        except orjson.JSONDecodeError:
            found = None
        if not isinstance(found, dict) or "text" not in found or "time" not in found:
            return [raw.decode("utf-8", "replace")]
        return [str(found.get("tag", "")), str(found.get("coin", "")), *str(found["text"]).split("\n")]


def line_starts(data: bytes) -> np.ndarray:
    """Return where the lines of a block begin; empty lines are none."""
    bytes_of = np.frombuffer(data, np.uint8)
    ends = np.flatnonzero(bytes_of == _NEWLINE)
    whole = len(data) > 0 and data[-1] == _NEWLINE
    starts = np.concatenate(([0], ends[: len(ends) - 1] + 1 if whole else ends + 1)).astype(np.int64)
    return starts[bytes_of[starts] != _NEWLINE] if len(data) else starts[:0]


def lines_holding(data: bytes, fields: Fields, needle: bytes, *, ends: bytes = b"") -> np.ndarray:
    """Return for each line whether `needle` stands in it, followed by one of the bytes `ends` where those are given.

    `data` is the block or a copy of the same length.
    """
    found = np.zeros(len(fields.starts), bool)
    hits: list[int] = []
    at = data.find(needle)
    while at >= 0:
        after = at + len(needle)
        if ends and data[after : after + 1] not in ends:
            at = data.find(needle, at + 1)
            continue
        hits.append(at)
        newline = data.find(b"\n", after)
        at = data.find(needle, newline) if newline >= 0 else -1
    if hits and len(found):
        places = np.array(hits)
        owners = np.searchsorted(fields.starts, places, "right") - 1
        known = owners >= 0
        owners, places = owners[known], places[known]
        found[owners[places < fields.ends[owners]]] = True
    return found
