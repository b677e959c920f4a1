"""The wanted lines as numbered rows: four bytes each, found again by their place in the file."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Iterable, Sequence

from pbtui.console.log.blocks import Block
from pbtui.console.log.record import Record, record_at

Place = tuple[int, int]  # number of the piece, offset of the line in it
_KEPT_BLOCKS = 4
_KEPT_RECORDS = 512
_FIRST_READ = 4 * 1024


class Index:
    """Rows over blocks, oldest first. Row numbers change when older blocks arrive; places never do."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self._firsts: list[int] = []  # row of the first line of each block
        self._count = 0
        self._bytes: OrderedDict[Place, bytes] = OrderedDict()
        self._records: OrderedDict[Place, Record] = OrderedDict()

    def __len__(self) -> int:
        return self._count

    def add(self, older: Sequence[Block], newer: Sequence[Block]) -> None:
        """Put blocks (each sequence oldest first) before and after what is known; blocks without rows are kept too."""
        if older:
            self.blocks = [*older, *self.blocks]
            self._firsts, self._count = [], 0
            newer = self._renumber(newer)
        for block in newer:
            self._firsts.append(self._count)
            self._count += len(block.starts)
            self.blocks.append(block)

    def drop(self, numbers: Iterable[int]) -> None:
        """Forget pieces that are gone."""
        gone = set(numbers)
        self.blocks = [block for block in self.blocks if block.number not in gone]
        self._firsts, self._count = [], 0
        self._renumber(())

    def _renumber(self, newer: Sequence[Block]) -> Sequence[Block]:
        for block in self.blocks:
            self._firsts.append(self._count)
            self._count += len(block.starts)
        return newer

    def place(self, row: int) -> Place:
        """Return the place of a row; raises IndexError for none."""
        if not 0 <= row < self._count:
            raise IndexError(row)
        at = bisect_right(self._firsts, row) - 1
        block = self.blocks[at]
        return block.number, block.offset + block.starts[row - self._firsts[at]]

    def row(self, place: Place) -> int:
        """Return the row at a place, or the next one after it; the last one when there is none. 0 without rows."""
        at = bisect_right(self.blocks, place, key=lambda block: (block.number, block.offset)) - 1
        if at < 0:
            return 0
        block = self.blocks[at]
        within = place[1] - block.offset if place[0] == block.number else block.length
        return max(0, min(self._firsts[at] + bisect_left(block.starts, within), self._count - 1))

    def record(self, row: int) -> Record:
        """Return a row as a record; one that can no longer be read says so."""
        place = self.place(row)
        found = self._records.get(place)
        if found is None:
            found = self._records[place] = self._read(row)
            while len(self._records) > _KEPT_RECORDS:
                self._records.popitem(last=False)
        else:
            self._records.move_to_end(place)
        return found

    def raw(self, row: int, most: int) -> bytes:
        """Return the bytes of a row, at most `most` of them."""
        at = bisect_right(self._firsts, row) - 1
        block = self.blocks[at]
        start = block.starts[row - self._firsts[at]]
        most, size = min(most, block.length - start), _FIRST_READ
        while True:  # lines are short but for a few
            data = block.piece.read(block.offset + start, min(size, most))
            end = data.find(b"\n")
            if end >= 0 or size >= most:
                return data if end < 0 else data[:end]
            size *= 8

    def _read(self, row: int) -> Record:
        at = bisect_right(self._firsts, row) - 1
        block = self.blocks[at]
        start = block.starts[row - self._firsts[at]]
        try:
            data = self._data(block)
        except OSError:
            data = b""
        if len(data) <= start:
            return Record(0, 1, "", "", ("(this line can no longer be read)",), junk=True)
        return record_at(data, start)

    def _data(self, block: Block) -> bytes:
        key = (block.number, block.offset)
        if key not in self._bytes:
            self._bytes[key] = block.read()
            while len(self._bytes) > _KEPT_BLOCKS:
                self._bytes.popitem(last=False)
        return self._bytes[key]
