"""Finding a row from where the cursor stands: the next match, the next error, an hour on. For threads of their own."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime

from pbtui.console.log.blocks import Block
from pbtui.console.log.index import Place
from pbtui.console.log.record import time_at
from pbtui.console.log.wanted import Wanted

BEFORE_ALL: Place = (-1, -1)
AFTER_ALL: Place = (1 << 62, 0)


def find(blocks: Sequence[Block], wanted: Wanted, place: Place, step: int) -> Place | None:
    """Return the nearest row after (`step` 1) or before (−1) a place that is wanted too; None when there is none."""
    for number in _order(blocks, place, step):
        block = blocks[number]
        if not block.starts:
            continue
        shown = frozenset(block.starts)
        hits = array("I", (start for start in wanted.select(block.read()) if start in shown))
        found = _nearest(block, hits, place, step)
        if found is not None:
            return found
    return None


def at_time(blocks: Sequence[Block], time: bytes, place: Place, step: int) -> Place | None:
    """Return the first row at or after `time` that follows a place (`step` 1), or the last one at or before it (−1).

    Times are those of the market and need not grow from run to run: what lies nearest to the place is found.
    """
    last = len(blocks) - 1
    for number in _order(blocks, place, step):
        block = blocks[number]
        # A block is read only when its own first line or that of the next one says that the time may be in it.
        if step > 0 and number < last and blocks[number + 1].time and blocks[number + 1].time < time:
            continue
        if step < 0 and block.time > time:
            continue
        data = block.read()
        hits = array("I", (start for start in block.starts if _holds(time_at(data, start), time, step)))
        found = _nearest(block, hits, place, step)
        if found is not None:
            return found
    return None


def iso(ts_ms: int) -> bytes:
    """Return a time as it stands in the file; raises ValueError for one outside the calendar."""
    try:
        return datetime.fromtimestamp(ts_ms / 1000, UTC).isoformat(timespec="milliseconds").encode()
    except (OverflowError, OSError) as error:
        raise ValueError("no such time") from error


def _order(blocks: Sequence[Block], place: Place, step: int) -> range:
    """Return the numbers of the blocks to look into: from the one that holds the place, or the last before it."""
    at = max(0, bisect_right(blocks, place, key=lambda block: (block.number, block.offset)) - 1)
    return range(at, len(blocks)) if step > 0 else range(min(at, len(blocks) - 1), -1, -1)


def _holds(found: bytes, time: bytes, step: int) -> bool:
    return bool(found) and (found >= time if step > 0 else found <= time)


def _nearest(block: Block, hits: Sequence[int], place: Place, step: int) -> Place | None:
    """Return the first or last of `hits` beyond a place."""
    if block.number == place[0]:
        within = place[1] - block.offset
        hits = hits[bisect_right(hits, within) :] if step > 0 else hits[: bisect_left(hits, within)]
    if not hits:
        return None
    return block.number, block.offset + (hits[0] if step > 0 else hits[-1])
