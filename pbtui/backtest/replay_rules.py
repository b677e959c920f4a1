"""What is settled before a run: ranges of the coins, parameters, exposure limits of each bar (backtest.md 1, 2.8)."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pbtui.backtest.inputs import EngineInputs
from pbtui.core.clock import MINUTE_MS
from pbtui.core.types import PSIDES, Pside
from pbtui.engine.indicators import IndicatorSpans, Needs
from pbtui.engine.orchestrator import wallet_exposure_limit

Params = dict[str, Any]
DELISTED_BARS = 1_400  # a coin that ends so long before the run counts as delisted
_TRAILS = ("close_trailing_grid_ratio", "entry_trailing_grid_ratio")
_RANGED = (
    "entry_grid_spacing_volatility_weight",
    "entry_trailing_threshold_volatility_weight",
    "entry_trailing_retracement_volatility_weight",
    "entry_trailing_grid_ratio",
)
_SPANS = ("ema_span_0", "ema_span_1", "filter_volume_ema_span", "filter_volatility_ema_span")
_HOURS = "entry_volatility_ema_span_hours"


@dataclass(frozen=True, slots=True)
class CoinRange:
    """When a coin counts, in bars, ends included; `shut` are sides on which it opens nothing."""

    column: int
    first: int
    last: int
    trade_start: int
    delisted: bool
    shut: frozenset[Pside]

    def is_tradable(self, bar: int) -> bool:
        """Tell whether the coin may trade on a bar (1.7)."""
        return self.trade_start <= bar <= self.last

    def is_given_up(self, bar: int) -> bool:
        """Tell whether positions of the coin are given up at a bar (2.9)."""
        return bar >= self.last if self.delisted else not self.first <= bar <= self.last


class ReplayRules:
    """The arguments of a run, digested as the engine digests them."""

    def __init__(self, inputs: EngineInputs) -> None:
        given = inputs.parameters
        self.coins = inputs.coins
        self.bars = len(inputs.hlcvs)
        self.interval_ms = int(given["candle_interval_minutes"]) * MINUTE_MS
        self.first_ms = int(given["first_timestamp_ms"])
        self.hedge_mode = bool(given["hedge_mode"])
        self.by_min_cost = bool(given["filter_by_min_effective_cost"])
        self.max_realized_loss_pct = float(given["max_realized_loss_pct"])
        self.ranges = [_range(inputs, place, self.bars) for place in range(len(inputs.coins))]
        self.bots: list[dict[Pside, Params]] = [
            {pside: _whole(pair[pside]) for pside in PSIDES} for pair in inputs.bots
        ]
        self.configured = {pside: int(self.bots[0][pside]["n_positions"]) for pside in PSIDES}
        self.master: dict[Pside, Params] = {
            pside: {**self.bots[0][pside], "n_positions": min(len(self.coins), self.configured[pside])}
            for pside in PSIDES
        }
        self.side_on = {
            pside: self.master[pside]["n_positions"] > 0
            and any(pair[pside]["wallet_exposure_limit"] != 0.0 for pair in self.bots)
            for pside in PSIDES
        }
        self.first_decision = _first_decision(given, self.bots, self.interval_ms)
        self.last_bar = self.bars - 2  # the last one is never looked at
        self._limits = _limits(self, dynamic=bool(given["dynamic_wel_by_tradability"]))
        self._changes = [bar for bar, _ in self._limits]

    def limits(self, bar: int) -> Mapping[tuple[int, Pside], float]:
        """Return the exposure limit of each coin (by place) and side at the end of a bar, a fraction of the balance."""
        at = bisect_right(self._changes, bar) - 1
        return self._limits[max(0, at)][1]

    def trails(self, place: int, pside: Pside) -> bool:
        """Tell whether a side of a coin has any trailing orders."""
        return self.side_on[pside] and any(self.bots[place][pside][name] != 0.0 for name in _TRAILS)

    def spans(self, place: int, pside: Pside) -> IndicatorSpans:
        """Return the averaging spans of a coin and side; those that rank coins are the portfolio's."""
        own, side = self.bots[place][pside], self.master[pside]
        return IndicatorSpans(
            ema_span_0=float(own["ema_span_0"]),
            ema_span_1=float(own["ema_span_1"]),
            filter_volume_ema_span=float(side["filter_volume_ema_span"]),
            filter_volatility_ema_span=float(side["filter_volatility_ema_span"]),
            entry_volatility_ema_span_hours=float(own[_HOURS]),
        )

    def needs(self, pside: Pside) -> Needs:
        """Return which averages of a side move at all: any coin's parameters decide for all (2.6)."""
        bots = [pair[pside] for pair in self.bots]
        return Needs(
            volume=any(bot["filter_volume_drop_pct"] != 0.0 for bot in bots),
            log_range=any(bot[name] != 0.0 for bot in bots for name in _RANGED),
            log_range_1h=any(bot[_HOURS] > 0.0 for bot in bots),
        )


def _range(inputs: EngineInputs, place: int, bars: int) -> CoinRange:
    given, count = inputs.parameters, len(inputs.coins)

    def listed(name: str, absent: int) -> int:
        values: Sequence[int] = given.get(name) or ()
        return int(values[place]) if len(values) == count else absent

    first = min(listed("first_valid_indices", 0), bars - 1)
    last = max(first, min(listed("last_valid_indices", bars - 1), bars - 1))
    warm = math.ceil(listed("warmup_minutes", 0) / int(given["candle_interval_minutes"]))
    return CoinRange(
        column=inputs.columns[place],
        first=first,
        last=last,
        trade_start=min(first + warm, last),
        delisted=last + DELISTED_BARS < bars,
        shut=frozenset(pside for pside in PSIDES if place in given.get(f"shut_{pside}", ())),
    )


def _whole(given: Mapping[str, Any]) -> Params:
    """Return parameters as the engine reads them: a whole number of positions, a limit of 0 replaced (1.4)."""
    bot: Params = {**given, "n_positions": max(0, math.floor(float(given["n_positions"]) + 0.5))}
    if bot["wallet_exposure_limit"] == 0.0:
        bot["wallet_exposure_limit"] = wallet_exposure_limit(bot["total_wallet_exposure_limit"], bot["n_positions"])
    return bot


def _first_decision(given: Mapping[str, Any], bots: list[dict[Pside, Params]], interval_ms: int) -> int:
    warm = int(given["global_warmup_bars"])
    if warm == 0:  # wart 3: minutes taken for bars
        every = [bot for pair in bots for bot in pair.values()]
        warm = math.ceil(max(0.0, *(float(bot[name]) for bot in every for name in _SPANS),
                             *(60.0 * float(bot[_HOURS]) for bot in every)))  # fmt: skip
    wait_ms = int(given["requested_start_timestamp_ms"]) - int(given["first_timestamp_ms"])
    return max(max(1, warm) + 1, math.ceil(max(0, wait_ms) / interval_ms))


def _limits(rules: ReplayRules, *, dynamic: bool) -> list[tuple[int, dict[tuple[int, Pside], float]]]:
    """Return from which bar on which limits hold: shared out anew whenever coins begin or end trading (2.8)."""
    keys: list[tuple[int, Pside]] = [(place, pside) for place in range(len(rules.coins)) for pside in PSIDES]
    limits: dict[tuple[int, Pside], float] = {
        (place, pside): float(rules.bots[place][pside]["wallet_exposure_limit"]) for place, pside in keys
    }
    given = dict(limits)
    found = [(0, dict(limits))]
    moments = {max(rules.first_decision, bar) for own in rules.ranges for bar in (own.trade_start, own.last + 1)}
    seen = 0
    for bar in sorted({rules.first_decision, *moments}):
        eligible = [place for place, own in enumerate(rules.ranges) if own.is_tradable(bar)]
        seen = max(seen, len(eligible))
        shared = {pside: min(n, seen) if dynamic else n for pside, n in rules.configured.items()}
        if not eligible or not any(shared.values()):
            continue
        for place, pside in keys:
            if place in eligible and given[place, pside] < 0.0:
                total = rules.master[pside]["total_wallet_exposure_limit"]
                limits[place, pside] = wallet_exposure_limit(total, shared[pside])
        found.append((bar, dict(limits)))
    return found
