"""A base folder with a candle store, a small configuration, and runs on them, all offline."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from candle_walk import walk

from pbtui.backtest.result import Pictures, write_result
from pbtui.backtest.run import Run, dataset_of, result_base, simulate
from pbtui.backtest.sourcing import Sourcing
from pbtui.config import Config, load
from pbtui.core.clock import RealClock
from pbtui.jobs.events import Event, Note
from pbtui.market.store import CandleStore

DAYS = 6
MINUTES = DAYS * 1_440
NOW = 1_750_000_000_000
PRICES = {"BTC": 100_000.0, "SOL": 150.0, "XRP": 2.4, "ADA": 0.8}
SIDE = {
    "total_wallet_exposure_limit": 1.0,
    "n_positions": 2,
    "entry_initial_qty_pct": 0.05,
    "entry_initial_ema_dist": -0.002,
    "entry_grid_spacing_pct": 0.01,
    "close_grid_markup_start": 0.006,
    "close_grid_markup_end": 0.003,
    "ema_span_0": 60.0,
    "ema_span_1": 120.0,
}


@dataclass
class Desk:
    """A folder to run backtests in; `events` is all that was told."""

    base: Path
    events: list[Event] = field(default_factory=list)

    def keep(self, exchange: str = "binance", coins: tuple[str, ...] = tuple(PRICES), seed: int = 1) -> None:
        store = CandleStore(self.base / "caches" / "ohlcv", exchange, clock=RealClock(), on_trouble=lambda _: None)
        for n, coin in enumerate(coins):
            store.write(f"{coin}/USDT:USDT", walk(PRICES[coin], seed + n, MINUTES))

    def write(self, name: str = "c.json", **changes: Any) -> Path:
        """Write a configuration; `changes` maps dotted keys, `__` for the dot."""
        document: dict[str, Any] = {
            "bot": {"long": dict(SIDE), "short": {**SIDE, "total_wallet_exposure_limit": 0.0}},
            "live": {"approved_coins": ["SOL", "XRP"], "minimum_coin_age_days": 0, "max_warmup_minutes": 240},
            "backtest": {
                "exchanges": ["binance"],
                "start_date": "2025-05-11",
                "end_date": "2025-05-15",
                "starting_balance": 1000,
                "btc_collateral_cap": 0,
                "candle_interval_minutes": 1,
            },
        }
        for dotted, value in changes.items():
            *path, leaf = dotted.split("__")
            node = document
            for part in path:
                node = node.setdefault(part, {})
            node[leaf] = value
        written = self.base / name
        written.write_text(json.dumps(document))
        return written

    def config(self, flags: Mapping[str, Any] | None = None, **changes: Any) -> Config:
        path = self.write(**changes)
        return load(path, command="backtest", base_dir=self.base, now_ms=NOW, flags=flags)

    @property
    def sourcing(self) -> Sourcing:
        return Sourcing(base_dir=self.base, clock=RealClock(), say=self.say, offline=True)

    def say(self, text: str) -> None:
        self.events.append(Note(text, "warning"))

    def run(self, config: Config) -> Run:
        data = asyncio.run(dataset_of(config, self.sourcing, self.events.append))
        return simulate(config, data, clock=RealClock(), on_event=self.events.append)

    def put(self, run: Run, **options: Any) -> Path:
        """Write a run's result folder, without pictures unless asked for."""
        values = {"pictures": Pictures(account=False, fills=False), "now_ms": NOW, **options}
        parent = result_base(run.config, self.base) / run.name
        return write_result(run, parent, base_dir=self.base, on_step=lambda _: None, **values)

    def notes(self) -> list[str]:
        return [event.text for event in self.events if isinstance(event, Note)]
