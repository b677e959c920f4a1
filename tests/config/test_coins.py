"""Coin lists in every form, coin names, hot reload."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pbtui.config import CoinLists, InvalidConfig, backtest_coins
from pbtui.config.coin_lists import Places, read_coin_source
from pbtui.config.coin_names import coin_maps, coin_of, default_quote, library_id, short_name

from .support import current, loaded, write


@pytest.mark.parametrize(
    ("value", "long", "short"),
    [
        (["BTC", "ETH"], ["BTC", "ETH"], ["BTC", "ETH"]),
        (["BTC,ETH", ["SOL", [" ADA "]]], ["BTC", "ETH", "SOL", "ADA"], ["BTC", "ETH", "SOL", "ADA"]),
        ({"long": "BTC, ETH", "short": ["XRP"]}, ["BTC", "ETH"], ["XRP"]),
        ({"long": ["BTC"]}, ["BTC"], []),
        ("BTC,,ETH,", ["BTC", "ETH"], ["BTC", "ETH"]),
        ('{"long":["BTC"],"short":[]}', ["BTC"], []),
        ("[BTC, ETH]", ["BTC", "ETH"], ["BTC", "ETH"]),
        (['{"long":["BTC"', '"ETH"]', '"short":["SOL"]}'], ["BTC", "ETH"], ["SOL"]),
        ([42, "1INCH"], ["42", "1INCH"], ["42", "1INCH"]),
        (["BTC", "BTC"], ["BTC", "BTC"], ["BTC", "BTC"]),
        ("BTC/USDT:USDT", ["BTC/USDT:USDT"], ["BTC/USDT:USDT"]),
        ("all", [], []),
        (["all"], [], []),
        *(
            (empty, [], [])
            for empty in ([], "", [""], None, 0, {"long": [], "short": ""}, {"long": [""], "short": None})
        ),
    ],
)
def test_forms(tmp_path: Path, value: Any, long: list[str], short: list[str]) -> None:
    assert read_coin_source(value, Places((tmp_path,))).sides == {"long": long, "short": short}


@pytest.mark.parametrize(
    ("text", "long", "short"),
    [
        ('["BTC", "ETH"]', ["BTC", "ETH"], ["BTC", "ETH"]),
        ('{"long": ["BTC"], "short": ["ETH"]} // why', ["BTC"], ["ETH"]),
        ("BTC\nETH\n", ["BTC", "ETH"], ["BTC", "ETH"]),
        ('"BTC"\n"ETH"', ["BTC", "ETH"], ["BTC", "ETH"]),
        ("BTC, ETH SOL", ["BTC", "ETH", "SOL"], ["BTC", "ETH", "SOL"]),
        ("[BTC, 'ETH']", ["BTC", "ETH"], ["BTC", "ETH"]),
        ("", [], []),
    ],
)
@pytest.mark.parametrize("wrap", [str, lambda name: [name], lambda name: {"long": name, "short": name}])
def test_files(tmp_path: Path, text: str, long: list[str], short: list[str], wrap: Any) -> None:
    (tmp_path / "coins.json").write_text(text)
    source = read_coin_source(wrap("coins.json"), Places((tmp_path,)))
    assert source.sides == {"long": long, "short": short}
    assert source.files == (tmp_path / "coins.json",)


@pytest.mark.parametrize(
    "name", ["configs/none.json", "coins.txt", "/nowhere/coins", "./x", {"long": "a.json", "short": []}]
)
def test_a_missing_file_is_an_error_not_a_coin(tmp_path: Path, name: Any) -> None:
    with pytest.raises(InvalidConfig, match=r"live\.approved_coins: coin list file .* does not exist"):
        loaded(tmp_path, current(live={"approved_coins": name}))


def test_the_old_market_cap_list_is_found_under_its_new_name(tmp_path: Path) -> None:
    config = loaded(tmp_path, current(live={"approved_coins": "configs/approved_coins_topmcap.json"}))
    assert "BTC" in config.live.approved_coins["short"]
    assert any("configs/approved_coins.json is used" in warning for warning in config.warnings)


@pytest.mark.parametrize("value", [{"both": ["BTC"]}, {"long": {"x": 1}}, '{"long": ["BTC"'])
def test_other_shapes_are_refused(tmp_path: Path, value: Any) -> None:
    with pytest.raises(InvalidConfig, match=r"live\.approved_coins"):
        loaded(tmp_path, current(live={"approved_coins": value}))


def test_live_lists_follow_their_file(tmp_path: Path) -> None:
    coins = write(tmp_path, ["BTCUSDT", "kPEPE"], "coins.json")
    config = loaded(
        tmp_path, current(live={"approved_coins": "coins.json", "ignored_coins": {"long": ["PEPE"], "short": []}})
    )
    lists = CoinLists(config)
    assert lists.approved("long") == {"BTC", "PEPE"}
    assert lists.ignored("long") == {"PEPE"}
    assert lists.ignored("short") == frozenset()
    assert lists.refresh() is False
    coins.write_text('{"long": ["SOL"], "short": []}')
    assert lists.refresh() is True
    assert (lists.approved("long"), lists.approved("short")) == ({"SOL"}, frozenset())
    coins.write_text('{"long": [')
    assert lists.refresh() is False
    assert "coin lists are unchanged" in lists.warning
    assert lists.approved("long") == {"SOL"}
    coins.unlink()
    assert lists.refresh() is False
    assert "does not exist" in lists.warning
    coins.write_text("ETH")
    assert lists.refresh() is True
    assert lists.warning == ""


def test_lists_in_the_configuration_itself_are_not_read_again(tmp_path: Path) -> None:
    lists = CoinLists(loaded(tmp_path, current()))
    assert lists.refresh() is False
    assert lists.approved("long") == {"BTC", "ETH"}


@pytest.mark.parametrize(
    ("value", "switch", "long", "short"),
    [
        ([], True, True, True),
        ([], False, False, False),
        ({"long": [], "short": ["BTC"]}, True, True, False),
        ("all", False, True, True),
        ({"long": "all", "short": []}, False, True, False),
        (["BTC"], True, False, False),
        (["all", "BTC"], False, True, True),
        ({"long": ["BTC"], "short": "ALL"}, False, False, True),
        ("everything.txt", False, True, True),
    ],
)
def test_everything_approved(tmp_path: Path, value: Any, switch: bool, long: bool, short: bool) -> None:
    write(tmp_path, "all", "everything.txt")
    config = loaded(tmp_path, current(live={"approved_coins": value, "empty_means_all_approved": switch}))
    lists = CoinLists(config)
    assert (lists.all_approved("long"), lists.all_approved("short")) == (long, short)
    assert any("no coin is traded" in line for line in config.warnings) is (value == [] and not switch)


def test_all_coins_in_a_backtest(tmp_path: Path) -> None:
    config = loaded(tmp_path, current(live={"approved_coins": {"long": "all", "short": []}}), command="backtest")
    assert backtest_coins(config) is None
    assert config.hash != loaded(tmp_path, current(live={"approved_coins": []}), command="backtest").hash


def test_ignoring_all_coins_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig, match=r"live\.ignored_coins: every coin is ignored"):
        loaded(tmp_path, current(live={"ignored_coins": ["all"]}))


def test_a_coin_file_caught_empty_does_not_approve_every_market(tmp_path: Path) -> None:
    coins = write(tmp_path, ["BTC"], "coins.json")
    config = loaded(tmp_path, current(live={"approved_coins": "coins.json", "empty_means_all_approved": True}))
    lists = CoinLists(config)
    coins.write_text("\n")
    assert lists.refresh() is False
    assert (lists.approved("long"), lists.all_approved("long")) == ({"BTC"}, False)
    assert lists.warning == f"coin lists are unchanged: {coins} is empty (write [] to mean it)"
    coins.write_text("[]")
    assert lists.refresh() is True
    assert lists.all_approved("long")


@pytest.mark.parametrize("value", [True, ["BTC", True], "BTC ETH", "BTC;ETH", ["a.json", "BTC"], "BTC,[ETH"])
def test_what_can_be_no_coin_is_refused(tmp_path: Path, value: Any) -> None:
    with pytest.raises(InvalidConfig, match=r"live\.approved_coins: .*allowed: a list of coins"):
        loaded(tmp_path, current(live={"approved_coins": value}))


def _sides(value: Any, ignored: Any, honour: bool) -> dict[str, Any]:
    both = {"n_positions": 2, "total_wallet_exposure_limit": 1.0}
    return current(
        bot={"long": both, "short": both},
        live={"approved_coins": value, "ignored_coins": ignored},
        backtest={"honour_coin_lists": honour},
    )


def test_backtests_trade_the_union_and_say_so(tmp_path: Path) -> None:
    value = {"long": ["BTC", "ETH"], "short": ["SOL"]}
    config = loaded(tmp_path, _sides(value, ["ETH"], honour=False), command="backtest")
    assert backtest_coins(config) == {"long": ["BTC", "ETH", "SOL"], "short": ["BTC", "ETH", "SOL"]}
    assert any("ignored coins ETH are traded" in warning for warning in config.warnings)
    assert any("BTC, ETH, SOL" in warning for warning in config.warnings)


def test_backtests_honour_the_lists_when_asked(tmp_path: Path) -> None:
    value = {"long": ["BTC", "ETH"], "short": ["SOL"]}
    config = loaded(tmp_path, _sides(value, ["ETH"], honour=True), command="backtest")
    assert backtest_coins(config) == {"long": ["BTC"], "short": ["SOL"]}
    assert config.warnings == ()


def test_an_empty_list_in_a_backtest(tmp_path: Path) -> None:
    everything = current(live={"approved_coins": "", "empty_means_all_approved": True})
    assert backtest_coins(loaded(tmp_path, everything, command="backtest")) is None
    nothing = loaded(tmp_path, current(live={"approved_coins": []}), command="backtest")
    assert backtest_coins(nothing) == {"long": [], "short": []}
    assert any("no coin is traded" in warning for warning in nothing.warnings)


@pytest.mark.parametrize(
    ("symbol", "coin"),
    [
        ("BTC/USDT:USDT", "BTC"),
        ("ETHUSDC", "ETH"),
        ("1000SHIBUSDT", "SHIB"),
        ("SHIB1000", "SHIB"),
        ("1000000MOG/USDT:USDT", "MOG"),
        ("kPEPE", "PEPE"),
        ("kaito", "kaito"),
        ("btc", "btc"),
        ("", ""),
        ("USDC", ""),
        ("SUSDE", "SE"),
        ("1MBABYDOGE", "1MBABYDOGE"),
    ],
)
def test_names_without_a_map(symbol: str, coin: str) -> None:
    assert coin_of(symbol) == coin


def test_maps_from_markets() -> None:
    markets = [
        {"symbol": "1000PEPE/USDT:USDT", "id": "1000PEPEUSDT", "base": "1000PEPE", "swap": True, "linear": True},
        {"symbol": "PEPE/USDT:USDT", "id": "PEPEUSDT", "base": "PEPE", "swap": True, "linear": None},
        {"symbol": "BTC/USD:BTC", "id": "BTCUSD", "base": "BTC", "swap": True, "linear": False},
        {"symbol": "BTC/USDT", "id": "BTCUSDT", "base": "BTC", "swap": False},
        {"symbol": "kBONK/USDT:USDT", "id": "7", "base": "kBONK", "swap": True},
        {"symbol": "XYZ-TSLA/USDT:USDT", "id": "8", "base": "XYZ-TSLA", "swap": True},
    ]
    maps = coin_maps(markets, "USDT")
    assert maps.symbol_to_coin["1000PEPEUSDT"] == "PEPE"
    assert maps.symbol("PEPE", "USDT") == "1000PEPE/USDT:USDT"
    assert maps.coin_to_symbols["PEPE"] == ["1000PEPE/USDT:USDT", "PEPE/USDT:USDT"]
    assert maps.symbol("kBONK", "USDT") == "kBONK/USDT:USDT"
    assert maps.symbol("TSLA", "USDT") == "XYZ-TSLA/USDT:USDT"
    assert maps.symbol_to_coin["xyz:TSLA"] == "XYZ-TSLA"
    assert maps.symbol("BTC", "USDT") == "BTC/USDT:USDT"
    assert "BTCUSDT" not in maps.symbol_to_coin
    assert coin_of("7", maps.symbol_to_coin) == "BONK"


def test_exchange_names() -> None:
    known = {"binance", "binanceusdm", "krakenfutures", "kraken", "bybit"}
    assert [library_id(name, known) for name in ("binance", "kraken", "bybit")] == [
        "binanceusdm",
        "krakenfutures",
        "bybit",
    ]
    assert [short_name(name) for name in ("binanceusdm", "krakenfutures", "okx")] == ["binance", "kraken", "okx"]
    assert [short_name(name) for name in ("gate", "gateio")] == ["gateio", "gateio"]
    assert (default_quote("hyperliquid"), default_quote("okx")) == ("USDC", "USDT")
