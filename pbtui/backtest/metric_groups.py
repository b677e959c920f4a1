"""The metrics worth a first look, in groups, and how each is written (backtest.md 3.2 gives their meaning)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Unit = Literal["usd", "btc"]


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric: its name without a unit, how its value is written, and whether more (1) or less (-1) is better."""

    name: str
    form: Callable[[float], str]
    better: Literal[-1, 0, 1] = 0


def plain(value: float) -> str:
    """Return a number with four decimals, large ones shorter."""
    return f"{value:,.4f}" if abs(value) < 1e6 else f"{value:,.4g}"


def percent(value: float) -> str:
    """Return a fraction as percent."""
    return f"{value * 100:,.3f}%"


def hours(value: float) -> str:
    """Return hours."""
    return f"{value:,.1f} h"


GROUPS: tuple[tuple[str, tuple[Metric, ...]], ...] = (
    (
        "return",
        (
            Metric("gain", plain, 1), Metric("adg", percent, 1), Metric("adg_w", percent, 1),
            Metric("mdg", percent, 1), Metric("sharpe_ratio", plain, 1), Metric("sortino_ratio", plain, 1),
            Metric("calmar_ratio", plain, 1), Metric("omega_ratio", plain, 1),
        ),
    ),
    (
        "risk",
        (
            Metric("drawdown_worst", percent, -1), Metric("drawdown_worst_mean_1pct", percent, -1),
            Metric("expected_shortfall_1pct", percent, -1), Metric("equity_balance_diff_neg_max", percent, -1),
            Metric("loss_profit_ratio", plain, -1), Metric("peak_recovery_hours_equity", hours, -1),
            Metric("equity_choppiness", plain, -1), Metric("exponential_fit_error", plain, -1),
        ),
    ),
    (
        "exposure",
        (
            Metric("total_wallet_exposure_max", plain), Metric("total_wallet_exposure_mean", plain),
            Metric("high_exposure_hours_max_long", hours, -1), Metric("high_exposure_hours_max_short", hours, -1),
        ),
    ),
    (
        "trading",
        (
            Metric("positions_held_per_day", plain), Metric("position_held_hours_mean", hours),
            Metric("position_held_hours_max", hours, -1), Metric("position_unchanged_hours_max", hours, -1),
            Metric("volume_pct_per_day_avg", plain),
        ),
    ),
)  # fmt: skip


def value_of(analysis: Mapping[str, Any], name: str, unit: Unit) -> float | None:
    """Return a metric in a unit, in none where it has none, None where it is not told or not finite."""
    value = analysis.get(f"{name}_{unit}", analysis.get(name))
    good = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if good else None


def in_bitcoin_too(analysis: Mapping[str, Any], name: str) -> bool:
    """Tell whether a metric says something else in bitcoins than in dollars."""
    return f"{name}_btc" in analysis and value_of(analysis, name, "usd") != value_of(analysis, name, "btc")
