"""From a configuration and a dataset to the arguments of the engine (backtest.md 1.2 to 1.6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pbtui.config import Config, backtest_coins, params_for
from pbtui.core.types import PSIDES
from pbtui.market.prepare import CoinData, Dataset

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class EngineInputs:
    """What `run_backtest` takes; `coins` names the traded columns in the engine's order."""

    hlcvs: Floats
    btc_usd: Floats
    bots: list[dict[str, Any]]
    markets: list[dict[str, float]]
    parameters: dict[str, Any]
    coins: tuple[str, ...]
    columns: tuple[int, ...]

    def facts(self) -> dict[str, Any]:
        """Return all that decides a run besides the arrays, as plain values."""
        return {"bots": self.bots, "markets": self.markets, "parameters": self.parameters}


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """A stretch of a dataset's bars: the arrays, when they begin, and when each traded coin counts, in bars of it."""

    hlcvs: Floats
    btc_usd: Floats
    first_ms: int
    requested_start_ms: int
    warmup_bars: int
    coins: tuple[CoinData, ...]
    columns: tuple[int, ...]
    valid: tuple[tuple[int, int], ...]
    interval_minutes: int


def whole(data: Dataset) -> Window:
    """Return all of a dataset."""
    return Window(
        hlcvs=data.hlcvs,
        btc_usd=data.btc_usd,
        first_ms=data.first_ms,
        requested_start_ms=data.requested_start_ms,
        warmup_bars=data.warmup_bars,
        coins=data.coins,
        columns=tuple(range(len(data.coins))),
        valid=tuple((item.first_valid, item.last_valid) for item in data.coins),
        interval_minutes=data.interval_minutes,
    )


def engine_inputs(config: Config, window: Window) -> EngineInputs:
    """Return the engine's arguments; the maker fee of the first coin is everybody's, unless one is set (1.2)."""
    settings, live = config.backtest, config.live
    coins = [item.coin for item in window.coins]
    fee, least = settings.maker_fee_override, settings.filter_by_min_effective_cost
    parameters: dict[str, Any] = {
        "starting_balance": float(settings.starting_balance),
        "maker_fee": float(window.coins[0].market.maker_fee if fee is None else fee),
        "coins": coins,
        "btc_collateral_cap": float(settings.btc_collateral_cap),
        "btc_collateral_ltv_cap": settings.btc_collateral_ltv_cap,
        "requested_start_timestamp_ms": window.requested_start_ms,
        "first_timestamp_ms": window.first_ms,
        "first_valid_indices": [first for first, _ in window.valid],
        "last_valid_indices": [last for _, last in window.valid],
        "warmup_minutes": [item.warmup_minutes for item in window.coins],
        "global_warmup_bars": window.warmup_bars,
        "metrics_only": False,
        "filter_by_min_effective_cost": bool(live.filter_by_min_effective_cost if least is None else least),
        "dynamic_wel_by_tradability": settings.dynamic_wel_by_tradability,
        "hedge_mode": live.hedge_mode,
        "max_realized_loss_pct": float(live.max_realized_loss_pct),
        "candle_interval_minutes": window.interval_minutes,
    }
    if window.columns != tuple(range(window.hlcvs.shape[1])):
        parameters["active_coin_indices"] = list(window.columns)
    sides = backtest_coins(config) if settings.honour_coin_lists else None
    if sides is not None:
        for pside in PSIDES:
            parameters[f"shut_{pside}"] = [place for place, coin in enumerate(coins) if coin not in sides[pside]]
    return EngineInputs(
        hlcvs=window.hlcvs,
        btc_usd=window.btc_usd,
        bots=bot_params(config, coins),
        markets=[item.settings() for item in window.coins],
        parameters=parameters,
        coins=tuple(coins),
        columns=window.columns,
    )


def bot_params(config: Config, coins: Sequence[str]) -> list[dict[str, Any]]:
    """Return each coin's parameters of both sides, its overrides applied (1.4, 1.5)."""
    return [{pside: dict(params_for(config, coin, pside)) for pside in PSIDES} for coin in coins]
