"""The five layouts a file may have."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pbtui.config import load, risk_omissions
from pbtui.config.flavours import detect_flavour
from pbtui.core.errors import ConfigError

from .support import built_in, current, loaded, write

MULTI: dict[str, Any] = {
    "user": "account_07",
    "pnls_max_lookback_days": 21,
    "loss_allowance_pct": 0.004,
    "stuck_threshold": 0.81,
    "unstuck_close_pct": 0.02,
    "TWE_long": 1.9,
    "TWE_short": 0.6,
    "long_enabled": True,
    "short_enabled": False,
    "n_longs": 5,
    "n_shorts": 1,
    "leverage": 7,
    "approved_symbols": ["SOLUSDT", "ADAUSDT", "SOLUSDT"],
    "ignored_symbols": ["LUNAUSDT"],
    "universal_live_config": {
        "long": {
            "ddown_factor": 0.77,
            "initial_eprice_ema_dist": -0.011,
            "initial_qty_pct": 0.021,
            "rentry_pprice_dist": 0.043,
            "rentry_pprice_dist_wallet_exposure_weighting": 2.2,
            "ema_span_0": 444.5,
            "ema_span_1": 333.25,
            "filter_noisiness_rolling_window": 77,
            "filter_volume_rolling_window": 88,
            "n_close_orders": 4.6,
            "min_markup": 0.002,
            "markup_range": 0.01,
        },
        "short": {"n_close_orders": 0},
    },
}


def test_detection_order() -> None:
    assert detect_flavour(MULTI) == "pb_multi"
    assert detect_flavour({**MULTI, "common": {}}) == "pb_multi"
    assert detect_flavour({"common": {}, **current()}) == "v7_legacy"
    assert detect_flavour(current()) == "current"
    assert detect_flavour({"config": current()}) == "nested_current"
    assert detect_flavour({**current(), "config": current()}) == "current"
    assert detect_flavour({"bot": {}, "live": {}}) == "live_only"
    assert detect_flavour({"bot": {}}) == ""


def test_v6_multi(tmp_path: Path) -> None:
    config = loaded(tmp_path, MULTI)
    long, short = config.bot.long, config.bot.short
    assert config.live.user == "account_07"
    assert config.live.leverage == 7
    assert config.live.pnls_max_lookback_days == 21
    assert config.live.approved_coins["long"] == ["ADAUSDT", "SOLUSDT"]
    assert config.live.ignored_coins["short"] == ["LUNAUSDT"]
    assert (long.entry_grid_double_down_factor, long.entry_initial_ema_dist, long.entry_initial_qty_pct) == (
        0.77,
        -0.011,
        0.021,
    )
    assert (long.entry_grid_spacing_pct, long.entry_grid_spacing_we_weight) == (0.043, 2.2)
    assert (long.ema_span_0, long.ema_span_1) == (444.5, 333.25)
    assert (long.filter_volatility_ema_span, long.filter_volume_ema_span) == (77, 88)
    assert long.close_grid_qty_pct == 1 / 5
    assert short.close_grid_qty_pct == built_in("bot.short.close_grid_qty_pct")
    assert long.close_grid_markup_start == built_in("bot.long.close_grid_markup_start")
    assert (long.n_positions, short.n_positions) == (5, 1)
    assert (long.total_wallet_exposure_limit, short.total_wallet_exposure_limit) == (1.9, 0.0)
    assert (long.unstuck_close_pct, long.unstuck_loss_allowance_pct, long.unstuck_threshold) == (0.02, 0.004, 0.81)
    assert long.entry_trailing_grid_ratio == long.close_trailing_threshold_pct == long.unstuck_ema_dist == 0.0
    assert (
        str(config.origin("bot.long.entry_grid_spacing_pct"))
        == "migrated from universal_live_config.long.rentry_pprice_dist"
    )
    assert any("markup_range has no counterpart" in warning for warning in config.warnings)


def test_v6_multi_with_coin_flags_counts_them_as_slots(tmp_path: Path) -> None:
    flags = {"SOLUSDT": "-lm gs -lev 3", "ADAUSDT": "-sw 0.2", "XRPUSDT": ""}
    config = loaded(tmp_path, {**MULTI, "approved_symbols": flags, "n_longs": 0, "n_shorts": 0})
    assert config.bot.long.n_positions == config.bot.short.n_positions == 3
    assert config.live.approved_coins["long"] == ["ADAUSDT", "SOLUSDT", "XRPUSDT"]
    assert config.live_value("SOL", "forced_mode_long") == "graceful_stop"
    assert config.live_value("SOL", "leverage") == 3
    assert config.coin_overrides["ADA"].short == {"wallet_exposure_limit": 0.2}


def test_early_v7(tmp_path: Path) -> None:
    old = {
        "common": {
            "user": "sub_3",
            "approved_symbols": {"long": ["BTC"], "short": ["ETH"]},
            "symbol_flags": {"BTC": "-lm m"},
            "leverage": 4,
            "made_up": 1,
        },
        "backtest": {"starting_balance": 777, "exchange": "bybit"},
        "bot": {"long": {"ema_span_0": 99}},
        "live": {"execution_delay_seconds": 6},
        "optimize": {"iters": 12},
    }
    config = loaded(tmp_path, old)
    assert config.flavour == "v7_legacy"
    assert (config.live.user, config.live.leverage, config.live.execution_delay_seconds) == ("sub_3", 4, 6)
    assert config.live.approved_coins == {"long": ["BTC"], "short": ["ETH"]}
    assert config.bot.long.ema_span_0 == 99
    assert config.bot.long.close_trailing_qty_pct == 1.0  # computed, the side came from the file
    assert config.bot.short.close_trailing_qty_pct == 0.125  # built-in, the side did not
    assert config.backtest.starting_balance == 777
    assert config.live_value("BTC", "forced_mode_long") == "manual"
    assert config.backtest.btc_collateral_cap == 1.0


def test_nested(tmp_path: Path) -> None:
    config = loaded(tmp_path, {"config": current(live={"leverage": 8}), "analysis": {"gain": 3}})
    assert config.flavour == "nested_current"
    assert config.live.leverage == 8


def test_live_only_takes_whole_built_in_sections(tmp_path: Path) -> None:
    data = current()
    del data["optimize"], data["backtest"]
    config = loaded(tmp_path, data, command="backtest")
    assert config.flavour == "live_only"
    assert config.backtest.btc_collateral_cap == 1.0
    assert config.optimize.bounds["long_entry_trailing_double_down_factor"] == [0.1, 3.0]
    assert config.origin("optimize.iters").kind == "built-in"


def test_current_without_collateral_holds_none(tmp_path: Path) -> None:
    config = loaded(tmp_path, current(), command="backtest")
    assert config.backtest.btc_collateral_cap == 0.0
    assert config.optimize.bounds["long_entry_trailing_double_down_factor"] == [0.01, 3.0]
    assert config.optimize.bounds["long_ema_span_0"] == [200.0, 1440.0]


def test_unknown_layout_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(write(tmp_path, {"leverage": 3, "n": 1}))
    assert "unknown layout" in caught.value.line()
    assert "leverage, n" in caught.value.line()


@pytest.mark.parametrize("section", ["bot", "live", "backtest", "optimize", "logging"])
def test_a_section_of_another_type_is_named(tmp_path: Path, section: str) -> None:
    with pytest.raises(ConfigError, match=f"{section}: is not an object"):
        load(write(tmp_path, {**current(), section: [1]}))


def test_an_omitted_side_trades_and_says_so(tmp_path: Path) -> None:
    data = current()
    del data["bot"]["short"]
    config = loaded(tmp_path, data)
    assert config.bot.short.total_wallet_exposure_limit == 1.7
    assert any(warning.startswith("bot.short is not written down") for warning in config.warnings)
    keys = [omission.key for omission in risk_omissions(config)]
    assert keys == ["bot.short", "live.market_orders_allowed", "live.max_realized_loss_pct"]


def test_a_side_without_its_limit_is_a_smaller_omission(tmp_path: Path) -> None:
    data = current(bot={"short": {"n_positions": 2}}, live={"market_orders_allowed": True, "max_realized_loss_pct": 1})
    keys = [omission.key for omission in risk_omissions(loaded(tmp_path, data))]
    assert keys == ["bot.short.total_wallet_exposure_limit"]


def test_the_first_v7_layout_with_flags_per_symbol(tmp_path: Path) -> None:
    common = {"approved_symbols": {"ETHUSDT": "-lm gs", "BTCUSDT": ""}, "auto_gs": False, "speed": 3}
    config = loaded(
        tmp_path, {"common": common, "bot": {}, "live": {"user": "me", "minimum_market_age_days": 9}, "x": 1}
    )
    assert config.flavour == "v7_legacy"
    assert config.live.approved_coins == {pside: ["BTCUSDT", "ETHUSDT"] for pside in ("long", "short")}
    assert config.live_value("ETH", "forced_mode_long") == "graceful_stop"
    assert (config.live.auto_gs, config.live.user) == (False, "me")
    assert {
        "common.speed is no key of this layout and is left out",
        "live.minimum_market_age_days is no key of this layout and is left out",
        '"x" is no section of this layout and is left out',
    } <= set(config.warnings)


def test_what_a_v6_file_holds_in_vain_is_named(tmp_path: Path) -> None:
    config = loaded(tmp_path, {**MULTI, "minimum_market_age_days": 10, "_note": 1})
    assert '"minimum_market_age_days" of the v6 layout has no counterpart and is left out' in config.warnings
    assert not any("_note" in line for line in config.warnings)
