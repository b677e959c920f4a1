"""Running a finished backtest again from its folder, and telling whether every number came out the same."""

from __future__ import annotations

import gzip
import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pbtui.backtest.result import COMPARED, CONFIG, CURVE, Opened, facts_of, open_result, write_files
from pbtui.backtest.run import OnEvent, dataset_of, simulate
from pbtui.backtest.sourcing import Sourcing
from pbtui.config import load
from pbtui.core.errors import DataError
from pbtui.core.sanitize import sanitize_line

_MANY = 8


@dataclass(frozen=True, slots=True)
class Repeated:
    """Whether a run came out the same, bit for bit, and one line for each thing that did not."""

    same: bool
    differences: tuple[str, ...]


async def repeat(folder: Path, sourcing: Sourcing, on_event: OnEvent) -> Repeated:
    """Repeat the run of a result folder and compare every file; raises DataError for a folder that is none.

    Results of other programs lack the facts that a repetition is held against: DataError, too.
    """
    opened = open_result(folder)
    if not opened.facts:
        raise DataError(
            f"{sanitize_line(folder, limit=200)} was not written by this program: it cannot be repeated exactly",
            hint=f"run its {CONFIG} instead",
        )
    if opened.facts.get("part_of_suite"):
        raise DataError(
            f"{sanitize_line(folder, limit=200)} is one scenario of a suite, on candles shared by all of them",
            hint="run the suite again instead",
        )
    config = load(folder / CONFIG, command="backtest", base_dir=sourcing.base_dir)
    data = await dataset_of(config, sourcing, on_event)
    run = simulate(config, data, clock=sourcing.clock, on_event=on_event, name=str(opened.facts["run"]["name"]))
    with tempfile.TemporaryDirectory(prefix="pbtui-repeat-") as made:
        write_files(run, Path(made), base_dir=sourcing.base_dir)
        files = [name for name in COMPARED if _content(folder / name) != _content(Path(made) / name)]
    found = [f"{name} is different" for name in files]
    return Repeated(not files, (*_causes(opened, facts_of(run, sourcing.base_dir)), *found))


def _content(path: Path) -> object:
    """Return what counts of a file: of the configuration not where it was loaded from."""
    try:
        data = path.read_bytes()
        if path.name == CONFIG:
            config = json.loads(data)
            config["live"].pop("base_config_path", None)
            return config
        return gzip.decompress(data) if path.name == CURVE else data
    except (OSError, EOFError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _causes(opened: Opened, now: Mapping[str, Any]) -> list[str]:
    """Name what the run is made of and has changed since."""
    before = opened.facts
    causes: list[str] = []
    for name, is_now in now["program"].items():
        was = before.get("program", {}).get(name)
        if was != is_now:
            causes.append(f"program {name}: {sanitize_line(was)} then, {is_now} now")
    if before.get("dataset", {}).get("fingerprint") != now["dataset"]["fingerprint"]:
        changed = _changed(before.get("dataset", {}), now["dataset"])
        causes.append(f"the data: {'; '.join(changed[:_MANY]) or 'candles have changed'}")
    for name, digest in now["inputs"].items():
        if before.get("inputs", {}).get(name) != digest:
            causes.append(f"the engine's {name} have changed")
    return causes


def _changed(before: Mapping[str, Any], now: Mapping[str, Any], path: str = "") -> list[str]:
    found: list[str] = []
    for name in sorted({*before, *now} - {"fingerprint", "notes"}):
        was, is_now = before.get(name), now.get(name)
        if isinstance(was, dict) and isinstance(is_now, dict):
            found += _changed(was, is_now, f"{path}{name}.")
        elif was != is_now:
            found.append(f"{path}{name} {sanitize_line(was, limit=60)} then, {sanitize_line(is_now, limit=60)} now")
    return found
