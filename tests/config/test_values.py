"""What is checked at load, and what the message says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pbtui.config import Config, InvalidConfig, SyntaxFault, check, load
from pbtui.core.errors import ConfigError, ExitCode

from .support import NOW_MS, current, loaded, write


def _with(dotted: str, value: Any) -> dict[str, Any]:
    data = {**current(), "logging": {}}
    node: Any = data
    *parents, leaf = dotted.split(".")
    for part in parents:
        node = node.setdefault(part, {})
    node[leaf] = value
    return data


@pytest.mark.parametrize(
    ("key", "value", "wrong", "allowed"),
    [
        ("bot.long.ema_span_0", "wide", '"wide" is not a number', "a number above 0"),
        ("bot.long.n_positions", "many", "is not a number", "a number 0 or more"),
        ("bot.short.unstuck_threshold", None, "is null", "a number"),
        ("bot.short.unstuck_threshold", True, "True is not a number", "a number"),
        ("bot.short.unstuck_threshold", [1], "[1] is not a number", "a number"),
        ("live.leverage", 0.5, "0.5 is below 1", "a number 1 or more"),
        ("live.execution_delay_seconds", -1, "below 0", "0 or more"),
        ("live.hedge_mode", "perhaps", "neither true nor false", "true or false"),
        ("live.forced_mode_long", "fast", '"fast" is no mode', "graceful_stop"),
        ("live.time_in_force", "ioc", "unknown", "good_till_cancelled, post_only"),
        ("live.on_stop", "run", "unknown", "keep, cancel_entries, cancel_all"),
        ("live.max_n_creations_per_batch", 0, "below 1", "1 or more"),
        ("live.max_n_creations_per_batch", 1.5, "not a whole number", "a whole number"),
        ("live.max_order_notional", 0, "not above 0", "or null"),
        ("live.user", {"a": 1}, "is not a text", "text"),
        ("logging.level", "loud", "is not a number", "0 warning"),
        ("backtest.exchanges", [], "is empty", "a list of names"),
        ("backtest.exchanges", [3], "is not a name", "a list of names"),
        ("backtest.end_date", "soon", "is not a date", "2024-03-01"),
        ("backtest.start_date", "2024-13-01", "is not a date", "2024-03-01"),
        ("backtest.starting_balance", 0, "not above 0", "a number above 0"),
        ("backtest.candle_interval_minutes", 0.5, "not a whole number", "1 or more"),
        ("backtest.aggregate", {"adg": "middle"}, '"middle" of "adg" is unknown', "median"),
        ("backtest.scenarios", [{"label": "a", "coin": "BTC"}], 'scenario 1: "coin" is unknown', "scenario objects"),
        ("backtest.scenarios", [{"exchanges": 3}], "neither a name nor a list", "scenario objects"),
        ("backtest.coin_sources", {"BTC": 3}, "is not an exchange", "coin → exchange"),
        ("backtest.coin_sources", {"BTC": "okx", "BTCUSDT": "bybit"}, "has two sources", "one exchange a coin"),
        ("optimize.limits", [{"metric": "adg"}], "penalize_if", "limit objects"),
        ("optimize.bounds.long_ema_span_0", [], "malformed", "[low, high]"),
        ("optimize.bounds", 3, "is not an object", "{ … }"),
        ("optimize.enable_overrides", ["magic"], "unknown", "forward_tp_grid"),
    ],
)  # fmt: skip
def test_a_bad_value_is_one_line_with_file_key_fault_and_what_is_allowed(
    tmp_path: Path, key: str, value: Any, wrong: str, allowed: str
) -> None:
    path = write(tmp_path, _with(key, value))
    with pytest.raises(InvalidConfig) as caught:
        check(path, base_dir=tmp_path, now_ms=NOW_MS)
    line = caught.value.line()
    assert line.startswith(f"{path}: {key}")
    assert wrong in line
    assert allowed in line.split("; allowed: ")[1]
    assert "\n" not in line
    assert caught.value.exit_code == ExitCode.USAGE


def test_all_faults_are_collected(tmp_path: Path) -> None:
    data = current(live={"leverage": 0, "hedge_mode": "x"}, backtest={"starting_balance": -1})
    with pytest.raises(InvalidConfig) as caught:
        check(write(tmp_path, data))
    keys = [item.key for item in caught.value.problems]
    assert keys == ["backtest.starting_balance", "live.hedge_mode", "live.leverage"]
    assert "and 2 more" in caught.value.line()


def test_faults_in_keys_a_command_does_not_read_only_warn(tmp_path: Path) -> None:
    data = current(optimize={"bounds": {"long_ema_span_0": []}, "iters": "lots"})
    config = loaded(tmp_path, data, command="live")
    assert sum("not used by this command" in warning for warning in config.warnings) == 2
    with pytest.raises(InvalidConfig, match="optimize"):
        loaded(tmp_path, data, command="optimize")
    assert config.optimize.iters == 30_000
    assert config.origin("optimize.iters").kind == "built-in"


@pytest.mark.parametrize(
    ("key", "value", "result"),
    [
        ("bot.long.ema_span_0", "12.5", 12.5),
        ("live.hedge_mode", "no", False),
        ("live.hedge_mode", 1, True),
        ("live.forced_mode_long", "TP", "tp_only"),
        ("live.forced_mode_long", None, ""),
        ("live.balance_override", "", None),
        ("live.max_concurrent_api_requests", "", None),
        ("live.user", 123, "123"),
        ("logging.level", "Debug", 2),
        ("logging.level", 9, 3),
        ("backtest.exchanges", "okx, bybit", ["okx", "bybit"]),
        ("backtest.aggregate", {"adg": "MAX"}, None),
        ("optimize.scoring", ["adg", "adg_usd", "mdg_pnl"], ["adg_usd", "mdg_pnl"]),
        ("optimize.bounds.long_ema_span_0", [9, 3], [3, 9]),
        ("optimize.bounds.long_ema_span_0", [5], [5, 5]),
        ("optimize.bounds.long_ema_span_0", [9, 3, 1], [9, 3, 1]),
        ("optimize.limits", None, []),
    ],
)  # fmt: skip
def test_values_that_are_brought_into_shape(tmp_path: Path, key: str, value: Any, result: Any) -> None:
    config = loaded(tmp_path, _with(key, value), command="optimize")
    if key == "backtest.aggregate":
        assert config.backtest.aggregate["adg"] == "max"
    else:
        assert config.get(key) == result


def test_special_engine_values_only_warn(tmp_path: Path) -> None:
    config = loaded(tmp_path, _with("bot.long.entry_volatility_ema_span_hours", 0))
    assert config.bot.long.entry_volatility_ema_span_hours == 0
    assert any("entry_volatility_ema_span_hours" in warning for warning in config.warnings)


@pytest.mark.parametrize(
    ("text", "line", "column", "name"),
    [
        ('{"bot": {\n  "long": {"a": 1,,\n}}}', 2, 19, "c.json"),
        ('{\n  "bot" {}\n}', 2, 9, "c.json"),
        ('{\n "live": {"user": "x" "leverage": 3\n', 2, 23, "c.json"),
        ("{\n  bot: {\n    long: {\n", 4, 1, "c.hjson"),
        ("{\n a: ]\n}", 2, 5, "c.hjson"),
        ("just words", 1, 1, "c.hjson"),
        ("[1, 2]", 1, 1, "c.json"),
    ],
)
def test_syntax_faults_name_line_and_column(tmp_path: Path, text: str, line: int, column: int, name: str) -> None:
    with pytest.raises(SyntaxFault) as caught:
        load(write(tmp_path, text, name))
    assert (caught.value.line_number, caught.value.column) == (line, column)
    assert f"line {line}, column {column}" in caught.value.line()


@pytest.mark.parametrize("text", ['{"a":' * 5000, '{"a": [' * 5000, '{"x": 1e999}', '{"x": ' + "9" * 6000 + "}"])
def test_bombs_are_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError):
        load(write(tmp_path, text))


def test_unreadable_files(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        load(tmp_path / "none.json")
    with pytest.raises(ConfigError, match="is a folder"):
        load(tmp_path)
    binary = tmp_path / "b.json"
    binary.write_bytes(b'{\n"a": "\xff"}')
    with pytest.raises(SyntaxFault, match="line 2, column 7: not UTF-8"):
        load(binary)


def test_hostile_texts_never_reach_a_message(tmp_path: Path) -> None:
    data = current(live={"user\x1b[2J\u202e": 1, "leverage": "\x1b]52;c;evil\x07"})
    with pytest.raises(InvalidConfig) as caught:
        check(write(tmp_path, data))
    assert "\x1b" not in caught.value.line()
    assert "\x07" not in caught.value.line()
    config: Config = loaded(tmp_path, current(live={"user\x1b[2J\u202e": 1}))
    assert not any("\x1b" in warning or "\u202e" in warning for warning in config.warnings)


@pytest.mark.parametrize("slots", [1_000_001, 2**64, 1e300])
def test_slots_beyond_all_coins_are_refused(tmp_path: Path, slots: float) -> None:
    with pytest.raises(InvalidConfig, match=r"bot\.short\.n_positions: .* is above 1000000; allowed: a number from 0"):
        loaded(tmp_path, current(bot={"short": {"n_positions": slots, "total_wallet_exposure_limit": 0}}))


def test_spans_without_a_mean_are_refused_where_the_side_trades(tmp_path: Path) -> None:
    long = {"n_positions": 1, "total_wallet_exposure_limit": 1, "ema_span_0": -5, "ema_span_1": 9}
    with pytest.raises(InvalidConfig, match=r"bot\.long\.ema_span_0: -5 has no mean with the other span"):
        loaded(tmp_path, current(bot={"long": long}))
    for harmless in ({"ema_span_1": -9}, {"ema_span_0": 0}, {"n_positions": 0}):
        assert loaded(tmp_path, current(bot={"long": {**long, **harmless}})).warnings
    entry = {"BTC": {"bot": {"long": {"ema_span_1": -9}}}}
    with pytest.raises(InvalidConfig, match=r"coin_overrides\.BTC\.bot\.long\.ema_span_1: -9 has no mean"):
        loaded(tmp_path, current(bot={"long": {**long, "ema_span_0": 5}}, coin_overrides=entry))
