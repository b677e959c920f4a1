"""Checks and brings one value into the type its key declares."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, cast

from pbtui.config.bounds import BoundError, read_bound, tidy_bound
from pbtui.config.dates import NOW_WORDS, parse_date
from pbtui.config.errors import shown
from pbtui.config.keys import Key, Kind
from pbtui.config.limits import LimitError, canonical_limits
from pbtui.config.metric_names import canonical_scoring
from pbtui.config.scenarios import scenario_fault
from pbtui.core.types import Mode

MODES: dict[str, str] = {
    "": "",
    **dict.fromkeys(("n", "normal"), Mode.NORMAL.value),
    **dict.fromkeys(("m", "manual"), Mode.MANUAL.value),
    **dict.fromkeys(("gs", "graceful_stop", "graceful-stop"), Mode.GRACEFUL_STOP.value),
    **dict.fromkeys(("t", "tp", "tp_only", "tp-only"), Mode.TP_ONLY.value),
    **dict.fromkeys(("p", "panic"), Mode.PANIC.value),
}
LEVELS: dict[str, int] = {
    **dict.fromkeys(("warning", "warn", "w"), 0),
    **dict.fromkeys(("info", "i"), 1),
    **dict.fromkeys(("debug", "d"), 2),
    **dict.fromkeys(("trace", "t"), 3),
}
TRUE_WORDS = frozenset({"yes", "true", "t", "y", "1"})
FALSE_WORDS = frozenset({"no", "false", "f", "n", "0"})
AGGREGATIONS = frozenset({"mean", "max", "min", "std", "median"})


class BadValue(ValueError):
    """A value its key does not allow; the text says what is wrong with it."""


def check_value(declared: Key, value: Any) -> tuple[Any, str]:
    """Return the value in its declared type and a remark ("" when none); raises BadValue."""
    if value is None and declared.nullable:
        return None, ""
    if value == "" and declared.blank:
        return None, ""
    if value is None and declared.kind not in {"coins", "limits", "date", "mode", "scoring", "bound", "map", "names"}:
        raise BadValue("is null")
    result, remark = _CHECKS[declared.kind](declared, value)
    if declared.kind in {"float", "int"}:
        wrong = _outside(declared, result)
        if wrong and not declared.soft:
            raise BadValue(f"{shown(value)} is {wrong}")
        if wrong:
            remark = f"{shown(value)} is {wrong}, which is unusual (expected: {declared.allowed_text})"
    return result, remark


def _outside(declared: Key, number: float) -> str:
    if declared.above is not None and number <= declared.above:
        return f"not above {declared.above:g}"
    if declared.low is not None and number < declared.low:
        return f"below {declared.low:g}"
    if declared.high is not None and number > declared.high:
        return f"above {declared.high:g}"
    return ""


def _number(_: Key, value: Any) -> tuple[Any, str]:
    remark = ""
    if isinstance(value, str):
        try:
            value, remark = float(value), f"the text {shown(value)} is read as a number"
        except ValueError:
            raise BadValue(f"{shown(value)} is not a number") from None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadValue(f"{shown(value)} is not a number")
    if not math.isfinite(value):
        raise BadValue(f"{shown(value)} is not finite")
    return value, remark


def _whole(declared: Key, value: Any) -> tuple[Any, str]:
    number, remark = _number(declared, value)
    if number != int(number):
        raise BadValue(f"{shown(value)} is not a whole number")
    return int(number), remark


def _boolean(_: Key, value: Any) -> tuple[bool, str]:
    if isinstance(value, bool):
        return value, ""
    if isinstance(value, int | float) and value in (0, 1):
        return bool(value), ""
    if isinstance(value, str) and value.strip().lower() in TRUE_WORDS | FALSE_WORDS:
        result = value.strip().lower() in TRUE_WORDS
        return result, f"the text {shown(value)} is read as {str(result).lower()}"
    raise BadValue(f"{shown(value)} is neither true nor false")


def _text(declared: Key, value: Any) -> tuple[str, str]:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise BadValue(f"{shown(value)} is not a text")
    text = str(value)
    if declared.choices and text not in declared.choices:
        raise BadValue(f"{shown(value)} is unknown")
    return text, ""


def _date(declared: Key, value: Any) -> tuple[Any, str]:
    open_end = declared.path[-1] == "end_date"
    if open_end and (value is None or str(value).strip().lower() in NOW_WORDS):
        return "now" if value in (None, "") else str(value), ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise BadValue(f"{shown(value)} is not a date")
    try:
        parse_date(value)
    except (ValueError, OverflowError):
        raise BadValue(f"{shown(value)} is not a date") from None
    return str(value), ""


def _level(_: Key, value: Any) -> tuple[int, str]:
    if isinstance(value, str) and value.strip().lower() in LEVELS:
        return LEVELS[value.strip().lower()], ""
    number, remark = _number(_, value)
    return min(3, max(0, int(number))), remark


def _mode(_: Key, value: Any) -> tuple[str, str]:
    found = MODES.get(str(value if value is not None else "").strip().lower())
    if found is None or isinstance(value, bool | int | float):
        raise BadValue(f"{shown(value)} is no mode")
    return found, ""


def _names(declared: Key, value: Any) -> tuple[list[str], str]:
    if isinstance(value, str):
        value = [part.strip() for part in value.split(",") if part.strip()]
    if not isinstance(value, list):
        raise BadValue(f"{shown(value)} is not a list of names")
    names = cast("list[Any]", value)
    for name in names:
        if not isinstance(name, str) or not name:
            raise BadValue(f"{shown(name)} is not a name")
        if declared.choices and name not in declared.choices:
            raise BadValue(f"{shown(name)} is unknown")
    if not names and not declared.choices:
        raise BadValue("is empty")
    return cast("list[str]", names), ""


def _scoring(_: Key, value: Any) -> tuple[list[str], str]:
    names, remark = _names(_, value)
    return canonical_scoring(names), remark


def _exchange_map(_: Key, value: Any) -> tuple[dict[str, str], str]:
    if not isinstance(value, dict):
        raise BadValue(f"{shown(value)} is not an object")
    given = cast("dict[str, Any]", value)
    for coin, exchange in given.items():
        if exchange is not None and not isinstance(exchange, str):
            raise BadValue(f"{shown(exchange)} of {shown(coin)} is not an exchange")
    return {coin: exchange for coin, exchange in given.items() if exchange is not None}, ""


def _aggregate(_: Key, value: Any) -> tuple[dict[str, str], str]:
    if not isinstance(value, dict):
        raise BadValue(f"{shown(value)} is not an object")
    result: dict[str, str] = {}
    for metric, mode in cast("dict[str, Any]", value).items():
        if not isinstance(mode, str) or mode.lower() not in AGGREGATIONS:
            raise BadValue(f"{shown(mode)} of {shown(metric)} is unknown")
        result[metric] = mode.lower()
    return result, ""


def _scenarios(_: Key, value: Any) -> tuple[Any, str]:
    if not isinstance(value, list):
        raise BadValue(f"{shown(value)} is not a list")
    for position, scenario in enumerate(cast("list[Any]", value), start=1):
        wrong = scenario_fault(scenario)
        if wrong:
            raise BadValue(f"scenario {position}: {wrong}")
    return cast("list[Any]", value), ""


def _bound(_: Key, value: Any) -> tuple[Any, str]:
    try:
        return tidy_bound(value), read_bound(value)[1]
    except (BoundError, TypeError) as error:
        raise BadValue(str(error)) from None


def _limits(_: Key, value: Any) -> tuple[Any, str]:
    try:
        return canonical_limits(value), ""
    except LimitError as error:
        raise BadValue(str(error)) from None


def _as_is(_: Key, value: Any) -> tuple[Any, str]:
    return value, ""


_CHECKS: dict[Kind, Callable[[Key, Any], tuple[Any, str]]] = {
    "float": _number,
    "int": _whole,
    "bool": _boolean,
    "str": _text,
    "date": _date,
    "level": _level,
    "mode": _mode,
    "names": _names,
    "scoring": _scoring,
    "map": _exchange_map,
    "modes_map": _aggregate,
    "scenarios": _scenarios,
    "bound": _bound,
    "limits": _limits,
    "coins": _as_is,
    "overrides": _as_is,
}
