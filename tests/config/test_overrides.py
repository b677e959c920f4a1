"""Values per coin."""

from __future__ import annotations

from pathlib import Path

import pytest

from pbtui.config import InvalidConfig, load, params_for
from pbtui.config.overrides import BOT_KEYS, LIVE_KEYS

from .support import current, loaded, write


def test_inline_values(tmp_path: Path) -> None:
    overrides = {
        "SOLUSDT": {
            "bot": {"long": {"ema_span_0": 11, "wallet_exposure_limit": 0}, "short": {"unstuck_threshold": 0.5}},
            "live": {"forced_mode_short": "gs", "leverage": 3},
        },
        "USDC": {"live": {"leverage": 2}},
    }
    config = loaded(tmp_path, current(coin_overrides=overrides, live={"leverage": 9}))
    assert set(config.coin_overrides) == {"SOL"}
    params = params_for(config, "SOL/USDT:USDT", "long")
    assert len(params) == 38
    assert params["ema_span_0"] == 11
    assert params["wallet_exposure_limit"] == 0
    assert params_for(config, "SOL", "short")["wallet_exposure_limit"] == -1.0
    assert params_for(config, "ETH", "long")["wallet_exposure_limit"] == -1.0
    assert config.overridden_keys("SOL", "short") == {"unstuck_threshold"}
    assert config.overridden_keys("ETH", "short") == frozenset()
    assert (config.live_value("SOL", "leverage"), config.live_value("ETH", "leverage")) == (3, 9)
    assert config.live_value("SOL", "forced_mode_short") == "graceful_stop"
    assert any("USDC" in warning for warning in config.warnings)


def test_engine_parameters_are_numbers_with_whole_slots(tmp_path: Path) -> None:
    params = params_for(loaded(tmp_path, current()), "BTC", "long")
    assert isinstance(params["n_positions"], int)
    assert all(isinstance(value, float) for name, value in params.items() if name != "n_positions")


def test_allowed_keys_are_exactly_these() -> None:
    assert len(BOT_KEYS) == 37 - 8 + 1
    assert {
        "n_positions",
        "total_wallet_exposure_limit",
        "filter_volume_drop_pct",
        "unstuck_loss_allowance_pct",
    }.isdisjoint(BOT_KEYS)
    assert "wallet_exposure_limit" in BOT_KEYS
    assert {"forced_mode_long", "forced_mode_short", "leverage"} == LIVE_KEYS


def test_keys_that_cannot_be_set_per_coin_are_left_out_and_named(tmp_path: Path) -> None:
    entry = {"bot": {"long": {"n_positions": 3, "entry_grid_spacing_weight": 1}}, "live": {"user": "x"}, "backtest": {}}
    config = loaded(tmp_path, current(coin_overrides={"BTC": entry}))
    assert config.coin_overrides["BTC"].as_tree() == {}
    text = "\n".join(config.warnings)
    assert "bot.long.n_positions is left out (it can't be set per coin)" in text
    assert "write entry_grid_spacing_we_weight" in text
    assert "coin_overrides.BTC.backtest has no effect" in text


def test_values_equal_to_the_base_are_no_overrides(tmp_path: Path) -> None:
    entry = {"bot": {"long": {"ema_span_0": 50, "ema_span_1": 60}}}
    data = current(bot={"long": {"ema_span_0": 50, "ema_span_1": 70}}, coin_overrides={"BTC": entry})
    assert loaded(tmp_path, data).overridden_keys("BTC", "long") == {"ema_span_1"}


def test_only_what_an_override_file_names_applies(tmp_path: Path) -> None:
    partial = {
        "bot": {"long": {"entry_grid_spacing_weight": 3.5, "n_positions": 9, "ema_span_1": 33}, "short": {}},
        "live": {},
    }
    write(tmp_path, partial, "sol.json")
    entry = {"override_config_path": "sol.json", "bot": {"long": {"ema_span_1": 70}}}
    config = loaded(tmp_path, current(bot={"long": {"ema_span_1": 70}}, coin_overrides={"SOL": entry}))
    # The inline value wins and puts the base value back.
    assert config.coin_overrides["SOL"].as_tree() == {"bot": {"long": {"entry_grid_spacing_we_weight": 3.5}}}
    assert str(config.coin_overrides["SOL"].origins["bot.long.entry_grid_spacing_we_weight"]).startswith(
        "override file"
    )
    assert config.get("coin_overrides.SOL.bot.long") == {"entry_grid_spacing_we_weight": 3.5}


def test_an_override_file_without_sections_it_does_not_need(tmp_path: Path) -> None:
    write(tmp_path, "bot: {short: {unstuck_ema_dist: -0.4}}", "x.hjson")
    config = loaded(tmp_path, current(coin_overrides={"X": {"override_config_path": str(tmp_path / "x.hjson")}}))
    assert config.coin_overrides["X"].short == {"unstuck_ema_dist": -0.4}


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"override_config_path": "none.json"}, "coin_overrides.BTC.override_config_path: the file"),
        ({"bot": {"long": {"ema_span_0": "wide"}}}, 'coin_overrides.BTC.bot.long.ema_span_0: "wide" is not a number'),
        ({"live": {"forced_mode_long": "fast"}}, "forced_mode_long"),
        ({"live": {"leverage": 0}}, "below 1"),
        ({"bot": {"long": 3}}, "is not an object"),
        (7, "is not an object"),
    ],
)
def test_bad_entries(tmp_path: Path, entry: object, message: str) -> None:
    with pytest.raises(InvalidConfig) as caught:
        loaded(tmp_path, current(coin_overrides={"BTC": entry}))
    assert message in caught.value.line()


def test_flags_come_before_overrides(tmp_path: Path) -> None:
    path = write(tmp_path, current(coin_overrides={"BTC": {"bot": {"long": {"ema_span_0": 50}}}}))
    assert load(path, flags={"bot.long.ema_span_0": 50}).overridden_keys("BTC", "long") == frozenset()
    assert load(path, flags={"bot.long.ema_span_0": 51}).overridden_keys("BTC", "long") == {"ema_span_0"}


def test_old_keys_of_an_override_file_count(tmp_path: Path) -> None:
    write(tmp_path, {"bot": {"long": {"close_grid_min_markup": 0.01, "close_grid_markup_range": 0.02}}}, "sol.json")
    config = loaded(tmp_path, current(coin_overrides={"SOL": {"override_config_path": "sol.json"}}))
    assert dict(config.coin_overrides["SOL"].long) == {"close_grid_markup_start": 0.03, "close_grid_markup_end": 0.01}


def test_sides_that_are_none_are_named(tmp_path: Path) -> None:
    config = loaded(tmp_path, current(coin_overrides={"SOL": {"bot": {"lng": {"ema_span_0": 5}}}}))
    assert "coin_overrides.SOL.bot.lng has no effect and is left out (known: long, short)" in config.warnings
    with pytest.raises(InvalidConfig, match=r"coin_overrides\.SOL\.bot: \[\] is not an object"):
        loaded(tmp_path, current(coin_overrides={"SOL": {"bot": []}}))
