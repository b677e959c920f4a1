"""From nothing to a dataset: the callable that preparation asks for, over a venue and its archive on the loopback."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from sources_support import at, line_of, same, walk
from store_support import store_at
from venue_support import NOW

from pbtui.core.clock import DAY_MS, MINUTE_MS
from pbtui.core.errors import ConfigError, ExchangeError
from pbtui.core.types import Market
from pbtui.exchange.public import Endpoints
from pbtui.market.ensuring import Ensuring
from pbtui.market.prepare import DatasetCache, Request, StoreRows, Supplies, Venue, prepare
from pbtui.market.store.spans import Stretch
from pbtui.market.venue_access import Access
from tests.support.archive_server import ArchiveServer, Spoil
from tests.support.hasty_clock import HastyClock
from tests.support.kline_server import KlineServer

ROWS = walk("2025-05-20", 22, seed=5)
BTC = walk("2025-05-20", 22, seed=6, price=100_000.0)
SOL = "SOL/USDT:USDT"
START, END = at("2025-05-31"), at("2025-06-10")


@pytest.fixture
def servers() -> Iterator[tuple[KlineServer, ArchiveServer]]:
    with (
        KlineServer("binance", {"SOL": ROWS, "BTC": BTC}, now_ms=NOW) as venue,
        ArchiveServer({"binance": {"SOLUSDT": ROWS, "BTCUSDT": BTC}}) as archive,
    ):
        yield venue, archive


def endpoints(venue: KlineServer, archive: ArchiveServer) -> Endpoints:
    rest = {
        "rewrite_domains": {"*": venue.base_url},
        "url_overrides": {"archive": f"{archive.base_url}/data.binance.vision"},
    }
    return Endpoints(venues={"binanceusdm": {"rest": rest, "disable_ws": True}})


def access(folder: Path, venue: KlineServer, archive: ArchiveServer, *, archives: bool = True) -> Access:
    return Access(folder, HastyClock(), pytest.fail, endpoints(venue, archive), archives)


def between(start: int, end: int) -> np.ndarray:
    return ROWS[(ROWS["ts"] >= start) & (ROWS["ts"] < end)]


async def test_a_dataset_is_fetched_once_and_made_again_without_network(
    tmp_path: Path, servers: tuple[KlineServer, ArchiveServer]
) -> None:
    venue, archive = servers
    root = tmp_path / "caches" / "ohlcv"
    store = store_at(root, "binance")
    market = Market(SOL, "SOL", qty_step=0.1, price_step=0.001, min_qty=0.1, min_cost=5.0)
    request = Request(exchanges=("binance",), coins=("SOL",), requested_start_ms=START, end_ms=END, warmup_minutes=600)

    async def make() -> np.ndarray:
        async with Ensuring(lambda _: store, access(tmp_path, *servers)) as ensuring:
            supplies = Supplies(
                venue=lambda name: Venue(name, {SOL: market}, {}),
                store=lambda name: StoreRows(store, root / name),
                ensure=ensuring,
            )
            return (await prepare(request, supplies, DatasetCache(tmp_path), now_ms=NOW)).hlcvs

    expected = between(START - 600 * MINUTE_MS, END + MINUTE_MS)
    first = await make()
    assert np.array_equal(first[:, 0, 2], expected["c"].astype(np.float64))
    assert len(archive.asked("daily")) > 0
    assert (tmp_path / "caches" / "binance" / "markets.json").is_file()
    asked = len(venue.requests), len(archive.requests)
    again = await make()
    assert np.array_equal(again, first)
    assert (len(venue.requests), len(archive.requests)) == asked, "complete data need no network at all"


async def test_what_came_of_it_is_told_and_a_venue_is_opened_once(
    tmp_path: Path, servers: tuple[KlineServer, ArchiveServer]
) -> None:
    venue, archive = servers
    store = store_at(tmp_path, "binance")
    async with Ensuring(lambda _: store, access(tmp_path, *servers, archives=False)) as ensuring:
        for day in range(2):
            start = START + day * DAY_MS
            done = await ensuring("binance", SOL, start, start + DAY_MS)
            assert done.rows_added == 1440
        assert same(store.read(SOL, 0, 1 << 62), between(START, START + 2 * DAY_MS))
        assert (await ensuring("binance", SOL, START, START + DAY_MS)).rows_added == 0
        assert (await ensuring("binance", SOL, NOW + DAY_MS * 9_000, NOW + DAY_MS * 9_001)).holes == ()
    assert archive.requests == []
    assert sum("exchangeInfo" in each for each in venue.requests) == 1


async def test_a_venue_out_of_reach_is_one_error_and_the_next_call_may_succeed(
    tmp_path: Path, servers: tuple[KlineServer, ArchiveServer]
) -> None:
    venue, _ = servers
    stores = {name: store_at(tmp_path, name) for name in ("binance", "nowhere")}
    async with Ensuring(stores.__getitem__, access(tmp_path, *servers)) as ensuring:
        venue.spoil(Spoil(status=503, body=b"<html>maintenance</html>", times=1000))
        with pytest.raises(ExchangeError) as error:
            await ensuring("binance", SOL, START, START + DAY_MS)
        assert "binance" in line_of(error)
        assert len(stores["binance"].read(SOL, 0, 1 << 62)) == 0
        venue.spoils.heal()
        assert (await ensuring("binance", SOL, START, START + DAY_MS)).rows_added == 1440
        with pytest.raises(ConfigError):
            await ensuring("nowhere", SOL, START, START + DAY_MS)


async def test_gaps_given_up_are_asked_for_again_when_forced(
    tmp_path: Path, servers: tuple[KlineServer, ArchiveServer]
) -> None:
    venue, _ = servers
    store = store_at(tmp_path, "binance")
    end = START + DAY_MS
    store.write(SOL, between(START, end - 30 * MINUTE_MS))
    store.note_gaps(SOL, [Stretch(end - 30 * MINUTE_MS, end)], "no_trades", retry_count=3)
    async with Ensuring(lambda _: store, access(tmp_path, *servers, archives=False)) as ensuring:
        (hole,) = (await ensuring("binance", SOL, START, end)).holes
        assert (hole.start_ms, hole.end_ms) == (end - 30 * MINUTE_MS, end)
        assert venue.requests == []
    async with Ensuring(lambda _: store, access(tmp_path, *servers, archives=False), refetch_gaps=True) as forced:
        assert (await forced("binance", SOL, START, end)).rows_added == 30
    assert same(store.read(SOL, 0, 1 << 62), between(START, end))
