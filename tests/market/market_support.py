"""Recordings written by tests: parquet files and day shards of made-up minutes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pbtui.core.clock import DAY_MS, MINUTE_MS

T0 = 1_746_057_600_000  # 2025-05-01 00:00 UTC
SHARD = np.dtype([("ts", "<i8"), ("o", "<f4"), ("h", "<f4"), ("l", "<f4"), ("c", "<f4"), ("bv", "<f4")])

Columns = dict[str, NDArray[Any]]


def minutes(n: int, *, start_ms: int = T0, price: float = 100.0, seed: int = 0) -> Columns:
    """Return n minutes with two decimals in prices and one in volume."""
    random = np.random.default_rng(seed)
    close = np.round(price + np.cumsum(random.integers(-20, 21, n)) / 100, 2)
    open_ = np.concatenate(([price], close[:-1]))
    return {
        "timestamp": start_ms + np.arange(n, dtype=np.int64) * MINUTE_MS,
        "open": open_,
        "high": np.round(np.maximum(open_, close) + random.integers(0, 10, n) / 100, 2),
        "low": np.round(np.minimum(open_, close) - random.integers(0, 10, n) / 100, 2),
        "close": close,
        "volume": random.integers(1, 1000, n) / 10,
    }


def without(columns: Columns, *rows: int) -> Columns:
    return {name: np.delete(column, list(rows)) for name, column in columns.items()}


def changed(columns: Columns, name: str, row: int, value: float) -> Columns:
    copy = {key: column.copy() for key, column in columns.items()}
    copy[name][row] = value
    return copy


def write_parquet(folder: Path, coin: str, columns: dict[str, Any]) -> Path:
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), folder / f"{coin}.parquet")
    return folder


def write_shards(folder: Path, name: str, columns: Columns, *, npz: bool = False) -> Path:
    rows = np.empty(len(columns["timestamp"]), dtype=SHARD)
    for field, column in zip(SHARD.names or (), columns.values(), strict=True):
        rows[field] = column
    (folder / name).mkdir(parents=True, exist_ok=True)
    for day in np.unique(rows["ts"] // DAY_MS):
        part = rows[rows["ts"] // DAY_MS == day]
        path = folder / name / str(np.datetime64(int(day), "D"))
        if npz:
            np.savez_compressed(path.with_suffix(".npz"), candles=part)
        else:
            np.save(path.with_suffix(".npy"), part)
    return folder
