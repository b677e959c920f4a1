"""Stands in for the process of a backtest: tells what the config's name asks for. Run as a module."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path
from typing import Any

from pbtui.backtest.job import BacktestJob
from pbtui.core.errors import ConfigError
from pbtui.jobs.child import Context, leave, serve
from pbtui.jobs.events import EquitySample, FillsCount, Note, Progress, Stage

DAY_MS = 86_400_000
START_MS = 1_746_835_200_000


def work(context: Context) -> dict[str, Any]:
    job = BacktestJob.of_request(context.request)
    config = job.load()
    if job.repeat is not None:
        return {"kind": "repeat", "folder": str(job.repeat), "same": False, "differences": ["fills.csv: line 3"]}
    match Path(job.config or "").stem:
        case "refused":
            raise ConfigError("no coin has candles", hint="widen the dates")
        case "killed":
            print("out of luck", file=sys.stderr, flush=True)
            os.abort()
        case "endless":
            context.emit(Stage("simulating"))
            while not context.stopping:
                threading.Event().wait(0.01)
            context.emit(Stage("never"))
    for n in range(3):
        context.emit(Stage("candles", n + 1, 3))
    context.emit(Note("ETH has a gap", "warning"))
    context.emit(Stage("simulating"))
    for n in range(21):
        context.emit(EquitySample(START_MS + n * DAY_MS, 1000.0 + n, 1000.0 + n * n))
        context.emit(FillsCount(n))
        context.emit(Progress(n, 20, 1_500_000.0, 20.0 - n))
    if config.backtest.suite_enabled and config.backtest.scenarios:
        labels = [scenario["label"] for scenario in config.backtest.scenarios]
        metric = {"stats": {}, "aggregated": 0.5, "scenarios": dict.fromkeys(labels, 0.25)}
        suite = {"suite_metrics": {"metrics": {"adg_usd": metric}, "scenario_labels": labels}}
        return {"kind": "suite", "folder": "backtests/suite_runs/x", "summary": suite}
    return {
        "kind": "backtest",
        "folder": "backtests/binance/x",
        "coins": ["BTC", "ETH"],
        "start_ms": START_MS,
        "end_ms": START_MS + 20 * DAY_MS,
        "fills": 20,
        "balance": 1020.0,
        "equity": 1400.0,
        "elapsed_s": 0.5,
        "analysis": {"gain_usd": 1.4, "gain_btc": 1.3, "adg_usd": 0.0012, "adg_btc": None, "loss_profit_ratio": 0.1},
    }


if __name__ == "__main__":
    leave(serve(work))
