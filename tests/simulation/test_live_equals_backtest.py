"""The live loop on recorded minutes makes the backtester's fills, every one of them, to the last bit."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from twins import Made, Twins

SIX = ("ADA", "BNB", "ETH", "LTC", "SOL", "XRP")
CASES = {
    "single long": ("paper.hjson", ("SOL",), {"bot.long.n_positions": 1, "bot.short.total_wallet_exposure_limit": 0}),
    "hedge": ("hedge_trailing.hjson", ("ETH",), {}),
    "forager of six": ("paper.hjson", SIX, {}),
}


ONE_WAY = {"live.hedge_mode": False, "bot.short.n_positions": 2, "bot.short.total_wallet_exposure_limit": 0.8}
NO_RANGES = {f"bot.{pside}.entry_grid_spacing_volatility_weight": 0 for pside in ("long", "short")}
# A weight that changes no order, as nothing trails: it makes the backtester follow log ranges, as live always does.
FOLLOW_RANGES = {f"bot.{pside}.entry_trailing_threshold_volatility_weight": 1 for pside in ("long", "short")}
# Where live bots usually choose other coins and sides than backtests (orchestrator.md 3.4, 7.3; backtest.md 2.6).
CHOICES = {"one-way": (ONE_WAY, {}), "ranked by ranges that no order depends on": (NO_RANGES, FOLLOW_RANGES)}


@pytest.mark.parametrize("name", CASES)
async def test_every_fill_is_the_backtesters(name: str, tmp_path: Path, candles_dir: Path) -> None:
    example, coins, values = CASES[name]
    backtest = await equal_fills(Twins(example, coins, values, candles_dir / "binanceusdm"), tmp_path)
    assert len(backtest) > 100
    assert len({fill.coin for fill in backtest}) >= min(len(coins), 5)  # the least traded may never be chosen


@pytest.mark.parametrize("name", CHOICES)
async def test_coins_and_sides_are_chosen_alike(name: str, tmp_path: Path, candles_dir: Path) -> None:
    values, also = CHOICES[name]
    twins = Twins("paper.hjson", SIX, values, candles_dir / "binanceusdm", days=2)
    assert len(await equal_fills(twins, tmp_path, also)) > 50


async def equal_fills(twins: Twins, home: Path, also: Mapping[str, Any] | None = None) -> list[Made]:
    """Run both, the backtester with values of its own; return their fills once they are found to be the same."""
    live, backtest = await twins.live(home), await twins.backtest(also=also)
    apart = [pair for pair in zip(live, backtest, strict=False) if pair[0] != pair[1]]
    assert apart[:1] == []
    assert len(live) == len(backtest)
    return backtest
