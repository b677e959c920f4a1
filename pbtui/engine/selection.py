"""Choosing which coins may open positions (orchestrator.md 3.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pbtui import _pb_rust
from pbtui.engine.errors import call


@dataclass(frozen=True, slots=True)
class CoinFeature:
    """What the selection knows about one coin; scores are averages of quote volume and of 1-minute log range."""

    index: int
    enabled: bool
    volume_score: float
    volatility_score: float


def select_coin_indices(
    features: Sequence[CoinFeature],
    max_positions: int,
    volume_drop_pct: float,
    volatility_drop_pct: float,
    *,
    require_forager: bool = True,
) -> list[int]:
    """Return the `index` values of the chosen coins, most volatile first.

    Coins of low volume and those that are too volatile are dropped by the given fractions, but never below
    `max_positions`; ties go to the lower index. Without `require_forager` every enabled coin is returned as given.
    Raises InvalidInput when an index or `max_positions` is negative.
    """
    rows = [(f.index, f.enabled, f.volume_score, f.volatility_score) for f in features]
    return call(
        _pb_rust.select_coin_indices, rows, max_positions, volume_drop_pct, volatility_drop_pct, require_forager
    )
