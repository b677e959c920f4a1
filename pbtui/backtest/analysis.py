"""The metrics of a run as one flat table, as result files and the optimiser name them (backtest.md 3.2)."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

from pbtui.config import Config
from pbtui.core.types import PSIDES, Pside
from pbtui.engine.backtest import BacktestOutcome, Fills

Metrics = dict[str, float | None]
_PER_EXPOSURE = ("adg", "adg_w", "mdg", "mdg_w", "gain")
# The same in dollars and bitcoins: told once, without a suffix.
_SHARED = (
    *("positions_held_per_day", "positions_held_per_day_w"),
    *(f"position_held_hours_{kind}" for kind in ("mean", "max", "median")),
    "position_unchanged_hours_max",
    *("loss_profit_ratio", "loss_profit_ratio_w"),
    *("volume_pct_per_day_avg", "volume_pct_per_day_avg_w"),
    "peak_recovery_hours_pnl",
    *(f"total_wallet_exposure_{kind}" for kind in ("max", "mean", "median")),
    *(f"high_exposure_hours_{kind}_{pside}" for kind, pside in product(("mean", "max"), PSIDES)),
    *(f"entry_initial_balance_pct_{pside}" for pside in PSIDES),
    *(f"{name}_pnl{end}" for name, end in product(("adg", "mdg", "sharpe_ratio", "sortino_ratio"), ("", "_w"))),
)


def analysis_of(config: Config, outcome: BacktestOutcome) -> Metrics:
    """Return every metric under its final name; None where it is not finite."""
    bot = config.bot
    limits: dict[Pside, float] = {
        "long": bot.long.total_wallet_exposure_limit,
        "short": bot.short.total_wallet_exposure_limit,
    }
    usd, btc = (_with_exposure(told, limits) for told in (outcome.analysis_usd, outcome.analysis_btc))
    found: Metrics = {}
    for name in _SHARED:
        first, second = usd.pop(name, None), btc.pop(name, None)
        value = second if first is None else first
        if value is not None:
            found[name] = value
    found |= {f"{name}_usd": value for name, value in usd.items()}
    found |= {f"{name}_btc": value for name, value in btc.items()}
    added = _of_sides(outcome.fills) if outcome.fills is not None else {}
    return {name: value for name, value in added.items() if name not in found} | found


def _with_exposure(told: Mapping[str, float | None], limits: Mapping[Pside, float]) -> Metrics:
    found: Metrics = dict(told)
    for pside, name in product(PSIDES, _PER_EXPOSURE):
        value, limit = told[name], limits[pside]
        found[f"{name}_per_exposure_{pside}"] = None if value is None else value / limit if limit > 0.0 else 0.0
    return found


def _of_sides(fills: Fills) -> Metrics:
    """Return what is told of each side's realised profit, from the fills."""
    types = fills.order_types()
    won: dict[Pside, float] = dict.fromkeys(PSIDES, 0.0)
    lost: dict[Pside, float] = dict.fromkeys(PSIDES, 0.0)
    for kind, pnl in zip(types, fills.pnl.tolist(), strict=True):
        pside: Pside = "long" if "long" in kind else "short"
        if pnl > 0.0:
            won[pside] += pnl
        elif pnl < 0.0:
            lost[pside] += pnl
    found: Metrics = {
        f"loss_profit_ratio_{pside}": abs(lost[pside] / won[pside]) if won[pside] > 0.0 else 1.0 for pside in PSIDES
    }
    made = {pside: won[pside] + lost[pside] for pside in PSIDES}
    total = sum(made.values())
    found["pnl_ratio_long_short"] = made["long"] / total if total != 0.0 else 0.5
    return found
