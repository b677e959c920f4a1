"""The invented market: the same for the same seed from any start, plausible, and with everything that hurts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pbtui.core.clock import DAY_MS, MINUTE_MS
from pbtui.core.errors import ConfigError
from pbtui.exchange.port import Candles
from pbtui.market.synthetic import FIRST_MS, SyntheticFeed

DAYS = 40


async def history(seed: int, symbol: str = "SOL/USDT:USDT", days: int = DAYS) -> Candles:
    return await SyntheticFeed(seed).candles(symbol, "1m", 0, FIRST_MS + days * DAY_MS)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 6 * 1440), st.integers(1, 5))
def test_a_restart_anywhere_finds_the_same_market(minute: int, seed: int) -> None:
    ts = FIRST_MS + minute * MINUTE_MS
    walked, jumped = SyntheticFeed(seed), SyntheticFeed(seed)
    for day in range(minute // 1440 + 1):
        walked.bars(FIRST_MS + day * DAY_MS)
    assert walked.bars(ts) == jumped.bars(ts)
    assert jumped.bars(ts) == SyntheticFeed(seed, coins=("BTC", "ETH", "SOL", "XRP", "ADA", "DOGE")).bars(ts)


async def test_bars_and_candles_agree_and_days_join() -> None:
    feed = SyntheticFeed(7)
    symbol = "ETH/USDT:USDT"
    candles = await feed.candles(symbol, "1m", FIRST_MS - 3 * DAY_MS, FIRST_MS + 10 * DAY_MS)
    assert candles.ts_ms[0] >= FIRST_MS - 2 * DAY_MS
    assert np.all(np.diff(candles.ts_ms) > 0)
    late = [feed.bars(int(ts)).get(symbol) for ts in candles.ts_ms[-50:]]
    assert [bar.close for bar in late if bar] == candles.close[-50:].tolist()
    following = np.diff(candles.ts_ms) == MINUTE_MS
    assert np.array_equal(candles.open[1:][following], candles.close[:-1][following])


async def test_candles_make_sense_and_stay_plausible() -> None:
    feed = SyntheticFeed(2)
    markets = await feed.markets()
    assert len(markets) >= 5
    for symbol, market in markets.items():
        c = await feed.candles(symbol, "1m", 0, FIRST_MS + DAYS * DAY_MS)
        assert np.all((c.low <= np.minimum(c.open, c.close)) & (c.high >= np.maximum(c.open, c.close)))
        assert np.all((c.low > 0) & (c.volume >= 0))
        assert c.close.min() / c.close[0] > 0.2
        assert c.close.max() / c.close[0] < 5.0
        steps = c.close / market.price_step
        assert np.allclose(steps, np.round(steps), rtol=1e-6, atol=0)
        assert market.min_qty * c.close.max() < 20.0


async def test_jumps_regimes_flat_stretches_and_gaps_all_occur() -> None:
    c = await history(3)
    moves = np.abs(np.diff(np.log(c.close)))
    assert moves.max() > 0.01
    hourly = moves[: len(moves) // 60 * 60].reshape(-1, 60).std(axis=1)
    assert np.percentile(hourly, 90) > 3 * np.percentile(hourly, 10)
    still = (c.high == c.low) & (c.volume == 0)
    assert 10 < still.sum() < len(c) / 5
    gaps = np.diff(c.ts_ms) // MINUTE_MS - 1
    assert gaps.max() >= 2
    assert 0 < gaps.sum() < 0.02 * len(c)


async def test_seeds_and_coins_differ_but_move_together() -> None:
    btc, eth = [await history(1, f"{coin}/USDT:USDT", 20) for coin in ("BTC", "ETH")]
    other = await history(2, "BTC/USDT:USDT", 20)
    assert not np.array_equal(btc.close[:100], other.close[:100])
    _, i, j = np.intersect1d(btc.ts_ms, eth.ts_ms, return_indices=True)
    together = np.corrcoef(np.diff(np.log(btc.close[i])), np.diff(np.log(eth.close[j])))[0, 1]
    assert 0.1 < together < 0.95


async def test_memory_stays_flat_over_a_long_run() -> None:
    feed = SyntheticFeed(1, coins=("BTC", "SOL"))
    for day in range(30):
        assert feed.bars(FIRST_MS + day * DAY_MS + 5 * MINUTE_MS) is not None
    assert len(feed._days) <= 8  # pyright: ignore[reportPrivateUsage]
    assert feed.bars(FIRST_MS - 30 * DAY_MS) == {}


def test_a_stranger_is_refused_and_the_market_has_a_name() -> None:
    with pytest.raises(ConfigError, match="has no ZZZ"):
        SyntheticFeed(1, coins=("BTC", "ZZZ"))
    assert SyntheticFeed(1).market_name != SyntheticFeed(2).market_name
    assert SyntheticFeed(1, first_ms=FIRST_MS + DAY_MS).market_name != SyntheticFeed(1).market_name
