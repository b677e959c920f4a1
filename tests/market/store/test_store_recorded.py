"""Recorded candles of real venues: every value comes back in single precision, holes where the venue had them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from shelf_support import ALL, Kept

from pbtui.core.clock import MINUTE_MS
from pbtui.market.recordings import find_sources
from pbtui.market.store.rows import FIELDS, MINUTE


@pytest.mark.parametrize(("venue", "coin"), [("binance_spot_2021", "BTC"), ("binanceusdm", "DOGE"), ("bybit", "ETH")])
def test_recorded_candles_come_back(candles_dir: Path, kept: Kept, venue: str, coin: str) -> None:
    recording = find_sources(candles_dir / venue)[coin].load()
    rows = np.empty(len(recording.ts_ms), MINUTE)
    rows["ts"] = recording.ts_ms
    for name, values in zip(FIELDS, recording.values, strict=True):
        rows[name] = values
    symbol = f"{coin}/USDT:USDT"
    half = len(rows) // 2
    assert kept.store.write(symbol, rows[half:]) + kept.store.write(symbol, rows[: half + 9]) == len(rows) + 9
    assert kept.troubles == []
    found = kept.fresh().read(symbol, *ALL)
    assert np.array_equal(found, rows)
    steps = np.flatnonzero(np.diff(rows["ts"]) > MINUTE_MS)
    holes = [(int(rows["ts"][i]) + MINUTE_MS, int(rows["ts"][i + 1])) for i in steps]
    assert list(kept.fresh().coverage(symbol).holes) == holes
    assert (len(holes) > 0) == (venue == "binance_spot_2021")
    assert kept.store.verify(symbol) == []
