"""Counts how the fills of the live loop differ from a backtest's, setting by setting.

Usage: .venv/bin/python tests/bench/live_vs_backtest.py CANDLES [--days 10]; CANDLES is a folder of recorded minutes.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "simulation"))

from twins import LIKE_A_BACKTEST, Made, Twins

COINS = ("ADA", "BNB", "ETH", "LTC", "SOL", "XRP")
# One after the other back to what the configuration says.
STEPS = (
    ("as the backtest does it", ()),
    ("order_match_tolerance_pct", ("live.order_match_tolerance_pct",)),
    ("balance_hysteresis_snap_pct", ("live.balance_hysteresis_snap_pct",)),
    ("batch limits", ("live.max_n_creations_per_batch", "live.max_n_cancellations_per_batch")),
    ("price_distance_threshold", ("live.price_distance_threshold",)),
    ("all of them", tuple(LIKE_A_BACKTEST)),
)


def told(live: list[Made], backtest: list[Made]) -> str:
    """Return how many fills are the same, apart, or in one only, and both profits."""
    key = lambda fill: (fill.ts_ms, fill.coin, fill.order_type)  # noqa: E731 - a name for a key
    same = sum((Counter(live) & Counter(backtest)).values())
    left = Counter(map(key, live)) - Counter(), Counter(map(key, backtest)) - Counter()
    met = sum((left[0] & left[1]).values())
    profits = [sum(fill.pnl + fill.fee for fill in fills) for fills in (live, backtest)]
    return (
        f"live {len(live):,}, backtest {len(backtest):,}, the same {same:,}, same minute and kind but other "
        f"numbers {met - same:,}, only live {len(live) - met:,}, only backtest {len(backtest) - met:,}; "
        f"profit {profits[0]:+.2f} and {profits[1]:+.2f}"
    )


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("candles", type=Path)
    parser.add_argument("--days", type=int, default=10)
    options = parser.parse_args()
    twins = Twins("paper.hjson", COINS, {}, options.candles, days=options.days)
    exact, reference = await twins.backtest(), await twins.backtest(look_ahead=True)
    print(f"look-ahead of the engine: {told(exact, reference)}  (live = without it)")
    for name, keys in STEPS:
        with tempfile.TemporaryDirectory() as home:
            live = await twins.live(Path(home), without=keys)
        print(f"{name}: {told(live, exact)}", flush=True)


if __name__ == "__main__":
    asyncio.run(main())
