"""Which columns fit, and how wide: numbers whole or not at all, words shrink first."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from collections.abc import Set as AbstractSet
from typing import overload

from pbtui.console.text import Line, Span, fit, line_width, width
from pbtui.core.record import record

GAP = 1
MOST_GAP = 3
Cell = Line


@record
class Column:
    """A column; the lowest `rank` stays longest. `least` > 0 marks words that may shrink to that width.

    `fill`: takes what room is left.
    """

    id: str
    title: str
    align: str = "<"
    rank: int = 0
    least: int = 0
    fill: bool = False


@record
class Row:
    """One row: a key that survives refreshes, and one cell per column; a single cell goes over all columns."""

    key: Hashable
    cells: tuple[Cell, ...]


class Rows(Sequence[Row]):
    """Rows made when looked at: a table draws one page of thousands, and builds no more than that."""

    def __init__(self, keys: Sequence[Hashable], make: Callable[[int], Row]) -> None:
        self.keys = list(keys)
        self._make = make

    @classmethod
    def of(cls, rows: Sequence[Row]) -> Rows:
        """Return rows that are made already."""
        return cls([row.key for row in rows], rows.__getitem__)

    def __len__(self) -> int:
        return len(self.keys)

    @overload
    def __getitem__(self, index: int) -> Row: ...

    @overload
    def __getitem__(self, index: slice) -> list[Row]: ...

    def __getitem__(self, index: int | slice) -> Row | list[Row]:
        if isinstance(index, slice):
            return [self._make(at) for at in range(*index.indices(len(self.keys)))]
        return self._make(range(len(self.keys))[index])


def cell(text: str, ink: str = "text") -> Cell:
    """Return a cell of one ink."""
    return ((text, ink),)


def natural_widths(columns: Sequence[Column], rows: Sequence[Row], sort: str = "") -> list[int]:
    """Return the width each column would like: its widest cell or title (with room for the sort arrow)."""
    widths = [width(column.title) + (column.id == sort) for column in columns]
    for row in rows:
        if len(row.cells) < len(columns):
            continue
        for index, content in enumerate(row.cells):
            wide = width(content[0][0]) if len(content) == 1 else line_width(content)
            widths[index] = max(widths[index], wide)
    return widths


def layout(
    columns: Sequence[Column], widths: Sequence[int], room: int, hidden: AbstractSet[str] = frozenset()
) -> list[tuple[int, int]]:
    """Return `(column index, width)` of the columns that fit, in order; drops by rank, shrinks words before that.

    Those named in `hidden` have no place, but for the first: it says what a row is.
    """
    kept = [i for i, column in enumerate(columns) if i == 0 or column.id not in hidden]
    while kept:
        least = sum((columns[i].least and min(columns[i].least, widths[i])) or widths[i] for i in kept)
        if least + GAP * (len(kept) - 1) <= room or len(kept) == 1:
            break
        kept.remove(max(kept, key=lambda i: (columns[i].rank, i)))
    given = {i: widths[i] for i in kept}
    over = sum(given.values()) + GAP * (len(kept) - 1) - room
    for i in sorted(kept, key=lambda i: -given[i]):
        if over > 0 and columns[i].least:
            cut = min(over, max(0, given[i] - columns[i].least))
            given[i] -= cut
            over -= cut
    filling = next((i for i in kept if columns[i].fill), None)
    if filling is not None and over < 0:
        given[filling] -= over
    return [(i, given[i]) for i in kept]


def airy_gap(spread: Sequence[tuple[int, int]], room: int) -> int:
    """Return the gap between columns that uses up spare room, within reason."""
    spare = room - sum(wide for _, wide in spread)
    return max(GAP, min(MOST_GAP, spare // max(1, len(spread) - 1)))


def place(content: Cell, room: int, align: str) -> Line:
    """Return a cell in exactly `room` columns."""
    length = line_width(content)
    if length == room:
        return content
    if length < room:
        pad: Span = (" " * (room - length), "text")
        return (pad, *content) if align == ">" else (*content, pad)
    spans: list[Span] = []
    left = room
    for text, ink in content:
        wide = width(text)
        if wide > left or (wide == left and len(spans) + 1 < len(content)):
            spans.append((fit(text + " ", left), ink))
            break
        spans.append((text, ink))
        left -= wide
    return tuple(spans)
