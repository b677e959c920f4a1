"""Finding files of candles in a folder and turning them into sound rows, with a count of what was left out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pbtui.core.clock import MINUTE_MS
from pbtui.core.errors import ConfigError, DataError
from pbtui.core.sanitize import sanitize_line
from pbtui.market.sources.rows import BadBody, sound_rows
from pbtui.market.store.layout import folder_of
from pbtui.market.store.rows import Rows, last_of_each, no_rows
from pbtui.market.transfer.names import symbol_of_name, timeframe_of_name
from pbtui.market.transfer.read import SUFFIXES, Table, read_table

_FOREVER = 1 << 62
_TELLING = 10  # rows that tell how long a file's candles are
_FIRST_MS = 1_230_768_000_000  # 2009: nothing was traded before


@dataclass(frozen=True, slots=True)
class Found:
    """The files of one symbol, in the order in which later ones win."""

    symbol: str
    files: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Taken:
    """Sound rows of a symbol, ascending and unique, and how many rows of the files are not among them.

    `broken`: one line for each file that cannot be read or holds no candle.
    """

    symbol: str
    rows: Rows
    left_out: int
    broken: tuple[str, ...] = ()


def find_files(place: Path, exchange: str) -> tuple[list[Found], list[str]]:
    """Return the candle files under a folder (or the one file) by symbol, and names that were not understood.

    Raises ConfigError where there is nothing to import.
    """
    shown = sanitize_line(place, limit=200)
    if not place.exists():
        raise ConfigError(f"no file or folder {shown}")
    by_symbol: dict[str, list[Path]] = {}
    strange: list[str] = []
    for path in [place] if place.is_file() else sorted(_walk(place)):
        shard = path.suffix in (".npy", ".npz")
        # The folder of a day shard names the coin, the shard the day.
        name = path.parent.name if shard else path.name
        symbol = symbol_of_name(name, exchange)
        other = timeframe_of_name(name) != "1m" or (shard and path.parent.parent.name in ("1h", "1d"))
        if symbol is None or other or not _can_be_kept(symbol):
            strange.append(sanitize_line(path.name, limit=80))
            continue
        by_symbol.setdefault(symbol, []).append(path)
    if not by_symbol:
        raise ConfigError(f"{shown}: no candles to import", hint=f"known endings: {', '.join(SUFFIXES)}; 1m only")
    return [Found(symbol, tuple(paths)) for symbol, paths in sorted(by_symbol.items())], strange


def _can_be_kept(symbol: str) -> bool:
    try:
        return bool(folder_of(symbol))
    except DataError:
        return False


def take(found: Found, *, end_ms: int = _FOREVER) -> Taken:
    """Read all files of a symbol up to `end_ms`; one that is broken does not stop the others."""
    parts: list[Rows] = []
    broken: list[str] = []
    seen = 0
    for path in found.files:
        try:
            table = read_table(path)
            parts.append(_sound(table, path, end_ms))
        except DataError as error:
            broken.append(error.line())
        else:
            seen += len(table)
    rows = last_of_each(np.concatenate(parts)) if parts else no_rows()
    return Taken(found.symbol, rows, seen - len(rows), tuple(broken))


def _sound(table: Table, path: Path, end_ms: int) -> Rows:
    try:
        rows = sound_rows(table, _FIRST_MS, end_ms)
        apart = int(np.diff(rows["ts"]).min()) // MINUTE_MS if len(rows) >= _TELLING else 1
        if apart > 1:
            raise BadBody(f"holds candles {apart} minutes apart, not of one minute")
        return rows
    except BadBody as error:
        raise DataError(f"{sanitize_line(path, limit=200)} {error}") from error


def _walk(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        if path.is_file() and path.name.lower().endswith(SUFFIXES) and path.name not in ("index.json", "segments.json"):
            yield path
