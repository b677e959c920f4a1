"""Filtering and sorting very many fills. Loads numpy: for threads."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from pbtui.console.backtest.reading import FillTable
from pbtui.console.numbers import utc
from pbtui.console.state import Sort
from pbtui.console.tables.select import matches

_DAY_MS = 86_400_000


def arranged(fills: FillTable, wanted: str, sort: Sort) -> list[int]:
    """Return the places of the fills that pass a filter (`coin:`, `type:`, `side:`, `day:`) in the order asked for."""
    places = np.arange(len(fills))
    if wanted.strip():
        places = places[_passing(fills, wanted)]
    if sort.column in ("coin", "type"):
        texts = fills.coin if sort.column == "coin" else fills.kind
        return sorted(places.tolist(), key=texts.__getitem__, reverse=sort.descending)
    if sort.column in fills.figures:
        order = np.argsort(fills.figures[sort.column][places], kind="stable")
        places = places[order]
    return (places[::-1] if sort.descending else places).tolist()


def _passing(fills: FillTable, wanted: str) -> np.ndarray:
    """Return which fills pass; alike ones are looked at once."""
    days = (fills.ts_ms // _DAY_MS).tolist()
    bought = (fills.figures["qty"] > 0).tolist()
    seen: dict[tuple[object, ...], bool] = {}
    passed = np.zeros(len(fills), dtype=bool)
    for place, alike in enumerate(zip(fills.coin, fills.kind, bought, days, strict=True)):
        found = seen.get(alike)
        if found is None:
            found = seen[alike] = matches(_words(*alike), wanted)
        passed[place] = found
    return passed


def _words(coin: str, kind: str, bought: bool, day: int) -> Mapping[str, str]:
    side = "buy" if bought else "sell"
    return {"coin": coin, "type": kind, "side": side, "day": utc(day * _DAY_MS or 1, "%Y-%m-%d")}
