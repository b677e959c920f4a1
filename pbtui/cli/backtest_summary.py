"""The end of a backtest as a page of text: what was run, how it went, where the result lies."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pbtui.core.sanitize import sanitize_line

_Form = Callable[[float], str]


def _plain(value: float) -> str:
    return f"{value:,.4f}" if abs(value) < 1e6 else f"{value:,.4g}"


def _percent(value: float) -> str:
    return f"{value * 100:,.3f}%"


def _hours(value: float) -> str:
    return f"{value:,.1f} h"


# Metrics by group: name, how it is written (backtest.md 3.2 gives their meaning).
_GROUPS: tuple[tuple[str, tuple[tuple[str, _Form], ...]], ...] = (
    (
        "return",
        (
            ("gain", _plain), ("adg", _percent), ("adg_w", _percent), ("mdg", _percent), ("sharpe_ratio", _plain),
            ("sortino_ratio", _plain), ("calmar_ratio", _plain), ("omega_ratio", _plain),
        ),
    ),
    (
        "risk",
        (
            ("drawdown_worst", _percent), ("drawdown_worst_mean_1pct", _percent), ("expected_shortfall_1pct", _percent),
            ("equity_balance_diff_neg_max", _percent), ("loss_profit_ratio", _plain),
            ("peak_recovery_hours_equity", _hours), ("equity_choppiness", _plain), ("exponential_fit_error", _plain),
        ),
    ),
    (
        "exposure",
        (
            ("total_wallet_exposure_max", _plain), ("total_wallet_exposure_mean", _plain),
            ("high_exposure_hours_max_long", _hours), ("high_exposure_hours_max_short", _hours),
        ),
    ),
    (
        "trading",
        (
            ("positions_held_per_day", _plain), ("position_held_hours_mean", _hours),
            ("position_held_hours_max", _hours), ("position_unchanged_hours_max", _hours),
            ("volume_pct_per_day_avg", _plain),
        ),
    ),
)  # fmt: skip


def metric_lines(analysis: Mapping[str, Any]) -> list[str]:
    """Return the metrics worth a first look, in groups; a BTC column only where it says something else."""
    lines: list[str] = []
    both = any(_differs(analysis, name) for _, metrics in _GROUPS for name, _ in metrics)
    for group, metrics in _GROUPS:
        for n, (name, form) in enumerate(metrics):
            usd, btc = _value(analysis, name, "usd"), _value(analysis, name, "btc")
            last = f"{form(btc) if btc is not None else '–':>16}" if both and f"{name}_btc" in analysis else ""
            usd_text = form(usd) if usd is not None else "–"
            lines.append(f"{group if n == 0 else '':<9} {name:<30}{usd_text:>16}{last}".rstrip())
    head = f"{'':<40}{'USD':>16}{'BTC':>16}"
    return [head, *lines] if both else lines


def run_line(result: Mapping[str, Any]) -> str:
    """Return a run in one line: coins, days, fills, money, time taken."""
    coins = list(result.get("coins") or [])
    named = ", ".join(map(str, coins[:6])) + (f" and {len(coins) - 6} more" if len(coins) > 6 else "")
    parts = [f"{len(coins)} coins ({named})" if len(coins) != 1 else named]
    parts.append(f"{day(result.get('start_ms'))} to {day(result.get('end_ms'))}")
    parts.append(f"{int(result.get('fills') or 0):,} fills")
    parts.append(f"balance {_money(result.get('balance'))}, equity {_money(result.get('equity'))}")
    parts.append(f"{float(result.get('elapsed_s') or 0.0):,.1f} s")
    return sanitize_line(" · ".join(parts), limit=500)


def suite_lines(summary: Mapping[str, Any], *, metrics: Sequence[str] = ("adg_usd", "drawdown_worst_usd")) -> list[str]:
    """Return a suite's summary: one line a scenario, then the aggregates."""
    table: Mapping[str, Any] = (summary.get("suite_metrics") or {}).get("metrics") or {}
    shown = [name for name in (*metrics, "gain_usd", "sharpe_ratio_usd") if name in table]
    labels = list((summary.get("suite_metrics") or {}).get("scenario_labels") or [])
    width = max([len("aggregated"), *(len(sanitize_line(label)) for label in labels)])
    lines = [f"{'scenario':<{width}}" + "".join(f"{name:>22}" for name in shown)]
    for label in labels:
        values = [table[name]["scenarios"].get(label) for name in shown]
        lines.append(f"{sanitize_line(label):<{width}}" + "".join(f"{_cell(value):>22}" for value in values))
    lines.append(f"{'aggregated':<{width}}" + "".join(f"{_cell(table[name].get('aggregated')):>22}" for name in shown))
    return lines


def day(ms: object) -> str:
    """Return a moment as a UTC date, with its time where it is not midnight."""
    if not isinstance(ms, int | float) or not math.isfinite(ms):
        return "–"
    moment = datetime.fromtimestamp(ms / 1000, UTC)
    return moment.strftime("%Y-%m-%d" if (moment.hour, moment.minute) == (0, 0) else "%Y-%m-%d %H:%MZ")


def _value(analysis: Mapping[str, Any], name: str, unit: str) -> float | None:
    value = analysis.get(f"{name}_{unit}", analysis.get(name))
    good = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if good else None


def _differs(analysis: Mapping[str, Any], name: str) -> bool:
    return f"{name}_btc" in analysis and _value(analysis, name, "usd") != _value(analysis, name, "btc")


def _money(value: object) -> str:
    return f"{value:,.2f}" if isinstance(value, int | float) and math.isfinite(value) else "–"


def _cell(value: object) -> str:
    return f"{value:,.6g}" if isinstance(value, int | float) and math.isfinite(value) else "–"
