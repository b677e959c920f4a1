"""A recorded case to run backtests on, in a folder of its own, without a network."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pbtui.backtest.result import Pictures
from pbtui.backtest.run import Run, dataset_of, simulate
from pbtui.backtest.sourcing import Sourcing
from pbtui.backtest.suite import SuiteResult, run_suite
from pbtui.config import Config, load
from pbtui.config.scenarios import apply_overrides
from pbtui.core.clock import RealClock
from pbtui.jobs.events import Event

CASE = Path(__file__).resolve().parents[1] / "vectors" / "data" / "committable" / "e2e" / "s_hedge_two_coins"
PLAIN = Pictures(account=False, fills=False)


class Home:
    """A copy of the case: candles of BTC and SYNB on binance from 2024-03-01 to 2024-03-09."""

    def __init__(self, folder: Path) -> None:
        shutil.copytree(CASE, folder, ignore=shutil.ignore_patterns("expected"))
        self.folder = folder
        self.events: list[Event] = []
        self.said: list[str] = []
        for markets in folder.glob("caches/*/markets.json"):
            os.utime(markets)

    @property
    def sourcing(self) -> Sourcing:
        return Sourcing(base_dir=self.folder, clock=RealClock(), say=self.said.append, offline=True)

    def add_exchange(self, name: str) -> None:
        """Let another exchange have the same coins and candles."""
        for kind in ("ohlcv", "caches"):
            shutil.copytree(self.folder / kind / "binance", self.folder / kind / name)

    def config(self, changes: Mapping[str, Any] | None = None) -> Config:
        """Return the case's configuration with dotted paths changed."""
        raw = json.loads((CASE / "config.json").read_text())
        path = self.folder / "changed.json"
        path.write_text(json.dumps(apply_overrides(raw, changes or {})))
        return load(path, command="backtest", base_dir=self.folder)

    def run(self, changes: Mapping[str, Any] | None = None) -> Run:
        """Run one backtest."""
        config, sourcing = self.config(changes), self.sourcing
        data = asyncio.run(dataset_of(config, sourcing, self.events.append))
        return simulate(config, data, clock=sourcing.clock, on_event=self.events.append)

    def suite(self, scenarios: list[dict[str, Any]], changes: Mapping[str, Any] | None = None) -> SuiteResult:
        """Run a suite."""
        asked = {"backtest.suite_enabled": True, "backtest.scenarios": scenarios, **(changes or {})}
        return asyncio.run(run_suite(self.config(asked), self.sourcing, self.events.append, pictures=PLAIN))

    def results(self) -> list[str]:
        """Name whatever lies among the results, hidden or not."""
        root = self.folder / "backtests"
        return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_dir())
