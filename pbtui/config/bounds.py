"""Search bounds: accepted forms and their meaning as low, high, step (optimizer.md 2)."""

from __future__ import annotations

import math
from typing import Any, cast

from pbtui.config.errors import shown
from pbtui.core.record import record


class BoundError(ValueError):
    """A bound that can't be understood; the text says why."""


@record
class Range:
    """A search range; `step` is None when continuous."""

    low: float
    high: float
    step: float | None = None


def tidy_bound(value: Any) -> Any:
    """Return a bound as the reference stores it: [v] → [v, v], two elements sorted, others as they are."""
    if not isinstance(value, list):
        return value
    items = cast("list[Any]", value)
    if len(items) == 1:
        return [items[0], items[0]]
    return sorted(items) if len(items) == 2 else items


def read_bound(value: Any) -> tuple[Range, str]:
    """Return the range and a warning ("" when none); raises BoundError when malformed."""
    if isinstance(value, int | float):
        return Range(float(value), float(value)), ""
    items = cast("list[Any]", value) if isinstance(value, list) else []
    if not items:
        raise BoundError(f"{shown(cast('Any', value))} is a malformed bound")
    numbers = [_number(item) for item in (items[:2] if len(items) == 3 else items)]
    low, high = min(numbers), max(numbers)
    if len(items) == 3:
        step = items[2] if isinstance(items[2], int | float) and math.isfinite(items[2]) else 0.0
        if step > 0 and (low == high or step <= high - low):
            return Range(low, high, float(step)), ""
        return Range(low, high), f"step {shown(items[2])} does not fit, the range is continuous"
    return Range(low, high), "more than three numbers, only the extremes count" if len(items) > 3 else ""


def _number(item: Any) -> float:
    try:
        number = float(item)
    except (TypeError, ValueError, OverflowError):
        raise BoundError(f"{shown(item)} in a bound is not a number") from None
    if not math.isfinite(number):
        raise BoundError("a bound is not finite")
    return number
