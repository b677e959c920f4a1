"""Choosing the wanted lines of a block: levels by their fixed place, names and words as bytes, patterns last."""

from __future__ import annotations

from array import array
from typing import Any

import numpy as np
import orjson

from pbtui.console.log.fields import LEVEL_AT, N_VALUES, Fields, line_starts, lines_holding
from pbtui.console.log.pattern import Pattern
from pbtui.console.log.wanted import Starts, Wanted

_LETTERS = b"widt"
_ERROR = b'","error":true,"seq":'
# Words of the form itself: a search for "error" must not stop at every line.
_FORM = (
    b'{"time":"', b'","level":"warning', b'","level":"info', b'","level":"debug', b'","level":"trace', b'","tag":"',
    b'","coin":"', b'","text":"', b'","error":false,"seq":', b'","error":true,"seq":',
)  # fmt: skip
_FEW = 300  # lines of a block that are parsed sooner than all its values are found


def select(wanted: Wanted, data: bytes) -> Starts:
    """Return where the wanted lines of a block of whole lines begin."""
    starts = line_starts(data)
    if wanted.level < 3 and len(starts):
        starts = starts[levels_at(data, starts) <= wanted.level]
    if len(starts) and (wanted.errors or wanted.named or wanted.pattern is not None):
        starts = _chosen(wanted, data, starts)
    return array("I", starts.astype(np.uint32).tobytes())


def levels_at(data: bytes, starts: np.ndarray) -> np.ndarray:
    """Return the level of each line; 1 where it is not in our form."""
    fields = Fields(data, starts)
    letter = fields.byte(LEVEL_AT)
    rank = np.ones(len(starts), np.uint8)
    for level, value in enumerate(_LETTERS):
        rank[fields.ours & (letter == value)] = level
    return rank


def _chosen(wanted: Wanted, data: bytes, starts: np.ndarray) -> np.ndarray:
    """Return the lines for which errors, names and text hold; what is cheap to tell comes first."""
    fields = Fields(data, starts)
    if wanted.errors:
        fields = Fields(data, fields.starts[lines_holding(data, fields, _ERROR)])
    if wanted.named and len(fields.starts):
        fields = Fields(data, fields.starts[_by_name(wanted, data, fields)])
    if wanted.pattern is not None and len(fields.starts):
        fields = Fields(data, fields.starts[_matching(wanted.pattern, fields)])
    return fields.starts


def _by_name(wanted: Wanted, data: bytes, fields: Fields) -> np.ndarray:
    small = data.lower()
    keep = np.ones(len(fields.starts), bool)
    for column, names, not_names, ends in (
        ("coin", wanted.coins, wanted.not_coins, b'"/'),
        ("tag", wanted.tags, wanted.not_tags, b""),
    ):
        if names:
            keep &= np.logical_or.reduce([_named(small, fields, column, name, ends) for name in names])
        for name in not_names:
            keep &= ~_named(small, fields, column, name, ends)
    return keep


def _named(small: bytes, fields: Fields, column: str, name: str, ends: bytes) -> np.ndarray:
    # Quotes inside values are escaped, so that this can stand only where the column begins.
    needle = f'","{column}":"'.encode() + orjson.dumps(name)[1:-1]
    return lines_holding(small, fields, needle, ends=ends)


def _matching(pattern: Pattern, fields: Fields) -> np.ndarray:
    """Tell of each line whether it matches."""
    if not pattern.needle:
        return _all_matching(pattern, fields)
    found = _maybe(pattern, fields)
    other_json = ~fields.ours & (fields.byte(0) == ord("{"))
    found |= other_json
    doubtful = found & (fields.escaped | other_json) if pattern.exact else found.copy()
    if doubtful.any():
        found[doubtful] = _all_matching(pattern, Fields(fields.data, fields.starts[doubtful]))
    return found


def _maybe(pattern: Pattern, fields: Fields) -> np.ndarray:
    """Tell of each line whether the words stand in it at all; in lines of ours the words of the form do not count."""
    data, needle = fields.data, pattern.needle
    if pattern.any_case:
        data = data.lower()
    form = [word for word in _FORM if needle in word]
    blanked = data
    for word in form:
        blanked = blanked.replace(word, bytes(len(word)))
    found = lines_holding(blanked, fields, needle)
    if form and not fields.ours.all():
        found |= lines_holding(data, fields, needle) & ~fields.ours
    return found


def _all_matching(pattern: Pattern, fields: Fields) -> np.ndarray:
    found = np.zeros(len(fields.starts), bool)
    if len(found) <= _FEW:
        odd = np.arange(len(found))
    else:
        found[fields.regular] = _values_matching(pattern, fields)
        odd = np.flatnonzero(~fields.regular)
    texts, owners = [], []
    for index in odd:
        parts = fields.irregular_texts(int(index))
        texts += parts
        owners += [index] * len(parts)
    if texts:
        found[np.array(owners)[np.array(pattern.matches(texts), bool)]] = True
    return found


def _values_matching(pattern: Pattern, fields: Fields) -> np.ndarray:
    """Tell of each regular line whether one of its values matches."""
    import pyarrow as pa
    import pyarrow.compute

    compute: Any = pyarrow.compute
    offsets = fields.value_offsets()
    if not len(offsets):
        return np.zeros(0, bool)
    pieces: Any = pa.Array.from_buffers(
        pa.string(), len(offsets) - 1, [None, pa.py_buffer(offsets), pa.py_buffer(fields.data)]
    )
    matched = compute.match_substring_regex(pieces, pattern.expression, ignore_case=pattern.any_case)
    return np.logical_or.reduce(np.asarray(matched)[::2].reshape(-1, N_VALUES), axis=1)
