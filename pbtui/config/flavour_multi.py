"""The `pb_multi` shape of Passivbot v6 multi configs (config.md 6.4)."""

from __future__ import annotations

from typing import Any, cast

from pbtui.config.draft import Change, Draft
from pbtui.config.errors import shown
from pbtui.config.provenance import Origin
from pbtui.config.schema import built_in_config
from pbtui.core.errors import ConfigError
from pbtui.core.types import PSIDES

MARKERS = (
    "user",
    "pnls_max_lookback_days",
    "loss_allowance_pct",
    "stuck_threshold",
    "unstuck_close_pct",
    "TWE_long",
    "TWE_short",
    "universal_live_config",
)
_RENAMED = {
    "ddown_factor": "entry_grid_double_down_factor",
    "initial_eprice_ema_dist": "entry_initial_ema_dist",
    "initial_qty_pct": "entry_initial_qty_pct",
    "rentry_pprice_dist": "entry_grid_spacing_pct",
    "rentry_pprice_dist_wallet_exposure_weighting": "entry_grid_spacing_we_weight",
    "ema_span_0": "ema_span_0",
    "ema_span_1": "ema_span_1",
    "filter_noisiness_rolling_window": "filter_volatility_ema_span",
    "filter_volume_rolling_window": "filter_volume_ema_span",
}
_ZEROED = (
    "close_trailing_grid_ratio",
    "close_trailing_retracement_pct",
    "close_trailing_threshold_pct",
    "entry_trailing_grid_ratio",
    "entry_trailing_retracement_pct",
    "entry_trailing_retracement_we_weight",
    "entry_trailing_retracement_volatility_weight",
    "entry_trailing_threshold_pct",
    "entry_trailing_threshold_we_weight",
    "entry_trailing_threshold_volatility_weight",
    "unstuck_ema_dist",
)
_UNSTUCK = {
    "unstuck_close_pct": "unstuck_close_pct",
    "unstuck_loss_allowance_pct": "loss_allowance_pct",
    "unstuck_threshold": "stuck_threshold",
}
_ROOT = frozenset(
    {*MARKERS, "approved_symbols", "ignored_symbols", "n_longs", "n_shorts", "long_enabled", "short_enabled"}
)
_NO_EFFECT = ("min_markup", "markup_range")


def convert_multi(old: dict[str, Any], draft: Draft) -> None:
    """Write the values of a v6 multi config into a draft that holds the built-in defaults."""
    known = built_in_config()["live"]
    for name, value in old.items():
        if name in known:
            draft.put(("live", name), value, Origin("migrated", name))
        elif name not in _ROOT and not name.startswith("_"):
            draft.warn(f"{shown(name)} of the v6 layout has no counterpart and is left out")
    approved: Any = old.get("approved_symbols") or []
    draft.put(("live", "approved_coins"), _unique(approved), Origin("migrated", "approved_symbols"))
    ignored: Any = old.get("ignored_symbols") or []
    draft.put(("live", "ignored_coins"), _unique(ignored), Origin("migrated", "ignored_symbols"))
    flags = cast("dict[str, Any]", approved) if isinstance(approved, dict) else {}
    if flags:
        draft.put(("live", "coin_flags"), flags, Origin("migrated", "approved_symbols"))
    universal: Any = old["universal_live_config"]
    if not isinstance(universal, dict):
        raise ConfigError(f"{draft.source}: universal_live_config: is not an object")
    no_slots = not old.get("n_longs") and not old.get("n_shorts")
    for pside in PSIDES:
        params: Any = cast("dict[str, Any]", universal).get(pside)
        _convert_side(cast("dict[str, Any]", params) if isinstance(params, dict) else {}, draft, pside)
        slots_key = f"n_{pside}s"
        slots: Any = len(flags) if no_slots else old.get(slots_key, 0)
        draft.put(("bot", pside, "n_positions"), slots, Origin("migrated", slots_key))
        for new, source in _UNSTUCK.items():
            draft.put(("bot", pside, new), old.get(source, 0.0), Origin("migrated", source))
        enabled = old.get(f"{pside}_enabled", True)
        limit = old[f"TWE_{pside}"] if enabled else 0.0
        draft.put(("bot", pside, "total_wallet_exposure_limit"), limit, Origin("migrated", f"TWE_{pside}"))
    draft.changes.append(Change("rename", "universal_live_config", "to bot (v6 multi layout)"))


def _convert_side(params: dict[str, Any], draft: Draft, pside: str) -> None:
    where = f"universal_live_config.{pside}"
    for old, new in _RENAMED.items():
        if old in params:
            draft.put(("bot", pside, new), params[old], Origin("migrated", f"{where}.{old}"))
    closes: Any = params.get("n_close_orders")
    if isinstance(closes, int | float) and round(closes) != 0:
        draft.put(
            ("bot", pside, "close_grid_qty_pct"), 1.0 / round(closes), Origin("migrated", f"{where}.n_close_orders")
        )
    for name in _ZEROED:
        draft.put(("bot", pside, name), 0.0, Origin("computed", "v6 multi layout"))
    for name in _NO_EFFECT:
        if name in params:
            draft.warn(f"{where}.{name} has no counterpart here: closes keep the built-in markups")


def _unique(symbols: Any) -> list[str]:
    names = cast("list[Any]", symbols) if isinstance(symbols, list | dict) else str(symbols).split(",")
    return sorted({str(name) for name in names})
