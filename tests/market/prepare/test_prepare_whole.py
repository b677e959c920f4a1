"""Whole datasets against the minute-by-minute reading of the text."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import naive_dataset as naive
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prepare_support import MAY_31, HeldRows, World, minutes, request, rows_of, symbol_of, venue

from pbtui.core.clock import MINUTE_MS
from pbtui.core.errors import DataError
from pbtui.market.store.rows import Rows

END = MAY_31 + (1440 + 97) * MINUTE_MS  # the window crosses the end of the month
NAMES = ("binance", "bybit", "okx")
COINS = ("ADA", "BTC", "SOL", "XRP")


def often(usual: st.SearchStrategy[Any], rare: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.integers(0, 9).flatmap(lambda n: rare if n == 0 else usual)


@st.composite
def feeds(draw: st.DrawFn) -> Rows:
    """Candles of one coin on one exchange: part of the window, with holes, sometimes without any volume."""
    begin = END - draw(often(st.sampled_from([260, 200, 150, 90]), st.integers(1, 300))) * MINUTE_MS
    count = draw(often(st.just(300), st.integers(1, 300)))
    holes = draw(st.lists(st.tuples(st.integers(0, 250), often(st.integers(1, 9), st.integers(9, 60))), max_size=3))
    missing = {begin + i * MINUTE_MS for start, length in holes for i in range(start, start + length)}
    volume = draw(often(st.sampled_from([3.0, 10.0, 500.0]), st.just(0.0)))
    kept = [ts for ts in minutes(begin, count) if ts not in missing]
    return rows_of(kept, seed=draw(st.integers(0, 999)), volume=volume)


@st.composite
def worlds(draw: st.DrawFn) -> dict[str, Any]:
    names = draw(st.sampled_from([NAMES[:1], NAMES[1:2], NAMES[:2], NAMES[:2], NAMES]))
    listed = {name: [coin for coin in COINS if draw(st.integers(0, 7))] for name in names}
    forced = st.dictionaries(st.sampled_from(COINS), st.sampled_from(names), min_size=1, max_size=3)
    return {
        "candles": {name: {coin: draw(feeds()) for coin in coins} for name, coins in listed.items()},
        "coins": draw(often(st.just(list(COINS)), st.lists(st.sampled_from(COINS), min_size=1, unique=True))),
        "start": END - draw(st.sampled_from([240, 200, 160, 75, 30])) * MINUTE_MS,
        "tolerance": draw(often(st.sampled_from([12.0, 30.0, 120.0]), st.just(1.0))),
        "interval": draw(st.sampled_from([1, 1, 2, 5, 7, 13, 60])),
        "forced": draw(st.one_of(st.just({}), forced)),
    }


def as_real(rows: Rows) -> naive.Real:
    return {int(r["ts"]): (float(r["h"]), float(r["l"]), float(r["c"]), float(r["bv"])) for r in rows}


def expected(case: dict[str, Any]) -> naive.Naive | None:
    world = {name: {coin: as_real(rows) for coin, rows in coins.items()} for name, coins in case["candles"].items()}
    try:
        return naive.dataset(
            world, case["coins"], case["start"], END, case["tolerance"], case["interval"], case["forced"]
        )
    except naive.Impossible:
        return None


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(worlds())
def test_dataset_equals_the_text(case: dict[str, Any]) -> None:
    candles = case["candles"]
    asked = request(
        exchanges=tuple(candles),
        coins=tuple(case["coins"]),
        requested_start_ms=case["start"] + 20 * MINUTE_MS,
        warmup_minutes=20,
        end_ms=END,
        interval_minutes=case["interval"],
        gap_tolerance_minutes=case["tolerance"],
        coin_sources=case["forced"],
    )
    with tempfile.TemporaryDirectory() as folder:
        world = World(
            {name: venue(name, coins) for name, coins in candles.items()},
            {name: HeldRows({symbol_of(c): r for c, r in coins.items()}) for name, coins in candles.items()},
            Path(folder),
        )
        wanted = expected(case)
        if wanted is None:
            with pytest.raises(DataError, match=r"no coin is left|no candles of BTC|cannot be compared|do not fill"):
                world.prepare(asked)
            return
        for _ in range(2):  # made, then found
            found = world.prepare(asked)
            assert [item.coin for item in found.coins] == wanted.coins
            assert [item.ohlcv_source for item in found.coins] == wanted.sources
            assert [(item.first_valid, item.last_valid) for item in found.coins] == wanted.valid
            assert found.timestamps.tolist() == wanted.stamps
            assert found.btc_usd.tolist() == wanted.btc
            columns = np.array(wanted.bars).transpose(1, 0, 2)
            assert np.array_equal(found.hlcvs[:, :, :3], columns[:, :, :3], equal_nan=True)
            np.testing.assert_allclose(found.hlcvs[:, :, 3], columns[:, :, 3], rtol=1e-12)
