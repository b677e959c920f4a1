"""Measures how whole backtests on one dataset scale over threads, and what each further thread costs in memory.

Usage: .venv/bin/python tests/bench/scaling.py [-r ROUNDS] [-w w4,w6] [-k THREADS] [--full] [--vectors DIR]; first
build with PROFILE=release scripts/dev-build. One thread and k threads take turns in one warm process, with the same
number of runs a thread; 1.00 k is perfect. Shown are the median of the pairs and, because machines are shared, the
fastest round of each.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from backtest import make_market, status_kb

from pbtui.engine.backtest import run_backtest


def seconds(arguments: tuple[Any, ...], threads: int, each: int) -> float:
    """Time `each` runs a thread, all threads on the same arrays."""
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda _: None, range(threads)))
        start = time.perf_counter()
        for job in [pool.submit(run_backtest, *arguments) for _ in range(threads * each)]:
            job.result()
        return time.perf_counter() - start


def peak_mb(arguments: tuple[Any, ...], threads: int) -> float:
    """Return what the peak of so many runs at once lies above the memory before them."""
    Path("/proc/self/clear_refs").write_text("5")
    before = status_kb("VmRSS")
    seconds(arguments, threads, 1)
    return (status_kb("VmHWM") - before) / 1024


def measure(workload: Mapping[str, Any], recorded: Mapping[str, Any], args: argparse.Namespace) -> dict[str, Any]:
    """Measure one workload."""
    tensor = make_market(workload["n_coins"], recorded["n_minutes"], recorded["seed"])
    btc = np.full(len(tensor), float(workload["btc_usd_constant"]))
    call = workload["run_backtest_args"]
    params = call["backtest_params"] | {"metrics_only": not args.full}
    arguments = (tensor, btc, call["bot_params"], call["exchange_params"], params)
    memory = {k: peak_mb(arguments, k) for k in (1, args.threads)}
    each = 12 if workload["n_coins"] == 1 else 4
    rounds = [{k: seconds(arguments, k, each) / each for k in (1, args.threads)} for _ in range(args.rounds)]
    alone, together = ([found[k] for found in rounds] for k in (1, args.threads))
    return {
        "median": statistics.median(a / b for a, b in zip(alone, together, strict=True)),
        "best": min(alone) / min(together),
        "seconds": min(alone),
        "mb": memory[1],
        "mb_more": (memory[args.threads] - memory[1]) / (args.threads - 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    root = Path(__file__).resolve().parents[2]
    default = os.environ.get("PBTUI_VECTORS") or str(root.parent / "shared" / "vectors")
    parser.add_argument("-r", "--rounds", type=int, default=7)
    parser.add_argument("-w", "--workloads", default="w")
    parser.add_argument("-k", "--threads", type=int, default=max(2, os.cpu_count() or 2))
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--vectors", type=Path, default=Path(default))
    args = parser.parse_args()
    recorded = json.loads((args.vectors / "speed" / "args.json").read_text())
    for name, workload in recorded["workloads"].items():
        if any(name.startswith(wanted) for wanted in args.workloads.split(",")):
            row = measure(workload, recorded, args)
            scale = f"{args.threads} threads scale {row['median']:.2f} k, fastest rounds {row['best']:.2f} k"
            memory = f"+{row['mb']:.0f} MB, each further thread +{row['mb_more']:.0f} MB"
            print(f"{name:24} {row['seconds']:.3f} s alone; {scale}; {memory}", flush=True)


if __name__ == "__main__":
    main()
