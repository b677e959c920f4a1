"""Loading a configuration: parse, migrate, fill, flags, check (config.md 3)."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from pbtui.config.coin_lists import Places
from pbtui.config.computed import computed_defaults
from pbtui.config.draft import Draft
from pbtui.config.errors import InvalidConfig
from pbtui.config.fill import fill_missing, prune_unknown
from pbtui.config.flags import apply_flags
from pbtui.config.flavours import start_draft
from pbtui.config.impossible import refuse_impossible
from pbtui.config.migrate import late_renames, rename_keys, restructure
from pbtui.config.model import Config
from pbtui.config.normalise import (
    LISTS,
    check_all,
    read_lists,
    round_slots,
    settle_backtest,
    settle_sources,
    subtract_ignored,
    warn_of_lists,
    warn_of_no_coins,
    warn_of_repeats,
)
from pbtui.config.overrides import resolve_overrides
from pbtui.config.parse import parse_file
from pbtui.config.provenance import Origin, nearest_origin
from pbtui.config.schema import Command, shipped_config
from pbtui.core.clock import RealClock
from pbtui.core.types import PSIDES

PROGRAM_ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = PROGRAM_ROOT / "configs" / "template.json"
_SIDE_OFF = ("total_wallet_exposure_limit", "n_positions")


def load(
    path: Path | None,
    *,
    command: Command = "live",
    flags: Mapping[str, object] | None = None,
    base_dir: Path = Path(),
    now_ms: int | None = None,
) -> Config:
    """Return the configuration in a file (None: the shipped template) with flags applied.

    `flags` maps dotted keys to values or texts as typed. `base_dir` is where relative coin files are looked up.
    `now_ms` settles an `end_date` of now (default: the machine's time).

    Raises:
        ConfigError: the file can't be read (SyntaxFault), or a value is wrong (InvalidConfig).

    """
    return build(path, command=command, flags=flags, base_dir=base_dir, now_ms=now_ms)


def load_changed(
    config: Config, data: Mapping[str, Any], *, base_dir: Path = Path(), now_ms: int | None = None
) -> Config:
    """Return the configuration of changed effective values, checked as if they stood in the same file.

    Raises InvalidConfig when a value is wrong.
    """
    return build(config.path, command=config.command, base_dir=base_dir, now_ms=now_ms, given=data)


def check(path: Path | None, *, base_dir: Path = Path(), now_ms: int | None = None) -> Config:
    """Load a configuration strictly: faults in keys of any command are raised."""
    return build(path, command="live", strict=True, base_dir=base_dir, now_ms=now_ms)


def build(
    path: Path | None,
    *,
    command: Command,
    flags: Mapping[str, object] | None = None,
    base_dir: Path = Path(),
    now_ms: int | None = None,
    strict: bool = False,
    given: Mapping[str, Any] | None = None,
) -> Config:
    """Load with all options; see `load` and `check`. `given` stands in for the content of the file."""
    repeated: list[str] = []
    raw, origin = _read(path, repeated) if given is None else (dict(given), Origin("file", str(path or "")))
    draft, flavour = start_draft(raw, origin.detail, origin)
    warn_of_repeats(draft, repeated)
    _migrate(draft)
    if flags:
        apply_flags(draft, flags)
    source_values = _source_values(draft)
    round_slots(draft)
    check_all(draft, None if strict else command)
    round_slots(draft)
    places = _places(path, base_dir)
    sources = read_lists(draft, places)
    overrides = resolve_overrides(draft, path.parent if path is not None else None)
    refuse_impossible(draft, overrides)
    if strict or command != "live":
        settle_sources(draft)
        warn_of_lists(draft, sources)
    if command != "live":
        settle_backtest(draft, now_ms if now_ms is not None else RealClock().now_ms())
        subtract_ignored(draft)
    warn_of_no_coins(draft, sources["approved_coins"])
    if draft.problems:
        raise InvalidConfig(origin.detail, draft.problems)
    draft.section("live")["base_config_path"] = str(path) if path is not None else ""
    _warn_of_omitted_sides(draft)
    return Config(
        raw=raw,
        data=draft.data,
        path=path,
        command=command,
        flavour=flavour,
        warnings=tuple(draft.warnings),
        changes=tuple(draft.changes),
        coin_overrides=overrides,
        sources=sources,
        source_values=source_values,
        places=places,
        origins=dict(draft.origins),
    )


def _read(path: Path | None, repeated: list[str]) -> tuple[dict[str, Any], Origin]:
    if path is not None:
        return parse_file(path, repeated), Origin("file", str(path))
    if TEMPLATE.is_file():
        return parse_file(TEMPLATE, repeated), Origin("shipped", str(TEMPLATE))
    return shipped_config(), Origin("shipped", "configs/template.json")


def _migrate(draft: Draft) -> None:
    rename_keys(draft)
    restructure(draft)
    computed_defaults(draft)
    late_renames(draft)
    fill_missing(draft)
    prune_unknown(draft)


def _source_values(draft: Draft) -> dict[str, Any]:
    """Return the coin lists as written: those kept by an earlier save, else the current values."""
    saved = draft.get(("_coins_sources",))
    kept = cast("dict[str, Any]", saved) if isinstance(saved, dict) else {}
    values: dict[str, Any] = {}
    for name in LISTS:
        from_flag = draft.origin(("live", name)).kind == "flag"
        value = kept[name] if name in kept and not from_flag else draft.get(("live", name))
        values[name] = copy.deepcopy(value)
        draft.put(("live", name), copy.deepcopy(value))
    return values


def _places(path: Path | None, base_dir: Path) -> Places:
    roots = [base_dir, PROGRAM_ROOT]
    if path is not None:
        roots.append(path.parent)
    return Places(tuple(dict.fromkeys(roots)))


def omitted_sides(origins: Mapping[tuple[str, ...], Origin], data: Mapping[str, Any]) -> list[str]:
    """Return the sides of which the file names no parameter although they end up trading."""
    result: list[str] = []
    for pside in PSIDES:
        side: Mapping[str, Any] = data["bot"][pside]
        written = any(nearest_origin(origins, ("bot", pside, name)).written for name in side)
        if not written and all(side[name] > 0 for name in _SIDE_OFF):
            result.append(pside)
    return result


def _warn_of_omitted_sides(draft: Draft) -> None:
    for pside in omitted_sides(draft.origins, draft.data):
        limit = draft.get(("bot", pside, "total_wallet_exposure_limit"))
        draft.warn(
            f"bot.{pside} is not written down: built-in defaults apply and the side trades "
            f"(total_wallet_exposure_limit {limit:g}); write total_wallet_exposure_limit: 0 to switch it off"
        )
