"""Which change of a key may cost more: direction by direction, with the coins and their overrides."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbtui.config import Config, load
from pbtui.config.keys import Risk
from pbtui.config.risk import declaration, judge, verdict
from pbtui.config.schema import KEYS

NUMBERS = st.floats(-10, 10, allow_nan=False)


@pytest.mark.parametrize(
    ("risk", "old", "new", "expected"),
    [
        ("more", 1, 2, "raises"),
        ("more", 2, 1, "lowers"),
        ("more", 1, 1.0, ""),
        ("less", 0.03, 0.02, "raises"),
        ("gate", 0.9, 1.0, "raises"),
        ("gate", 1.0, 0.0, "raises"),
        ("gate", -1, 1.0, "lowers"),
        ("gate", 0, -1, ""),
        ("ceiling", 100, None, "raises"),
        ("ceiling", None, 100, "lowers"),
        ("on", False, True, "raises"),
        ("on", True, False, "lowers"),
        ("off", True, False, "raises"),
        ("slots", 3, 4, "raises"),
        ("slots", 4, 3, "may raise"),
        ("slots", 4, 0, "lowers"),
        ("any", "", "panic", "may raise"),
        ("more", "soon", 1, "may raise"),
        ("coins", {"long": ["A"]}, {"long": ["A", "B"]}, "raises"),
        ("coins", {"long": ["A", "B"]}, {"long": ["A"]}, "lowers"),
        ("coins", {"long": ["A"], "short": []}, {"long": [], "short": ["A"]}, "raises"),
        ("coins", {"long": ["A"]}, {"long": []}, "may raise"),
        ("coins", {"long": ["A"]}, "configs/approved.json", "may raise"),
        ("coins", {"long": ["A"]}, {"long": ["all"]}, "may raise"),
        ("left_out", {"long": ["A"]}, {"long": []}, "raises"),
        ("left_out", {"long": []}, {"long": ["A"]}, "lowers"),
    ],
)
def test_a_change_is_judged_by_its_direction(risk: Risk, old: Any, new: Any, expected: str) -> None:
    assert judge(risk, old, new) == expected


@given(NUMBERS, NUMBERS)
def test_what_raises_lowers_the_other_way_round(old: float, new: float) -> None:
    turned = {"raises": "lowers", "lowers": "raises", "": ""}
    for risk in ("more", "less", "gate", "ceiling", "on", "off"):
        assert judge(risk, new, old) == turned[judge(risk, old, new)]


def config(tmp_path: Path, name: str, **values: Any) -> Config:
    document = {"bot": {"long": {"total_wallet_exposure_limit": 1.0, "n_positions": 2}}, "live": {}, **values}
    path = tmp_path / f"{name}.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return load(path, command="live", base_dir=tmp_path)


def test_an_override_is_held_against_what_applied_before(tmp_path: Path) -> None:
    plain = config(tmp_path, "plain")
    special = config(
        tmp_path,
        "special",
        coin_overrides={
            "SOL": {"bot": {"long": {"wallet_exposure_limit": 0.4}}, "live": {"leverage": 20}},
            "X.Y": {"bot": {"long": {"entry_grid_spacing_pct": 0.5}}},
        },
    )
    limit, leverage = "coin_overrides.SOL.bot.long.wallet_exposure_limit", "coin_overrides.SOL.live.leverage"
    assert verdict(limit, plain, special) == "lowers"  # 1.0 over two slots applied
    assert verdict(limit, special, plain) == "raises"
    assert verdict(leverage, plain, special) == "raises"
    assert verdict("coin_overrides.X.Y.bot.long.entry_grid_spacing_pct", plain, special) == "lowers"
    assert verdict("live.user", plain, plain) == ""
    assert verdict("logging.level", plain, special) == ""


def test_the_keys_that_cost_money_declare_a_direction() -> None:
    for name in (
        "bot.long.total_wallet_exposure_limit",
        "bot.short.n_positions",
        "live.leverage",
        "live.max_realized_loss_pct",
        "live.market_orders_allowed",
    ):
        assert KEYS[name].risk, name
    found = declaration("coin_overrides.SOL.bot.long.wallet_exposure_limit")
    assert found is not None
    assert found.risk == "more"
    assert declaration("no.such.key") is None


def test_only_keys_of_a_session_need_a_restart() -> None:
    assert {key.name for key in KEYS.values() if key.restart} == {
        "live.user",
        "live.hedge_mode",
        "live.mimic_backtest_1m_delay",
        "live.pnls_max_lookback_days",
        "live.warmup_ratio",
        "live.max_warmup_minutes",
        "live.max_n_restarts_per_day",
        "live.recv_window_ms",
        "logging.level",
    }
