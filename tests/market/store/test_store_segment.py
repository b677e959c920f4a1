"""One segment: what any reader of parquet finds in it, and what reading and writing it loads."""

from __future__ import annotations

import io
import subprocess
import sys

import numpy as np
import pyarrow.parquet as pq
import pytest
from shelf_support import minutes

from pbtui.market.store.layout import month_at
from pbtui.market.store.rows import NAMES
from pbtui.market.store.segment import decode, encode

LOADED = """
import sys
from shelf_support import minutes
from pbtui.market.store.layout import day_at
from pbtui.market.store.segment import decode, encode
rows = minutes("2025-06-20", 3)
assert (decode(encode(rows), day_at(int(rows["ts"][0]))) == rows).all()
spared = [name for name in ("pyarrow.parquet", "pyarrow.fs", "pandas") if name in sys.modules]
print("pyarrow.lib" in sys.modules, *spared)
"""


@pytest.mark.parametrize("count", [1, 1_440, 44_640])
def test_any_reader_of_parquet_finds_the_rows(count: int) -> None:
    rows = minutes("2025-01-01", count)
    sealed = encode(rows)
    assert np.array_equal(decode(sealed, month_at(int(rows["ts"][0]))), rows)
    table = pq.read_table(io.BytesIO(sealed))
    assert table.column_names == list(NAMES)
    assert all(np.array_equal(table[name].to_numpy(), rows[name]) for name in NAMES)
    facts = pq.read_metadata(io.BytesIO(sealed))
    column = facts.row_group(0).column(0)
    assert (column.compression, "DELTA_BINARY_PACKED" in column.encodings) == ("LZ4", True)


def test_no_remote_file_systems_are_loaded_for_it() -> None:
    folder = str(__file__).rpartition("/")[0]
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {folder!r})\n{LOADED}"],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.stderr, done.stdout.split()) == ("", ["True"])
