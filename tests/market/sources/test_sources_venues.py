"""Every venue's own dialect through its real client: all minutes of a range, once, within its limits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sources_support import at, same
from venue_support import NOW, ROWS, venue

from tests.support.archive_server import Spoil
from tests.support.kline_server import DIALECTS

START, END = at("2025-06-06"), at("2025-06-09")
PAGES = {"binance": 5, "bybit": 5, "okx": 15, "bitget": 22, "gateio": 5, "hyperliquid": 5, "kucoin": 22}
TOO_MANY = {
    "binance": (429, b'{"code":-1003,"msg":"Too many requests; current limit is 2400 requests per minute."}'),
    "bybit": (200, b'{"retCode":10006,"retMsg":"Too many visits!","result":{},"retExtInfo":{},"time":1}'),
    "okx": (429, b'{"code":"50011","msg":"Too Many Requests","data":[]}'),
    "bitget": (429, b'{"code":"429","msg":"Too Many Requests","requestTime":1,"data":null}'),
    "gateio": (429, b'{"label":"TOO_MANY_REQUESTS","message":"Request Rate limit Exceeded"}'),
    "hyperliquid": (429, b"null"),
    "kucoin": (429, b'{"code":"429000","msg":"Too Many Requests"}'),
}


def traded(name: str, rows: np.ndarray) -> np.ndarray:
    return rows[rows["bv"] > 0] if name == "kucoin" else rows


@pytest.mark.parametrize("name", list(DIALECTS))
async def test_three_days_come_back_once_and_within_limits(name: str, tmp_path: Path) -> None:
    async with venue(name, tmp_path) as at_venue:
        start = NOW - 4900 * 60_000 if name == "hyperliquid" else START
        end = start // 60_000 * 60_000 + 4320 * 60_000
        expected = traded(name, ROWS[(ROWS["ts"] >= start) & (ROWS["ts"] < end)])
        status, body = TOO_MANY[name]
        at_venue.server.spoil(Spoil("andle", status=status, body=body, headers={"Retry-After": "2"}))
        at_venue.server.spoil(Spoil("kline", status=status, body=body, headers={"Retry-After": "2"}))
        done = await at_venue.ensure(start, end)
        # Where volumes are contracts they come in whole ones.
        volume = {"gateio": 5e-3, "kucoin": 5e-3}.get(name, 1e-6)
        assert same(at_venue.stored(), expected, volume=volume)
        assert done.rows_added == len(expected), "nothing twice"
        assert at_venue.server.refused == []
        questions = len(at_venue.server.candle_requests())
        assert PAGES[name] <= questions <= PAGES[name] + 12, "one refusal, and a few to find the beginning"
        assert at_venue.server.busiest <= 4

        again = await at_venue.ensure(start, end)
        assert again.rows_added == 0
        assert len(at_venue.server.candle_requests()) == questions, (
            "what is held, or known to be empty, is not asked for"
        )
        assert (len(again.holes) > 0) == (name == "kucoin")
        assert {hole.reason for hole in again.holes} <= {"no_trades"}


@pytest.mark.parametrize("name", list(DIALECTS))
async def test_the_running_minute_is_never_stored(name: str, tmp_path: Path) -> None:
    async with venue(name, tmp_path) as at_venue:
        done = await at_venue.ensure(NOW - 600_000, NOW + 600_000)
        stored = at_venue.stored()
        assert stored["ts"][-1] == NOW // 60_000 * 60_000 - 60_000
        assert same(
            stored,
            traded(name, ROWS[np.isin(ROWS["ts"], range(NOW - 600_000 + 30_000, NOW - 30_000, 60_000))]),
            volume=5e-3,
        )
        assert done.rows_added == len(stored)
