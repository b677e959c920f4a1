"""Bodies, statuses and connections that are wrong: the right rows after another try, or one clear line."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import numpy as np
import pytest
from sources_support import CODES, ROWS, InstantClock, at, day_of, line_of, same

from pbtui.core.clock import DAY_MS
from pbtui.core.errors import ExchangeError, RateLimited, VenueUnreachable
from pbtui.exchange.public import EndpointOverrides
from pbtui.market.sources import Downloader, Patience, VenueArchive
from pbtui.market.sources.rows import BadBody
from tests.support.archive_server import ArchiveServer, Spoil
from tests.support.archive_server.formats import binance_csv, file_at, workbook, zipped
from tests.support.archive_server.spoils import HTML, bomb

SOL = "SOL/USDT:USDT"
DAY = at("2024-04-16")
EXPECTED = day_of(ROWS, DAY)
TRADED = EXPECTED[EXPECTED["bv"] > 0]
ZIPS = ("binance", "bitget", "kucoin")


def expected_of(exchange: str) -> np.ndarray:
    return TRADED if exchange in {"kucoin", "bybit"} else EXPECTED


def assert_right(exchange: str, found: np.ndarray | None) -> None:
    volume = 1000.0 if exchange == "kucoin" else 1.0  # contracts, as no market is known here
    assert found is not None
    found["bv"] /= volume
    assert same(found, expected_of(exchange), volume=1e-5)


@pytest.mark.parametrize("exchange", list(CODES))
@pytest.mark.parametrize(
    "spoil",
    [
        Spoil(keep=0.6),
        Spoil(cut=0.5),
        Spoil(flip=200),
        Spoil(body=HTML),
        Spoil(body=b""),
        Spoil(status=503),
        Spoil(status=429, headers={"Retry-After": "7"}),
    ],
    ids=["truncated", "cut connection", "flipped byte", "a page with status 200", "empty", "503", "429"],
)
async def test_one_bad_answer_is_asked_for_again(
    exchange: str,
    spoil: Spoil,
    archive_of: Callable[..., VenueArchive],
    archives: ArchiveServer,
    clock: InstantClock,
) -> None:
    archives.spoil(spoil)
    assert_right(exchange, await archive_of(exchange).day(SOL, DAY))
    assert len(archives.requests) == 2
    if spoil.status == 429:
        assert sum(clock.slept) == pytest.approx(7.0, abs=0.5), "as long as the server said"


@pytest.mark.parametrize("exchange", list(CODES))
@pytest.mark.parametrize(
    ("spoil", "kind", "words"),
    [
        (Spoil(keep=0.6, times=9), BadBody, ("no sound zip", "cut short")),
        (Spoil(cut=0.5, times=9), VenueUnreachable, ("",)),
        (Spoil(body=HTML, times=9), BadBody, ("a page instead of a file", "no sound gzip")),
        (Spoil(status=500, times=9), VenueUnreachable, ("answers 500",)),
        (Spoil(status=429, times=9, headers={"Retry-After": "3"}), RateLimited, ("asks to slow down",)),
        (Spoil(status=403, times=9), ExchangeError, ("answers 403",)),
    ],
    ids=["truncated", "cut", "page", "500", "429", "403"],
)
async def test_trouble_that_lasts_is_an_error_in_one_line(
    exchange: str,
    spoil: Spoil,
    kind: type[Exception],
    words: tuple[str, ...],
    archive_of: Callable[..., VenueArchive],
    archives: ArchiveServer,
) -> None:
    archives.spoil(spoil)
    with pytest.raises(kind) as error:
        await archive_of(exchange).day(SOL, DAY)
    line = line_of(error)
    assert any(word in line for word in words)
    assert "2024" in line, "names the file"
    assert len(archives.requests) == {BadBody: 3, ExchangeError: 1}.get(kind, 5)


async def test_a_bomb_does_not_unpack(archive_of: Callable[..., VenueArchive], archives: ArchiveServer) -> None:
    for exchange, name in (("binance", "x.csv"), ("kucoin", "x.csv"), ("bitget", "x.xlsx")):
        archives.spoil(Spoil(times=3, body=bomb(name, 8 << 20)))
        with pytest.raises(BadBody):
            await archive_of(exchange).day(SOL, DAY)
    honest = zipped("x.csv", b"0" * (65 << 20))
    archives.spoil(Spoil(times=3, body=honest))
    with pytest.raises(BadBody, match="unpacks to"):
        await archive_of("binance").day(SOL, DAY)
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as sheet:
        sheet.writestr("xl/worksheets/sheet1.xml", b" " * (33 << 20))
    archives.spoil(Spoil(times=3, body=zipped("x.xlsx", inner.getvalue())))
    with pytest.raises(BadBody, match="unpacks to"):
        await archive_of("bitget").day(SOL, DAY)


def csv_of(*lines: str) -> bytes:
    return zipped("x.csv", "\n".join(lines).encode())


LINES = binance_csv(EXPECTED, header=False).splitlines()


async def test_garbage_rows_are_left_out_and_their_minutes_stay_missing(
    archive_of: Callable[..., VenueArchive], archives: ArchiveServer
) -> None:
    garbage = ["", "nonsense", "1,2", "nan,nan,nan,nan,nan,nan", f"{DAY + 60_000},-5,1,1,1,1", "\x1b[31m,1,2,3,4,5"]
    broken = LINES[5].split(",")
    broken[2] = "0.0001"  # a high below everything
    archives.spoil(Spoil(body=csv_of(*LINES[:5], *garbage, ",".join(broken), *LINES[6:])))
    found = await archive_of("binance").day(SOL, DAY)
    assert same(found, np.delete(EXPECTED, 5), volume=1e-6)


async def test_rows_out_of_order_double_or_of_another_day(
    archive_of: Callable[..., VenueArchive], archives: ArchiveServer
) -> None:
    other = [f"{DAY - 60_000},1,1,1,1,1", f"{DAY + DAY_MS},1,1,1,1,1"]
    first = f"{DAY},9,9,9,9,9"
    archives.spoil(Spoil(body=csv_of(first, *other, *LINES[::-1])))
    assert same(await archive_of("binance").day(SOL, DAY), EXPECTED, volume=1e-6), "the later of two rows counts"
    wrong = file_at(
        f"/data.binance.vision/data/futures/um/daily/klines/SOLUSDT/1m/SOLUSDT-1m-{'2024-04-17'}.zip", archives.books
    )
    assert wrong is not None
    archives.spoil(Spoil(times=3, body=wrong[1]))
    with pytest.raises(BadBody, match="candles of another time"):
        await archive_of("binance").day(SOL, DAY)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (csv_of("open_time,open,high,low,close,volume"), "holds no candle"),
        (csv_of(""), "is empty"),
        (csv_of("a,b,c", "1,2,3"), "fewer than six columns"),
        (csv_of("date of birth,open,high,low,close,name", "1,2,3,4,5,6"), "no time or no volume"),
        (zipped("x.txt", b"1,2,3,4,5,6"), "0 .csv files instead of one"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_tables_that_are_none(
    body: bytes, words: str, archive_of: Callable[..., VenueArchive], archives: ArchiveServer
) -> None:
    archives.spoil(Spoil(times=3, body=body))
    with pytest.raises(BadBody, match=words):
        await archive_of("binance").day(SOL, DAY)


def sheet_zip(**parts: bytes) -> bytes:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as sheet:
        for name, content in parts.items():
            sheet.writestr(f"xl/{name.replace('__', '/')}.xml", content)
    return zipped("x.xlsx", inner.getvalue())


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (zipped("x.xlsx", b"no spreadsheet"), "no sound zip"),
        (sheet_zip(workbook=b"<a/>"), "without a first sheet"),
        (sheet_zip(worksheets__sheet1=b"<worksheet><row>"), "broken XML"),
        (
            sheet_zip(worksheets__sheet1=b'<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet>&a;</worksheet>'),
            "document type",
        ),
        (
            sheet_zip(worksheets__sheet1=b'<worksheet><row><c t="s"><v>7</v></c></row></worksheet>'),
            "a text it does not have",
        ),
        (zipped("x.xlsx", workbook([["ts", "open", "high", "low", "close", "volume"]], shared=True)), "without rows"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_spreadsheets_that_are_none(
    body: bytes, words: str, archive_of: Callable[..., VenueArchive], archives: ArchiveServer
) -> None:
    archives.spoil(Spoil(times=3, body=body))
    with pytest.raises(BadBody, match=words):
        await archive_of("bitget").day(SOL, DAY)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("timestamp,price,size\n1713225600.5,abc,1\n", "no table of trades"),
        ("timestamp,price,size\n1713225600.5,-3,1\n", "trades that make no sense"),
        ("timestamp,price,size\n1713225600.5,nan,1\n", "trades that make no sense"),
        ("timestamp,price,size\n", "holds no trade"),
        ("", "no table of trades"),
        ("time,price,qty\n1,2,3\n", "no table of trades"),
        ("timestamp,price,size\n1613225600.5,3,1\n", "trades of another time"),
    ],
)
async def test_trades_that_are_none(
    text: str, words: str, archive_of: Callable[..., VenueArchive], archives: ArchiveServer
) -> None:
    archives.spoil(Spoil(times=3, body=gzip.compress(text.encode())))
    with pytest.raises(BadBody, match=words):
        await archive_of("bybit").day(SOL, DAY)


async def test_a_gzip_in_several_pieces_is_one_file(
    archive_of: Callable[..., VenueArchive], archives: ArchiveServer
) -> None:
    text = b"timestamp,price,size\n1713225600.5,3,1\n1713225601.5,4,2\n"
    archives.spoil(Spoil(body=gzip.compress(text[:30]) + gzip.compress(text[30:])))
    found = await archive_of("bybit").day(SOL, DAY)
    assert found is not None
    assert found.tolist() == [(DAY, 3.0, 4.0, 3.0, 4.0, 3.0)]


async def test_a_body_that_stalls_is_given_up_and_one_that_drips_is_not(
    archives: ArchiveServer, clock: InstantClock
) -> None:
    patience = Patience(attempts=2, connect_s=1.0, silent_s=0.2, total_s=2.0)
    download = Downloader(clock, patience=patience)
    archive = VenueArchive("binance", download, endpoints=EndpointOverrides.all_to(archives.base_url))
    archives.spoil(Spoil(drip_s=0.05))
    assert same(await archive.day(SOL, DAY), EXPECTED, volume=1e-6)
    archives.spoil(Spoil(drip_s=1.0, times=2))
    with pytest.raises(VenueUnreachable, match="no answer in time"):
        await archive.day(SOL, DAY)
    await download.close()


async def test_a_closed_port_is_unreachable(clock: InstantClock) -> None:
    download = Downloader(clock, patience=Patience(attempts=3))
    archive = VenueArchive("binance", download, endpoints=EndpointOverrides.all_to("http://127.0.0.1:9"))
    with pytest.raises(VenueUnreachable) as error:
        await archive.day(SOL, DAY)
    assert "SOLUSDT-1m-2024-04-16.zip" in line_of(error)
    assert [round(each, 1) for each in clock.slept] == pytest.approx([0.5, 1.0], abs=0.3), "waits grow"
    await download.close()


async def test_a_date_as_retry_after_and_a_pause_beyond_patience(
    archive_of: Callable[..., VenueArchive], archives: ArchiveServer, clock: InstantClock
) -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=40), usegmt=True)
    archives.spoil(Spoil(status=429, headers={"Retry-After": later}))
    assert same(await archive_of("binance").day(SOL, DAY), EXPECTED, volume=1e-6)
    assert 35.0 < sum(clock.slept) < 45.0
    archives.spoil(Spoil(status=429, headers={"Retry-After": "86400"}))
    for _ in range(2):  # the host is left alone from then on
        with pytest.raises(RateLimited) as error:
            await archive_of("binance").day(SOL, DAY)
        assert error.value.retry_after_s > 80_000
    assert len(archives.requests) == 3


async def test_no_more_at_once_than_a_host_is_good_for(archives: ArchiveServer, clock: InstantClock) -> None:
    import asyncio

    download = Downloader(clock, per_host=3)
    archive = VenueArchive("binance", download, endpoints=EndpointOverrides.all_to(archives.base_url))
    for _ in range(12):
        archives.spoil(Spoil(drip_s=0.005))
    days = range(at("2024-04-01"), at("2024-04-13"), DAY_MS)
    found = await asyncio.gather(*(archive.day(SOL, day) for day in days))
    assert [len(rows) for rows in found if rows is not None] == [1440] * 12
    assert 1 < archives.busiest <= 3
    await download.close()
