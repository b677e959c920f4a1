"""Canonical metric names (optimizer.md 6.1)."""

from __future__ import annotations


def _weighted(*names: str) -> set[str]:
    return {name + tail for name in names for tail in ("", "_w")}


_GROWTH = ("adg", "adg_w", "mdg", "mdg_w", "gain")
CURRENCY: frozenset[str] = frozenset(
    {
        *_GROWTH,
        *(f"{name}_per_exposure_{pside}" for name in _GROWTH for pside in ("long", "short")),
        *_weighted("calmar_ratio", "sharpe_ratio", "sortino_ratio", "omega_ratio", "sterling_ratio"),
        *_weighted("equity_choppiness", "equity_jerkiness", "exponential_fit_error"),
        *(f"equity_balance_diff_{sign}_{stat}" for sign in ("neg", "pos") for stat in ("max", "mean")),
        "drawdown_worst",
        "drawdown_worst_mean_1pct",
        "expected_shortfall_1pct",
        "peak_recovery_hours_equity",
    }
)
CURRENCY_FREE: frozenset[str] = frozenset(
    {
        *_weighted("positions_held_per_day", "volume_pct_per_day_avg", "loss_profit_ratio"),
        *_weighted("adg_pnl", "mdg_pnl", "sharpe_ratio_pnl", "sortino_ratio_pnl"),
        *(f"position_held_hours_{stat}" for stat in ("mean", "max", "median")),
        *(f"high_exposure_hours_{stat}_{pside}" for stat in ("mean", "max") for pside in ("long", "short")),
        "position_unchanged_hours_max",
        "peak_recovery_hours_pnl",
    }
)


def canonical_metric(name: str) -> str:
    """Return the name with its denomination at the end: `adg` → `adg_usd`, `usd_adg` → `adg_usd`."""
    if name.endswith(("_usd", "_btc")):
        return name
    for currency in ("usd", "btc"):
        if name.startswith(f"{currency}_"):
            bare = name[len(currency) + 1 :]
            return bare if bare in CURRENCY_FREE else f"{bare}_{currency}"
    if name in CURRENCY_FREE or name not in CURRENCY:
        return name
    return f"{name}_usd"


def canonical_scoring(names: list[str]) -> list[str]:
    """Return canonical names without repeats, first occurrence kept."""
    return list(dict.fromkeys(canonical_metric(name) for name in names))
