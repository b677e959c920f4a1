"""Blocks of whole lines, cut from a piece backwards from its end and forwards as it grows."""

from __future__ import annotations

from pbtui.console.log.pieces import Piece
from pbtui.console.log.record import time_at
from pbtui.console.log.wanted import Starts, Wanted
from pbtui.core.record import record

BLOCK = 256 * 1024
MOST_LINE = 8 * 1024 * 1024  # a longer line is cut there


@record
class Block:
    """Whole lines of a piece: where they are, when the first was written, and where the wanted ones begin."""

    piece: Piece
    offset: int
    length: int
    time: bytes
    starts: Starts

    @property
    def number(self) -> int:
        """The number of the piece."""
        return self.piece.number

    def read(self) -> bytes:
        """Return the bytes of the block; fewer when the file was cut short."""
        return self.piece.read(self.offset, self.length)


def make_block(piece: Piece, offset: int, data: bytes, wanted: Wanted) -> Block:
    """Return the block of `data`, which stands at `offset`."""
    return Block(piece, offset, len(data), time_at(data, 0), wanted.select(data))


def lines_before(piece: Piece, end: int) -> tuple[int, bytes]:
    """Return whole lines up to `end`, a line's end or that of the piece, as `(offset, data)`."""
    size = BLOCK
    while True:
        offset = max(0, end - size)
        data = piece.read(offset, end - offset)
        if offset == 0 or not data:
            return 0, data
        first = data.find(b"\n", 0, len(data) - 1)
        if first >= 0:
            return offset + first + 1, data[first + 1 :]
        if size >= MOST_LINE:
            return offset, data
        size *= 2


def lines_after(piece: Piece, offset: int) -> bytes:
    """Return whole lines from `offset` on; none while the last one is still being written."""
    size = BLOCK
    while True:
        data = piece.read(offset, min(size, piece.size - offset))
        last = data.rfind(b"\n")
        if last >= 0:
            return data[: last + 1]
        if len(data) < size:
            return data if piece.sealed else b""
        if size >= MOST_LINE:
            return data
        size *= 2


def end_of_lines(piece: Piece) -> int:
    """Return where the last whole line of a piece ends; a sealed piece ends where it ends."""
    if piece.sealed:
        return piece.size
    end = piece.size
    while end > 0:
        begin = max(0, end - BLOCK)
        data = piece.read(begin, end - begin)
        last = data.rfind(b"\n")
        if last >= 0:
            return begin + last + 1
        if piece.size - begin > MOST_LINE:
            return piece.size
        end = begin
    return 0
