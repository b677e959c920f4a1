"""Candles of our own store as recordings, so that a replay can play what was downloaded or imported."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pbtui.core.clock import RealClock
from pbtui.core.errors import DataError
from pbtui.market.recordings import Recording, Source
from pbtui.market.store.layout import segment_of, symbol_of

if TYPE_CHECKING:
    from pbtui.market.store import CandleStore, Trouble

_FIELDS = ("o", "h", "l", "c", "bv")
_FOREVER = 1 << 62


@dataclass(frozen=True, slots=True)
class StoredSource(Source):
    """A symbol's folder of the store, read with its seals checked; Passivbot's shards beside ours are read too."""

    def span(self) -> tuple[int, int]:
        """Return first and last open time; raises DataError."""
        store, troubles, symbol = self._opened()
        held = store.coverage(symbol)
        _refuse(troubles)
        if held.first_ms is None or held.last_ms is None:
            raise DataError(f"{self.where}: no candles in it")
        return held.first_ms, held.last_ms

    def load(self) -> Recording:
        """Read all minutes; raises DataError naming a segment that is damaged."""
        store, troubles, symbol = self._opened()
        rows = store.read(symbol, 0, _FOREVER)
        _refuse(troubles)
        if not len(rows):
            raise DataError(f"{self.where}: no candles in it")
        return Recording(np.ascontiguousarray(rows["ts"]), tuple(np.ascontiguousarray(rows[name]) for name in _FIELDS))

    def _opened(self) -> tuple[CandleStore, list[Trouble], str]:
        from pbtui.market.store import CandleStore

        folder = self.files[0].parent
        exchange = folder.parent.parent
        troubles: list[Trouble] = []
        store = CandleStore(exchange.parent, exchange.name, clock=RealClock(), on_trouble=troubles.append)
        return store, troubles, symbol_of(folder.name)


def is_stored(folder: Path) -> bool:
    """Return whether a folder holds segments of our store (`…/EXCHANGE/1m/SYMBOL`)."""
    named = folder.parent.name == "1m" and ":" in symbol_of(folder.name)
    return named and any(path.suffix == ".parquet" and segment_of(path.name) for path in folder.iterdir())


def _refuse(troubles: list[Trouble]) -> None:
    for trouble in troubles:
        raise DataError(trouble.line(), hint="pbtui candles repair fetches it again")
