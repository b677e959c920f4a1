"""Legacy keys in files of the current layout."""

from __future__ import annotations

from pathlib import Path

import pytest

from pbtui.config.migrate import RENAMES

from .support import built_in, current, loaded


@pytest.mark.parametrize(("old", "new"), RENAMES)
@pytest.mark.parametrize("pside", ["long", "short"])
def test_renames_of_parameters_and_bounds(tmp_path: Path, old: str, new: str, pside: str) -> None:
    data = current(bot={pside: {old: 123.5}}, optimize={"bounds": {f"{pside}_{old}": [3, 9]}})
    config = loaded(tmp_path, data, command="optimize")
    assert config.get(f"bot.{pside}.{new}") == 123.5
    assert config.get(f"optimize.bounds.{pside}_{new}") == [3, 9]
    assert str(config.origin(f"bot.{pside}.{new}")) == f"migrated from bot.{pside}.{old}"


def test_the_new_name_wins_over_the_old(tmp_path: Path) -> None:
    side = {"entry_grid_spacing_weight": 1.0, "entry_grid_spacing_we_weight": 2.0}
    assert loaded(tmp_path, current(bot={"long": side})).bot.long.entry_grid_spacing_we_weight == 2.0


def test_the_first_of_several_old_names_wins(tmp_path: Path) -> None:
    side = {"filter_log_range_ema_span": 3, "filter_noisiness_ema_span": 2, "filter_noisiness_rolling_window": 1}
    assert loaded(tmp_path, current(bot={"long": side})).bot.long.filter_volatility_ema_span == 1


def test_late_renames_overwrite(tmp_path: Path) -> None:
    live = {
        "minimum_market_age_days": 33,
        "minimum_coin_age_days": 44,
        "ohlcvs_1m_update_after_minutes": 5,
        "noisiness_rolling_mean_window_size": 50,
        "memory_snapshot_interval_minutes": 12,
    }
    config = loaded(tmp_path, current(live=live, backtest={"exchange": "okx", "exchanges": ["bybit"]}))
    assert config.live.minimum_coin_age_days == 33
    assert config.live.inactive_coin_candle_ttl_minutes == 5
    assert config.logging.memory_snapshot_interval_minutes == 12
    assert config.backtest.exchanges == ["okx"]
    # It comes too late to shape the filter spans.
    assert config.bot.long.filter_volume_ema_span == 60.0


@pytest.mark.parametrize(("old", "cap"), [(True, 1.0), (0, 0.0), ("1", 1.0), ("false", 0.0), ("yes", 1.0)])
def test_btc_collateral_switch(tmp_path: Path, old: object, cap: float) -> None:
    config = loaded(tmp_path, current(backtest={"use_btc_collateral": old}))
    assert config.backtest.btc_collateral_cap == cap


def test_an_explicit_cap_beats_the_old_switch(tmp_path: Path) -> None:
    config = loaded(tmp_path, current(backtest={"use_btc_collateral": True, "btc_collateral_cap": 0.4}))
    assert config.backtest.btc_collateral_cap == 0.4


def test_old_markups_become_a_backwards_grid(tmp_path: Path) -> None:
    side = {"close_grid_min_markup": 0.004, "close_grid_markup_range": 0.0025}
    bounds = {"long_min_markup": [0.002, 0.008], "long_close_grid_min_markup": [0.003, 0.009]}
    config = loaded(tmp_path, current(bot={"long": side}, optimize={"bounds": bounds}), command="optimize")
    assert config.bot.long.close_grid_markup_start == 0.004 + 0.0025
    assert config.bot.long.close_grid_markup_end == 0.004
    assert config.bot.short.close_grid_markup_start == 0.002
    assert config.optimize.bounds["long_close_grid_markup_start"] == [0.002, 0.008]
    assert config.optimize.bounds["long_close_grid_markup_end"] == [0.003, 0.009]
    assert config.optimize.bounds["short_close_grid_markup_end"] == [0.001, 0.03]
    assert not any("min_markup" in warning for warning in config.warnings)


def test_computed_defaults(tmp_path: Path) -> None:
    live = {"ohlcv_rolling_window": 45, "filter_relative_volume_clip_pct": 0.3}
    bot = {"long": {"filter_rolling_window": 90, "entry_grid_double_down_factor": 0.6}, "short": {}}
    config = loaded(tmp_path, current(live=live, bot=bot))
    long, short = config.bot.long, config.bot.short
    assert (long.filter_volatility_ema_span, long.filter_volume_ema_span) == (90, 90)
    assert (short.filter_volatility_ema_span, short.filter_volume_ema_span) == (45, 45)
    assert (long.entry_trailing_double_down_factor, short.entry_trailing_double_down_factor) == (0.6, 1.0)
    assert long.filter_volume_drop_pct == 0.3
    assert long.close_trailing_qty_pct == 1.0
    assert long.close_grid_qty_pct == built_in("bot.long.close_grid_qty_pct")
    assert config.origin("bot.long.close_trailing_qty_pct").kind == "computed"


def test_suite_is_flattened(tmp_path: Path) -> None:
    suite = {
        "enabled": True,
        "include_base_scenario": True,
        "base_label": "start",
        "aggregate": {"adg": "min"},
        "scenarios": [{"label": "one", "coins": ["BTC"]}],
    }
    config = loaded(tmp_path, current(backtest={"suite": suite, "aggregate": {"default": "max"}}), command="backtest")
    assert [item["label"] for item in config.backtest.scenarios] == ["start", "one"]
    assert config.backtest.aggregate["default"] == "max"
    assert config.backtest.aggregate["adg"] == "min"
    assert config.backtest.suite_enabled is True


def test_a_suite_that_is_off_stays_off(tmp_path: Path) -> None:
    suite = {"enabled": False, "scenarios": [{"label": "one"}]}
    config = loaded(tmp_path, current(backtest={"suite": suite}), command="backtest")
    assert config.backtest.suite_enabled is False
    assert [item["label"] for item in config.backtest.scenarios] == ["one"]
    assert any("suite stays off" in warning for warning in config.warnings)


def test_scenarios_already_there_are_kept(tmp_path: Path) -> None:
    backtest = {"suite": {"enabled": True, "scenarios": [{"label": "old"}]}, "scenarios": [{"label": "new"}]}
    config = loaded(tmp_path, current(backtest=backtest), command="backtest")
    assert [item["label"] for item in config.backtest.scenarios] == ["new"]


def test_coin_flags_are_converted_and_reported(tmp_path: Path) -> None:
    config = loaded(tmp_path, current(live={"coin_flags": {"DOGE": "-lm t -lw 0.3 -zz 1"}}))
    assert config.live_value("DOGE", "forced_mode_long") == "tp_only"
    assert config.coin_overrides["DOGE"].long == {"wallet_exposure_limit": 0.3}
    assert any("converted to coin_overrides" in warning for warning in config.warnings)
    assert any("-zz" in warning for warning in config.warnings)


def test_unknown_keys_are_named_with_the_nearest_known_one(tmp_path: Path) -> None:
    data = current(live={"levrage": 3}, bot={"long": {"entry_grid_spacing": 1}})
    data["monitor"] = {"x": 1}
    data["live"]["_note"] = "kept"
    config = loaded(tmp_path, data)
    assert 'unknown key "live.levrage" is left out, did you mean live.leverage?' in config.warnings
    assert any("bot.long.entry_grid_spacing_pct" in warning for warning in config.warnings)
    assert any('"monitor"' in warning for warning in config.warnings)
    assert config.get("monitor") is None
    assert config.get("live._note") == "kept"


def test_retired_keys_get_their_reason(tmp_path: Path) -> None:
    data = current(bot={"long": {"enforce_exposure_limit": False}}, optimize={"bounds": {}, "suite": {}})
    config = loaded(tmp_path, data)
    assert any("risk_wel_enforcer_threshold takes its place" in warning for warning in config.warnings)
    assert any("optimize.suite" in warning for warning in config.warnings)


def test_our_live_key_with_an_old_name_acts(tmp_path: Path) -> None:
    config = loaded(tmp_path, current(live={"mimic_backtest_1m_delay": True}))
    assert config.live.mimic_backtest_1m_delay is True
    assert config.origin("live.on_stop").kind == "ours"


@pytest.mark.parametrize(("given", "slots"), [(2.5, 2), (3.5, 4), (2.4999, 2), (0.5, 0), (1, 1)])
def test_slots_round_half_to_even(tmp_path: Path, given: float, slots: int) -> None:
    assert loaded(tmp_path, current(bot={"long": {"n_positions": given}})).bot.long.n_positions == slots


def test_old_keys_that_shape_new_ones_are_named_as_their_origin(tmp_path: Path) -> None:
    side = {"close_grid_min_markup": 0.004, "close_grid_markup_range": 0.006, "filter_rolling_window": 77}
    live = {"filter_relative_volume_clip_pct": 0.3, "ohlcv_rolling_window": 44}
    bounds = {"long_min_markup": [0.1, 0.2], "long_close_grid_min_markup": [0.3, 0.4]}
    config = loaded(tmp_path, current(bot={"long": side, "short": {}}, live=live, optimize={"bounds": bounds}))
    origins = {
        "bot.long.close_grid_markup_start": "bot.long.close_grid_min_markup + bot.long.close_grid_markup_range",
        "bot.long.close_grid_markup_end": "bot.long.close_grid_min_markup",
        "bot.long.filter_volume_ema_span": "bot.long.filter_rolling_window",
        "bot.short.filter_volatility_ema_span": "live.ohlcv_rolling_window",
        "bot.short.filter_volume_drop_pct": "live.filter_relative_volume_clip_pct",
        "optimize.bounds.long_close_grid_markup_start": "optimize.bounds.long_min_markup",
    }
    assert {name: str(config.origin(name)) for name in origins} == {
        name: f"migrated from {old}" for name, old in origins.items()
    }
    assert str(config.origin("bot.long.close_trailing_qty_pct")) == "computed default missing in the file"
    changes = [change.text() for change in config.changes]
    assert (
        "rename bot.long.close_grid_min_markup to bot.long.close_grid_markup_start, bot.long.close_grid_markup_end"
        in changes
    )
    assert config.warnings == ()


def test_old_keys_beside_new_ones_change_nothing_and_say_so(tmp_path: Path) -> None:
    side = {"close_grid_min_markup": 0.004, "close_grid_markup_start": 0.02, "close_grid_markup_end": 0.01}
    config = loaded(tmp_path, current(bot={"long": side}))
    assert (config.bot.long.close_grid_markup_start, config.bot.long.close_grid_markup_end) == (0.02, 0.01)
    changes = [change.text() for change in config.changes]
    assert "remove bot.long.close_grid_min_markup (an old key without effect here)" in changes


def test_a_backtest_section_without_scenarios_has_none(tmp_path: Path) -> None:
    for backtest in ({}, {"suite": {"enabled": False}}, {"suite": None}, {"scenarios": []}):
        assert loaded(tmp_path, current(backtest=backtest), command="backtest").backtest.scenarios == []
    whole = current()
    del whole["backtest"]
    assert loaded(tmp_path, whole, command="backtest").backtest.scenarios == built_in("backtest.scenarios")
