"""Values a file omits that follow from its old keys, and their search bounds (config.md 6.3)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pbtui.config.draft import Draft
from pbtui.config.keys import Path
from pbtui.config.provenance import Origin
from pbtui.core.record import record
from pbtui.core.types import PSIDES

_MISSING = Origin("computed", "missing in the file")


@record
class _Default:
    """The value of a missing parameter, the old keys it was made from, and the same for its bound."""

    name: str
    value: Any
    old: tuple[Path, ...]
    bound: Any
    old_bound: tuple[Path, ...] = ()


def computed_defaults(draft: Draft, *, only_old: bool = False) -> None:
    """Fill parameters whose default depends on old keys, and their bounds, before the built-in values apply.

    `only_old` (override files) fills only what an old key of the file gives, and no bounds.
    """
    for pside in PSIDES:
        for default in _defaults(draft, pside):
            if not only_old or default.old:
                _fill(draft, ("bot", pside, default.name), default.value, default.old)
            if not only_old:
                _fill(draft, ("optimize", "bounds", f"{pside}_{default.name}"), default.bound, default.old_bound)


def _fill(draft: Draft, path: Path, value: Any, old: tuple[Path, ...]) -> None:
    if draft.has(path):
        return
    names = " + ".join(".".join(part) for part in old)
    draft.put(path, value, Origin("migrated", names) if old else _MISSING)
    for part in old:
        draft.taken.setdefault(part, []).append(".".join(path))


def _defaults(draft: Draft, pside: str) -> Iterator[_Default]:
    side: Path = ("bot", pside)
    double, _ = _first(draft, (*side, "entry_grid_double_down_factor"), default=1.0)
    span, old_span = _first(draft, (*side, "filter_rolling_window"), ("live", "ohlcv_rolling_window"), default=60.0)
    clip, old_clip = _first(draft, ("live", "filter_relative_volume_clip_pct"), default=0.5)
    end, old_end = _first(draft, (*side, "close_grid_min_markup"), default=0.001)
    width, old_width = _first(draft, (*side, "close_grid_markup_range"), default=0.001)
    bounds: Path = ("optimize", "bounds")
    start_bound, old_start = _first(draft, (*bounds, f"{pside}_min_markup"), default=[0.001, 0.03])
    end_bound, old_end_bound = _first(draft, (*bounds, f"{pside}_close_grid_min_markup"), default=[0.001, 0.03])
    yield _Default("close_trailing_qty_pct", 1.0, (), [0.05, 1.0])
    yield _Default("entry_trailing_double_down_factor", double, (), [0.01, 3.0])
    yield _Default("filter_volatility_ema_span", span, old_span, [10.0, 1440.0])
    yield _Default("filter_volume_ema_span", span, old_span, [10.0, 1440.0])
    yield _Default("close_grid_markup_start", _sum(end, width), old_end + old_width, start_bound, old_start)
    yield _Default("close_grid_markup_end", end, old_end, end_bound, old_end_bound)
    yield _Default("filter_volume_drop_pct", clip, old_clip, [0.0, 1.0])
    yield _Default("filter_volatility_drop_pct", 0.0, (), [0.0, 1.0])


def _first(draft: Draft, *paths: Path, default: Any) -> tuple[Any, tuple[Path, ...]]:
    """Return the first value present and its path (as a tuple of none or one), else the default."""
    for path in paths:
        if draft.has(path):
            return draft.get(path), (path,)
    return default, ()


def _sum(first: Any, second: Any) -> Any:
    """Return the sum of two numbers; of anything else the first, which the check of values then names."""
    numeric = all(isinstance(item, int | float) and not isinstance(item, bool) for item in (first, second))
    return first + second if numeric else first
