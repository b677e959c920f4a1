"""Configurations, coin lists and keys of a Passivbot folder: what they are, and what they mean differently here."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any, cast

from pbtui.config.coin_lists import Places, read_coin_source
from pbtui.config.coin_names import VENUES, short_name
from pbtui.config.model import Config
from pbtui.config.parse import parse_text, read_text
from pbtui.config.pipeline import check
from pbtui.config.safety import needs_loss_gate_ack, risk_omissions
from pbtui.config.sealed_keys import sealed_path
from pbtui.core.errors import ConfigError
from pbtui.core.sanitize import sanitize_line
from pbtui.core.system import open_to_others
from pbtui.market.adopt.items import Item, left_out

KEYS = "api-keys.json"
_THERE = "already there"
_CONFIGS = (".json", ".hjson")
_LISTS = (".txt", ".csv")
_SECTIONS = ("bot", "live", "backtest", "optimize", "long", "short", "common", "universal_live_config", "live_config")


def config_items(place: Path, base: Path) -> list[Item]:
    """Return one item for each file below `configs`."""
    folder = place / "configs"
    files = sorted(path for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else []
    return [_config_item(path.relative_to(place), place, base) for path in files]


def keys_items(place: Path, base: Path) -> list[Item]:
    """Return the item of the keys file, if there is one; nothing of a key is ever told."""
    path, target = place / KEYS, base / KEYS
    if not path.is_file():
        return []
    if sealed_path(target).exists():
        return [left_out(KEYS, f"{sealed_path(target).name} is in the base folder: add accounts to it instead")]
    taken = _taken(path, target)
    if taken:
        return [left_out(KEYS, taken)]
    try:
        text = read_text(path)
        entries: Any = json.loads(text)
    except ConfigError as error:
        return [left_out(KEYS, error.line())]
    except ValueError:
        return [left_out(KEYS, "is no strict JSON")]
    if not isinstance(entries, dict):
        return [left_out(KEYS, "is no object of accounts")]
    notes = _of_accounts(cast("dict[str, Any]", entries))
    mode = stat.S_IMODE(path.stat().st_mode)
    if open_to_others(mode):
        notes.append(f"others may read the old file (mode {mode:04o}), which is refused here: the copy gets mode 0600")
    return [Item("keys", KEYS, KEYS, tuple(notes), ((Path(KEYS), Path(KEYS)),), secret=True)]


def _of_accounts(entries: dict[str, Any]) -> list[str]:
    notes: list[str] = []
    for user, entry in entries.items():
        if not isinstance(entry, dict) or user.startswith("_"):
            continue
        name = sanitize_line(cast("dict[str, Any]", entry).get("exchange", ""), limit=40)
        known = short_name(name.strip().lower()) in VENUES
        told = f"account {sanitize_line(user, limit=60)} on {name or 'no exchange'}"
        notes.append(told if known else f"{told}: not a venue that works here ({', '.join(VENUES)})")
    return notes


def _config_item(at: Path, place: Path, base: Path) -> Item:
    path, shown = place / at, sanitize_line(at, limit=200)
    taken = _taken(path, base / at)
    if taken and taken != _THERE:
        return left_out(shown, taken)
    copies = () if taken else ((at, at),)
    try:
        if path.suffix in _LISTS:
            return Item("coin list", shown, shown, _of_list(path), copies)
        if path.suffix not in _CONFIGS:
            return left_out(shown, "neither .json, .hjson, .txt nor .csv")
        value = parse_text(read_text(path), shown)
        if _is_coins(value):
            return Item("coin list", shown, shown, _of_list(path), copies)
        if path.name == "custom_endpoints.json":
            return Item("addresses", shown, shown, ("other addresses of venues act here too",), copies)
        if not isinstance(value, dict) or not any(name in value for name in _SECTIONS):
            return left_out(shown, "is no configuration and no coin list")
        return Item("config", shown, shown, tuple(meaning(check(path, base_dir=place))), copies)
    except ConfigError as error:
        return left_out(shown, error.line().removeprefix(f"{shown}: ").removeprefix(f"{sanitize_line(path)}: "))


def _is_coins(value: Any) -> bool:
    """Whether a value is a list of coins, or one a side; an old configuration has objects as sides."""
    if not isinstance(value, dict):
        return isinstance(value, list)
    sides = cast("dict[str, Any]", value)
    return bool(sides) and sides.keys() <= {"long", "short"} and not any(isinstance(e, dict) for e in sides.values())


def _of_list(path: Path) -> tuple[str, ...]:
    source = read_coin_source(str(path.resolve()), Places((path.parent,)))
    sides = ", ".join(f"{pside} {len(names)}" for pside, names in source.sides.items())
    return (f"coins: {sides}", *source.notes)


def meaning(config: Config) -> list[str]:
    """Return what a configuration means here that it does not mean in Passivbot, and what a live start will ask."""
    notes = list(config.warnings)
    if config.changes:
        notes.append(f"{len(config.changes)} changes by migration: pbtui config migrate names and writes them")
    if config.coin_overrides and any("override_config_path" in each for each in _raw_overrides(config)):
        notes.append("override files apply the keys they name and bring no built-in defaults for others")
    if needs_loss_gate_ack(config):
        notes.append("live.max_realized_loss_pct 0 blocks every realised loss, in live too; a live start asks once")
    strange = [name for name in config.get("backtest.exchanges") if short_name(str(name)) not in VENUES]
    if strange:
        notes.append(f"backtest.exchanges: {', '.join(map(str, strange))} can't be fetched here")
    notes += [f"a live start will ask: {omission.text()}" for omission in risk_omissions(config)]
    return [sanitize_line(note, limit=400) for note in notes]


def _raw_overrides(config: Config) -> list[dict[str, Any]]:
    given: Any = config.raw.get("coin_overrides")
    entries = cast("dict[str, Any]", given).values() if isinstance(given, dict) else ()
    return [cast("dict[str, Any]", each) for each in entries if isinstance(each, dict)]


def _taken(path: Path, target: Path) -> str:
    """Return why a file can't come to its place because something is there, empty when nothing is."""
    if not target.exists() and not target.is_symlink():
        return ""
    same = target.is_file() and target.read_bytes() == path.read_bytes()
    return _THERE if same else "the base folder has another file of that name, which stays"
