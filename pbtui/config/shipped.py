"""The longer default values: suite scenarios, aggregation, limits, objectives (config.md 4.1, 4.6, 5.4, 5.5)."""

from __future__ import annotations

from typing import Any

AGGREGATE: dict[str, str] = {
    "default": "mean",
    "high_exposure_hours_max_long": "max",
    "peak_recovery_hours_pnl": "max",
    "position_held_hours_max": "max",
}

_SUBSETS: dict[str, str] = {
    "subset_1_top": "BTC ETH BNB XRP SOL TRX DOGE ADA BCH HYPE XMR LINK CC XLM HBAR LTC AVAX",
    "subset_2_mid": "ZEC SUI SHIB CRO WLFI TON XAUT M DOT PAXG UNI MNT ASTER AAVE TAO OKB",
    "subset_3_bottom": "SKY NEAR PEPE ETC ICP ONDO PUMP POL WLD NIGHT MORPHO QNT ATOM ENA TRUMP FLR KAS",
    "subset_4_mix": "BTC SOL BCH CC AVAX CRO M MNT OKB ETC POL QNT FLR",
    "subset_5_mix": "ETH TRX HYPE XLM ZEC WLFI DOT ASTER SKY ICP WLD ATOM KAS",
    "subset_6_mix": "BNB DOGE XMR HBAR SUI TON PAXG AAVE NEAR ONDO NIGHT ENA",
    "subset_7_mix": "XRP ADA LINK LTC SHIB XAUT UNI TAO PEPE PUMP MORPHO TRUMP",
}


def _slots(count: int) -> dict[str, Any]:
    overrides = {"bot.long.n_positions": count, "bot.short.n_positions": count}
    return {"label": f"n_positions={count}", "overrides": overrides}


SCENARIOS: list[dict[str, Any]] = [
    {"label": "base"},
    *({"label": label, "coins": coins.split()} for label, coins in _SUBSETS.items()),
    *(_slots(count) for count in (3, 10, 20)),
    {"label": "btc_collateral_cap=0.5", "overrides": {"backtest.btc_collateral_cap": 0.5}},
    {"label": "twel=2", "overrides": {"bot.long.total_wallet_exposure_limit": 2}},
]

LIMITS: list[dict[str, Any]] = [
    {"metric": "drawdown_worst_btc", "penalize_if": "greater_than", "value": 0.85},
    {"metric": "drawdown_worst_usd", "penalize_if": "greater_than", "value": 0.85},
    {"metric": "loss_profit_ratio", "penalize_if": "greater_than", "value": 0.85},
    {"metric": "adg_pnl", "penalize_if": "less_than", "stat": "mean", "value": 0},
    {"metric": "high_exposure_hours_max_long", "penalize_if": "greater_than", "value": 840},
    {"metric": "peak_recovery_hours_pnl", "penalize_if": "greater_than", "value": 1680},
    {"metric": "position_held_hours_max", "penalize_if": "greater_than", "value": 840},
]
BUILT_IN_LIMITS = "--drawdown_worst 0.333 --loss_profit_ratio: 0.9 --position_unchanged_hours_max 300.0"

SCORING: list[str] = [
    "adg_pnl",
    "adg_pnl_w",
    "mdg_pnl_w",
    "loss_profit_ratio",
    "high_exposure_hours_max_long",
    "peak_recovery_hours_pnl",
    "position_held_hours_max",
    "entry_initial_balance_pct_long",
]
