"""Filtering and sorting the members of a front by anything they tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pbtui.console.optimize.reading import Front
from pbtui.console.state import Sort
from pbtui.console.tables.select import Value, filtered, ordered
from pbtui.core.errors import ConfigError
from pbtui.optimize.metrics import weight
from pbtui.optimize.picking import keep_those
from pbtui.optimize.results import OWN_METRICS, Stored

_SIGNS = "<>="
_LAST = float("inf")


def more_is_better(key: str) -> bool:
    """Tell whether a high value of a metric, or of `metric.stat`, is the good one."""
    name = key.partition(".")[0]
    return name in OWN_METRICS or weight(name) < 0


def arranged(front: Front, wanted: str, sort: Sort) -> tuple[list[Stored], str]:
    """Return the members that pass a filter in the order asked for, and one line about what the filter gets wrong.

    A filter's words are limits (`adg>=0.001`, any metric) or parts of a member's id. As they come: nearest first.
    """
    parts = wanted.split()
    limits = [part for part in parts if any(sign in part for sign in _SIGNS)]
    problem = ""
    try:
        kept = keep_those(front.results, limits)
    except ConfigError as error:
        kept, problem = list(front.results.members), error.line()
    words = " ".join(part for part in parts if part not in limits)
    kept = filtered(kept, words, lambda item: {"id": item.id})
    kept.sort(key=lambda item: front.distances[item.id])
    values: Mapping[str, Callable[[Stored], Value]] = {
        "id": lambda item: item.id,
        "distance": lambda item: front.distances[item.id],
        "violation": lambda item: item.violation,
    }
    if sort.column in values:
        return ordered(kept, sort, values), problem
    if not sort.column:
        return kept[::-1] if sort.descending else kept, problem
    sign = -1.0 if sort.descending else 1.0

    def key(item: Stored) -> float:
        told = front.told(item, sort.column)
        return _LAST if told is None else sign * told  # those without it come last either way

    return sorted(kept, key=key), problem
