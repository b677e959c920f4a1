"""Times the decision step as Python calls it: the widest forager case of the vectors, repeated to 50 symbols.

Usage: .venv/bin/python tests/bench/engine.py [VECTORS_DIR]; first build with PROFILE=release scripts/dev-build.
"""

from __future__ import annotations

import gzip
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from pbtui.engine import compute_ideal_orders_json, decode_plan
from pbtui.engine.indicators import IndicatorSpans, SymbolIndicators

SYMBOLS = 50
ROUNDS = 2000
MINUTES = 34_560


def vectors_dir() -> Path:
    root = Path(__file__).resolve().parents[2]
    named = sys.argv[1:] or [os.environ.get("PBTUI_VECTORS")]
    places = [Path(named[0])] if named[0] else [root.parent / "shared" / "vectors", root / "tests" / "vectors" / "data"]
    found = [place for place in places if (place / "orchestrator.jsonl.gz").exists()]
    if not found:
        sys.exit("orchestrator.jsonl.gz not found: name its folder")
    return found[0]


def document() -> dict[str, Any]:
    with gzip.open(vectors_dir() / "orchestrator.jsonl.gz", "rt") as rows:
        cases = [row["in"] for row in map(json.loads, rows) if row["family"] == "forager"]
    widest = max(cases, key=lambda case: len(case["symbols"]))
    symbols = widest["symbols"]
    widest["symbols"] = [symbols[i % len(symbols)] | {"symbol_idx": i} for i in range(SYMBOLS)]
    return widest


def median_us(call: Callable[[], object], rounds: int = ROUNDS) -> float:
    times: list[float] = []
    for _ in range(rounds):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1e6


def indicators() -> SymbolIndicators:
    spans = IndicatorSpans(700.0, 200.0, 500.0, 200.0, 700.0)
    return SymbolIndicators(spans, spans)


def main() -> None:
    text = json.dumps(document(), separators=(",", ":"))
    symbols = [str(i) for i in range(SYMBOLS)]
    answer = compute_ideal_orders_json(text)
    print(f"{SYMBOLS} symbols, {len(text)} bytes in, {len(answer)} bytes out")
    print(f"compute_ideal_orders_json   {median_us(lambda: compute_ideal_orders_json(text)):10.1f} µs")
    print(f"decode_plan                 {median_us(lambda: decode_plan(answer, symbols)):10.1f} µs")
    closes = 100 * np.exp(np.cumsum(np.random.default_rng(1).normal(0, 1e-3, MINUTES)))
    ts, volume = np.arange(MINUTES) * 60_000, np.ones(MINUTES)
    many = median_us(lambda: indicators().update_many(ts, closes * 1.001, closes * 0.999, closes, volume), 20)
    print(f"update_many, {MINUTES} minutes {many:10.1f} µs")
    running = indicators()
    running.update_many(ts, closes * 1.001, closes * 0.999, closes, volume)
    minute = iter(range(MINUTES, MINUTES + ROUNDS))

    def step() -> None:
        running.update(next(minute) * 60_000, 101.0, 99.0, 100.0, 1.0)
        running.emas()

    print(f"update and emas             {median_us(step):10.1f} µs")


if __name__ == "__main__":
    main()
