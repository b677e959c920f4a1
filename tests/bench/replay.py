"""Times a replay without a screen, follows its memory, and compares the ledger with its fills.

Usage: python tests/bench/replay.py CANDLES_DIR [--for 24d] [--coins A,B] [--config FILE]
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
DAY_MS = 86_400_000


def run(options: argparse.Namespace, base: Path) -> tuple[list[dict[str, Any]], float]:
    """Return the program's JSON lines and the seconds it took."""
    command = [sys.executable, "-m", "pbtui", "--no-ui", "--json", "--log-level", "0", "--base-dir", str(base)]
    command += ["--replay", options.candles, "--coins", options.coins, "--speed", "max", "--for", options.length]
    began = time.monotonic()
    done = subprocess.run([*command, options.config], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()], time.monotonic() - began


def memory(rows: list[dict[str, Any]]) -> tuple[float, float, float]:
    """Return RSS in MB after the first day, the least and the greatest since."""
    running = [row for row in rows if row["type"] == "status" and row["tick"] > DAY_MS // 60_000]
    sizes = [row["rss_mb"] for row in running]
    return sizes[0], min(sizes), max(sizes)


def ledger_gap(base: Path, start_balance: float) -> float:
    """Return the balance of the ledger minus what its fills add up to."""
    (path,) = base.glob("run/*/ledger.db")
    db = sqlite3.connect(path)
    try:
        ((balance,),) = db.execute("SELECT balance FROM state").fetchall()
        ((earned,),) = db.execute("SELECT sum(pnl) + sum(fee) FROM fills").fetchall()
    finally:
        db.close()
    return balance - start_balance - earned


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("candles")
    parser.add_argument("--for", dest="length", default="24d")
    parser.add_argument("--coins", default="BTC,ETH,SOL,XRP,ADA")
    parser.add_argument("--config", default="configs/examples/paper.hjson")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows, seconds = run(options, Path(folder))
        first, least, most = memory(rows)
        end = rows[-1]
        print(
            f"{end['ticks']:,} turns, {end['fills']:,} fills in {seconds:.1f} s ({1e3 * seconds / end['ticks']:.2f} ms)"
        )
        print(f"memory after a day {first:.1f} MB, since then {least / first - 1:+.1%} … {most / first - 1:+.1%}")
        print(f"ledger minus fills {ledger_gap(Path(folder), end['start_balance']):+.2e}")


if __name__ == "__main__":
    main()
