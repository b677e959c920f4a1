"""Filling what a file omits and keeping out what no key is (config.md 3, step 8)."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any, cast

from pbtui.config.draft import MOST_NAMED, Change, Draft
from pbtui.config.errors import shown
from pbtui.config.keys import Path
from pbtui.config.provenance import Origin
from pbtui.config.schema import KEYS, built_in_config, nearest_key

# Subtrees whose members are the user's own names.
OPEN: frozenset[Path] = frozenset(
    {
        ("coin_overrides",),
        ("backtest", "aggregate"),
        ("backtest", "market_settings_sources"),
        ("backtest", "coin_sources"),
    }
)
_RETIRED: dict[str, str] = {
    "enforce_exposure_limit": "risk_wel_enforcer_threshold takes its place",
    "filter_rolling_window": "",
    "ohlcv_rolling_window": "",
    "filter_relative_volume_clip_pct": "",
    "close_grid_min_markup": "",
    "close_grid_markup_range": "",
    "min_markup": "",
    "markup_range": "",
    "base_config_path": "",
    "emit_legacy_metrics": "it has no effect any more",
    "pnls_manager_shadow_mode": "it has no effect any more",
    "ohlcvs_1m_rolling_window_days": "it has no effect any more",
}


# What optimisers write beside the configuration of a result.
_RESULTS = frozenset(
    {
        *(("metrics",), ("suite_metrics",), ("analysis",), ("analyses",), ("analyses_combined",), ("objectives",)),
        *(("results_dir",), ("results_filename",), ("optimization_result",), ("backtest", "coins")),
    }
)


def fill_missing(draft: Draft) -> None:
    """Add every missing key with its built-in value, at any depth where both sides are objects."""
    for section, defaults in built_in_config().items():
        if section not in draft.data:
            draft.put((section,), {}, Origin("built-in"))
        _fill(draft, (section,), draft.data[section], defaults)


def _fill(draft: Draft, path: Path, given: dict[str, Any], defaults: dict[str, Any]) -> None:
    for name, default in defaults.items():
        here = (*path, name)
        if name not in given:
            given[name] = copy.deepcopy(default)
            declared = KEYS.get(".".join(here))
            origin = Origin("ours") if declared is not None and declared.ours else Origin("built-in")
            draft.mark(here, origin)
        elif isinstance(default, dict) and isinstance(given[name], dict):
            _fill(draft, here, cast("dict[str, Any]", given[name]), cast("dict[str, Any]", default))


def prune_unknown(draft: Draft) -> None:
    """Remove what is no key, naming each in a warning with the nearest known key."""
    unknown = [path for path in _pruned((), draft.data, built_in_config()) if not _report(draft, path)]
    for path in unknown[:MOST_NAMED]:
        near = nearest_key(".".join(path))
        hint = f", did you mean {near}?" if near else ""
        draft.warn(f"unknown key {shown('.'.join(path))} is left out{hint}")
    if len(unknown) > MOST_NAMED:
        draft.warn(f"{len(unknown) - MOST_NAMED} more unknown keys are left out")


def _pruned(path: Path, given: dict[str, Any], known: dict[str, Any]) -> Iterator[Path]:
    for name in list(given):
        here = (*path, name)
        if name.startswith("_"):
            continue
        if name not in known:
            del given[name]
            yield here
        elif here not in OPEN and isinstance(given[name], dict) and isinstance(known[name], dict):
            yield from _pruned(here, cast("dict[str, Any]", given[name]), cast("dict[str, Any]", known[name]))


def _report(draft: Draft, path: Path) -> bool:
    """Tell what became of a removed key; False when it is simply unknown."""
    dotted = ".".join(path)
    if path in draft.taken:
        draft.changes.append(Change("rename", dotted, f"to {', '.join(draft.taken[path])}"))
        return True
    retired = _RETIRED.get(path[-1].removeprefix("long_").removeprefix("short_"))
    if retired is not None:
        draft.changes.append(Change("remove", dotted, f"({retired or 'an old key without effect here'})"))
        if retired:
            draft.warn(f"{dotted} is an old key and is left out: {retired}")
        return True
    if path in _RESULTS:
        draft.changes.append(Change("remove", dotted, "(a result, not a setting)"))
        return True
    if path[:2] in {("live", "approved_coins"), ("live", "ignored_coins")}:
        draft.fault(path, "is no side", "long, short")
        return True
    draft.changes.append(Change("remove", dotted, "(unknown)"))
    return False
