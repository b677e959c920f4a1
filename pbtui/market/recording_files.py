"""Files of recorded minutes: a parquet, or a day shard of Passivbot; read as they are, not checked (candles.md 2)."""

from __future__ import annotations

import contextlib
import zipfile
import zlib
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pbtui.core.errors import DataError
from pbtui.core.sanitize import sanitize_line

FIELDS = ("open", "high", "low", "close", "volume")
_SHARD_FIELDS = ("ts", "o", "h", "l", "c", "bv")
_SHARD_KEY = "candles"


def read_times(path: Path) -> NDArray[np.int64]:
    """Return the open times of a file (.parquet, .npy, .npz) in ms, unchecked; raises DataError."""
    if path.suffix != ".parquet":
        return read_shard(path)[0]
    return _parquet_times(path, _read_columns(path, ("timestamp",)))


def read_minutes(path: Path) -> tuple[NDArray[np.int64], tuple[NDArray[Any], ...]]:
    """Return open times and FIELDS of a file (.parquet, .npy, .npz), unchecked; raises DataError."""
    if path.suffix != ".parquet":
        return read_shard(path)
    table = _read_columns(path, ("timestamp", *FIELDS))
    return _parquet_times(path, table), tuple(_floats(path, table[name].to_numpy()) for name in FIELDS)


def _read_columns(path: Path, names: Sequence[str]) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    # Opened by us: pyarrow would take a folder name like year=2025 for a column.
    with _as_data_error(path, pa.ArrowException), path.open("rb") as file, pq.ParquetFile(file) as parquet:
        missing = [name for name in names if name not in parquet.schema_arrow.names]
        if missing:
            raise DataError(
                f"{sanitize_line(path, limit=200)}: no column {', '.join(missing)}",
                hint="expected timestamp, open, high, low, close, volume",
            )
        return parquet.read(columns=list(names), use_threads=False)


def _parquet_times(path: Path, table: Any) -> NDArray[np.int64]:
    import pyarrow as pa

    column = table["timestamp"]
    with _as_data_error(path, pa.ArrowException):
        if pa.types.is_timestamp(column.type):
            column = column.cast(pa.timestamp("ms", tz=column.type.tz))
        return np.asarray(column.cast(pa.int64()).to_numpy(), dtype=np.int64)


def read_shard(path: Path) -> tuple[NDArray[np.int64], tuple[NDArray[Any], ...]]:
    """Return open times and o, h, l, c, volume of a day shard (.npy, .npz) unchecked; raises DataError."""
    with _as_data_error(path, EOFError, zipfile.BadZipFile, zlib.error):
        loaded: Any = np.load(path, allow_pickle=False)
        if path.suffix == ".npz":
            with loaded:
                loaded = loaded[_SHARD_KEY]
    rows: NDArray[Any] = loaded
    names = rows.dtype.names
    if names is not None and set(_SHARD_FIELDS) <= set(names):
        columns = [rows[name] for name in _SHARD_FIELDS]
    elif names is None and rows.ndim == 2 and rows.shape[1] >= len(_SHARD_FIELDS):
        columns = [rows[:, i] for i in range(len(_SHARD_FIELDS))]
    else:
        raise DataError(f"{sanitize_line(path, limit=200)}: not a candle shard", hint="expected ts, o, h, l, c, bv")
    with _as_data_error(path):
        return np.asarray(columns[0], dtype=np.int64), tuple(_floats(path, column) for column in columns[1:])


def _floats(path: Path, column: NDArray[Any]) -> NDArray[Any]:
    if column.dtype in (np.float32, np.float64):
        return np.ascontiguousarray(column)
    with _as_data_error(path):
        return np.asarray(column, dtype=np.float64)


@contextlib.contextmanager
def _as_data_error(path: Path, *more: type[BaseException]) -> Generator[None]:
    try:
        yield
    except DataError:
        raise
    except (OSError, ValueError, TypeError, KeyError, OverflowError, *more) as error:
        raise DataError(
            f"{sanitize_line(path, limit=200)} cannot be read: {sanitize_line(error, limit=120)}"
        ) from error
