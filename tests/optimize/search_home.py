"""A small search on synthetic candles, offline."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from candle_walk import walk

from pbtui.backtest.run import dataset_of
from pbtui.backtest.sourcing import Sourcing
from pbtui.config import Config, load
from pbtui.core.clock import RealClock
from pbtui.market.prepare import Dataset
from pbtui.market.store import CandleStore

NOW = 1_750_000_000_000
PRICES = {"BTC": 100_000.0, "SOL": 150.0, "XRP": 2.4}
SEARCHED: dict[str, Any] = {
    "long_n_positions": [1, 2, 1],
    "long_total_wallet_exposure_limit": [0.5, 2.0],
    "long_entry_initial_qty_pct": [0.01, 0.1],
    "long_entry_grid_spacing_pct": [0.002, 0.02],
    "long_close_grid_markup_start": [0.002, 0.01],
    "long_close_grid_markup_end": [0.001, 0.005, 0.0005],
    "long_ema_span_0": [20, 90, 10],
    "long_ema_span_1": [100, 200, 5],
    "long_entry_initial_ema_dist": [-0.01, 0.0],
    "short_n_positions": [0, 0],
    "short_total_wallet_exposure_limit": [0, 0],
}


@dataclass
class SearchHome:
    """A base folder with candles of three coins."""

    base: Path

    def keep(self) -> None:
        store = CandleStore(self.base / "caches" / "ohlcv", "binance", clock=RealClock(), on_trouble=lambda _: None)
        for seed, (coin, price) in enumerate(PRICES.items()):
            store.write(f"{coin}/USDT:USDT", walk(price, seed, 5 * 1_440))

    def config(self, bounds: dict[str, Any] | None = None, **optimize: Any) -> Config:
        document: dict[str, Any] = {
            "bot": {
                "long": {"total_wallet_exposure_limit": 1.0, "n_positions": 2, "ema_span_0": 60.0, "ema_span_1": 120.0},
                "short": {"total_wallet_exposure_limit": 0.0, "n_positions": 0},
            },
            "live": {"approved_coins": ["SOL", "XRP"], "minimum_coin_age_days": 0, "max_warmup_minutes": 240},
            "backtest": {
                "exchanges": ["binance"],
                "start_date": "2025-05-11",
                "end_date": "2025-05-14",
                "starting_balance": 1000,
                "btc_collateral_cap": 0,
                "candle_interval_minutes": 1,
            },
            "optimize": {"bounds": {**SEARCHED, **(bounds or {})}, "scoring": ["adg", "drawdown_worst"], "limits": []},
        }
        document["optimize"].update({"crossover_probability": 0.64, "mutation_probability": 0.34, **optimize})
        path = self.base / "search.json"
        path.write_text(json.dumps(document))
        return self.load(path)

    def load(self, path: Path) -> Config:
        return load(path, command="backtest", base_dir=self.base, now_ms=NOW)

    def data(self, config: Config) -> Dataset:
        sourcing = Sourcing(base_dir=self.base, clock=RealClock(), say=lambda _: None, offline=True)
        return asyncio.run(dataset_of(config, sourcing, lambda _: None))
