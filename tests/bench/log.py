"""Times opening, filtering and searching a large log, and follows memory; every answer is checked by counting.

Usage: python tests/bench/log.py [--lines 1000000] [--short] [--dir FOLDER]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pbtui.console.log.index import Index
from pbtui.console.log.pieces import LogFiles
from pbtui.console.log.reader import Reader
from pbtui.console.log.record import encode
from pbtui.console.log.search import AFTER_ALL, find
from pbtui.console.log.wanted import Wanted, read_words
from pbtui.core.snapshot import EventRow

START_MS = 1_747_224_000_000
PAGE = 50
# Level, tag, coin, text and how many of a thousand lines are such.
KINDS = (
    (0, "order", "SOL", 'rejected: order would immediately trigger, code -2021 "x"', 2),
    (0, "warn", "", "the venue answered 429, backing off", 8),
    (1, "fill", "ETH/USDT:USDT", "buy 1.1 @148.020 entry_grid_normal_long", 140),
    (1, "cancel", "SOL", "2 orders", 150),
    (2, "candle", "BTC", "closed at 103,411.5", 700),
)
FILTERS = {
    "level: errors": ("", 0),
    "level: info": ("", 1),
    "everything": ("", 3),
    "coin": ("coin:SOL", 3),
    "tag": ("tag:fill", 3),
    "rare words": ("immediately", 3),
    "common words": ("closed at", 3),
    "expression with words": (r"immediately.*code -\d+", 3),
    "expression without": (r"[ic]mmed", 3),
}


def write(path: Path, lines: int, *, short: bool) -> None:
    """Write a log: rows as a bot writes them, or lines of sixty bytes of another program."""
    plan = [kind for kind in KINDS for _ in range(kind[4])]
    with path.open("wb") as file:
        for number in range(lines):
            level, tag, coin, text, _ = plan[number * 7919 % 1000]
            if short:
                file.write(f"{number:08} {tag:6} {coin[:3]:3} {text}".ljust(59)[:59].encode() + b"\n")
            else:
                moment = START_MS + number * 100
                file.write(encode(EventRow(moment, level, tag, coin, text, number, is_error=tag == "order")))


def memory_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6


def read(path: Path, wanted: Wanted) -> dict[str, Any]:
    """Read a log to its end with a filter, as the screen does."""
    start, cpu = time.perf_counter(), time.process_time()
    log = LogFiles(path)
    reader, index, first, longest = Reader(log, wanted), Index(), 0.0, 0.0
    done = False
    while not done:
        began = time.perf_counter()
        batch = reader.step(0.01 if not first else 0.05)
        longest = max(longest, time.perf_counter() - began)
        index.add(batch.older, batch.newer)
        if not first and len(index) >= PAGE:
            for row in range(len(index) - PAGE, len(index)):
                index.record(row)
            first = time.perf_counter() - start
        done = batch.done
    found = {
        "first_page_s": round(first, 3),
        "all_s": round(time.perf_counter() - start, 3),
        "cpu_s": round(time.process_time() - cpu, 3),
        "rows": len(index),
        "longest_step_ms": round(longest * 1000),
        "rss_mb": round(memory_mb(), 1),
    }
    log.close()
    return found


def search(path: Path) -> dict[str, float]:
    """Find the newest error and, past all of them, nothing."""
    log = LogFiles(path)
    reader, index = Reader(log, Wanted()), Index()
    while not (batch := reader.step()).done:
        index.add(batch.older, batch.newer)
    index.add(batch.older, batch.newer)
    times: dict[str, float] = {}

    def timed(name: str, work: Callable[[], object]) -> None:
        start = time.perf_counter()
        work()
        times[name] = round(time.perf_counter() - start, 3)

    timed("newest error", lambda: find(index.blocks, Wanted(errors=True), AFTER_ALL, -1))
    timed("words that are nowhere", lambda: find(index.blocks, read_words("nowhere", 3), AFTER_ALL, -1))
    log.close()
    return times


def expected(lines: int, name: str) -> int | None:
    """Return how many rows a filter must give."""
    shares = {"level: errors": 10, "level: info": 300, "everything": 1000, "coin": 152, "tag": 140, "rare words": 2,
              "common words": 700, "expression with words": 2, "expression without": 2}  # fmt: skip
    return lines // 1000 * shares[name]


def measure(path: Path, lines: int, *, short: bool) -> dict[str, Any]:
    """Measure each filter in a process of its own: opening includes loading what it needs."""
    write(path, lines, short=short)
    figures: dict[str, Any] = {"lines": lines, "mb": round(path.stat().st_size / 1e6, 1)}
    for name in FILTERS if not short else ("everything", "rare words"):
        command = [sys.executable, __file__, "--child", name, "--file", str(path)]
        found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        if not short:
            assert found["rows"] == expected(lines, name), (name, found)
        figures[name] = found
    if not short:
        figures["search"] = search(path)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=1_000_000, help="a multiple of 1000")
    parser.add_argument("--short", action="store_true", help="lines of 60 bytes that no bot wrote")
    parser.add_argument("--dir", type=Path, default=None, help="where to write, a temporary folder if left out")
    parser.add_argument("--child", default="", help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, default=None, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        words, level = FILTERS[options.child]
        print(json.dumps(read(options.file, read_words(words, level))))
        return
    with tempfile.TemporaryDirectory(dir=options.dir) as folder:
        print(json.dumps(measure(Path(folder) / "log.jsonl", options.lines, short=options.short), indent=2))


if __name__ == "__main__":
    main()
