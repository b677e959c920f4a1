"""Suite scenarios: their shape and their effect on a configuration (config.md 4.5)."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, cast

from pbtui.config.errors import shown

_KEYS = ("label", "start_date", "end_date", "coins", "ignored_coins", "exchanges", "coin_sources", "overrides")


def scenario_fault(scenario: Any) -> str:
    """Return what is wrong with the shape of a scenario; "" when nothing is."""
    if not isinstance(scenario, Mapping):
        return f"{shown(scenario)} is not an object"
    fields = cast("Mapping[str, Any]", scenario)
    unknown = [name for name in fields if name not in _KEYS and not name.startswith("_")]
    if unknown:
        return f"{shown(unknown[0])} is unknown (known: {', '.join(_KEYS)})"
    if not isinstance(fields.get("exchanges", ""), str | list | None):
        return f"exchanges {shown(fields['exchanges'])} is neither a name nor a list"
    for name in ("coin_sources", "overrides"):
        if not isinstance(fields.get(name, {}), dict | None):
            return f"{name} {shown(fields[name])} is not an object"
    for name in ("coins", "ignored_coins"):
        if not isinstance(fields.get(name, []), str | list | dict | None):
            return f"{name} {shown(fields[name])} is neither a list, a name nor {{long, short}}"
    return ""


def scenario_label(scenario: Mapping[str, Any], position: int) -> str:
    """Return the label of a scenario; `scenario_01` and so on (1-based) when it has none."""
    label = scenario.get("label")
    return str(label) if label else f"scenario_{position:02d}"


def apply_overrides(data: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of a configuration with dotted paths set, objects created on the way."""
    result: dict[str, Any] = copy.deepcopy(dict(data))
    for dotted, value in overrides.items():
        node = result
        *parents, leaf = dotted.split(".")
        for part in parents:
            if not isinstance(node.get(part), dict):
                node[part] = {}
            node = node[part]
        node[leaf] = copy.deepcopy(value)
    return result
