"""Legacy keys: renames and structural changes (config.md 6.1, 6.2)."""

from __future__ import annotations

from typing import Any, cast

from pbtui.config.coin_flags import overrides_from_flags
from pbtui.config.draft import Change, Draft
from pbtui.config.errors import shown
from pbtui.config.keys import Path
from pbtui.config.provenance import Origin
from pbtui.core.types import PSIDES

RENAMES: tuple[tuple[str, str], ...] = (
    ("filter_noisiness_rolling_window", "filter_volatility_ema_span"),
    ("filter_noisiness_ema_span", "filter_volatility_ema_span"),
    ("filter_log_range_ema_span", "filter_volatility_ema_span"),
    ("filter_volume_rolling_window", "filter_volume_ema_span"),
    ("entry_grid_spacing_weight", "entry_grid_spacing_we_weight"),
    ("entry_grid_spacing_log_span_hours", "entry_volatility_ema_span_hours"),
    ("entry_log_range_ema_span_hours", "entry_volatility_ema_span_hours"),
    ("entry_grid_spacing_log_weight", "entry_grid_spacing_volatility_weight"),
    ("entry_trailing_retracement_log_weight", "entry_trailing_retracement_volatility_weight"),
    ("entry_trailing_threshold_log_weight", "entry_trailing_threshold_volatility_weight"),
)
_SCENARIOS: Path = ("backtest", "scenarios")
_LATE: tuple[tuple[Path, Path], ...] = (
    (("live", "minimum_market_age_days"), ("live", "minimum_coin_age_days")),
    (("live", "noisiness_rolling_mean_window_size"), ("live", "ohlcv_rolling_window")),
    (("live", "ohlcvs_1m_update_after_minutes"), ("live", "inactive_coin_candle_ttl_minutes")),
)


def rename_keys(draft: Draft) -> None:
    """Apply the renames of bot parameters, of their bounds, and of the memory snapshot interval (6.1)."""
    for pside in PSIDES:
        for old, new in RENAMES:
            draft.rename(("bot", pside, old), ("bot", pside, new))
            draft.rename(("optimize", "bounds", f"{pside}_{old}"), ("optimize", "bounds", f"{pside}_{new}"))
    memory = "memory_snapshot_interval_minutes"
    draft.rename(("live", memory), ("logging", memory))


def restructure(draft: Draft) -> None:
    """Bring collateral, suites and coin flags into today's shape (6.2)."""
    if "backtest" in draft.data:
        _btc_collateral(draft)
        _suite(draft)
        if draft.has(("backtest", "combine_ohlcvs")):
            draft.drop(("backtest", "combine_ohlcvs"))
            draft.changes.append(Change("remove", "backtest.combine_ohlcvs", "(two or more exchanges are combined)"))
        if not draft.has(_SCENARIOS):  # a section without scenarios has none: the built-in suite is not its own
            draft.put(_SCENARIOS, [], Origin("computed", "no suite unless asked for"))
    if draft.has(("optimize", "suite")):
        draft.drop(("optimize", "suite"))
        draft.warn("optimize.suite is no longer read and is left out: write backtest.scenarios")
    _coin_flags(draft)


def late_renames(draft: Draft) -> None:
    """Apply the renames that overwrite (6.2, marked late)."""
    for old, new in _LATE:
        draft.rename(old, new, overwrite=True)
    exchange = draft.get(("backtest", "exchange"))
    if isinstance(exchange, str):
        draft.drop(("backtest", "exchange"))
        draft.put(("backtest", "exchanges"), [exchange], Origin("migrated", "backtest.exchange"))
        draft.changes.append(Change("rename", "backtest.exchange", "to backtest.exchanges"))


def _btc_collateral(draft: Draft) -> None:
    cap, old = ("backtest", "btc_collateral_cap"), ("backtest", "use_btc_collateral")
    if draft.has(old):
        flag = _truth(draft.drop(old))
        if draft.has(cap):
            draft.changes.append(Change("remove", ".".join(old), f"({'.'.join(cap)} is set)"))
        else:
            draft.put(cap, 1.0 if flag else 0.0, Origin("migrated", ".".join(old)))
            draft.changes.append(Change("rename", ".".join(old), f"to {'.'.join(cap)} = {float(flag)}"))
    if not draft.has(cap):
        draft.put(cap, 0.0, Origin("computed", "no BTC collateral unless asked for"))
    value: Any = draft.get(cap)
    if isinstance(value, int) and not isinstance(value, bool):
        draft.put(cap, float(value))


def _truth(value: Any) -> bool:
    if isinstance(value, str):
        return value.strip().lower() in {"1", "1.0", "true", "t", "yes", "y"}
    return bool(value)


def _suite(draft: Draft) -> None:
    suite: Any = draft.drop(("backtest", "suite"))
    if not isinstance(suite, dict):
        return
    old = cast("dict[str, Any]", suite)
    enabled = _truth(old.get("enabled", False))
    scenarios: Any = old.get("scenarios") or []
    origin = Origin("migrated", "backtest.suite")
    if enabled or scenarios:
        merged = {
            **_mapping(draft.get(("backtest", "aggregate"))),
            **(_mapping(old.get("aggregate")) or {"default": "mean"}),
        }
        draft.put(("backtest", "aggregate"), merged, origin)
        if not draft.get(_SCENARIOS) and isinstance(scenarios, list):
            base: list[Any] = [{"label": old.get("base_label", "base")}] if old.get("include_base_scenario") else []
            draft.put(_SCENARIOS, [*base, *cast("list[Any]", scenarios)], origin)
    if "enabled" in old and not draft.has(("backtest", "suite_enabled")):
        draft.put(("backtest", "suite_enabled"), enabled, Origin("migrated", "backtest.suite.enabled"))
        if not enabled:
            draft.warn("backtest.suite.enabled is false: the suite stays off (Passivbot switches it on)")
    draft.changes.append(Change("rename", "backtest.suite", "to backtest.scenarios, aggregate, suite_enabled"))


def _mapping(value: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _coin_flags(draft: Draft) -> None:
    flags: Any = draft.drop(("live", "coin_flags"))
    if not isinstance(flags, dict) or not flags:
        return
    if draft.get(("coin_overrides",)):
        draft.warn("live.coin_flags is left out because coin_overrides is set")
        return
    overrides, notes = overrides_from_flags(cast("dict[str, Any]", flags))
    draft.put(("coin_overrides",), overrides, Origin("migrated", "coin flags"))
    draft.changes.append(Change("rename", "coin flags", "to coin_overrides"))
    draft.warn(f"coin flags are converted to coin_overrides of {shown(', '.join(overrides))} (Passivbot drops them)")
    for note in notes:
        draft.warn(note)
