"""All declared keys in the reference's order, and the two default configurations made from them (config.md 1)."""

from __future__ import annotations

import copy
import difflib
from collections.abc import Iterable
from typing import Any, Literal

from pbtui.config.keys import Key, Path, declared
from pbtui.config.schema_backtest import BacktestSettings
from pbtui.config.schema_bot import bound_keys, side_keys
from pbtui.config.schema_live import LiveSettings, LoggingSettings
from pbtui.config.schema_optimize import OptimizeSettings
from pbtui.config.schema_validation import ValidationSettings

Command = Literal["live", "backtest", "optimize"]
COMMAND_LETTER: dict[Command, str] = {"live": "L", "backtest": "B", "optimize": "O"}
SECTIONS = ("backtest", "bot", "coin_overrides", "live", "logging", "optimize")
OVERRIDES = Key(
    path=("coin_overrides",),
    kind="overrides",
    doc="Values per coin.",
    shipped={},
    built_in={},
    used_by="LBO",
    flag=False,
)


def _all_keys() -> tuple[Key, ...]:
    return (
        *declared(("backtest",), BacktestSettings),
        *side_keys("long"),
        *side_keys("short"),
        OVERRIDES,
        *declared(("live",), LiveSettings),
        *declared(("logging",), LoggingSettings),
        *bound_keys(),
        *declared(("optimize",), OptimizeSettings),
        *declared(("optimize", "validation"), ValidationSettings),
    )


KEYS: dict[str, Key] = {item.name: item for item in _all_keys()}


def _nest(values: Iterable[tuple[Path, Any]]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for path, value in values:
        node = tree
        for part in path[:-1]:
            node = node.setdefault(part, {})
        node[path[-1]] = copy.deepcopy(value)
    return tree


def built_in_config() -> dict[str, Any]:
    """Return a fresh copy of the built-in defaults, which fill what a file omits."""
    return _nest((item.path, item.built_in) for item in KEYS.values())


def shipped_config() -> dict[str, Any]:
    """Return a fresh copy of the shipped template's values."""
    return _nest((item.path, item.shipped) for item in KEYS.values())


def find_key(path: Path) -> Key | None:
    """Return the declaration a path belongs to: its own, or that of the map or list around it."""
    for length in range(len(path), 0, -1):
        found = KEYS.get(".".join(path[:length]))
        if found is not None:
            return found
    return None


def nearest_key(name: str) -> str:
    """Return the declared key most like `name`, or an empty text when none is near."""
    section = name.rsplit(".", 1)[0] + "."
    siblings = [known for known in KEYS if known.startswith(section)]
    close = difflib.get_close_matches(name, siblings, n=1, cutoff=0.7)
    if close:
        return close[0]
    leaf = name.rsplit(".", 1)[-1]
    by_leaf = {known.rsplit(".", 1)[-1]: known for known in reversed(KEYS)}
    close = difflib.get_close_matches(leaf, list(by_leaf), n=1, cutoff=0.75)
    return by_leaf[close[0]] if close else ""
