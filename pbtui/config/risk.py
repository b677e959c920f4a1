"""Whether a changed value can cost more, as the declarations say (`Key.risk`)."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal, cast

from pbtui.config.keys import Key, Risk
from pbtui.config.model import Config
from pbtui.config.overrides import LIMIT, LIMIT_KEY, split_override
from pbtui.config.schema import find_key

Verdict = Literal["", "raises", "may raise", "lowers"]
RISK_WORDS: dict[Risk, str] = {
    "more": "a higher value raises risk",
    "less": "a lower value raises risk",
    "gate": "a higher value raises risk, and so does 0 or less (off)",
    "ceiling": "a higher value raises risk, and so does null",
    "on": "true raises risk",
    "off": "false raises risk",
    "slots": "more raises risk; fewer make each position larger",
    "coins": "more coins raise risk",
    "left_out": "fewer coins left out raise risk",
    "any": "any change may raise risk",
}


def declaration(name: str) -> Key | None:
    """Return the declaration of a dotted key; of a coin's override, that of the key it stands in for."""
    found = split_override(name)
    if found is not None and found[1].endswith(f".{LIMIT}"):
        return LIMIT_KEY
    return find_key(tuple((found[1] if found is not None else name).split(".")))


def verdict(name: str, old: Config, new: Config) -> Verdict:
    """Return what the change of a key between two configurations means; "" for keys without a say in it."""
    declared = declaration(name)
    if declared is None or not declared.risk:
        return ""
    return judge(declared.risk, _applied(old, name), _applied(new, name))


def judge(risk: Risk, old: Any, new: Any) -> Verdict:
    """Return whether going from one value to another raises risk; values it cannot compare may raise it."""
    if old == new:
        return ""
    if risk in ("coins", "left_out"):
        return _coins(old, new, more_is_worse=risk == "coins")
    if risk == "slots" and _number(new) is not None and _number(old) is not None and 0 < new < old:
        return "may raise"  # fewer slots share the same limit: each position grows
    level = _LEVELS.get(risk)
    before, after = (level(old), level(new)) if level is not None else (None, None)
    if before is None or after is None:
        return "may raise"
    return "raises" if after > before else "lowers" if after < before else ""


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _less(value: Any) -> float | None:
    number = _number(value)
    return None if number is None else -number


def _gate(value: Any) -> float | None:
    number = _number(value)
    return math.inf if number is not None and number <= 0 else number


def _ceiling(value: Any) -> float | None:
    return math.inf if value is None else _number(value)


_LEVELS: dict[Risk, Callable[[Any], float | None]] = {
    "more": _number,
    "slots": _number,
    "on": _number,
    "less": _less,
    "off": _less,
    "gate": _gate,
    "ceiling": _ceiling,
}


def _coins(old: Any, new: Any, *, more_is_worse: bool) -> Verdict:
    before, after = _members(old), _members(new)
    if before is None or after is None:
        return "may raise"
    worse, better = (after - before, before - after) if more_is_worse else (before - after, after - before)
    if more_is_worse and not after:
        return "may raise"  # an empty list may stand for every market
    return "raises" if worse else "lowers" if better else ""


def _members(value: Any) -> set[tuple[str, str]] | None:
    """Return the coins of a list by side; None for a file or a text, whose coins are not known here."""
    if not isinstance(value, dict):
        return None
    found: set[tuple[str, str]] = set()
    for pside, names in cast("dict[str, Any]", value).items():
        if not isinstance(names, list):
            return None
        found |= {(pside, str(name)) for name in cast("list[Any]", names)}
    return None if any(name.lower() == "all" or "/" in name for _, name in found) else found


def _applied(config: Config, name: str) -> Any:
    """Return the value that applies: without an override of a coin, that of all coins."""
    found = split_override(name)
    if found is None:
        return config.get(name)
    coin, key = found
    section, *rest = key.split(".")
    override = config.coin_overrides.get(coin)
    if override is not None:
        values = override.live if section == "live" else override.side("long" if rest[0] == "long" else "short")
        if rest[-1] in values:
            return values[rest[-1]]
    return _share(config, rest[0]) if rest[-1] == LIMIT else config.get(key)


def _share(config: Config, pside: str) -> float:
    """Return the limit of one position that follows from the side's (orchestrator.md 1.3)."""
    slots = config.get(f"bot.{pside}.n_positions", 0)
    limit = config.get(f"bot.{pside}.total_wallet_exposure_limit", 0.0)
    return float(limit) / float(slots) if slots else 0.0
