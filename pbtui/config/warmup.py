"""How much history a configuration needs (config.md 4.4; live.md 12)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, cast

from pbtui.config.coin_names import coin_of
from pbtui.config.model import Config, params_for
from pbtui.core.types import PSIDES

DEFAULT = "__default__"
SPANS_MINUTES = ("ema_span_0", "ema_span_1", "filter_volume_ema_span", "filter_volatility_ema_span")
SPAN_HOURS = "entry_volatility_ema_span_hours"


def longest_span(config: Config, coin: str = "") -> float:
    """Return the longest span in minutes over both sides, with a coin's overrides when one is named."""
    return max(_span(params_for(config, coin, pside)) for pside in PSIDES)


def warmup_minutes_by_coin(config: Config) -> dict[str, int]:
    """Return the backtest warm-up of overridden coins and of all others (`__default__`)."""
    result = {DEFAULT: _minutes(config, longest_span(config))}
    return result | {coin_of(coin): _minutes(config, longest_span(config, coin)) for coin in config.coin_overrides}


def global_warmup_minutes(config: Config) -> int:
    """Return the warm-up of the data: the longest over all parameter sets and over the search bounds."""
    spans = [longest_span(config, coin) for coin in ("", *config.coin_overrides)]
    return _minutes(config, max(*spans, *_bound_spans(config), 0.0))


def _span(params: Mapping[str, float]) -> float:
    return max(*(params[name] for name in SPANS_MINUTES), 60.0 * params[SPAN_HOURS])


def _bound_spans(config: Config) -> Iterator[float]:
    bounds: Mapping[str, Any] = config.get("optimize.bounds") or {}
    for pside in PSIDES:
        for name in (*SPANS_MINUTES, SPAN_HOURS):
            bound = bounds.get(f"{pside}_{name}")
            items = cast("list[Any]", bound) if isinstance(bound, list) else [bound]
            numbers = [float(item) for item in items if isinstance(item, int | float)]
            yield max(numbers, default=0.0) * (60.0 if name == SPAN_HOURS else 1.0)


def _minutes(config: Config, span: float) -> int:
    minutes = span * max(0.0, config.live.warmup_ratio)
    cap = config.live.max_warmup_minutes
    if not math.isfinite(minutes) or minutes <= 0:
        return 0
    return math.ceil(min(minutes, cap) if cap > 0 else minutes)
