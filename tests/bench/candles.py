"""Times writing and reading of synthetic minutes in the candle store, and follows its memory.

Usage: python tests/bench/candles.py [--years 5] [--coins 5] [--dir FOLDER]
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from pbtui.core.clock import DAY_MS, MINUTE_MS, RealClock
from pbtui.market.store import CandleStore, Trouble
from pbtui.market.store.rows import MINUTE, Rows

START_MS = 1_577_836_800_000  # 2020-01-01
YEAR_MS = 365 * DAY_MS
T = TypeVar("T")


def year_of(seed: int, start_ms: int) -> Rows:
    """Return a year of minutes of a seeded walk on a tick of 0.1."""
    random = np.random.default_rng(seed)
    count = YEAR_MS // MINUTE_MS
    rows = np.empty(count, MINUTE)
    rows["ts"] = start_ms + np.arange(count, dtype=np.int64) * MINUTE_MS
    close = np.round(50_000 * np.exp(np.cumsum(random.normal(0, 4e-4, count))), 1)
    opened = np.concatenate(([50_000.0], close[:-1]))
    wide = np.round(np.abs(random.normal(0, 10, (2, count))), 1)
    rows["o"], rows["c"] = opened, close
    rows["h"], rows["l"] = np.maximum(opened, close) + wide[0], np.maximum(0.1, np.minimum(opened, close) - wide[1])
    rows["bv"] = np.round(random.exponential(30, count), 3)
    return rows


def timed(work: Callable[[], T]) -> tuple[float, T]:
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def tell(trouble: Trouble) -> None:
    raise SystemExit(trouble.line())


def measure(folder: Path, coins: int, years: int) -> dict[str, Any]:
    """Write each coin's years, then read them by whole ranges with nothing remembered."""
    symbols = [f"C{i}/USDT:USDT" for i in range(coins)]
    each = years // coins
    size = coins * each * YEAR_MS // MINUTE_MS * MINUTE.itemsize / 1e6

    def store() -> CandleStore:
        return CandleStore(folder, "bench", clock=RealClock(), on_trouble=tell)

    write_s = 0.0
    for i, symbol in enumerate(symbols):
        for year in range(each):
            rows = year_of(100 * i + year, START_MS + year * YEAR_MS)
            took, _ = timed(lambda symbol=symbol, rows=rows: store().write(symbol, rows))
            write_s += took
    end = START_MS + each * YEAR_MS
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    fresh = store()
    read_s, held = timed(lambda: [fresh.read(symbol, START_MS, end) for symbol in symbols])
    assert sum(map(len, held)) == coins * each * YEAR_MS // MINUTE_MS
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    other = store()
    missing_s, found = timed(lambda: [other.missing(symbol, START_MS, end) for symbol in symbols])
    assert found == [[]] * coins
    minute = year_of(1, end)[:1]
    append_s, _ = timed(lambda: [fresh.write(symbol, minute) for symbol in symbols])
    disk = sum(path.stat().st_size for path in folder.rglob("*.parquet")) / 1e6
    return {
        "coin_years": coins * each,
        "rows_mb": round(size, 1),
        "disk_mb": round(disk, 1),
        "write_s": round(write_s, 3),
        "write_mb_s": round(size / write_s),
        "read_s": round(read_s, 3),
        "read_mb_s": round(size / read_s),
        "missing_ms": round(missing_s * 1000 / coins, 2),
        "append_ms": round(append_s * 1000 / coins, 2),
        "rss_growth_mb": round((after - before) / 1024, 1),
    }


def main() -> None:
    import pyarrow.parquet  # noqa: F401  (its import is no part of what is measured)

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--years", type=int, default=5, help="coin-years in all")
    parser.add_argument("--coins", type=int, default=5)
    parser.add_argument("--dir", type=Path, default=None, help="where to write, a temporary folder if left out")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.dir) as folder:
        print(json.dumps(measure(Path(folder), options.coins, options.years), indent=2))


if __name__ == "__main__":
    main()
