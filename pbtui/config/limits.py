"""Every accepted form of `optimize.limits` brought into the list form (optimizer.md 7.1)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

from pbtui.config.errors import shown
from pbtui.config.metric_names import canonical_metric

_SPELLINGS: dict[str, tuple[str, ...]] = {
    "greater_than": (">", "gt", "greater", "greater_than", "above"),
    "less_than": ("<", "lt", "lower", "less", "less_than", "below"),
    "outside_range": ("outside", "outside_range", "out_of_range"),
    "inside_range": ("inside", "inside_range"),
    "auto": ("auto",),
}
_MODES: dict[str, str] = {text: mode for mode, texts in _SPELLINGS.items() for text in texts}
# The two `_bound_` names read backwards in old files; their meaning is kept.
_PREFIXES: dict[str, str] = {
    "penalize_if_greater_than_": "greater_than",
    "penalize_if_lower_than_": "less_than",
    "lower_bound_": "greater_than",
    "upper_bound_": "less_than",
}
STATS = ("min", "max", "mean", "std")
MISSING = object()


class LimitError(ValueError):
    """A limit that can't be understood; the text says why."""


def canonical_limits(value: Any) -> list[dict[str, Any]]:
    """Return limits as `{"metric", "penalize_if", "stat"?, "value" | "range"}`; raises LimitError."""
    if isinstance(value, str):
        value = _from_text(value)
    if value is None:
        return []
    if isinstance(value, Mapping):
        items = cast("Mapping[str, Any]", value).items()
        return [_legacy(name, bound) for name, bound in items]
    if isinstance(value, list):
        return [_entry(item) for item in cast("list[Any]", value)]
    raise LimitError(f"{shown(value)} is no limit")


def _from_text(text: str) -> Any:
    text = text.strip()
    if not text:
        return None
    if text[0] in "[{":
        try:
            return json.loads(text)
        except (ValueError, RecursionError) as error:
            raise LimitError(f"not JSON: {error}") from None
    pairs: dict[str, Any] = {}
    for piece in text.replace(":", "").split("--"):
        words = piece.split()
        if not words:
            continue
        if len(words) != 2:
            raise LimitError(f'"{piece.strip()}" is not "name number"')
        pairs[words[0]] = words[1]
    return pairs


def _legacy(name: str, bound: Any) -> dict[str, Any]:
    mode = "auto"
    for prefix, meaning in _PREFIXES.items():
        if name.startswith(prefix):
            name, mode = name[len(prefix) :], meaning
            break
    return {"metric": canonical_metric(name), "penalize_if": mode, "value": _number(bound, name)}


def _entry(item: Any) -> dict[str, Any]:
    if not isinstance(item, Mapping):
        raise LimitError(f"{shown(item)} is not an object")
    fields = cast("Mapping[str, Any]", item)
    metric = _first(fields, "metric", "name")
    if not isinstance(metric, str) or not metric:
        raise LimitError(f"{shown(dict(fields))} names no metric")
    mode = _MODES.get(str(fields.get("penalize_if", "")).strip().lower())
    if mode is None:
        raise LimitError(f"penalize_if {shown(fields.get('penalize_if'))} of {metric} is unknown")
    limit: dict[str, Any] = {"metric": canonical_metric(metric), "penalize_if": mode}
    stat = _first(fields, "stat", "field")
    if stat is not MISSING and stat is not None:
        if str(stat).lower() not in STATS:
            raise LimitError(f"stat {shown(stat)} of {metric} is unknown")
        limit["stat"] = str(stat).lower()
    if mode.endswith("_range"):
        limit["range"] = _range(fields, metric)
    else:
        limit["value"] = _number(_first(fields, "value", "threshold", "bound"), metric)
    return limit


def _range(fields: Mapping[str, Any], metric: str) -> list[float]:
    given = _first(fields, "range", "values", "bounds", "value")
    if isinstance(given, Mapping):
        named = cast("Mapping[str, Any]", given)
        given = [_first(named, "low", "min", "start"), _first(named, "high", "max", "end")]
    if not isinstance(given, list) or len(cast("list[Any]", given)) != 2:
        raise LimitError(f"the range of {metric} is not two numbers")
    return sorted(_number(item, metric) for item in cast("list[Any]", given))


def _first(fields: Mapping[str, Any], *names: str) -> Any:
    return next((fields[name] for name in names if name in fields), MISSING)


def _number(value: Any, metric: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise LimitError(f"{metric} has no number")
    try:
        number = float(value)
        whole = round(number)
    except (ValueError, OverflowError):
        raise LimitError(f"{shown(value)} of {metric} is not a number") from None
    return whole if abs(number - whole) <= 1e-12 else number
