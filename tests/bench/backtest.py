"""Times whole backtests: the six workloads of the vectors, one coin-year to twenty, each run in a fresh process.

Usage: .venv/bin/python tests/bench/backtest.py [-r ROUNDS] [-w w1,w6] [--threads K] [--vectors DIR] [--json]; first
build with PROFILE=release scripts/dev-build. Results are checked before any time is told.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pbtui.engine.backtest import BacktestOutcome, Fills, run_backtest

Floats = NDArray[np.float64]
PRICES = (100.0, 2500.0, 0.55, 18.0, 0.083, 310.0, 6.4)
TOLERANCE = 1e-9
# Wall seconds of the reference on the machine named in the vectors' README: full and metrics only.
REFERENCE = {
    "w1_1coin_long": (0.585, 0.559),
    "w2_1coin_long_short": (0.995, 0.952),
    "w3_10coins_long": (2.140, 2.084),
    "w4_10coins_long_short": (3.448, 3.392),
    "w5_20coins_long": (3.980, 3.921),
    "w6_20coins_long_short": (6.293, 6.248),
}


def make_market(coins: int, minutes: int, seed: int) -> Floats:
    """Rebuild the synthetic candles of the speed workloads, (minutes, coins, high low close volume)."""
    rng = np.random.default_rng(seed)
    out = np.empty((minutes, coins, 4))
    common = rng.standard_normal(minutes)
    for j in range(coins):
        sigma = 0.0006 + 0.00005 * (j % 7)
        price = PRICES[j % 7] * (1 + 0.03 * (j // 7))
        steps = sigma * (0.6 * common + 0.8 * rng.standard_normal(minutes))
        jump = rng.random(minutes) < 2e-5
        steps += jump * (0.02 + 0.05 * rng.random(minutes)) * np.where(rng.random(minutes) < 0.5, -1.0, 1.0)
        path = np.cumsum(steps)
        path -= np.linspace(0.0, path[-1], minutes) * 0.8
        close = price * np.exp(path)
        tick = 10.0 ** (np.floor(np.log10(price)) - 4)
        close = np.maximum(np.round(close / tick), 1.0) * tick
        opened = np.concatenate(([close[0]], close[:-1]))
        high = np.maximum(opened, close) * (1.0 + 0.5 * sigma * np.abs(rng.standard_normal(minutes)))
        low = np.minimum(opened, close) * (1.0 - 0.5 * sigma * np.abs(rng.standard_normal(minutes)))
        out[:, j, 0] = np.round(high / tick) * tick
        out[:, j, 1] = np.maximum(np.round(low / tick), 1.0) * tick
        out[:, j, 2] = close
        out[:, j, 3] = np.round(1e4 / price * (1 + j) * np.exp(rng.standard_normal(minutes)), 3)
    return out


def status_kb(key: str) -> int:
    """Read a memory figure of this process."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(key))


def fills_hash(fills: Fills) -> str:
    """Sum up every column of the fills."""
    digest = hashlib.sha256()
    for name in Fills.__slots__:
        digest.update(np.ascontiguousarray(getattr(fills, name)).tobytes())
    return digest.hexdigest()


def check(outcome: BacktestOutcome, expected: dict[str, Any]) -> str:
    """Compare the fills with the recorded counts; return their hash."""
    if outcome.fills is None:
        raise SystemExit("no fills to check")
    types = dict(Counter(outcome.fills.order_types()))
    if len(outcome.fills) != expected["n_fills"] or types != expected["order_types"]:
        raise SystemExit(f"other fills than recorded: {len(outcome.fills)} {types}, not {expected}")
    for metric, value in expected["analysis_usd"].items():
        ours = outcome.analysis_usd[metric]
        if (ours is None) != (value is None) or (value and abs(ours / value - 1) > TOLERANCE):
            raise SystemExit(f"{metric} is {ours}, not {value} as recorded")
    return fills_hash(outcome.fills)


def measure(args_path: Path, name: str, tensor_path: Path, threads: int) -> dict[str, Any]:
    """Run one workload, full and metrics only, in this process."""
    workload = json.loads(args_path.read_text())["workloads"][name]
    tensor = np.load(tensor_path)
    btc = np.full(len(tensor), float(workload["btc_usd_constant"]))
    call = workload["run_backtest_args"]
    found: dict[str, Any] = {}
    for mode, only in (("full", False), ("metrics", True)):
        params = call["backtest_params"] | {"metrics_only": only}
        arguments = (tensor, btc, call["bot_params"], call["exchange_params"], params)
        Path("/proc/self/clear_refs").write_text("5")
        before = status_kb("VmRSS")
        with ThreadPoolExecutor(threads) as pool:
            start, cpu = time.perf_counter(), time.process_time()
            jobs = [pool.submit(run_backtest, *arguments) for _ in range(threads)]
            outcome = [job.result() for job in jobs].pop()
            found[mode] = time.perf_counter() - start
        found[f"{mode}_cpu"] = time.process_time() - cpu
        found[f"{mode}_peak_mb"] = (status_kb("VmHWM") - before) / 1024
        if not only:
            found["hash"] = check(outcome, workload["expected"])
            found["fills"] = workload["expected"]["n_fills"]
    return found


def in_fresh_process(args: argparse.Namespace, name: str, tensor_path: Path) -> dict[str, Any]:
    """Run `measure` in a process of its own."""
    command = [sys.executable, __file__, "--vectors", str(args.vectors), "--threads", str(args.threads)]
    done = subprocess.run([*command, "--child", name, str(tensor_path)], stdout=subprocess.PIPE, check=True, text=True)
    return json.loads(done.stdout)


def report(name: str, rounds: list[dict[str, Any]]) -> dict[str, Any]:
    """Sum the rounds of a workload up by their medians."""
    hashes = {found["hash"] for found in rounds}
    if len(hashes) != 1:
        raise SystemExit(f"{name}: fills differ from run to run")
    row = {key: statistics.median(found[key] for found in rounds) for key in rounds[0] if key != "hash"}
    for mode, reference in zip(("full", "metrics"), REFERENCE.get(name, (0.0, 0.0)), strict=True):
        row[f"{mode}_times_reference"] = reference / row[mode]
    return {"workload": name, "hash": hashes.pop()} | row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    root = Path(__file__).resolve().parents[2]
    default = os.environ.get("PBTUI_VECTORS") or str(root.parent / "shared" / "vectors")
    parser.add_argument("-r", "--rounds", type=int, default=5)
    parser.add_argument("-w", "--workloads", default="w")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--vectors", type=Path, default=Path(default))
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--child", nargs=2, metavar=("NAME", "TENSOR"))
    args = parser.parse_args()
    args_path = args.vectors / "speed" / "args.json"
    if args.child:
        print(json.dumps(measure(args_path, args.child[0], Path(args.child[1]), args.threads)))
        return
    recorded = json.loads(args_path.read_text())
    with tempfile.TemporaryDirectory() as folder:
        for name, workload in recorded["workloads"].items():
            if not any(name.startswith(wanted) for wanted in args.workloads.split(",")):
                continue
            tensor_path = Path(folder) / f"{workload['n_coins']}.npy"
            if not tensor_path.exists():
                tensor = make_market(workload["n_coins"], recorded["n_minutes"], recorded["seed"])
                if hashlib.sha256(tensor.tobytes()).hexdigest() != workload["tensor_sha256"]:
                    raise SystemExit(f"{name}: this machine makes other candles; its fills cannot be checked")
                np.save(tensor_path, tensor)
            row = report(name, [in_fresh_process(args, name, tensor_path) for _ in range(args.rounds)])
            print(json.dumps(row) if args.json else line(row), flush=True)


def line(row: dict[str, Any]) -> str:
    """Write one workload on one line."""
    times = " ".join(
        f"{mode} {row[mode]:.3f} s (cpu {row[f'{mode}_cpu']:.3f}, {row[f'{mode}_times_reference']:.1f}x,"
        f" +{row[f'{mode}_peak_mb']:.0f} MB)"
        for mode in ("full", "metrics")
    )
    return f"{row['workload']:24} {row['fills']:6} fills  {times}  {row['hash'][:12]}"


if __name__ == "__main__":
    main()
