"""The live loop on recorded minutes makes the backtester's fills, every one of them, to the last bit."""

from __future__ import annotations

from pathlib import Path

import pytest
from twins import Twins

SIX = ("ADA", "BNB", "ETH", "LTC", "SOL", "XRP")
CASES = {
    "single long": ("paper.hjson", ("SOL",), {"bot.long.n_positions": 1, "bot.short.total_wallet_exposure_limit": 0}),
    "hedge": ("hedge_trailing.hjson", ("ETH",), {}),
    "forager of six": ("paper.hjson", SIX, {}),
}


@pytest.mark.parametrize("name", CASES)
async def test_every_fill_is_the_backtesters(name: str, tmp_path: Path, candles_dir: Path) -> None:
    example, coins, values = CASES[name]
    twins = Twins(example, coins, values, candles_dir / "binanceusdm")
    live, backtest = await twins.live(tmp_path), await twins.backtest()
    apart = [pair for pair in zip(live, backtest, strict=False) if pair[0] != pair[1]]
    assert apart[:1] == []
    assert len(live) == len(backtest) > 100
    assert len({fill.coin for fill in backtest}) >= min(len(coins), 5)  # the least traded may never be chosen
