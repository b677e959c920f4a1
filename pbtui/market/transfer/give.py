"""Writing candles to files that other programs read: parquet and csv, one file a coin."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Literal

import numpy as np

from pbtui.core.errors import StateError
from pbtui.core.files import replace_file
from pbtui.core.sanitize import sanitize_line
from pbtui.market.store.rows import FIELDS, Rows
from pbtui.market.store.trouble import reason_of

Format = Literal["parquet", "csv"]
_NAMES = ("open", "high", "low", "close", "volume")


def give(rows: Rows, path: Path, form: Format) -> None:
    """Write rows as timestamp (epoch ms), open, high, low, close, volume; raises StateError when the disk refuses.

    Numbers are single precision and written so that reading them back gives the same.
    """
    data = _parquet(rows) if form == "parquet" else _csv(rows)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, data)
    except OSError as error:
        shown = sanitize_line(path, limit=200)
        raise StateError(f"{shown} cannot be written: {reason_of(error)}") from error


def _parquet(rows: Rows) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = {"timestamp": pa.array(np.ascontiguousarray(rows["ts"]))}
    for field, name in zip(FIELDS, _NAMES, strict=True):
        columns[name] = pa.array(np.ascontiguousarray(rows[field]))
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out, compression="zstd")
    return out.getvalue()


def _csv(rows: Rows) -> bytes:
    lines = [",".join(("timestamp", *_NAMES))]
    columns = [rows[field].astype(str) for field in FIELDS]
    lines += [",".join(parts) for parts in zip(rows["ts"].astype(str), *columns, strict=True)]
    return ("\n".join(lines) + "\n").encode()
