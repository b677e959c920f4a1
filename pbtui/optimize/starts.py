"""Configurations a search begins with: files, lists of them, or folders of either (optimizer.md 11)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from pbtui.config import Config
from pbtui.config.parse import parse_file
from pbtui.config.pipeline import build
from pbtui.core.errors import ConfigError, PbtuiError
from pbtui.core.sanitize import sanitize_line
from pbtui.core.types import PSIDES
from pbtui.optimize.genes import SLOTS, Genes, GeneSpace

_LESS = 0.75
_NOTED = 3
Say = Callable[[str], None]


def starting_genes(path: Path, space: GeneSpace, *, base_dir: Path, say: Say) -> list[Genes]:
    """Return the genes of all configurations in a file or folder, each also with less exposure; every one once.

    What is no configuration is left out and told. Raises ConfigError where there is none at all.
    """
    if not path.exists():
        raise ConfigError(f"{sanitize_line(path, limit=200)}: no such file or folder to start from")
    found: list[Genes] = []
    odd: list[str] = []
    for name, raw in _documents(path, odd):
        try:
            config = build(name, command="optimize", base_dir=base_dir, given=raw)
        except PbtuiError as error:
            odd.append(error.line())
            continue
        found += [space.encode(config), space.encode(_less_exposed(config))]
    for line in odd[:_NOTED]:
        say(f"not started from: {line}")
    if len(odd) > _NOTED:
        say(f"not started from: {len(odd) - _NOTED:,} more")
    if not found:
        raise ConfigError(f"{sanitize_line(path, limit=200)} holds no configuration to start from")
    return list(dict.fromkeys(found))


def _documents(path: Path, odd: list[str]) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield configurations as written, with the file each comes from."""
    files = sorted(item for item in path.rglob("*") if item.is_file()) if path.is_dir() else [path]
    for file in files:
        if file.name.endswith("_pareto.txt"):
            yield from _lines(file, odd)
        elif file.suffix in (".json", ".hjson"):
            try:
                raw = parse_file(file)
            except PbtuiError as error:
                odd.append(error.line())
                continue
            if isinstance(raw.get("bot"), dict) or file == path:
                yield file, raw


def _lines(file: Path, odd: list[str]) -> Iterator[tuple[Path, dict[str, Any]]]:
    shown = sanitize_line(file, limit=200)
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        odd.append(f"{shown}: {sanitize_line(error, limit=120)}")
        return
    for n, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            raw = json.loads(line)
        except (ValueError, RecursionError):
            raw = None
        if isinstance(raw, dict):
            yield file, raw
        else:
            odd.append(f"{shown}: line {n} is no configuration")


def _less_exposed(config: Config) -> Config:
    bot = {pside: dict(config.data["bot"][pside]) for pside in PSIDES}
    for pside, name in SLOTS:
        if name == "total_wallet_exposure_limit":
            bot[pside][name] = float(bot[pside][name]) * _LESS
    return replace(config, data={**config.data, "bot": {**config.data["bot"], **bot}})
