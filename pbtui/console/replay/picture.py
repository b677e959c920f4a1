"""Candles up to the minute looked at, with the orders then wanted and the fills made so far. For threads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pbtui.console.backtest.around import Around
from pbtui.core.snapshot import Chart, Level

if TYPE_CHECKING:
    from pbtui.backtest.replay import Replay
    from pbtui.backtest.replay_told import Step

CANDLES = 240


def picture_of(replay: Replay, step: Step, coin: str) -> Around | None:
    """Return the chart of a coin at a step, nothing of what came later in it; None where the coin has no candles."""
    own = replay.rules.ranges[replay.coins.index(coin)]
    start, end = max(own.first, step.bar - CANDLES + 1), min(step.bar, own.last) + 1
    rows = replay.run.inputs.hlcvs[start:end, own.column, :3]
    bars = np.arange(start, max(start, end))[np.isfinite(rows).all(axis=1)]
    rows = rows[np.isfinite(rows).all(axis=1)]
    if not len(rows):
        return None
    high, low, close = (rows[:, column].tolist() for column in range(3))
    times = [replay.time_ms(int(bar)) for bar in bars]
    levels = [Level(one.kind, one.pside, one.price, one.qty) for one in step.of(coin)]
    levels += [Level("entry(pos)", row.pside, row.entry) for row in step.held if row.coin == coin]
    chart = Chart(
        symbol=coin,
        timeframe="1m",
        ts_ms=tuple(times),
        open=(close[0], *close[:-1]),  # runs are made without opens: a candle begins where the last one closed
        high=tuple(high),
        low=tuple(low),
        close=tuple(close),
        levels=tuple(levels),
        price_decimals=replay.decimals(coin)[0],
    )
    near = [fill for fill in replay.fills_of(coin) if times[0] <= fill.time_ms <= step.time_ms]
    marks = tuple((fill.time_ms, fill.qty > 0, fill.time_ms == step.time_ms) for fill in near)
    return Around(chart, replay.run.name, step.time_ms, marks)
