"""Times the optimiser: evaluations a second on 1 … K threads, what an evaluation costs beyond its engine call, memory.

Usage: .venv/bin/python tests/bench/optimize.py [-k 1,2] [-n EVALUATIONS] [-r ROUNDS] [--coins C] [--days D] [--json];
first build with PROFILE=release scripts/dev-build. Each count of threads runs in a process of its own; all of them
search the same candidates, and their fronts are compared before any time is told.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT)]

from candle_walk import FIRST, walk  # noqa: E402 after the path is set

from pbtui.backtest.inputs import bot_params, engine_inputs, whole  # noqa: E402
from pbtui.backtest.run import dataset_of  # noqa: E402
from pbtui.backtest.sourcing import Sourcing  # noqa: E402
from pbtui.config import load  # noqa: E402
from pbtui.core.clock import MINUTE_MS, RealClock  # noqa: E402
from pbtui.engine.backtest import run_backtest  # noqa: E402
from pbtui.engine.progress import RunProgress  # noqa: E402
from pbtui.market.prepare import Dataset  # noqa: E402
from pbtui.market.store import CandleStore  # noqa: E402
from pbtui.optimize.campaign import Campaign  # noqa: E402
from pbtui.optimize.evaluate import Crew, Evaluated, Evaluator, coin_warmups  # noqa: E402
from pbtui.optimize.folder import Plan, begin  # noqa: E402
from pbtui.optimize.genes import GeneSpace  # noqa: E402
from pbtui.optimize.scoring import Scoring  # noqa: E402
from pbtui.optimize.search import Search  # noqa: E402

NAMES = ("BTC", "ETH", "SOL", "XRP", "DOGE", "ADA", "LTC", "BNB", "TRX", "LINK")
PRICES = (100_000.0, 2_500.0, 150.0, 2.4, 0.2, 0.7, 90.0, 650.0, 0.27, 15.0)
DAY = 1_440
BOUNDS = {
    "long_n_positions": [1, 5, 1],
    "long_total_wallet_exposure_limit": [0.5, 2.0],
    "long_ema_span_0": [60, 1440, 10],
    "long_ema_span_1": [60, 1440, 10],
    "short_n_positions": [0, 0],
    "short_total_wallet_exposure_limit": [0, 0],
}


def make_home(base: Path, coins: int, days: int, evaluations: int) -> None:
    """Write candles and a configuration."""
    store = CandleStore(base / "caches" / "ohlcv", "binance", clock=RealClock(), on_trouble=lambda _: None)
    for n, (coin, price) in enumerate(zip(NAMES[:coins], PRICES, strict=False)):
        store.write(f"{coin}/USDT:USDT", walk(price, n, (days + 2) * DAY))
    start, end = (time.strftime("%Y-%m-%d", time.gmtime((FIRST + n * DAY * MINUTE_MS) / 1000)) for n in (2, days + 1))
    side = {"total_wallet_exposure_limit": 1.25, "n_positions": 3}
    document = {
        "bot": {"long": side, "short": dict.fromkeys(side, 0)},
        "live": {"approved_coins": list(NAMES[:coins]), "minimum_coin_age_days": 0, "max_warmup_minutes": 2880},
        "backtest": {"exchanges": ["binance"], "start_date": start, "end_date": end, "starting_balance": 1000},
        "optimize": {
            "bounds": BOUNDS, "scoring": ["adg", "drawdown_worst"], "limits": [],
            "crossover_probability": 0.64, "mutation_probability": 0.34,
            "population_size": 50, "iters": max(50, evaluations - 50), "write_all_results": True,
        },
    }  # fmt: skip
    (base / "bench.json").write_text(json.dumps(document))


def prepared(base: Path) -> tuple[Evaluator, Dataset]:
    """Return what evaluates candidates, and the candles it reads."""
    now_ms = FIRST + 400 * DAY * MINUTE_MS
    config = load(base / "bench.json", command="optimize", base_dir=base, now_ms=now_ms)
    space = GeneSpace.of(config)
    sourcing = Sourcing(base_dir=base, clock=RealClock(), say=lambda _: None, offline=True)
    data = asyncio.run(dataset_of(space.base, sourcing, lambda _: None))
    return Evaluator(space, Scoring.of(config), data), data


class Timed:
    """Evaluates, and counts the time that threads spend with it: what is left of theirs is waiting."""

    def __init__(self, evaluate: Evaluator) -> None:
        self.evaluate = evaluate
        self.spent: list[float] = []

    def __call__(self, genes: tuple[float, ...], progress: RunProgress) -> Evaluated:
        start = time.perf_counter()
        try:
            return self.evaluate(genes, progress)
        finally:
            self.spent.append(time.perf_counter() - start)


def status_mb(key: str) -> float:
    """Read a memory figure of this process."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(key)) / 1024


def measure(base: Path, threads: int) -> dict[str, Any]:
    """Run one search in this process."""
    evaluate, data = prepared(base)
    space, config = evaluate.space, evaluate.space.base
    search = Search(space, config.optimize, seed=7)
    search.ask()
    # The algorithms are loaded, and a first candidate run, before the clock starts.
    evaluate(space.encode(config))
    import pymoo.operators.survival.rank_and_crowding  # noqa: F401

    folder = begin(
        config,
        Plan(7),
        evaluate.scoring,
        {"binance": data},
        NAMES,
        base_dir=base,
        now_ms=int(time.time() * 1000),
    )
    before = status_mb("VmRSS")
    timed = Timed(evaluate)
    crew = Crew(timed, threads)
    campaign = Campaign(folder, evaluate, search, crew, coins=None, clock=RealClock(), on_event=lambda _: None)
    start, cpu = time.perf_counter(), time.process_time()
    outcome = campaign.run()
    wall, cpu = time.perf_counter() - start, time.process_time() - cpu
    crew.close()
    front = sorted(path.name for path in (folder / "pareto").iterdir())
    return {
        "threads": threads,
        "evaluations": outcome.evaluations,
        "rate": outcome.evaluations / wall,
        "busy": sum(timed.spent) / (wall * threads),
        "cpu_ms": cpu / outcome.evaluations * 1000,
        "peak_mb": status_mb("VmHWM"),
        "before_mb": before,
        "front": hashlib.sha256("".join(front).encode()).hexdigest()[:12],
    }


def overhead(base: Path, rounds: int) -> dict[str, Any]:
    """Compare evaluations with the engine calls they make, candidate by candidate in turns."""
    evaluate, data = prepared(base)
    space = evaluate.space
    random = np.random.default_rng(3)
    inputs = engine_inputs(space.base, whole(data))
    whole_s = bare_s = 0.0
    for _ in range(20):
        genes = space.draw(random)
        config = space.decode(genes)
        bots = bot_params(config, inputs.coins)
        more = {"metrics_only": True, "warmup_minutes": coin_warmups(config, inputs.coins)}
        call = (inputs.hlcvs, inputs.btc_usd, bots, inputs.markets, {**inputs.parameters, **more})
        times: dict[bool, list[float]] = {True: [], False: []}
        for _ in range(rounds):
            for full in (True, False):
                start = time.process_time()
                if full:
                    evaluate(genes)
                else:
                    run_backtest(*call)
                times[full].append(time.process_time() - start)
        whole_s += min(times[True])
        bare_s += min(times[False])
    return {"evaluation_ms": whole_s / 20 * 1000, "engine_ms": bare_s / 20 * 1000, "ratio": whole_s / bare_s}


def in_fresh_process(base: Path, *words: str) -> dict[str, Any]:
    """Run a part of this file in a process of its own."""
    command = [sys.executable, __file__, "--base", str(base), *words]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout)


def report(base: Path, counts: list[int], rounds: int) -> dict[str, Any]:
    """Measure everything; raises SystemExit where fronts differ."""
    rows: list[dict[str, Any]] = []
    for count in counts:
        found = [in_fresh_process(base, "--child", str(count)) for _ in range(rounds)]
        best = max(found, key=lambda row: row["rate"])
        rows.append(best | {"median_rate": statistics.median(row["rate"] for row in found)})
    if len({row["front"] for row in rows}) != 1:
        raise SystemExit("the fronts differ with the number of threads")
    first = rows[0]
    for row in rows:
        row["speedup"] = row["rate"] / first["rate"]
        extra = row["threads"] - first["threads"]
        row["mb_per_thread"] = (row["peak_mb"] - first["peak_mb"]) / extra if extra else 0.0
    cost = in_fresh_process(base, "--overhead", str(max(3, rounds)))
    return {"threads": rows, "overhead": cost, "load": os.getloadavg()[0]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-k", "--threads", default="1,2")
    parser.add_argument("-n", "--evaluations", type=int, default=300)
    parser.add_argument("-r", "--rounds", type=int, default=3)
    parser.add_argument("--coins", type=int, default=5)
    parser.add_argument("--days", type=int, default=45)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--base", type=Path)
    parser.add_argument("--child", type=int)
    parser.add_argument("--overhead", type=int)
    args = parser.parse_args()
    if args.child is not None:
        print(json.dumps(measure(args.base, args.child)))
        return
    if args.overhead is not None:
        print(json.dumps(overhead(args.base, args.overhead)))
        return
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        make_home(base, args.coins, args.days, args.evaluations)
        found = report(base, [int(word) for word in args.threads.split(",")], args.rounds)
    if args.json:
        print(json.dumps(found))
        return
    for row in found["threads"]:
        print(
            f"{row['threads']} threads: {row['rate']:.1f} evaluations/s (median {row['median_rate']:.1f}, "
            f"x{row['speedup']:.2f}), threads busy {row['busy']:.0%}, {row['cpu_ms']:.1f} ms of CPU each, "
            f"peak {row['peak_mb']:.0f} MB ({row['mb_per_thread']:+.1f} MB a further thread), front {row['front']}"
        )
    cost = found["overhead"]
    print(
        f"one evaluation {cost['evaluation_ms']:.1f} ms, its engine call {cost['engine_ms']:.1f} ms: "
        f"x{cost['ratio']:.3f}; load {found['load']:.1f}"
    )


if __name__ == "__main__":
    main()
