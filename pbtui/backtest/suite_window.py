"""Which candles a scenario runs on: the dataset it may use, its coins and its stretch of time (backtest.md 5.3)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from pbtui.backtest.inputs import Window
from pbtui.backtest.part import Part
from pbtui.backtest.suite_plan import Scenario, SuitePlan
from pbtui.config import Config
from pbtui.config.warmup import global_warmup_minutes
from pbtui.core.clock import MINUTE_MS
from pbtui.core.errors import ConfigError
from pbtui.core.sanitize import sanitize_line
from pbtui.market.prepare import Dataset
from pbtui.market.prepare.request import window_of


@dataclass(frozen=True, slots=True)
class Ground:
    """A dataset by name, and the coins of it that a scenario trades, in its order."""

    name: str
    data: Dataset
    coins: tuple[str, ...]


def grounds_of(scenario: Scenario, plan: SuitePlan, datasets: Mapping[str, Dataset]) -> list[Ground]:
    """Return what a scenario runs on, one dataset or several; raises ConfigError where no coin is left.

    With the exchanges of the suite: the shared dataset. With others: the own candles of each of them.
    """
    if set(scenario.exchanges) == set(plan.exchanges) and "combined" in datasets:
        chosen = ["combined"]
    else:
        chosen = [name for name in sorted(scenario.exchanges) if name in datasets]
    found = [Ground(name, datasets[name], _coins(scenario, datasets[name])) for name in chosen]
    usable = [ground for ground in found if ground.coins]
    if not usable:
        shown = sanitize_line(scenario.label, limit=60)
        raise ConfigError(f"scenario {shown}: none of its coins has candles", hint="see its coins and exchanges")
    return usable


def window_on(config: Config, scenario: Scenario | Part, ground: Ground) -> Window:
    """Return the stretch of a dataset that a scenario's dates and warm-up cover; raises ConfigError for none."""
    data = ground.data
    shown = sanitize_line(scenario.label, limit=60)
    start_ms, end_ms = window_of(scenario.start_date, scenario.end_date)
    warmup = global_warmup_minutes(config)
    low = int(np.searchsorted(data.timestamps, start_ms - warmup * MINUTE_MS, side="left"))
    high = int(np.searchsorted(data.timestamps, end_ms, side="right"))
    if high - low < 2:
        raise ConfigError(f"scenario {shown}: no candles from {scenario.start_date} to {scenario.end_date}")
    columns = tuple(place for place, item in enumerate(data.coins) if item.coin in set(ground.coins))
    if not columns:
        raise ConfigError(f"scenario {shown}: none of its coins has candles", hint="see its coins and exchanges")
    dropped = low * data.interval_minutes + data.trimmed_minutes
    bars, interval = high - low, data.interval_minutes
    last_minute = bars * interval - 1

    def bars_of(first: int, last: int) -> tuple[int, int]:
        begin = min(max(0, first - dropped), last_minute)
        end = max(begin, min(max(0, last - dropped), last_minute))
        return min(math.ceil(begin / interval), bars), min(end // interval, bars - 1)

    return Window(
        hlcvs=data.hlcvs[low:high],
        btc_usd=data.btc_usd[low:high],
        first_ms=int(data.timestamps[low]),
        requested_start_ms=start_ms,
        warmup_bars=math.ceil(warmup / interval),
        coins=tuple(data.coins[place] for place in columns),
        columns=columns,
        valid=tuple(bars_of(data.coins[place].first_minute, data.coins[place].last_minute) for place in columns),
        interval_minutes=interval,
    )


def _coins(scenario: Scenario, data: Dataset) -> tuple[str, ...]:
    """Return the coins of a dataset that a scenario asks for."""
    return tuple(item.coin for item in data.coins if scenario.coins is None or item.coin in scenario.coins)
