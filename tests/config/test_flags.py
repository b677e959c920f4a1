"""A flag for every key."""
# ruff: noqa: E501 — tables of cases, one a line

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import pytest

from pbtui.config import add_config_flags, flag_values, load, prepare_argv
from pbtui.config.flags import flags_of
from pbtui.config.schema import KEYS, Command
from pbtui.core.errors import ConfigError

from .support import current, write

LIVE = """-ag auto_gs -bhsp balance_hysteresis_snap_pct -bo balance_override -clts candle_lock_timeout_seconds
-emaa empty_means_all_approved -eacf enable_archive_candle_fetch -eds execution_delay_seconds
-fbmec filter_by_min_effective_cost -fml forced_mode_long -fms forced_mode_short -hm hedge_mode -ic ignored_coins
-icctm inactive_coin_candle_ttl_minutes -l leverage -moa market_orders_allowed -mdcpspt max_disk_candles_per_symbol_per_tf
-mmcps max_memory_candles_per_symbol -mncpb max_n_cancellations_per_batch -mncpb2 max_n_creations_per_batch
-mnrpd max_n_restarts_per_day -mofpm max_ohlcv_fetches_per_minute -mrlp max_realized_loss_pct -mwm max_warmup_minutes
-mcad minimum_coin_age_days -omtp order_match_tolerance_pct -pmld pnls_max_lookback_days -pdt price_distance_threshold
-rwm recv_window_ms -tif time_in_force -u user -wjs warmup_jitter_seconds -wr warmup_ratio -wc warmup_concurrency
-mcar max_concurrent_api_requests -s approved_coins"""
BACKTEST = """-ad aggregate.default -bsd balance_sample_divider -bd base_dir -bcc btc_collateral_cap -bclc btc_collateral_ltv_cap
-cc compress_cache -osd ohlcv_source_dir -ed end_date -e exchanges -fbmec filter_by_min_effective_cost
-dwbt dynamic_wel_by_tradability -cim candle_interval_minutes -gtom gap_tolerance_ohlcvs_minutes -mfo maker_fee_override
-mwm max_warmup_minutes -s2 scenarios -sd start_date -sb starting_balance -se suite_enabled -vn volume_normalization"""
OPTIMIZE = """-crf compress_results_file -ce crossover_eta -cp crossover_probability -eo enable_overrides -l limits
-me mutation_eta -mi mutation_indpb -mp mutation_probability -om offspring_multiplier -pms pareto_max_size
-ps population_size -rtnsd round_to_n_significant_digits -war write_all_results -i iters -c n_cpus -os scoring"""


def _pairs(text: str, section: str) -> list[tuple[str, str]]:
    words = text.split()
    return [(flag, f"{section}.{name}") for flag, name in zip(words[::2], words[1::2], strict=True)]


def _spellings(command: Command) -> dict[str, str]:
    return {spelling: flag.name for flag in flags_of(command) for spelling in flag.spellings}


@pytest.mark.parametrize(
    ("command", "pairs"),
    [
        ("live", _pairs(LIVE, "live")),
        ("live", [("-lmsim", "logging.memory_snapshot_interval_minutes")]),
        ("live", [("-legsp", "bot.long.entry_grid_spacing_pct"), ("-ses0", "bot.short.ema_span_0")]),
        ("live", [("-lfvdp", "bot.long.filter_volatility_drop_pct"), ("-lfvdp2", "bot.long.filter_volume_drop_pct")]),
        ("live", [("-sfves", "bot.short.filter_volatility_ema_span"), ("-sfves2", "bot.short.filter_volume_ema_span")]),
        ("backtest", _pairs(BACKTEST, "backtest")),
        (
            "backtest",
            [("-mrlp", "live.max_realized_loss_pct"), ("-hm", "live.hedge_mode"), ("-lnp", "bot.long.n_positions")],
        ),
        ("backtest", [("-lvrits", "logging.volume_refresh_info_threshold_seconds")]),
        ("optimize", _pairs(OPTIMIZE, "optimize")),
        ("optimize", _pairs(BACKTEST, "backtest")),
        ("optimize", [("-lnp", "optimize.bounds.long_n_positions"), ("-ll", "logging.level")]),
        (
            "optimize",
            [("-mcad", "live.minimum_coin_age_days"), ("-lfves2", "optimize.bounds.long_filter_volume_ema_span")],
        ),
    ],
)
def test_short_flags(command: Command, pairs: list[tuple[str, str]]) -> None:
    known = _spellings(command)
    assert {flag: known.get(flag) for flag, _ in pairs} == dict(pairs)


@pytest.mark.parametrize("command", ["live", "backtest", "optimize"])
def test_every_key_has_both_long_spellings_once(command: Command) -> None:
    spellings = [spelling for flag in flags_of(command) for spelling in flag.spellings]
    assert len(spellings) == len(set(spellings))
    for flag in flags_of(command):
        assert f"--{flag.name}" in flag.spellings
        assert f"--{flag.name.replace('.', '_')}" in flag.spellings


def test_which_keys_have_flags() -> None:
    live, backtest, optimize = (set(_spellings(command).values()) for command in ("live", "backtest", "optimize"))
    assert {name for name in KEYS if name.startswith(("bot.", "live."))} <= live
    assert not any(name.startswith("optimize.bounds") for name in live | backtest)
    assert "live.leverage" not in backtest | optimize
    assert {name for name in KEYS if name.startswith("optimize.")} <= optimize
    assert "coin_overrides" not in live | backtest | optimize
    assert "backtest.coin_sources" not in backtest


def test_our_own_keys_have_no_short_flag() -> None:
    for command in ("live", "backtest", "optimize"):
        for flag in flags_of(command):
            if flag.key.ours:
                assert all(spelling.startswith("--") for spelling in flag.spellings)


def _parse(command: Command, argv: list[str]) -> dict[str, Any]:
    parser = argparse.ArgumentParser(exit_on_error=False)
    add_config_flags(parser, command)
    return flag_values(parser.parse_args(prepare_argv(argv)))


@pytest.mark.parametrize(
    ("command", "argv", "values"),
    [
        ("live", [], {}),
        ("live", ["-s", "BTC, ETH"], {"live.approved_coins": ["BTC", "ETH"]}),
        ("live", ["-s", '{"long": ["BTC"]}'], {"live.approved_coins": '{"long": ["BTC"]}'}),
        ("live", ["-u", "me", "-l", "3", "--live_hedge_mode", "N"], {"live.user": "me", "live.leverage": 3.0, "live.hedge_mode": False}),
        ("live", ["-fbmec", "n", "-leied", "-0.02"], {"live.filter_by_min_effective_cost": False, "bot.long.entry_initial_ema_dist": -0.02}),
        ("live", ["--live.balance_over", "none"], {"live.balance_override": None}),
        ("live", ["--live.on_stop", "keep"], {"live.on_stop": "keep"}),
        ("backtest", ["-e", "okx,bybit", "-bclc", "null"], {"backtest.exchanges": ["okx", "bybit"], "backtest.btc_collateral_ltv_cap": None}),
        ("backtest", ["-mfo", "0.0002", "-ad", "max"], {"backtest.maker_fee_override": 0.0002, "backtest.aggregate.default": "max"}),
        ("backtest", ["-s2", '[{"label": "a"}]'], {"backtest.scenarios": [{"label": "a"}]}),
        ("live", ["-leied", "-1e-3", "-sued", "-.5E+1"], {"bot.long.entry_initial_ema_dist": -0.001, "bot.short.unstuck_ema_dist": -5.0}),
        ("optimize", ["-lnp", "1,10,1", "-lued", "-0.1,0.02"], {"optimize.bounds.long_n_positions": [1, 10, 1], "optimize.bounds.long_unstuck_ema_dist": [-0.1, 0.02]}),
        ("optimize", ["-i", "2000", "-c", "3"], {"optimize.iters": 2000, "optimize.n_cpus": 3}),
        ("optimize", ["-os", "adg,gain", "-eo", "forward_tp_grid"], {"optimize.scoring": ["adg", "gain"], "optimize.enable_overrides": ["forward_tp_grid"]}),
        ("optimize", ["-l", "--drawdown_worst 0.3"], {"optimize.limits": "--drawdown_worst 0.3"}),
    ],
)  # fmt: skip
def test_typed_values(command: Command, argv: list[str], values: dict[str, Any]) -> None:
    if argv[:1] == ["-l"] and argv[1].startswith("--"):
        argv = [f"-l={argv[1]}"]
    assert _parse(command, argv) == values


@pytest.mark.parametrize("argv", [["-fbmec", "perhaps"], ["-l", "many"], ["-fbmec", ""]])
def test_wrong_values_are_refused(argv: list[str]) -> None:
    with pytest.raises(argparse.ArgumentError, match="allowed: "):
        _parse("live", argv)


def test_reserved_spellings_stay_free() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("-u", "--user")
    add_config_flags(parser, "live", reserved={"-u"})
    options = parser.parse_args(["-u", "me", "--live.user", "you"])
    assert (options.user, flag_values(options)) == ("me", {"live.user": "you"})


def test_flags_win_over_the_file_and_say_so(tmp_path: Path) -> None:
    path = write(tmp_path, current(live={"leverage": 3, "approved_coins": ["BTC"]}))
    flags = {"live.leverage": 5.0, "live.approved_coins": ["ETH"], "bot.long.n_positions": "4", "live.hedge_mode": "no"}
    config = load(path, flags=flags)
    assert config.live.leverage == 5
    assert config.live.approved_coins["long"] == ["ETH"]
    assert config.bot.long.n_positions == 4
    assert config.live.hedge_mode is False
    assert str(config.origin("live.leverage")) == "flag --live.leverage"
    assert config.origin("live.user").kind == "built-in"


def test_a_flag_equal_to_the_file_changes_nothing(tmp_path: Path) -> None:
    path = write(tmp_path, current(live={"leverage": 3}))
    assert load(path, flags={"live.leverage": 3.0}).origin("live.leverage").kind == "file"


def test_a_flag_that_writes_a_default_down_is_no_omission(tmp_path: Path) -> None:
    from pbtui.config import risk_omissions

    path = write(tmp_path, current())
    config = load(path, flags={"live.market_orders_allowed": True, "live.max_realized_loss_pct": 1})
    assert risk_omissions(config) == []


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"live.nothing": 1}, "--live.nothing: no such key"),
        ({"live.leverage.x": 1}, "no such key"),
        ({"live.leverage": "x"}, "allowed: a number 1 or more"),
        ({"live.leverage": 0}, "live.leverage: 0 is below 1"),
    ],
)
def test_wrong_flags_are_config_errors(tmp_path: Path, flags: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(write(tmp_path, current()), flags=flags)
    assert message in caught.value.line()
