"""One segment as bytes: parquet that proves itself, byte by byte, before anything of it is believed.

The parquet's own schema metadata hold count, first and last open time, a crc32 of the rows, and a seal: the digest of
the whole file with the seal's own digits as zeros. A file is sound exactly if its seal is right, so that no decoder
ever sees damaged bytes, and no index beside it has to be trusted.
"""

from __future__ import annotations

import hashlib
import importlib
import io
import json
from dataclasses import dataclass
from typing import Any

import numpy as np

from pbtui.core.errors import DataError
from pbtui.core.sanitize import sanitize_line
from pbtui.market.store.layout import Segment
from pbtui.market.store.rows import FIELDS, MINUTE, NAMES, Rows, ascending, crc32_of

_FACTS = b"pbtui"
_SEAL = b"pbtui.seal"
_MARK = b"blake2b:"  # before the digits of the seal
_DIGITS = 32
_TAIL = 8_192  # bytes at the end that hold the metadata
_BLANK = b"0" * _DIGITS


class BadSegment(DataError):
    """A segment that is not what was written, or not what its name says."""


@dataclass(frozen=True, slots=True)
class _Facts:
    count: int
    first_ms: int
    last_ms: int
    crc32: int


def encode(rows: Rows) -> bytes:
    """Return rows (ascending, not empty) as a sealed file."""
    import pyarrow as pa

    facts = {
        "version": 1,
        "count": len(rows),
        "first": int(rows["ts"][0]),
        "last": int(rows["ts"][-1]),
        "crc32": crc32_of(rows),
    }
    metadata = {_FACTS: json.dumps(facts).encode(), _SEAL: _MARK + _BLANK}
    table = pa.table({name: pa.array(np.ascontiguousarray(rows[name])) for name in NAMES})
    out = io.BytesIO()
    writer = _parquet().ParquetWriter(
        out,
        table.schema,
        version="2.6",
        compression="lz4",
        use_dictionary=False,
        write_statistics=False,
        store_schema=False,
        column_encoding={"ts": "DELTA_BINARY_PACKED", **dict.fromkeys(FIELDS, "BYTE_STREAM_SPLIT")},
        writer_engine_version="V2",
        data_page_version="1.0",
        use_compliant_nested_type=True,
        write_page_index=False,
    )
    writer.write_table(table)
    writer.add_key_value_metadata(metadata)
    writer.close()
    blank = out.getvalue()
    at = _seal_at(blank)
    return blank[:at] + _digest(blank, at) + blank[at + _DIGITS :]


def decode(data: bytes, segment: Segment) -> Rows:
    """Return the rows of a sealed file; raises BadSegment for anything that is not exactly what was written.

    That rows are sound candles was checked before they were sealed.
    """
    at = _seal_at(data)
    if data[at : at + _DIGITS] != _digest(data, at):
        raise BadSegment("its bytes are not those that were written")
    rows, facts = _parsed(data)
    if (len(rows), crc32_of(rows)) != (facts.count, facts.crc32) or not len(rows):
        raise BadSegment("its rows are not those that were written")
    if not ascending(rows):
        raise BadSegment("its rows are not in order")
    first, last = int(rows["ts"][0]), int(rows["ts"][-1])
    if (first, last) != (facts.first_ms, facts.last_ms):
        raise BadSegment("its first and last candle are not those that were written")
    if first < segment.start_ms or last >= segment.end_ms:
        raise BadSegment("holds candles of another time than its name says")
    return rows


def _parsed(data: bytes) -> tuple[Rows, _Facts]:
    import pyarrow as pa

    try:
        reader = _parquet().ParquetReader()
        reader.open(pa.BufferReader(data))
        told: dict[str, Any] = json.loads((reader.metadata.metadata or {})[_FACTS])
        table: Any = reader.read_all(use_threads=False)
        rows = np.empty(table.num_rows, dtype=MINUTE)
        for name in NAMES:
            rows[name] = table[name].to_numpy()
        return rows, _Facts(*(int(told[name]) for name in ("count", "first", "last", "crc32")))
    except (pa.ArrowException, OSError, ValueError, TypeError, KeyError) as error:
        raise BadSegment(f"cannot be read: {sanitize_line(error, limit=120)}") from error


def _parquet() -> Any:
    """Return what reads and writes parquet.

    pyarrow.parquet stands on it but brings every remote file system along, which a bot holds in memory for nothing.
    """
    return importlib.import_module("pyarrow._parquet")


def _seal_at(data: bytes) -> int:
    """Return where the digits of the seal begin."""
    at = data.rfind(_MARK, max(0, len(data) - _TAIL))
    if at < 0 or at + len(_MARK) + _DIGITS > len(data):
        raise BadSegment("bears no seal: truncated, or written by another program")
    return at + len(_MARK)


def _digest(data: bytes, seal_at: int) -> bytes:
    """Return the digits of the seal: of all bytes, its own taken as zeros."""
    whole, digest = memoryview(data), hashlib.blake2b(digest_size=_DIGITS // 2)
    for part in (whole[:seal_at], _BLANK, whole[seal_at + _DIGITS :]):
        digest.update(part)
    return digest.hexdigest().encode()
