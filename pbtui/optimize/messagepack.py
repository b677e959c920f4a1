"""Where one MessagePack value ends and the next begins, in files that hold one after the other."""

from __future__ import annotations

import mmap

Bytes = bytes | bytearray | memoryview | mmap.mmap

# Bytes after the first one, for everything of a fixed length.
_FIXED = {
    **dict.fromkeys((0xC0, 0xC2, 0xC3), 0),
    **dict.fromkeys((0xCC, 0xD0), 1),
    **dict.fromkeys((0xCD, 0xD1), 2),
    **dict.fromkeys((0xCE, 0xD2, 0xCA), 4),
    **dict.fromkeys((0xCF, 0xD3, 0xCB), 8),
    **dict(zip(range(0xD4, 0xD9), (2, 3, 5, 9, 17), strict=True)),
}
# Size of the length that follows the first byte, and what comes besides the bytes counted.
_SIZED = {0xC4: (1, 0), 0xC5: (2, 0), 0xC6: (4, 0), 0xD9: (1, 0), 0xDA: (2, 0), 0xDB: (4, 0)}
_SIZED |= {0xC7: (1, 1), 0xC8: (2, 1), 0xC9: (4, 1)}
_MANY = {0xDC: (2, 1), 0xDD: (4, 1), 0xDE: (2, 2), 0xDF: (4, 2)}


class NoValue(ValueError):
    """The bytes end before the value does, or are none of MessagePack's."""


def end_of(data: Bytes, at: int) -> int:
    """Return where the value that begins at `at` ends; raises NoValue."""
    size = len(data)
    waiting = 1
    while waiting:
        waiting -= 1
        if at >= size:
            raise NoValue("cut off")
        first = data[at]
        at += 1
        if first <= 0x7F or first >= 0xE0:
            continue
        if first <= 0x8F:
            waiting += (first & 0x0F) * 2
        elif first <= 0x9F:
            waiting += first & 0x0F
        elif first <= 0xBF:
            at += first & 0x1F
        elif first in _FIXED:
            at += _FIXED[first]
        elif first in _SIZED:
            width, more = _SIZED[first]
            at += width + more + _number(data, at, width)
        elif first in _MANY:
            width, each = _MANY[first]
            waiting += each * _number(data, at, width)
            at += width
        else:
            raise NoValue(f"byte {first:#04x} begins nothing")
    if at > size:
        raise NoValue("cut off")
    return at


def _number(data: Bytes, at: int, width: int) -> int:
    if at + width > len(data):
        raise NoValue("cut off")
    return int.from_bytes(data[at : at + width], "big")
