"""What differs between two configurations, key by key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from pbtui.config.schema import KEYS
from pbtui.core.record import record

ABSENT = "(absent)"
_HIDDEN = {"base_config_path"}


@record
class Difference:
    """One key with two values; `ABSENT` stands for a key only one side has."""

    key: str
    left: Any
    right: Any


def leaves(data: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every dotted key with its value; declared keys and lists are leaves, empty objects too."""
    for name, value in data.items():
        dotted = f"{prefix}{name}"
        if name.startswith("_") or name in _HIDDEN:
            continue
        if isinstance(value, Mapping) and value and (dotted not in KEYS or dotted == "coin_overrides"):
            yield from leaves(cast("Mapping[str, Any]", value), f"{dotted}.")
        else:
            yield dotted, value


def differences(left: Mapping[str, Any], right: Mapping[str, Any]) -> list[Difference]:
    """Return the keys whose values differ, sorted; 1 and 1.0 are equal, true and 1 are not."""
    first, second = dict(leaves(left)), dict(leaves(right))
    result: list[Difference] = []
    for name in sorted(first.keys() | second.keys()):
        one, two = first.get(name, ABSENT), second.get(name, ABSENT)
        if one != two or isinstance(one, bool) is not isinstance(two, bool):
            result.append(Difference(name, one, two))
    return result
