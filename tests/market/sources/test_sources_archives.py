"""Archives in each venue's real format over HTTP: the right rows, only real ones."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from sources_support import CODES, ROWS, at, day_of, same, walk

from pbtui.core.clock import DAY_MS
from pbtui.core.types import Market
from pbtui.exchange.public import EndpointOverrides
from pbtui.exchange.public.endpoints import Rewrites
from pbtui.market.sources import VenueArchive, has_archive
from pbtui.market.sources.archives import archive_base, codes_of
from tests.support.archive_server import ArchiveServer
from tests.support.archive_server.formats import CONTRACT, bybit

SOL = "SOL/USDT:USDT"
TRADED_ONLY = {"kucoin", "bybit"}


def market(symbol: str, **given: object) -> Market:
    return Market(symbol, symbol.partition("/")[0], 0.1, 0.01, 0.1, 5.0, **given)  # type: ignore[arg-type]


def traded(rows: np.ndarray) -> np.ndarray:
    return rows[rows["bv"] > 0]


@pytest.mark.parametrize("exchange", list(CODES))
async def test_a_day_of_each_venue_comes_back_as_it_was(
    exchange: str, archive_of: Callable[..., VenueArchive], archives: ArchiveServer
) -> None:
    archive = archive_of(exchange, markets={SOL: market(SOL, c_mult=CONTRACT if exchange == "kucoin" else 1.0)})
    assert archive.covers(exchange)
    assert has_archive(exchange)
    # Days with and without a header, in seconds and in milliseconds, before and after an address changed.
    for day in range(at("2024-04-16"), at("2024-04-21"), DAY_MS):
        expected = day_of(ROWS, day)
        assert 100 < len(expected) - len(traded(expected)) < 200
        expected = traded(expected) if exchange in TRADED_ONLY else expected
        assert same(await archive.day(SOL, day), expected, volume=1e-6)
    assert await archive.day(SOL, at("2023-01-01")) is None
    assert len(archives.requests) == 6 if exchange != "kucoin" else len(archives.requests) >= 6


async def test_only_one_venue_files_whole_months(archive_of: Callable[..., VenueArchive]) -> None:
    april = ROWS[(ROWS["ts"] >= at("2024-04-01")) & (ROWS["ts"] < at("2024-05-01"))]
    binance = archive_of("binance")
    assert binance.has_months
    assert same(await binance.month(SOL, at("2024-04-01")), april)
    assert await binance.month(SOL, at("2023-12-01")) is None
    for exchange in ("bitget", "kucoin", "bybit"):
        assert not archive_of(exchange).has_months
        assert await archive_of(exchange).month(SOL, at("2024-04-01")) is None


async def test_half_a_day_stays_half_a_day(archive_of: Callable[..., VenueArchive], archives: ArchiveServer) -> None:
    last = at("2024-05-03")
    for exchange, code in CODES.items():
        rows = ROWS[(ROWS["ts"] < last + DAY_MS // 2) & (ROWS["bv"] > 0)]
        archives.books[exchange][code] = np.delete(rows, slice(len(rows) - 300, len(rows) - 200))
        found = await archive_of(exchange).day(SOL, last)
        assert found is not None
        assert np.array_equal(found["ts"], day_of(archives.books[exchange][code], last)["ts"]), "nothing is padded"


async def test_recorded_trades_that_run_backwards_give_the_same_minutes() -> None:
    import io

    from pbtui.market.sources.bodies import Gunzipped
    from pbtui.market.sources.rows import sound_rows
    from pbtui.market.sources.tables import minutes_of_trades

    day = at("2024-04-16")
    rows = traded(day_of(ROWS, day))
    for backwards in (False, True):
        body = io.BytesIO(bybit(rows, "SOLUSDT", day, backwards=backwards))
        table = minutes_of_trades(Gunzipped(body, most=1 << 24), day, day + DAY_MS)
        assert same(sound_rows(table, day, day + DAY_MS), rows, volume=1e-6)


async def test_a_coin_by_the_thousand_is_found_under_its_own_code(
    archive_of: Callable[..., VenueArchive], archives: ArchiveServer
) -> None:
    pepe = "1000PEPE/USDT:USDT"
    rows = walk("2024-04-16", 1, seed=5, price=0.008 * 1000)
    archives.books["binance"]["1000PEPEUSDT"] = rows
    known = market(pepe, id="1000PEPEUSDT")
    assert same(await archive_of("binance", markets={pepe: known}).day(pepe, at("2024-04-16")), rows)
    assert same(await archive_of("binance").day(pepe, at("2024-04-16")), rows), "without market data too"


@pytest.mark.parametrize(
    ("exchange", "symbol", "told", "codes"),
    [
        ("binance", "BTC/USDT:USDT", "", ("BTCUSDT",)),
        ("bybit", "SHIB1000/USDT:USDT", "SHIB1000USDT", ("SHIB1000USDT",)),
        ("bitget", "PEPE/USDT:USDT", "PEPEUSDT_UMCBL", ("PEPEUSDT",)),
        ("kucoin", "BTC/USDT:USDT", "XBTUSDTM", ("XBTUSDTM", "BTCUSDTM")),
        ("kucoin", "SOL/USDT:USDT", "", ("SOLUSDTM",)),
        ("binance", "BTC/USDT:USDT", "../../etc/passwd", ("BTCUSDT",)),
    ],
)
def test_codes(exchange: str, symbol: str, told: str, codes: tuple[str, ...]) -> None:
    assert codes_of(exchange, symbol, market(symbol, id=told)) == codes


async def test_the_spelling_that_was_found_is_kept(
    archive_of: Callable[..., VenueArchive], archives: ArchiveServer
) -> None:
    archives.books["kucoin"]["BTCUSDTM"] = ROWS
    archive = archive_of("kucoin")
    for day in range(at("2024-04-16"), at("2024-04-19"), DAY_MS):
        assert await archive.day("BTC/USDT:USDT", day) is not None
    assert len(archives.asked("XBTUSDTM")) == 1
    assert len(archives.asked("BTCUSDTM-1m")) == 3


def test_addresses_can_be_changed() -> None:
    assert archive_base("binance", None) == "https://data.binance.vision"
    own = EndpointOverrides(rest=Rewrites(overrides={"archive": "http://mirror.example/b/"}))
    assert archive_base("binance", own) == "http://mirror.example/b"
    moved = EndpointOverrides(rest=Rewrites(domains={"data.binance.vision": "https://mirror.example/x"}))
    assert archive_base("binance", moved) == "https://mirror.example/x"
    assert archive_base("bybit", moved) == "https://public.bybit.com"
