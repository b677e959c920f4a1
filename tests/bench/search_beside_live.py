"""Measures a live loop with its console while a search takes all cores: lag of the loop, and what the search gets done.

Usage: .venv/bin/python tests/bench/search_beside_live.py [-n EVALUATIONS] [-ps POPULATION] [--seconds S]
[--candles DIR] [--coins A,B] [--days D]; first build with PROFILE=release scripts/dev-build. The bot trades on paper, a
minute of the market each second, on DIR's parquet files or on made-up minutes; first alone, then a new one beside the
search. The search keeps a fifth of the days from itself and is told of with what they show.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), *(str(ROOT / "tests" / name) for name in ("", "bench", "e2e", "pty"))]

from commands import Home  # noqa: E402 after the path is set
from optimize import make_home  # noqa: E402
from terminals import Terminal  # noqa: E402

DAY_MS = 86_400_000
EXCHANGE = "binance"
LAG = ("loop_lag_p50_ms", "loop_lag_ms", "loop_lag_max_ms")
BUDGET_MS = (50.0, 250.0)  # of the 99th percentile, of the worst
LOOK_S = 30.0


def keep_candles(base: Path, folder: Path, coins: list[str]) -> int:
    """Take recorded minutes into the store below a base folder; return the first whole day of them in epoch ms."""
    import numpy as np
    from pyarrow import parquet

    from pbtui.core.clock import RealClock
    from pbtui.market.store import CandleStore
    from pbtui.market.store.rows import MINUTE

    store = CandleStore(base / "caches" / "ohlcv", EXCHANGE, clock=RealClock(), on_trouble=lambda _: None)
    begin = 0
    for coin in coins:
        table = parquet.read_table(folder / f"{coin}.parquet")
        rows = np.empty(len(table), dtype=MINUTE)
        names = ("timestamp", "open", "high", "low", "close", "volume")
        for name, key in zip(names, ("ts", "o", "h", "l", "c", "bv"), strict=True):
            rows[key] = table[name].to_numpy()
        store.write(f"{coin}/USDT:USDT", rows)
        begin = max(begin, int(rows["ts"][0]))
    return -(-begin // DAY_MS) * DAY_MS


def prepare(base: Path, args: argparse.Namespace) -> None:
    """Write candles and the configuration of the search."""
    make_home(base, len(args.coins), args.days, args.evaluations)
    path = base / "bench.json"
    document = json.loads(path.read_text())
    if args.candles is not None:
        begin = keep_candles(base, args.candles, args.coins) + 2 * DAY_MS
        days = (time.strftime("%Y-%m-%d", time.gmtime((begin + n * DAY_MS) / 1000)) for n in (0, args.days))
        document["backtest"] |= dict(zip(("start_date", "end_date"), days, strict=True))
        document["live"]["approved_coins"] = args.coins
    document["optimize"] |= {
        "scoring": ["adg", "sharpe_ratio", "drawdown_worst"],
        "limits": [{"metric": "drawdown_worst", "penalize_if": ">", "value": 0.5}],
        "population_size": args.population,
        "iters": args.evaluations,
        "n_cpus": os.cpu_count() or 1,
        "validation": {"method": "holdout", "holdout_pct": 0.2, "purge_days": 1},
    }
    path.write_text(json.dumps(document))


class Search:
    """A search through the command; a thread takes what it tells."""

    def __init__(self, home: Home) -> None:
        words = [*home.words("--json", "--seed", "1", "--offline")]
        words[3:3] = ["optimize", str(home.base / "bench.json")]
        self.process = subprocess.Popen(
            words, cwd=ROOT, env=home.env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self.state: dict[str, Any] = {}
        self.result: dict[str, Any] = {}
        self.peak_mb = 0.0
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    @property
    def running(self) -> bool:
        """Tell whether it goes on."""
        return self._thread.is_alive()

    def look(self) -> None:
        """Note the memory of the process that searches."""
        with suppress(OSError):
            children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
            for child in children:
                for line in Path(f"/proc/{child}/status").read_text().splitlines():
                    if line.startswith("VmHWM:"):
                        self.peak_mb = max(self.peak_mb, int(line.split()[1]) / 1024)

    def end(self) -> None:
        """Stop it where it still runs."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.wait()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            told = json.loads(line)
            if told["type"] == "search":
                self.state = told
            elif told["type"] == "done":
                self.result = told["result"]


def live_words(args: argparse.Namespace) -> list[str]:
    """Return what starts the bot."""
    if args.candles is None:
        return ["--synthetic", "--speed", "60"]
    return ["--replay", str(args.candles), "--coins", ",".join(args.coins), "--speed", "60"]


def lag_of(folder: Path, args: argparse.Namespace, search: Search | None) -> dict[str, float]:
    """Return the worst figures that a new bot tells of its loop, looked at now and then to the end."""
    home = Home(folder)
    worst = dict.fromkeys(LAG, 0.0)
    with Terminal(home.words(*live_words(args))[1:], home.env) as terminal:
        terminal.wait_for(b"Orders")
        home.wait_status(lambda status: status["tick"] > 0)
        over = threading.Event()
        drain = threading.Thread(target=_drain, args=(terminal, over))
        drain.start()
        end = time.monotonic() + args.seconds
        look = time.monotonic() + min(LOOK_S, args.seconds / 2)
        while time.monotonic() < end or (search is not None and search.running):
            time.sleep(0.5)
            if search is not None:
                search.look()
            if time.monotonic() >= look:
                look += LOOK_S
                _note(worst, home)
        _note(worst, home)
        ticks = home.wait_status(lambda status: True)["tick"]
        over.set()
        drain.join()
        terminal.kill(signal.SIGKILL)
    return {**worst, "ticks": ticks}


def _drain(terminal: Terminal, over: threading.Event) -> None:
    """Read as a terminal does, so that the console never waits for one."""
    while not over.is_set():
        terminal.read(0.1)
        terminal.output = b""


def _note(worst: dict[str, float], home: Home) -> None:
    health = home.wait_status(lambda found: found["health"]["loop_lag_ms"] is not None)["health"]
    for name in LAG:
        worst[name] = max(worst[name], health[name])


def told(name: str, lag: dict[str, float]) -> str:
    """Return what is known of a bot's loop as one line."""
    p50, p99, most = (lag[key] for key in LAG)
    kept = "within" if p99 <= BUDGET_MS[0] and most <= BUDGET_MS[1] else "BEYOND"
    return (
        f"{name}: lag of the loop p50 {p50:.1f}, p99 {p99:.1f}, worst {most:.1f} ms in {lag['ticks']:,} turns; "
        f"{kept} the budget of {BUDGET_MS[0]:.0f} and {BUDGET_MS[1]:.0f} ms; load {os.getloadavg()[0]:.1f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-n", "--evaluations", type=int, default=5_000)
    parser.add_argument("-ps", "--population", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=60.0, help="at least so long, and as long as the search takes")
    parser.add_argument("--candles", type=Path, help="a folder of COIN.parquet")
    parser.add_argument("--coins", type=lambda text: text.split(","), default=["BTC", "ETH", "SOL", "XRP", "LTC"])
    parser.add_argument("--days", type=int, default=45)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        print(told("alone", lag_of(base / "alone", args, None)), flush=True)
        home = Home(base / "search")
        home.base.mkdir()
        prepare(home.base, args)
        search = Search(home)
        try:
            while search.running and not search.state.get("evaluations"):
                time.sleep(0.2)
            print(told("beside a search", lag_of(base / "beside", args, search)), flush=True)
        finally:
            search.end()
        found, last = search.result, search.state
        print(
            f"search on {os.cpu_count()} threads: {found['evaluations']:,} evaluations, {last['rate']:.1f} a second, "
            f"{found['elapsed_s']:.0f} s in all, peak {search.peak_mb:.0f} MB, {found['members']} on the front, "
            f"{found['feasible']:.0%} feasible, hypervolume {found['hypervolume'] or 0.0:.3f}"
        )
        print(home.command("pareto", found["folder"], "-n", "8").stdout)


if __name__ == "__main__":
    main()
