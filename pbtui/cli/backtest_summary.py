"""The end of a backtest as a page of text: what was run, how it went, where the result lies."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pbtui.backtest.metric_groups import GROUPS, in_bitcoin_too, value_of
from pbtui.core.sanitize import sanitize_line


def metric_lines(analysis: Mapping[str, Any]) -> list[str]:
    """Return the metrics worth a first look, in groups; a BTC column only where it says something else."""
    lines: list[str] = []
    both = any(in_bitcoin_too(analysis, metric.name) for _, metrics in GROUPS for metric in metrics)
    for group, metrics in GROUPS:
        for n, metric in enumerate(metrics):
            usd, btc = value_of(analysis, metric.name, "usd"), value_of(analysis, metric.name, "btc")
            told = both and f"{metric.name}_btc" in analysis
            last = f"{metric.form(btc) if btc is not None else '–':>16}" if told else ""
            usd_text = metric.form(usd) if usd is not None else "–"
            lines.append(f"{group if n == 0 else '':<9} {metric.name:<30}{usd_text:>16}{last}".rstrip())
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


def _money(value: object) -> str:
    return f"{value:,.2f}" if isinstance(value, int | float) and math.isfinite(value) else "–"


def _cell(value: object) -> str:
    return f"{value:,.6g}" if isinstance(value, int | float) and math.isfinite(value) else "–"
