"""Candles from files: parquet, feather, json, csv, and day shards in numpy's formats."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zipfile
import zlib
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pbtui.core.errors import DataError
from pbtui.core.sanitize import sanitize_line
from pbtui.market.recording_files import read_shard

SUFFIXES = (".parquet", ".feather", ".json", ".json.gz", ".csv", ".csv.gz", ".npy", ".npz")
_COLUMNS = (
    ("timestamp", "date", "ts", "time", "open_time", "opentime", "datetime", "start"),
    ("open", "o"),
    ("high", "h"),
    ("low", "l"),
    ("close", "c"),
    ("volume", "bv", "v", "vol"),
)
_BROKEN = (OSError, ValueError, TypeError, LookupError, ArithmeticError, EOFError, RecursionError, MemoryError)
_BROKEN += (zipfile.BadZipFile, zlib.error)
Table = NDArray[np.float64]  # (n, 6): ts, open, high, low, close, volume


def read_table(path: Path) -> Table:
    """Return the candles of one file as they are, unchecked; raises DataError naming the file."""
    import pyarrow as pa

    kind = _kind(path)
    try:
        if kind in (".npy", ".npz"):
            ts, values = read_shard(path)
            return np.column_stack([ts.astype(np.float64), *(np.asarray(v, dtype=np.float64) for v in values)])
        if kind in (".parquet", ".feather"):
            return _arrow_table(path, kind)
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        return _json_table(data) if ".json" in kind else _csv_table(data.decode("utf-8-sig"))
    except DataError as error:
        if str(path.name) in str(error):
            raise
        raise DataError(f"{_shown(path)}: {error}", hint=error.hint) from error
    except (*_BROKEN, pa.ArrowException) as e:
        raise DataError(f"{_shown(path)} cannot be read: {sanitize_line(e, limit=160)}") from e


def _kind(path: Path) -> str:
    name = path.name.lower()
    for suffix in sorted(SUFFIXES, key=len, reverse=True):
        if name.endswith(suffix):
            return suffix
    raise DataError(f"{_shown(path)}: not a file of candles", hint=f"known endings: {', '.join(SUFFIXES)}")


def _arrow_table(path: Path, kind: str) -> Table:
    import pyarrow as pa
    import pyarrow.feather as feather
    import pyarrow.parquet as pq

    with path.open("rb") as file:
        table: Any = pq.read_table(file) if kind == ".parquet" else feather.read_table(file, memory_map=False)
    names = _matched(table.column_names)
    columns: list[NDArray[np.float64]] = []
    for name in names:
        column = table[name]
        if pa.types.is_timestamp(column.type) or pa.types.is_date(column.type):
            column = column.cast(pa.timestamp("ms")).cast(pa.int64())
        columns.append(np.asarray(column.to_numpy(), dtype=np.float64))
    return np.column_stack(columns)


def _json_table(data: bytes) -> Table:
    found: Any = json.loads(data)
    if isinstance(found, list) and found and isinstance(found[0], dict):
        names = _matched(list(found[0]))
        return np.array([[float(row[name]) for name in names] for row in found], dtype=np.float64)
    if not isinstance(found, list) or any(not isinstance(row, list) or len(row) < len(_COLUMNS) for row in found):
        raise DataError("holds no list of candles", hint="expected [[ts, open, high, low, close, volume], …]")
    return np.array([row[: len(_COLUMNS)] for row in found], dtype=np.float64).reshape(-1, len(_COLUMNS))


def _csv_table(text: str) -> Table:
    rows = list(csv.reader(io.StringIO(text), delimiter=";" if _semicolons(text) else ","))
    rows = [row for row in rows if row]
    if not rows:
        raise DataError("is empty")
    at = list(range(len(_COLUMNS)))
    if not _is_number(rows[0][1]) if len(rows[0]) > 1 else True:
        head = [name.strip() for name in rows[0]]
        at = [head.index(name) for name in _matched(head)]
        rows = rows[1:]
    return np.array([[_stamp(row[at[0]]), *(float(row[i]) for i in at[1:])] for row in rows]).reshape(-1, len(_COLUMNS))


def _semicolons(text: str) -> bool:
    first = text.split("\n", 1)[0]
    return first.count(";") > first.count(",")


def _matched(names: Sequence[str]) -> list[str]:
    """Return which of the columns are time, open, high, low, close, volume."""
    lower = {name.strip().lower().replace(" ", "_"): name for name in names}
    found: list[str] = []
    for spellings in _COLUMNS:
        match = next((lower[word] for word in spellings if word in lower), None)
        if match is None:
            raise DataError(f"no column {spellings[0]}", hint="expected timestamp, open, high, low, close, volume")
        found.append(match)
    return found


def _stamp(text: str) -> float:
    if _is_number(text):
        return float(text)
    stamp = datetime.fromisoformat(text.strip().replace("/", "-").removesuffix("UTC").strip())
    return (stamp if stamp.tzinfo else stamp.replace(tzinfo=UTC)).timestamp() * 1000.0


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _shown(path: Path) -> str:
    return sanitize_line(path, limit=200)
