"""Which coins a dataset may hold: unknown, too young, stock perpetuals, forced sources (backtest.md 4.3, 4.4)."""

from __future__ import annotations

from pathlib import Path

import pytest
from prepare_support import MAY_31, NOW_MS, market, request, venue

from pbtui.config import load
from pbtui.config.dates import DAY_MS
from pbtui.core.clock import MINUTE_MS
from pbtui.core.errors import ConfigError, DataError, ExitCode
from pbtui.core.types import Market
from pbtui.market.prepare import NoData, Request, Venue, unified_listings, venue_of_caches, venue_of_records
from pbtui.market.prepare.request import window_of
from pbtui.market.prepare.select import Selection, Wanted, select

BINANCE = {"binance": venue("binance", ("BTC", "ETH", "SOL"))}
BOTH = {**BINANCE, "bybit": venue("bybit", ("BTC", "SOL", "XRP"))}


def wanted(found: Selection) -> dict[str, tuple[str, ...]]:
    return {item.coin: tuple(name for name, _ in item.feeds) for item in found.wanted}


def test_every_listed_coin_without_a_list_and_the_asked_ones_with_one() -> None:
    assert wanted(select(request(), BINANCE, {}, NOW_MS)) == dict.fromkeys(("BTC", "ETH", "SOL"), ("binance",))
    found = select(request(coins=("SOL", "BTC")), BINANCE, {}, NOW_MS)
    assert [item.coin for item in found.wanted] == ["BTC", "SOL"]
    assert found.notes == ()
    assert found.wanted[0] == Wanted("BTC", (("binance", "BTC/USDT:USDT"),), MAY_31)


def test_an_unknown_coin_is_left_out_with_the_nearest_names() -> None:
    (note,) = select(request(coins=("BTC", "SQL")), BINANCE, {}, NOW_MS).notes
    assert note == "SQL is left out: no market on binance (nearest: SOL)"
    (note,) = select(request(coins=("btc\x1b[2J",)), BINANCE, {}, NOW_MS).notes
    assert "\x1b" not in note


def test_a_combined_coin_may_come_from_all_that_list_it_or_the_forced_one() -> None:
    asked = request(exchanges=("binance", "bybit"), coin_sources={"SOL": "bybit", "ETH": "bybit"})
    found = select(asked, BOTH, {}, NOW_MS)
    assert wanted(found) == {"BTC": ("binance", "bybit"), "SOL": ("bybit",), "XRP": ("bybit",)}
    assert found.notes == ("ETH is left out: no market on bybit",)


def test_minimum_age_on_one_exchange() -> None:
    def one(first: int | None, here: int | None, **values: object) -> Wanted | str:
        listed = {} if here is None else {"BTC": here}
        unified = {} if first is None else {"BTC": first}
        venues = {"binance": venue("binance", ["BTC"], listed)}
        found = select(request(min_age_days=30.0, **values), venues, unified, NOW_MS)
        return found.wanted[0] if found.wanted else found.notes[0]

    old = MAY_31 - 100 * DAY_MS
    found = one(old, old)
    assert isinstance(found, Wanted)
    assert found.start_ms == MAY_31
    found = one(MAY_31 - 30 * DAY_MS + 90_001, old + DAY_MS)  # known to be older here than anywhere else
    assert isinstance(found, Wanted)
    found = one(MAY_31 - 30 * DAY_MS + 90_001, MAY_31 - DAY_MS)
    assert isinstance(found, Wanted)
    assert found.start_ms == MAY_31 + 2 * MINUTE_MS  # the first whole minute at that age
    found = one(old, MAY_31 + 5 * MINUTE_MS)
    assert isinstance(found, Wanted)
    assert found.start_ms == MAY_31 + 5 * MINUTE_MS
    assert "not known" in str(one(None, None))
    assert "lists it only since 2025-06-01" in str(one(old, MAY_31 + DAY_MS))
    assert "it is 9 days old" in str(one(NOW_MS - 9 * DAY_MS - 1, NOW_MS - 9 * DAY_MS - 1, end_ms=NOW_MS))
    assert "old enough only from 2025-06-0" in str(one(MAY_31 - 25 * DAY_MS, MAY_31 - 25 * DAY_MS))


def test_minimum_age_of_combined_coins_counts_from_the_first_exchange() -> None:
    asked = request(exchanges=("binance", "bybit"), coins=("BTC", "SOL"), min_age_days=30.0)
    found = select(asked, BOTH, {"BTC": MAY_31 - 30 * DAY_MS + 600_000}, NOW_MS)
    starts = {item.coin: item.start_ms for item in found.wanted}
    assert starts == {"BTC": MAY_31 + 600_000, "SOL": MAY_31}  # an unknown age is no obstacle here
    found = select(asked, BOTH, {"BTC": MAY_31 - 2 * DAY_MS}, NOW_MS)
    assert found.notes == ("BTC is left out: it is old enough only from 2025-06-28 on (live.minimum_coin_age_days)",)


def test_stock_perpetuals_come_from_hyperliquid_and_a_forced_coin_takes_that_name() -> None:
    stock = Market("XYZ-TSLA/USDC:USDC", "XYZ-TSLA", 0.1, 0.01, 0.1, 5.0)
    coin = Market("SOL/USDC:USDC", "SOL", 0.1, 0.01, 0.1, 5.0)
    both = {**BINANCE, "hyperliquid": Venue("hyperliquid", {market.symbol: market for market in (stock, coin)})}
    both["binance"] = venue("binance", ("BTC", "TSLA"))
    asked = request(
        exchanges=("binance", "hyperliquid"),
        coins=("SOL", "TSLA", "xyz:TSLA"),
        coin_sources={"TSLA": "hyperliquid", "SOL": "hyperliquid"},
    )
    found = select(asked, both, {}, NOW_MS)
    assert wanted(found) == {"SOL": ("hyperliquid",), "xyz:TSLA": ("hyperliquid",)}
    alone = select(request(exchanges=("binance", "bybit"), coins=("xyz:TSLA",)), BOTH, {}, NOW_MS)
    assert "only taken from hyperliquid" in alone.notes[0]


def test_a_venue_prefers_a_market_that_trades_and_its_own_quote() -> None:
    old = market("SHIB", ineligible="not active")
    new = Market("1000SHIB/USDT:USDT", "SHIB", 0.1, 0.01, 0.1, 5.0)
    usdc = Market("BTC/USDC:USDC", "BTC", 0.1, 0.01, 0.1, 5.0)
    found = Venue("binance", {item.symbol: item for item in (old, new, usdc)})
    assert found.symbol("SHIB") == "1000SHIB/USDT:USDT"
    assert found.symbol("BTC") is None
    assert found.coins() == ["SHIB"]
    gone = Venue("binance", {old.symbol: old})
    assert gone.symbol("SHIB") == old.symbol  # a market that is closed now had candles once
    assert gone.coins() == []


def test_markets_of_the_reference_caches(tmp_path: Path) -> None:
    record = {"symbol": "BTC/USDT:USDT", "base": "BTC", "swap": True, "linear": True, "active": True}
    numbers = {
        "precision": {"amount": 0.001, "price": 0.1},
        "limits": {"amount": {"min": 0.002}, "cost": {"min": None}},
        "contractSize": 10,
        "maker": 0.01,
        "taker": 0.02,
    }
    found = venue_of_records("bybit", {"BTC/USDT:USDT": record | numbers}).market("BTC")
    assert found is not None
    assert (found.qty_step, found.price_step, found.min_qty, found.min_cost) == (0.001, 0.1, 0.002, 0.01)
    assert (found.c_mult, found.maker_fee, found.taker_fee) == (10.0, 0.0002, 0.00055)
    with pytest.raises(ConfigError, match=r"markets\.json"):
        venue_of_caches("binance", tmp_path)
    folder = tmp_path / "caches"
    (folder / "binance").mkdir(parents=True)
    (folder / "binance" / "markets.json").write_text("{}")
    (folder / "binance" / "first_timestamps.json").write_text('{"BTC": 1609459200000, "ETH": 0.0}')
    (folder / "first_ohlcv_timestamps_unified.json").write_text("[]")
    assert venue_of_caches("binance", tmp_path).first_ms("BTC") == 1609459200000
    assert venue_of_caches("binance", tmp_path).first_ms("ETH") is None
    with pytest.raises(DataError, match="expected an object"):
        unified_listings(tmp_path)
    assert unified_listings(folder) == {}


def config(tmp_path: Path, **flags: object) -> Request:
    path = tmp_path / "c.json"
    path.write_text('{"live": {"approved_coins": ["BTC", "ETH"]}, "bot": {"long": {}, "short": {}}}')
    dates = {"backtest.start_date": "2025-05-12", "backtest.end_date": "2025-05-24"}
    loaded = load(path, command="backtest", flags=dates | flags, base_dir=tmp_path, now_ms=NOW_MS)
    return Request.of(loaded, base_dir=tmp_path)


def test_a_configuration_asks_for_its_dataset(tmp_path: Path) -> None:
    asked = config(
        tmp_path, **{"backtest.exchanges": ["binanceusdm", "Bybit", "binance"], "backtest.ohlcv_source_dir": "o"}
    )
    assert asked.exchanges == ("binance", "bybit")
    assert asked.coins == ("BTC", "ETH")
    assert asked.source_dir == tmp_path / "o"
    assert (asked.requested_start_ms, asked.end_ms) == (1_747_008_000_000, 1_748_044_800_000)
    assert asked.fetch_start_ms == asked.requested_start_ms - asked.warmup_minutes * MINUTE_MS
    assert asked.coin_warmup("BTC") == asked.coin_warmups["__default__"] > 0


def test_dates_out_of_order_are_one_clear_line() -> None:
    for start, end in (("2025-05-02", "2025-05-01"), ("2025-05-01", "2025-05-01")):
        with pytest.raises(ConfigError, match=r"start_date 2025-05-0\d is not before backtest.end_date 2025-05-01"):
            window_of(start, end)
    with pytest.raises(ConfigError, match="is no date"):
        window_of("soon", "2025-05-01")
    assert window_of("2025-05", "2025-05-03 17:30") == (1_746_057_600_000, 1_746_230_400_000)


def test_no_coin_at_all_ends_the_run_as_wrong_usage() -> None:
    assert NoData("nothing").exit_code == ExitCode.USAGE
