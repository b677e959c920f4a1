"""Legacy per-coin flag texts such as `-lm gs -sw 0.1`, turned into `coin_overrides` (config.md 9.5)."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from pbtui.config.errors import shown

_TARGETS: dict[str, tuple[str, ...]] = {
    "-lm": ("live", "forced_mode_long"),
    "-sm": ("live", "forced_mode_short"),
    "-lw": ("bot", "long", "wallet_exposure_limit"),
    "-sw": ("bot", "short", "wallet_exposure_limit"),
    "-lev": ("live", "leverage"),
    "-lc": ("override_config_path",),
}
_NUMBERS = {"-lw", "-sw", "-lev"}


def overrides_from_flags(flags: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return `coin_overrides` for coin → flag text, and what could not be understood."""
    overrides: dict[str, Any] = {}
    notes: list[str] = []
    for coin, text in flags.items():
        entry: dict[str, Any] = {}
        for flag, value in _pairs(text, coin, notes):
            _apply(entry, flag, value, coin, notes)
        overrides[coin] = entry
    return {coin: entry for coin, entry in overrides.items() if entry}, notes


def _pairs(text: Any, coin: str, notes: list[str]) -> list[tuple[str, str]]:
    if not isinstance(text, str):
        return []
    try:
        words = shlex.split(text)
    except ValueError as error:
        notes.append(f"coin flags of {shown(coin)} are not readable: {error}")
        return []
    words = [part for word in words for part in (word.split("=", 1) if word.startswith("-") else [word])]
    if len(words) % 2:
        notes.append(f"coin flags of {shown(coin)}: {shown(words[-1])} has no value")
    return list(zip(words[::2], words[1::2], strict=False))


def _apply(entry: dict[str, Any], flag: str, value: str, coin: str, notes: list[str]) -> None:
    target = _TARGETS.get(flag)
    if target is None:
        notes.append(f"coin flag {shown(flag)} of {shown(coin)} is unknown and left out")
        return
    result: Any = value
    if flag in _NUMBERS:
        try:
            result = float(value)
        except ValueError:
            notes.append(f"coin flag {flag} of {shown(coin)}: {shown(value)} is not a number")
            return
        if result == 0:
            return
    node = entry
    for part in target[:-1]:
        node = node.setdefault(part, {})
    node[target[-1]] = result
