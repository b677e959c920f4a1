"""Times making and loading a dataset of synthetic minutes, and follows its memory.

Usage: python tests/bench/dataset.py [--coins 50] [--days 365] [--exchanges 1] [--dir FOLDER]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from pbtui.core.clock import DAY_MS, MINUTE_MS
from pbtui.core.types import Market
from pbtui.market.prepare import DatasetCache, Request, Supplies, Venue, prepare
from pbtui.market.store.rows import MINUTE, Rows

START_MS = 1_704_067_200_000  # 2024-01-01
EXCHANGES = ("binance", "bybit", "okx")
_WAVE = np.sin(np.arange(1440) / 97.0).astype(np.float32)


class Synthetic:
    """A store that makes its candles when it is asked for them: what is measured is preparation alone."""

    def read(self, symbol: str, start_ms: int, end_ms: int) -> Rows:
        ts = np.arange(-(-start_ms // MINUTE_MS), -(-end_ms // MINUTE_MS), dtype=np.int64)
        rows = np.empty(len(ts), MINUTE)
        rows["ts"] = ts * MINUTE_MS
        price = 100 + int(symbol[1:3]) + _WAVE[ts % 1440]
        for name, above in (("o", 0.0), ("h", 0.5), ("l", -0.5), ("c", 0.1)):
            rows[name] = price + np.float32(above)
        rows["bv"] = price
        return rows

    def facts(self, symbol: str, start_ms: int, end_ms: int) -> list[list[int]]:
        return [[start_ms, end_ms]]


def supplies(coins: int) -> Supplies:
    markets = [Market(f"C{i:02d}/USDT:USDT", f"C{i:02d}", 0.1, 0.1, 0.1, 5.0) for i in range(coins)]
    markets.append(Market("BTC/USDT:USDT", "BTC", 0.1, 0.1, 0.1, 5.0))
    venue = {market.symbol: market for market in markets}
    return Supplies(venue=lambda name: Venue(name, venue), store=lambda _: _btc_too)


class _WithBtc(Synthetic):
    def read(self, symbol: str, start_ms: int, end_ms: int) -> Rows:
        return super().read("C00" if symbol.startswith("BTC") else symbol, start_ms, end_ms)


_btc_too = _WithBtc()


def used_mb() -> dict[str, float]:
    """Return resident megabytes: the most there ever was, and private and shared ones of now."""
    fields = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return {name: int(fields[name].split()[0]) / 1024 for name in ("VmHWM", "VmRSS", "RssAnon", "RssFile")}


def once(options: argparse.Namespace) -> dict[str, Any]:
    """Prepare in this process, read every value once, and return what it took."""
    request = Request(
        exchanges=EXCHANGES[: options.exchanges],
        coins=tuple(f"C{i:02d}" for i in range(options.coins)),
        requested_start_ms=START_MS,
        end_ms=START_MS + options.days * DAY_MS - MINUTE_MS,
    )
    before = used_mb()["VmHWM"]
    began, cpu = time.monotonic(), time.process_time()
    cache = DatasetCache(Path(options.dir))
    data = asyncio.run(prepare(request, supplies(options.coins), cache, now_ms=START_MS + 3000 * DAY_MS))
    ready = time.monotonic() - began
    total = float(np.nansum([data.hlcvs[i : i + 100_000].sum() for i in range(0, len(data.hlcvs), 100_000)]))
    size = sum(array.nbytes for array in (data.hlcvs, data.btc_usd, data.timestamps)) / 2**20
    peak = used_mb()["VmHWM"] - before
    return {
        "ready_s": round(ready, 3),
        "read_s": round(time.monotonic() - began, 3),
        "cpu_s": round(time.process_time() - cpu, 3),
        "arrays_mb": round(size, 1),
        "peak_mb": round(peak, 1),
        "times_arrays": round(peak / size, 3),
        "faults": resource.getrusage(resource.RUSAGE_SELF).ru_majflt,
        "check": total,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--coins", type=int, default=50)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--exchanges", type=int, default=1)
    parser.add_argument("--dir", default="")
    parser.add_argument("--once", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.once:
        print(json.dumps(once(options)))
        return
    with tempfile.TemporaryDirectory(dir=options.dir or None) as folder:
        given = ["--coins", str(options.coins), "--days", str(options.days), "--exchanges", str(options.exchanges)]
        command = [sys.executable, __file__, "--once", "--dir", folder, *given]
        results = []
        for what in ("make", "load", "load"):
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
            results.append(json.loads(done.stdout))
            print(what, {key: value for key, value in results[-1].items() if key != "check"})
        if len({result["check"] for result in results}) != 1:
            raise SystemExit("the loaded dataset is not the one that was made")


if __name__ == "__main__":
    main()
