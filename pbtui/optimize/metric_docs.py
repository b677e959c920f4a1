"""What each metric of a backtest tells, as a page of the documentation (metrics.md 3 to 8)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pbtui.config.metric_names import CURRENCY, CURRENCY_FREE
from pbtui.core.types import PSIDES
from pbtui.optimize.metrics import METRICS, weight

_INTRO = """# Metrics

Made by `scripts/gen-docs` from `pbtui/optimize/metric_docs.py`; do not edit.

Every number in `analysis.json`, and every name that `optimize.scoring`, `optimize.limits` and `pbtui pareto
-l` take. The formulas are Passivbot's, to the last bit, and some are not what their name suggests: read
before you optimise for one.

- **¤**: there are two, with `_usd` and `_btc` at the end (the same figure unless
  `backtest.btc_collateral_cap` is above 0).
- **w**: there is also a weighted one, with `_w` behind the name (and before `_usd`): the mean over the whole
  run and its last half, third, … tenth, so that the recent past counts more. It divides by ten even where a
  short run has fewer parts, and is empty as soon as one part is.
- **↑ ↓**: which way is better, as the optimiser sees it.
- Fractions are fractions: 0.01 is 1 %. A day is a UTC day. *Equity* is balance and open profit or loss at the
  end of each bar.
- A run of fewer than two fills has no results: it gets 0, and 1 for drawdowns, loss ratios and shapes.
- What is infinite or undefined is `null` in the file; in suites it counts as 0.
"""


@dataclass(frozen=True, slots=True)
class MetricDoc:
    """Metrics with one meaning; `names` are without denomination and `_w`."""

    names: tuple[str, ...]
    unit: str
    text: str


@dataclass(frozen=True, slots=True)
class Chapter:
    """Metrics that answer one question."""

    title: str
    docs: tuple[MetricDoc, ...]


def _sides(name: str) -> tuple[str, ...]:
    return tuple(f"{name}_{pside}" for pside in PSIDES)


_GROWTH = ("adg", "mdg", "gain")
CHAPTERS = (
    Chapter(
        "Growth",
        (
            MetricDoc(("gain",), "multiple", "Last equity ÷ first, 1 is flat; smoothed over about three days first."),
            MetricDoc(("adg",), "a day", "Mean daily growth: `gain` to the power of 1 ÷ days, less 1."),
            MetricDoc(("mdg",), "a day", "Middle of the daily changes of equity."),
            MetricDoc(
                ("adg_pnl", "mdg_pnl"),
                "an active day",
                "Mean and middle of realised profit less fees ÷ balance, over the days that have fills.",
            ),
            MetricDoc(
                tuple(f"{name}_per_exposure_{pside}" for name in _GROWTH for pside in PSIDES),
                "per 1 of exposure",
                "Of the whole account ÷ `total_wallet_exposure_limit` of that side (`adg_w` and `mdg_w`, too).",
            ),
        ),
    ),
    Chapter(
        "Growth against its price",
        (
            MetricDoc(
                ("sharpe_ratio",),
                "ratio",
                "`adg` ÷ dispersion of the changes of the days' lowest equity. Not annualised.",
            ),
            MetricDoc(("sortino_ratio",), "ratio", "The same, of falling days only; 0 when none fell."),
            MetricDoc(
                ("sharpe_ratio_pnl", "sortino_ratio_pnl"), "ratio", "The same, of the daily figures of `adg_pnl`."
            ),
            MetricDoc(
                ("omega_ratio",),
                "ratio",
                "Sum of the rising days ÷ sum of the falling ones. Infinite, and so `null`, when none fell: "
                "the best there is counts as nothing.",
            ),
            MetricDoc(("calmar_ratio",), "ratio", "`adg` ÷ `drawdown_worst`."),
            MetricDoc(("sterling_ratio",), "ratio", "`adg` ÷ `drawdown_worst_mean_1pct`."),
            MetricDoc(
                ("loss_profit_ratio",),
                "ratio",
                "Realised losses ÷ realised profits, before fees. 0: nothing was closed at a loss.",
            ),
            MetricDoc(_sides("loss_profit_ratio"), "ratio", "The same, of one side."),
            MetricDoc(("pnl_ratio_long_short",), "fraction", "Share of long in the realised profit."),
        ),
    ),
    Chapter(
        "Falls",
        (
            MetricDoc(("drawdown_worst",), "fraction", "Deepest fall of equity below its peak, over all bars."),
            MetricDoc(
                ("drawdown_worst_mean_1pct",),
                "fraction",
                "Mean of the deepest hundredth (at least one), of daily lows.",
            ),
            MetricDoc(
                ("expected_shortfall_1pct",),
                "fraction",
                "Mean size of the worst hundredth (at least one) of the changes of the days' lowest equity.",
            ),
            MetricDoc(
                ("equity_balance_diff_neg_max", "equity_balance_diff_neg_mean"),
                "fraction",
                "How far equity lay below the balance: what open positions would have lost.",
            ),
            MetricDoc(
                ("equity_balance_diff_pos_max", "equity_balance_diff_pos_mean"), "fraction", "How far it lay above."
            ),
            MetricDoc(
                ("peak_recovery_hours_equity",),
                "hours",
                "Longest time from one peak of equity to the next. A fall that has not ended does not count.",
            ),
            MetricDoc(("peak_recovery_hours_pnl",), "hours", "The same, of the sum of realised profits, before fees."),
        ),
    ),
    Chapter(
        "Shape of the curve",
        (
            MetricDoc(
                ("equity_choppiness",), "ratio", "Way the daily equity went ÷ distance it covered. 1: never backwards."
            ),
            MetricDoc(("equity_jerkiness",), "ratio", "Mean bend of three days in a row ÷ their mean."),
            MetricDoc(
                ("exponential_fit_error",), "ln²", "Mean square distance of ln(equity) from its best straight line."
            ),
        ),
    ),
    Chapter(
        "Positions and exposure",
        (
            MetricDoc(("positions_held_per_day",), "a day", "Positions opened ÷ days."),
            MetricDoc(
                tuple(f"position_held_hours_{kind}" for kind in ("mean", "max", "median")),
                "hours",
                "From opening to closing; what is still open counts up to the last fill.",
            ),
            MetricDoc(("position_unchanged_hours_max",), "hours", "Longest time between two fills of one position."),
            MetricDoc(
                ("volume_pct_per_day_avg",),
                "× balance",
                "Mean turnover of a day with fills; contract sizes are not applied.",
            ),
            MetricDoc(
                tuple(f"total_wallet_exposure_{kind}" for kind in ("max", "mean", "median")),
                "× balance",
                "Net exposure: long and short cancel.",
            ),
            MetricDoc(
                tuple(f"high_exposure_hours_{kind}_{pside}" for kind in ("mean", "max") for pside in PSIDES),
                "hours",
                "How long a side stayed above its own mean exposure.",
            ),
            MetricDoc(
                _sides("entry_initial_balance_pct"),
                "fraction",
                "What a first entry costs, of the balance, by the configuration.",
            ),
        ),
    ),
)
TOLD_ONLY = frozenset({*_sides("loss_profit_ratio"), "pnl_ratio_long_short"})
"""Metrics of the file that nothing can be optimised for."""


def metrics_markdown() -> str:
    """Return the page."""
    parts = [_INTRO]
    for chapter in CHAPTERS:
        rows = ["| Metric | | Better | Unit | Meaning |", "|---|---|---|---|---|"]
        rows += [row for doc in chapter.docs for row in _rows(doc)]
        parts.append(f"## {chapter.title}\n\n" + "\n".join(rows) + "\n")
    return "\n".join(parts)


def full_names(name: str) -> Iterator[str]:
    """Yield every name in the file that a documented name stands for."""
    stem, mark, tail = name.partition("_per_exposure_")
    for shape in (name, f"{stem}_w{mark}{tail}"):
        for full in (shape, f"{shape}_usd", f"{shape}_btc"):
            if full in METRICS:
                yield full
    if name in TOLD_ONLY:
        yield name


def _rows(doc: MetricDoc) -> Iterator[str]:
    names = ", ".join(f"`{name}`" for name in doc.names)
    first = doc.names[0]
    marks = " ".join(
        mark for mark, there in (("¤", first in CURRENCY), ("w", f"{first}_w" in CURRENCY | CURRENCY_FREE)) if there
    )
    better = "–" if first in TOLD_ONLY else "↓" if weight(first) > 0 else "↑"
    yield f"| {names} | {marks} | {better} | {doc.unit} | {doc.text} |"
