"""`pbtui tool mcap-list`: a list of coins from a market-cap API and a venue, both on the loopback."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from pbtui.cli.main import main
from pbtui.core.clock import DAY_MS
from pbtui.market.sources.mcap import PAGE, Wish, rank
from tests.support.archive_server import LoopbackServer, Spoil
from tests.support.hasty_clock import HastyClock
from tests.support.kline_server import KlineServer
from tests.support.passivbot_folder import FIRST_MS, minutes

Capture = pytest.CaptureFixture[str]


# Answers of the API as other projects keep them in their sources, recorded on 2024-07-31, 2022-07-11 and 2020-12-04.
_FIELDS = (
    *("id", "symbol", "name", "image", "current_price", "market_cap", "market_cap_rank", "fully_diluted_valuation"),
    *("total_volume", "high_24h", "low_24h", "price_change_24h", "price_change_percentage_24h"),
    *("market_cap_change_24h", "market_cap_change_percentage_24h", "circulating_supply", "total_supply", "max_supply"),
    *("ath", "ath_change_percentage", "ath_date", "atl", "atl_change_percentage", "atl_date", "roi", "last_updated"),
)
_IMAGES = "https://assets.coingecko.com/coins/images"
_RECORDED = (
    *("bitcoin", "btc", "Bitcoin", f"{_IMAGES}/1/large/bitcoin.png?1696501400", 66526, 1312806485784, 1),
    *(1397042989004, 25951454601, 66695, 65488, 238.05, 0.35911, 4335662806, 0.33135, 19733778, 21000000, 21000000),
    *(73738, -9.7711, "2024-03-14T07:10:36.635Z", 67.81, 98018.13462, "2013-07-06T00:00:00.000Z", None),
    "2024-07-31T14:02:01.595Z",
    *("gala", "gala", "Gala", f"{_IMAGES}/12493/large/GALA-COINGECKO.png?1600233435", 0.05146, 387841108, 99),
    *(1029071336, 116987775, 0.054202, 0.051063, -0.002742528275083485, -5.0598, -21038594.8177675, -5.14542),
    *(7542496572.319239, 37795667237.2041, 50000000000.0, 0.824837, -93.75989, "2021-11-26T01:03:48.731Z"),
    *(0.00013475, 38097.37921, "2020-12-28T08:46:48.367Z", None, "2022-07-11T08:33:53.047Z"),
    *("1337", "1337", "Elite", f"{_IMAGES}/686/large/EliteLogo256.png?1559143523", 0.00001408, 415426, 1247, None),
    *(5.26, 0.0000185, 0.00001542, -0.00000274, -16.31284, -80975.61992168, -16.31252, 29515041222.0315, None, None),
    *(0.00108002, -98.69678, "2018-01-09T00:00:00.000Z", 2.2e-7, 6281.09, "2020-06-26T11:53:55.843Z", None),
    "2020-12-04T14:12:07.411Z",
)
BITCOIN, GALA, ELITE = (dict(zip(_FIELDS, _RECORDED[n * 26 : n * 26 + 26], strict=True)) for n in range(3))


def coin(symbol: str, mcap: float | None, *, price: float = 20.0, volume: float = 1e8) -> dict[str, Any]:
    """Return a record of the recorded shape with other figures."""
    return BITCOIN | {
        "id": f"{symbol}-id",
        "symbol": symbol,
        "name": symbol.title(),
        "current_price": price,
        "market_cap": mcap,
        "total_volume": volume,
        "high_24h": price * 1.004,
        "low_24h": price * 0.997,
        "price_change_24h": 0.002,
        "circulating_supply": 40.0,
        "total_supply": None,
        "max_supply": 80.0,
    }


class CapServer(LoopbackServer):
    """The API; pages beyond the last repeat it, as a cache in front of it may do."""

    def __init__(self, *pages: Any) -> None:
        super().__init__()
        self.pages = pages

    async def name(self, request: web.Request) -> str:
        return request.path_qs

    async def answer(self, request: web.Request) -> web.StreamResponse:
        spoil = self.spoils.take(request.path_qs)
        if spoil is not None:
            return web.Response(status=spoil.status, body=spoil.body, headers=spoil.headers)
        asked = request.query
        assert (asked["vs_currency"], asked["order"], asked["per_page"]) == ("usd", "market_cap_desc", str(PAGE))
        return web.json_response(self.pages[min(int(asked["page"]), len(self.pages)) - 1])


FIRST = [coin("btc", 2e12), coin("usdx", 9e11, price=1.0), coin("eth", 4e11), coin("new", None), coin("eth", 3e11)]
SECOND = [coin("sol", 9e10, volume=1e6), coin("we ird", 8e10), coin("xrp", 7e10), coin("tiny", 1e8)]


def test_the_list_and_its_records_are_written(tmp_path: Path, capsys: Capture) -> None:
    with CapServer(FIRST) as server:
        words = ["tool", "mcap-list", "--base-dir", str(tmp_path), "-n", "2", "--address", server.base_url]
        assert main([*words, "--json"]) == 0
        told = json.loads(capsys.readouterr().out)
        (path,) = (tmp_path / "configs").glob("approved_coins_*_2_coins_300_min_mcap.json")
        assert told["coins"] == json.loads(path.read_text("utf-8")) == ["BTC", "ETH"]
        full = json.loads(Path(told["full"]).read_text("utf-8"))
        assert full["BTC"]["supply_ratio"] == 0.5
        assert full["ETH"] == FIRST[2] | {"supply_ratio": 0.5, "penalized_mcap": 2e11, "liquidity_ratio": 1e8 / 4e11}
        assert main(words) == 2
        assert "--overwrite" in capsys.readouterr().err
        assert main([*words, "--overwrite", "-o", str(tmp_path / "mine.json")]) == 0
        config = tmp_path / "c.json"
        config.write_text(json.dumps({"bot": {}, "live": {"approved_coins": str(tmp_path / "mine.json")}}), "utf-8")
        capsys.readouterr()
        assert main(["config", "check", str(config)]) == 0
        assert main([*words, "-m", "9e9", "-o", str(tmp_path / "none.json")]) == 2
        assert not (tmp_path / "none.json").exists()


def test_recorded_answers_are_read(tmp_path: Path, capsys: Capture) -> None:
    with CapServer([BITCOIN, GALA, ELITE]) as server:
        words = ["--json", "tool", "mcap-list", "--base-dir", str(tmp_path), "--address", server.base_url]
        assert main(words) == 0
        full = json.loads(Path(json.loads(capsys.readouterr().out)["full"]).read_text("utf-8"))
        assert list(full) == ["BTC", "GALA"]  # the third has 0.4 millions
        assert full["GALA"].items() > GALA.items()
        assert full["GALA"]["supply_ratio"] == pytest.approx(7542496572.319239 / 37795667237.2041)
        assert main([*words, "-m", "0.1", "-n", "3", "-o", str(tmp_path / "more.json")]) == 0
        told = json.loads(capsys.readouterr().out)
        assert told["coins"] == ["BTC", "GALA", "1337"]
        assert json.loads(Path(told["full"]).read_text("utf-8"))["1337"]["supply_ratio"] is None


def ranked(*pages: Any, **wish: Any) -> tuple[list[str], dict[str, int], int]:
    with CapServer(*pages) as server:
        found = asyncio.run(rank(Wish(**wish), HastyClock(fast=200.0), server.base_url))
        return list(found.coins), found.left_out, len(server.requests)


def test_what_is_left_out_and_when_reading_ends() -> None:
    left = {"stable coins": 1, "without a market cap": 1, "tickers of a larger coin": 1, "without a usable ticker": 1}
    assert ranked(FIRST, SECOND, []) == (["BTC", "ETH", "SOL", "XRP"], left, 2)  # TINY is too small: the end
    assert ranked(FIRST)[2] == 2  # the same page again
    assert ranked(FIRST, [])[2] == 2
    assert ranked(FIRST, count=1)[::2] == (["BTC"], 1)
    assert ranked(FIRST, SECOND, min_volume=5e6)[0] == ["BTC", "ETH", "XRP"]
    listed = {"ETH": 0, "SOL": None, "XRP": int(time.time() * 1000) - DAY_MS}
    assert ranked(FIRST, SECOND, listed=listed)[0] == ["ETH", "SOL", "XRP"]
    assert ranked(FIRST, SECOND, listed=listed, min_age_days=30)[0] == ["ETH"]


def test_only_coins_of_an_exchange(tmp_path: Path, capsys: Capture) -> None:
    candles = {"SOL": minutes(1)}
    with CapServer(FIRST[:3] + SECOND) as server, KlineServer("bybit", candles, now_ms=FIRST_MS + 3 * DAY_MS) as venue:
        endpoints = tmp_path / "endpoints.json"
        rest = {"rest": {"rewrite_domains": {"https://api.bybit.com": venue.base_url}}}
        endpoints.write_text(json.dumps({"exchanges": {"bybit": rest}}), "utf-8")
        words = ["tool", "mcap-list", "-e", "bybit", "-n", "1", "--address", server.base_url]
        words += ["--endpoints", str(endpoints), "--base-dir", str(tmp_path), "--json"]
        full = [*words, "-o", str(tmp_path / "list.json")]
        assert main(full) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["coins"] == ["SOL"]
    assert told["left_out"]["not on the exchanges"] == 2


def test_trouble_is_one_line_and_retryable(tmp_path: Path, capsys: Capture) -> None:
    out = tmp_path / "list.json"
    with CapServer(FIRST) as server:
        words = ["tool", "mcap-list", "--address", server.base_url, "-o", str(out)]
        server.spoil(Spoil(status=429, headers={"Retry-After": "300"}))
        assert main(words) == 3
        assert "asks to slow down (300 s)" in capsys.readouterr().err
        server.spoil(Spoil(status=403))
        assert main(words) == 3
        assert capsys.readouterr().err.count("\n") == 1
    with CapServer({"status": {"error_code": 10005, "error_message": "a plan is needed"}}) as server:
        assert main(["tool", "mcap-list", "--address", server.base_url, "-o", str(out)]) == 3
        assert "a plan is needed" in capsys.readouterr().err
    assert not out.exists()
    for words in (["-e", "nowhere"], ["--min-age-days", "3"], ["-n", "0"]):
        assert main(["tool", "mcap-list", *words]) == 2
