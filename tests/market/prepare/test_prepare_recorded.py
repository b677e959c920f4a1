"""Datasets of recorded candles: seven coins that Binance and Bybit share."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from prepare_support import World, recorded, request, venue

from pbtui.market.prepare import Dataset, Request
from pbtui.market.prepare.request import window_of
from pbtui.market.recordings import find_sources

SHARED = ("ADA", "BNB", "BTC", "DOGE", "DOT", "ETH", "SOL")


def asked(**values: object) -> Request:
    start, end = window_of("2025-05-29", "2025-06-24")
    given = {"exchanges": ("binance", "bybit"), "coins": SHARED, "requested_start_ms": start, "end_ms": end}
    return request(**given | values)


@pytest.fixture(scope="module")
def world(candles_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> World:
    venues = {"binance": "binanceusdm", "bybit": "bybit"}
    return World(
        {name: venue(name, SHARED) for name in venues},
        {name: recorded(candles_dir / folder, SHARED) for name, folder in venues.items()},
        tmp_path_factory.mktemp("datasets"),
    )


@pytest.fixture(scope="module")
def combined(world: World) -> Dataset:
    return world.prepare(asked())


def test_binance_begins_first_and_supplies_every_coin(combined: Dataset) -> None:
    assert [item.coin for item in combined.coins] == list(SHARED)
    assert {item.ohlcv_source for item in combined.coins} == {"binance"}
    assert combined.hlcvs.shape == (26 * 1440 + 1, 7, 4)
    assert not np.isnan(combined.hlcvs).any()
    assert {item.volume_factor for item in combined.coins} == {1.0}
    assert combined.notes == ()


def test_values_are_the_recorded_ones_in_float32(combined: Dataset, candles_dir: Path) -> None:
    for column, item in enumerate(combined.coins):
        recording = find_sources(candles_dir / "binanceusdm")[item.coin].load()
        first = int(np.searchsorted(recording.ts_ms, combined.first_ms))
        for field, values in enumerate(recording.values[1:]):
            wanted = values[first : first + len(combined.timestamps)].astype(np.float32).astype(np.float64)
            assert np.array_equal(combined.hlcvs[:, column, field], wanted), (item.coin, field)
    assert combined.btc_usd.tolist() == combined.hlcvs[:, 2, 2].tolist()


def test_a_forced_source_is_made_comparable(world: World, combined: Dataset) -> None:
    forced = world.prepare(asked(coin_sources={"ETH": "bybit"}))
    eth = SHARED.index("ETH")
    assert forced.coins[eth].ohlcv_source == "bybit"
    factor = forced.coins[eth].volume_factor
    assert 1.5 < factor < 5.0  # Binance trades some times what Bybit does
    begins = forced.coins[eth].first_valid
    own = world.stores["bybit"].rows["ETH/USDT:USDT"]
    at = forced.timestamps[begins:]
    held = own[np.isin(own["ts"], at)]
    assert np.array_equal(forced.hlcvs[begins:, eth, 3], held["bv"].astype(np.float64) * factor)
    assert np.array_equal(forced.hlcvs[begins:, eth, 2], held["c"].astype(np.float64))
    assert np.isnan(forced.hlcvs[:begins, eth]).all()
    others = [i for i in range(7) if i != eth]
    assert np.array_equal(forced.hlcvs[:, others], combined.hlcvs[:, others])
    assert any("ETH on bybit: candles begin only at 2025-05-29 1" in note for note in forced.notes)


def test_one_exchange_is_the_same_candles(world: World, combined: Dataset) -> None:
    alone = world.prepare(asked(exchanges=("binance",)))
    assert np.array_equal(alone.hlcvs, combined.hlcvs)
    assert alone.path == combined.path  # equal content is kept once
