"""Recorded candles through each venue's archive format and dialect: what comes back is what was recorded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from sources_support import InstantClock, at, same
from venue_support import venue

from pbtui.core.clock import DAY_MS
from pbtui.exchange.public import EndpointOverrides
from pbtui.market.sources import Downloader, VenueArchive
from pbtui.market.store.rows import MINUTE, Rows
from tests.support.archive_server import ArchiveServer


def recorded(path: Path, start: int, end: int) -> Rows:
    table = pq.read_table(path)
    ts = table["timestamp"].cast("int64").to_numpy()
    inside = (ts >= start) & (ts < end)
    rows = np.empty(int(inside.sum()), dtype=MINUTE)
    rows["ts"] = ts[inside]
    for name, column in zip(("o", "h", "l", "c", "bv"), ("open", "high", "low", "close", "volume"), strict=True):
        rows[name] = table[column].to_numpy()[inside]
    return rows


@pytest.mark.parametrize(
    ("exchange", "folder", "coin", "code", "start"),
    [
        ("binance", "binanceusdm_2026-01", "1000PEPE", "1000PEPEUSDT", "2026-01-20"),
        ("bybit", "bybit", "BTC", "BTCUSDT", "2025-06-10"),
    ],
)
async def test_archive_and_venue_agree_with_the_recording(
    exchange: str, folder: str, coin: str, code: str, start: str, tmp_path: Path, candles_dir: Path
) -> None:
    first = at(start)
    rows = recorded(candles_dir / folder / f"{coin}.parquet", first, first + 7 * DAY_MS)
    end, clock = first + 6 * DAY_MS + 3_600_000, InstantClock()
    with ArchiveServer({exchange: {code: rows}}) as server:
        async with venue(exchange, tmp_path, {coin: rows}, now_ms=first + 7 * DAY_MS - 30_000, clock=clock) as made:
            download = Downloader(clock)
            markets = await made.feed.markets()
            made.archive = VenueArchive(
                exchange, download, markets=markets, endpoints=EndpointOverrides.all_to(server.base_url)
            )
            done = await made.ensure(first, end, coin=coin)
            await download.close()
            assert done.holes == ()
            assert same(made.stored(coin=coin), rows[rows["ts"] < end], volume=1e-6)
            assert len(server.requests) == 3, "the days that ended three days before now"
            asked = len(made.server.candle_requests())
            assert 3 <= asked <= 8, "the rest"
            assert markets[made.symbol(coin)].id == code
