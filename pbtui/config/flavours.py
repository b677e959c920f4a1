"""The five accepted shapes of a configuration file and the base made from each (config.md 2, 6.4, 6.5)."""

from __future__ import annotations

import copy
from typing import Any, cast

from pbtui.config.draft import Change, Draft
from pbtui.config.errors import shown
from pbtui.config.flavour_multi import MARKERS as MULTI_MARKERS
from pbtui.config.flavour_multi import convert_multi
from pbtui.config.provenance import Origin
from pbtui.config.schema import SECTIONS, built_in_config
from pbtui.core.errors import ConfigError
from pbtui.core.types import PSIDES

BUILT_IN = Origin("built-in")
_CURRENT = ("bot", "live", "backtest", "optimize")
_V7_LEGACY = ("common", *_CURRENT, "coin_overrides")


def detect_flavour(raw: dict[str, Any]) -> str:
    """Return pb_multi, v7_legacy, current, nested_current or live_only; "" when it is none of them."""
    if all(name in raw for name in MULTI_MARKERS):
        return "pb_multi"
    if "common" in raw:
        return "v7_legacy"
    if all(name in raw for name in _CURRENT):
        return "current"
    inner = raw.get("config")
    if isinstance(inner, dict) and all(name in inner for name in _CURRENT):
        return "nested_current"
    return "live_only" if "bot" in raw and "live" in raw else ""


def start_draft(raw: dict[str, Any], source: str, origin: Origin, *, partial: bool = False) -> tuple[Draft, str]:
    """Return a draft with the current layout; `partial` (override files) adds no defaults and wants no sections.

    Raises:
        ConfigError: the layout is unknown.

    """
    flavour = detect_flavour(raw)
    if not flavour and partial and ("bot" in raw or "live" in raw):
        flavour = "live_only"
    if not flavour:
        raise ConfigError(
            f"{source}: unknown layout of a configuration",
            hint=f"allowed: an object with the sections bot and live (found {_found(raw)})",
        )
    draft = Draft(copy.deepcopy(raw), source, {(): origin})
    if flavour in {"pb_multi", "v7_legacy"}:
        _rebuild(draft, flavour, partial)
    elif flavour == "nested_current":
        draft.data = cast("dict[str, Any]", draft.data["config"])
        draft.changes.append(Change("rename", "config", "to the top level"))
    elif flavour == "live_only" and not partial:
        base = built_in_config()
        for name in ("optimize", "backtest"):
            if name not in draft.data:
                draft.put((name,), base[name], BUILT_IN)
                draft.changes.append(Change("add", name, "(built-in section)"))
    _require_sections(draft, partial)
    return draft, flavour


def _found(raw: dict[str, Any]) -> str:
    return ", ".join(sorted(raw)[:6]) or "nothing"


def _rebuild(draft: Draft, flavour: str, partial: bool) -> None:
    old = draft.data
    draft.data = {} if partial else built_in_config()
    draft.origins = {(): BUILT_IN}
    if flavour == "pb_multi":
        convert_multi(old, draft)
    else:
        _convert_v7_legacy(old, draft)


def _convert_v7_legacy(old: dict[str, Any], draft: Draft) -> None:
    known = built_in_config()
    file = Origin("file", draft.source)
    for section in ("backtest", "live", "optimize", "bot"):
        given: Any = old.get(section)
        if isinstance(given, dict):
            for name, value in cast("dict[str, Any]", given).items():
                if name in known[section]:
                    draft.put((section, name), value, file)
                else:
                    draft.warn(f"{section}.{name} is no key of this layout and is left out")
    common: Any = old["common"]
    if not isinstance(common, dict):
        raise ConfigError(f"{draft.source}: common: not an object")
    _convert_common(cast("dict[str, Any]", common), draft)
    if "coin_overrides" in old:
        draft.put(("coin_overrides",), old["coin_overrides"], file)
    for name in old:
        if name not in _V7_LEGACY and not name.startswith("_"):
            draft.warn(f"{shown(name)} is no section of this layout and is left out")
    draft.changes.append(Change("rename", "common", "to live"))


def _convert_common(shared: dict[str, Any], draft: Draft) -> None:
    known = built_in_config()["live"]
    symbols: Any = shared.get("approved_symbols", [])
    flags: Any = shared.get("symbol_flags")
    if isinstance(symbols, dict) and symbols and not set(cast("dict[str, Any]", symbols)) <= set(PSIDES):
        flags = flags or cast("Any", symbols)  # symbol → flags, as in a v6 file
        symbols = sorted(cast("dict[str, Any]", symbols))
    for name, value in shared.items():
        if name in known:
            draft.put(("live", name), value, Origin("migrated", f"common.{name}"))
        elif name not in {"approved_symbols", "symbol_flags"} and not name.startswith("_"):
            draft.warn(f"common.{name} is no key of this layout and is left out")
    draft.put(("live", "approved_coins"), symbols, Origin("migrated", "common.approved_symbols"))
    if flags:
        draft.put(("live", "coin_flags"), flags, Origin("migrated", "common.symbol_flags"))


def _require_sections(draft: Draft, partial: bool) -> None:
    for section in SECTIONS:
        if section in draft.data and not isinstance(draft.data[section], dict):
            raise ConfigError(f"{draft.source}: {section}: is not an object", hint="allowed: { … }")
    bot = draft.section("bot")
    for pside in PSIDES:
        if pside in bot and not isinstance(bot[pside], dict):
            raise ConfigError(f"{draft.source}: bot.{pside}: is not an object", hint="allowed: { … }")
        if pside not in bot and not partial:
            bot[pside] = {}
            draft.mark(("bot", pside), BUILT_IN)
