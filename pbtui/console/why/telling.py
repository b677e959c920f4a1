"""The reasons of a coin in an order to read: per side what exists, then what keeps more away; ladders in one line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Literal

from pbtui.console.numbers import pct, price
from pbtui.console.why.words import Decimals, sentence
from pbtui.core.record import record
from pbtui.core.snapshot import ReasonRow
from pbtui.core.types import Pside

Tone = Literal["makes", "keeps", "tells"]
# Said of a ladder's end, of no interest beside the orders that make it.
_ENDS = frozenset({"whole_position"})


@record
class Telling:
    """One line: whether it tells of an order that exists, of one kept away, or of progress."""

    part: Literal["entry", "close"]
    tone: Tone
    text: str
    code: str


def tellings(rows: Iterable[ReasonRow], pside: Pside, decimals: Decimals) -> list[Telling]:
    """Return the lines of one side, entries first."""
    own = [row for row in rows if row.pside == pside]
    found: list[Telling] = []
    for part in ("entry", "close"):
        said = [row for row in own if row.part == part]
        made = [row for row in said if row.effect == "makes"]
        rest = [row for row in said if row.effect != "makes" and not (made and row.code in _ENDS)]
        found += _made(part, made, decimals)
        found += _rest(part, rest, decimals)
    return found


def _made(part: Literal["entry", "close"], rows: Sequence[ReasonRow], decimals: Decimals) -> list[Telling]:
    """Return one line for each run of orders of one kind: the first in full, then how far the others reach."""
    found: list[Telling] = []
    for code, run in groupby(rows, key=lambda row: row.code):
        first, *others = run
        text = sentence(first, decimals)
        if others:
            text += f"; {len(others)} more to {_place(others[-1], decimals)}"
        found.append(Telling(part, "makes", text, code))
    return found


def _place(row: ReasonRow, decimals: Decimals) -> str:
    away = row.numbers.get("distance_pct")
    return price(row.price, decimals.price) + (f", {pct(away).lstrip('+')} away" if away is not None else "")


def _rest(part: Literal["entry", "close"], rows: Sequence[ReasonRow], decimals: Decimals) -> list[Telling]:
    """Return one line for each code; of several orders held back alike the first is named."""
    groups: dict[str, list[ReasonRow]] = {}
    for row in rows:
        groups.setdefault(row.code if row.order_type else f"{row.code} {row.detail}", []).append(row)
    found: list[Telling] = []
    for first, *others in groups.values():
        text = sentence(first, decimals) + (f"; so are {len(others)} more" if others and first.order_type else "")
        found.append(Telling(part, first.effect, text, first.code))
    return found
