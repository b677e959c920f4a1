"""Writing, comparing, accounts, warm-up, scenarios, identity of a configuration."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pbtui.config import SyntaxFault, load, needs_loss_gate_ack
from pbtui.config.accounts import find_account, load_accounts
from pbtui.config.diff import ABSENT, differences
from pbtui.config.dump import clean_copy, dump, render, strip_metadata, write_config
from pbtui.config.scenarios import apply_overrides, scenario_fault, scenario_label
from pbtui.config.schema import built_in_config
from pbtui.config.warmup import global_warmup_minutes, longest_span, warmup_minutes_by_coin
from pbtui.core.errors import ConfigError, ExitCode, SafetyRefusal

from .support import current, loaded, write


def test_streamlined_json() -> None:
    assert render({"a": 1, "b": [1, 2]}) == '{"a":1,"b":[1,2]}'
    assert render({}) == "{}"
    wide = {"a": list(range(30)), "b": {"c": "x" * 60, "d": None}}
    assert render(wide) == (
        '{\n    "a": [\n'
        + ",\n".join(f"        {number}" for number in range(30))
        + '\n    ],\n    "b": {\n        "c": "'
        + "x" * 60
        + '",\n        "d": null\n    }\n}'
    )
    assert json.loads(render(wide, width=72)) == wide


def test_dumps_sort_keys_and_drop_metadata() -> None:
    data = {"b": 1, "a": {"_raw": 1, "z": [{"_transform_log": 1, "y": 1, "x": 2}]}, "_coins_sources": {}}
    assert strip_metadata(data) == {"b": 1, "a": {"z": [{"y": 1, "x": 2}]}}
    assert dump(data) == '{"a":{"z":[{"x":2,"y":1}]},"b":1}\n'


def test_clean_copies_follow_the_built_in_structure() -> None:
    clean = clean_copy({"live": {"leverage": None, "user": "me", "extra": 1}, "coin_overrides": {"BTC": {}, "_x": 1}})
    assert clean["live"]["leverage"] == 10.0
    assert clean["live"]["user"] == "me"
    assert "extra" not in clean["live"]
    assert clean["coin_overrides"] == {"BTC": {}}
    assert clean["bot"] == built_in_config()["bot"]


def test_clean_copies_keep_how_the_user_sums_scenarios_up() -> None:
    clean = clean_copy({"backtest": {"aggregate": {"adg": "min", "mdg_w": "median"}, "nonsense": 1}})
    built_in = built_in_config()["backtest"]["aggregate"]
    assert clean["backtest"]["aggregate"] == built_in | {"adg": "min", "mdg_w": "median"}
    assert "nonsense" not in clean["backtest"]


def test_writing_is_atomic_and_says_what_failed(tmp_path: Path) -> None:
    target = tmp_path / "out.json"
    write_config(target, current())
    assert json.loads(target.read_text())["live"]["approved_coins"] == ["BTC", "ETH"]
    assert [path.name for path in tmp_path.iterdir()] == ["out.json"]
    with pytest.raises(ConfigError, match="can't be written"):
        write_config(tmp_path / "none" / "out.json", current())


def test_differences() -> None:
    left = {"live": {"leverage": 3, "hedge_mode": True, "user": "a"}, "_raw": 1}
    right = {"live": {"leverage": 3.0, "hedge_mode": 1, "base_config_path": "x"}}
    found = [(item.key, item.left, item.right) for item in differences(left, right)]
    assert found == [("live.hedge_mode", True, 1), ("live.user", "a", ABSENT)]


def test_the_hash_knows_values_not_spelling_or_place(tmp_path: Path) -> None:
    first = loaded(tmp_path, current(live={"leverage": 4}))
    (tmp_path / "deep").mkdir()
    same = load(write(tmp_path / "deep", "// other\n" + json.dumps(current(live={"leverage": 4.0, "_note": 1}))))
    other = loaded(tmp_path, current(live={"leverage": 5}))
    assert first.hash == same.hash != other.hash


def test_editing_a_coin_file_keeps_the_hash_in_live_and_changes_it_in_a_backtest(tmp_path: Path) -> None:
    data = current(live={"approved_coins": "coins.txt"})
    hashes: dict[str, set[str]] = {"live": set(), "backtest": set()}
    for text in ("BTC", "BTC ETH"):
        (tmp_path / "coins.txt").write_text(text)
        for command, seen in hashes.items():
            seen.add(loaded(tmp_path, data, command=command).hash)
    assert (len(hashes["live"]), len(hashes["backtest"])) == (1, 2)


def test_loss_gate_acknowledgement(tmp_path: Path) -> None:
    assert needs_loss_gate_ack(loaded(tmp_path, current(live={"max_realized_loss_pct": 0})))
    assert not needs_loss_gate_ack(loaded(tmp_path, current(live={"max_realized_loss_pct": 0.01})))


def test_get_and_origin(tmp_path: Path) -> None:
    config = loaded(tmp_path, current())
    assert config.get("live.nothing", 5) == 5
    assert config.get("live.leverage.deeper") is None
    assert config.raw["live"] == {"approved_coins": ["BTC", "ETH"]}
    assert config.origin("live.approved_coins").detail == str(tmp_path / "config.json")


def test_warmup(tmp_path: Path) -> None:
    spans = {"ema_span_0": 100, "ema_span_1": 200.5, "entry_volatility_ema_span_hours": 2, "filter_volume_ema_span": 10}
    side = {**spans, "filter_volatility_ema_span": 10, "n_positions": 1, "total_wallet_exposure_limit": 1}
    overrides = {"BTC": {"bot": {"short": {"ema_span_0": 1000}}}}
    bounds = {f"{pside}_{name}": 5 for pside in ("long", "short") for name in side if "span" in name}
    live = {"warmup_ratio": 0.5, "max_warmup_minutes": 0}
    data = current(bot={"long": side, "short": side}, live=live, coin_overrides=overrides, optimize={"bounds": bounds})
    config = loaded(tmp_path, data)
    assert longest_span(config) == 200.5
    assert warmup_minutes_by_coin(config) == {"__default__": 101, "BTC": 500}
    assert global_warmup_minutes(config) == 500
    data["optimize"]["bounds"]["short_entry_volatility_ema_span_hours"] = [1, 40, 2]
    assert global_warmup_minutes(loaded(tmp_path, data)) == 1200
    assert global_warmup_minutes(loaded(tmp_path, {**data, "live": {**live, "max_warmup_minutes": 99.5}})) == 100
    assert global_warmup_minutes(loaded(tmp_path, {**data, "live": {**live, "warmup_ratio": -1}})) == 0


def test_scenarios() -> None:
    assert scenario_label({"label": "x"}, 1) == "x"
    assert scenario_label({}, 3) == "scenario_03"
    assert scenario_fault({"coins": "BTC", "overrides": {"a.b": 1}, "exchanges": ["okx"]}) == ""
    assert "overrides" in scenario_fault({"overrides": [1]})
    base = {"bot": {"long": {"n_positions": 2}}, "x": 3}
    changed = apply_overrides(base, {"bot.long.n_positions": 5, "x.y": 1})
    assert changed == {"bot": {"long": {"n_positions": 5}}, "x": {"y": 1}}
    assert base["bot"]["long"]["n_positions"] == 2


KEYS_FILE = {
    "referrals": {"bybit": "link"},
    "_comment": "mine",
    "one": {"exchange": "bybit", "key": "K-key", "secret": "S-secret", "passphrase": ""},
    "two": {"exchange": "bitget", "apiKey": "A", "key": "ignored", "secret": "S", "passphrase": "P", "quote": "USDC"},
    "three": {"exchange": "hyperliquid", "wallet_address": "W", "private_key": "PK", "is_vault": True, "quote": "USDT"},
    "four": {"exchange": "okx", "key": "", "secret": "", "options": {"x": 1}},
}


def _accounts_file(folder: Path, mode: int = 0o600) -> Path:
    path = write(folder, KEYS_FILE, "api-keys.json")
    path.chmod(mode)
    return path


def test_accounts_wrap_their_secrets(tmp_path: Path) -> None:
    accounts = load_accounts(_accounts_file(tmp_path))
    assert set(accounts) == {"one", "two", "three", "four"}
    one = accounts["one"]
    assert (one.exchange, one.quote, one.is_vault, one.usable) == ("bybit", "USDT", False, True)
    assert one.credentials["apiKey"].reveal() == "K-key"
    assert one.credentials["secret"].reveal() == "S-secret"
    assert "password" not in one.credentials
    assert "K-key" not in repr(one)
    assert "S-secret" not in repr(one)
    assert accounts["two"].credentials["apiKey"].reveal() == "A"
    assert accounts["two"].credentials["password"].reveal() == "P"
    assert (accounts["two"].quote, accounts["three"].quote) == ("USDC", "USDC")
    assert accounts["three"].is_vault
    assert accounts["three"].credentials["privateKey"].reveal() == "PK"
    assert not accounts["four"].usable
    assert accounts["four"].options == {"x": 1}


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o601, 0o660])
def test_a_keys_file_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = _accounts_file(tmp_path, mode)
    with pytest.raises(SafetyRefusal) as caught:
        load_accounts(path)
    assert f"chmod 600 {path}" in caught.value.line()
    assert caught.value.exit_code == ExitCode.REFUSED


def test_an_unknown_user_is_named_with_the_known_ones(tmp_path: Path) -> None:
    path = _accounts_file(tmp_path)
    with pytest.raises(ConfigError) as caught:
        find_account(path, "five")
    assert caught.value.line().endswith('no account "five"; accounts there: four, one, three, two')
    assert caught.value.exit_code == ExitCode.USAGE
    assert find_account(tmp_path / "api-keys.json", "one").user == "one"


def test_keys_files_are_strict_json(tmp_path: Path) -> None:
    path = write(tmp_path, '{"one": {\n "exchange": okx}}', "api-keys.json")
    path.chmod(0o600)
    with pytest.raises(SyntaxFault, match="line 2, column 14"):
        load_accounts(path)
    with pytest.raises(ConfigError, match="no such file"):
        load_accounts(tmp_path / "none.json")
    path.write_text('{"one": {"exchange": 3}}')
    with pytest.raises(ConfigError, match=r"one\.exchange: is no name"):
        load_accounts(path)


@pytest.mark.parametrize(
    ("extra", "named"),
    [({"testnet": True}, "testnet"), ({"sandbox": 1}, "sandbox"), ({"options": {"sandbox": True}}, "options.sandbox")],
)
def test_a_testnet_that_would_be_the_real_thing_is_refused(
    tmp_path: Path, extra: dict[str, object], named: str
) -> None:
    path = tmp_path / "api-keys.json"
    path.write_text(
        json.dumps({"me": {"exchange": "bybit", "key": "k", "secret": "s", **extra}, "you": {"exchange": "okx"}})
    )
    path.chmod(0o600)
    with pytest.raises(SafetyRefusal, match=f'"me".{named} does not lead to a testnet here'):
        find_account(path, "me")
    assert find_account(path, "you").testnet == ""
