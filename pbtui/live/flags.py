"""Short words beside a position: what keeps it from, or drives it to, its next order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pbtui.core.types import Position, Pside, pside_sign
from pbtui.live.rules import CoinRules


def order_flags(types: Iterable[str]) -> list[str]:
    """Return the words that wanted order types stand for."""
    names = list(types)
    words = (("stuck", "unstuck"), ("wel", "auto_reduce_wel"), ("twel", "auto_reduce_twel"))
    return [word for word, part in words if any(part in name for name in names)]


def trailing_flag(own: CoinRules, bundle: Mapping[str, float], held: Position, pside: Pside) -> str:
    """Return how far a trailing close has come: `trailing move/threshold`, once armed `armed pull-back/retracement`.

    Percentages from the position's price, and from the extreme since the last fill. "" without a trailing close.
    """
    params = own.params
    if params["close_trailing_grid_ratio"] == 0 or held.size == 0.0 or held.price <= 0.0:
        return ""
    best, back = _extremes(bundle, pside)
    if not 0.0 < best < 1e300:
        return "trailing"
    move = pside_sign(pside) * (best / held.price - 1.0)
    threshold, retracement = params["close_trailing_threshold_pct"], params["close_trailing_retracement_pct"]
    if move < threshold:
        return f"trailing {move * 100:.2f}/{threshold * 100:.2f}%"
    pulled = pside_sign(pside) * (1.0 - back / best) if 0.0 < back < 1e300 else 0.0
    return f"armed {max(0.0, pulled) * 100:.2f}/{retracement * 100:.2f}%"


def _extremes(bundle: Mapping[str, float], pside: Pside) -> tuple[float, float]:
    """Return the best price since the last fill and the worst one after it, seen from the side."""
    if pside == "long":
        return bundle["max_since_open"], bundle["min_since_max"]
    return bundle["min_since_open"], bundle["max_since_min"]
