"""The effective configuration as rows of short texts: what holds, what would hold by default, and why."""

from __future__ import annotations

import json
from typing import Any

from pbtui.config.diff import leaves
from pbtui.config.model import Config
from pbtui.config.overrides import split_override
from pbtui.config.provenance import ORIGIN_WORDS, Origin
from pbtui.config.safety import risk_omissions
from pbtui.config.schema import KEYS
from pbtui.core.sanitize import sanitize_line
from pbtui.core.snapshot import ConfigFacts, ConfigProblem, ConfigRow

_LONGEST = 2_000
_EXACT = 2**53


def config_facts(config: Config) -> ConfigFacts:
    """Return every key of a configuration in effect, with its warnings beside the keys they name."""
    pairs = list(leaves(config.data))
    warnings = [sanitize_line(text) for text in config.warnings]
    if config.command == "live":
        warnings += [sanitize_line(omission.text()) for omission in risk_omissions(config)]
    notes, rest = _placed(warnings, [name for name, _ in pairs])
    file = sanitize_line(config.path.absolute(), limit=4_000) if config.path is not None else ""
    rows = tuple(_row(config, name, value, tuple(notes.get(name, ()))) for name, value in pairs)
    return ConfigFacts(sanitize_line(config.name), file, rows, tuple(dict.fromkeys(rest)))


def value_text(value: Any) -> str:
    """Return a value in the form a configuration file has it, on one line."""
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        value = int(value)
    return sanitize_line(json.dumps(value, ensure_ascii=False, separators=(", ", ": "), default=list), limit=_LONGEST)


def problems_of(error: Exception) -> tuple[ConfigProblem, ...]:
    """Return the faults behind an error of loading, by key where they have one."""
    from pbtui.config.errors import InvalidConfig

    if not isinstance(error, InvalidConfig):
        return ()
    return tuple(
        ConfigProblem(
            sanitize_line(item.key),
            sanitize_line(f"{item.wrong}; allowed: {item.allowed}" if item.allowed else item.wrong),
        )
        for item in error.problems
    )


def _row(config: Config, name: str, value: Any, notes: tuple[str, ...]) -> ConfigRow:
    origin, default = _behind(config, name)
    return ConfigRow(
        path=sanitize_line(name),
        value=value_text(value),
        default=value_text(default),
        origin=ORIGIN_WORDS[origin.kind],
        detail=sanitize_line(origin.detail, limit=4_000),
        changed=value != default or isinstance(value, bool) is not isinstance(default, bool),
        notes=notes,
    )


def _behind(config: Config, name: str) -> tuple[Origin, Any]:
    """Return where a value comes from and what stood there without it: for a coin, what holds for the other coins."""
    found = split_override(name)
    if found is not None:
        coin, key = found
        override = config.coin_overrides.get(coin)
        origin = override.origins.get(key) if override is not None else None
        return origin or config.origin(name), config.get(key)
    declared = KEYS.get(name)
    return config.origin(name), declared.built_in if declared is not None else None


def _placed(warnings: list[str], names: list[str]) -> tuple[dict[str, list[str]], list[str]]:
    """Return warnings by the key they begin with, and those that begin with none."""
    notes: dict[str, list[str]] = {}
    rest: list[str] = []
    known = sorted(names, key=len, reverse=True)
    for text in warnings:
        name = next((each for each in known if text.startswith(each) and text[len(each) :][:1] in ":, "), None)
        if name is None:
            rest.append(text)
        else:
            notes.setdefault(name, []).append(text[len(name) :].lstrip(":, "))
    return notes, rest
