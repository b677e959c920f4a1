"""The folder of a finished run: written whole or not at all, opened again by anybody (backtest.md 3.3)."""

from __future__ import annotations

import gzip
import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pbtui import __version__
from pbtui.backtest.part import Part
from pbtui.backtest.pictures import Candles, draw_fills, draw_pictures
from pbtui.backtest.run import Run
from pbtui.backtest.tables import curve_csv, fills_csv
from pbtui.config.dump import dump
from pbtui.core.errors import DataError, StateError
from pbtui.core.files import write_new
from pbtui.core.sanitize import sanitize_line
from pbtui.core.system import is_running, sync_folder
from pbtui.engine.build import build_hash
from pbtui.market.sealed import digest_of

if TYPE_CHECKING:
    import pyarrow as pa

FILLS, CURVE, ANALYSIS, CONFIG, FACTS = (
    "fills.csv",
    "balance_and_equity.csv.gz",
    "analysis.json",
    "config.json",
    "run.json",
)
COMPARED = (FILLS, CURVE, ANALYSIS, CONFIG)
DRAFT = ".unfinished-"


@dataclass(frozen=True, slots=True)
class Pictures:
    """Which pictures a result gets."""

    account: bool = True
    fills: bool = True


def write_result(
    run: Run,
    parent: Path,
    *,
    now_ms: int,
    base_dir: Path,
    pictures: Pictures,
    on_step: Callable[[str], None],
    part: Part | None = None,
) -> Path:
    """Write a run, or a part of a suite, into a new folder of `parent` named after the moment; raises StateError.

    Until everything is there it lies in a hidden folder beside; when the disk refuses, nothing is left behind.
    """
    stamp = datetime.fromtimestamp(now_ms / 1000, UTC).strftime("%Y-%m-%dT%H_%M_%S")
    draft = parent / f"{DRAFT}{os.getpid()}-{stamp}"
    try:
        parent.mkdir(parents=True, exist_ok=True)
        sweep(parent)
        draft.mkdir()
        write_files(run, draft, base_dir=base_dir, part=part)
        _draw(run, draft, pictures, on_step)
        sync_folder(draft)
        target = free_name(parent / stamp)
        draft.rename(target)
        sync_folder(parent)
    except BaseException as error:
        shutil.rmtree(draft, ignore_errors=True)
        if isinstance(error, OSError):
            where, why = sanitize_line(parent, limit=200), sanitize_line(error.strerror or error, limit=120)
            raise StateError(
                f"the result cannot be written to {where}: {why}", hint="nothing was left there"
            ) from error
        raise
    return target


def write_files(run: Run, folder: Path, *, base_dir: Path, part: Part | None = None) -> None:
    """Write tables, analysis, configuration and facts into an existing folder; raises OSError."""
    curve = gzip.compress(curve_csv(run.curve).encode(), mtime=0)
    files: dict[str, bytes] = {
        FILLS: fills_csv(run.fills, run.inputs.coins).encode(),
        CURVE: curve,
        ANALYSIS: json.dumps(run.analysis, indent=4, sort_keys=True, allow_nan=False).encode(),
        CONFIG: dump(run.config.data, clean=True).encode(),
        FACTS: facts_text(facts_of(run, base_dir) | _shared(part, base_dir)),
    }
    for name, data in files.items():
        write_new(folder / name, data)


def facts_text(facts: Mapping[str, Any]) -> bytes:
    """Return facts as the text of their file."""
    return (json.dumps(facts, indent=2, sort_keys=True, allow_nan=False) + "\n").encode()


def program_facts() -> dict[str, str]:
    """Return what ran."""
    return {"version": __version__, "engine": build_hash()}


def _shared(part: Part | None, base_dir: Path) -> dict[str, Any]:
    return {"part_of_suite": part is not None, "shared": part.facts(base_dir.absolute()) if part else None}


def facts_of(run: Run, base_dir: Path) -> dict[str, Any]:
    """Return what it takes to repeat a run and to name what is different by then."""
    return {
        "program": program_facts(),
        "run": {
            "name": run.name,
            "coins": list(run.inputs.coins),
            "start_ms": run.start_ms,
            "end_ms": run.end_ms,
            "fills": len(run.fills),
            "elapsed_s": round(run.elapsed_s, 3),
        },
        "base_dir": str(base_dir.absolute()),
        "dataset": run.data.describe(),
        "inputs": {name: digest_of({"": value}) for name, value in run.inputs.facts().items()},
        "parameters": run.inputs.parameters,
    }


@dataclass(frozen=True, slots=True)
class Opened:
    """A result folder, ours or Passivbot's; `facts` is empty for the latter."""

    folder: Path
    analysis: Mapping[str, Any]
    config: Mapping[str, Any]
    facts: Mapping[str, Any]


def open_result(folder: Path) -> Opened:
    """Read a result folder's small files; raises DataError where it is none."""
    analysis, config = read_object(folder / ANALYSIS), read_object(folder / CONFIG)
    facts = read_object(folder / FACTS) if (folder / FACTS).is_file() else {}
    return Opened(folder, analysis, config, facts)


def read_object(path: Path) -> dict[str, Any]:
    """Return the object in a JSON file; raises DataError."""
    shown = sanitize_line(path, limit=200)
    try:
        found = json.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise DataError(f"{shown} is not there", hint="name the folder of a finished backtest") from error
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"{shown} cannot be read: {sanitize_line(error, limit=120)}") from error
    if not isinstance(found, dict):
        raise DataError(f"{shown} holds no object")
    return found


def curve_file(folder: Path) -> Path:
    """Return where a result folder keeps balances and equity: packed, or as older results have it."""
    packed = folder / CURVE
    plain = packed.with_suffix("")
    return plain if plain.is_file() and not packed.is_file() else packed


def read_table(path: Path, called: object) -> pa.Table:
    """Return a table of a result folder; raises DataError, in which it is `called` so. Loads pyarrow."""
    import pyarrow as pa
    from pyarrow import csv

    try:
        return csv.read_csv(path)
    except (OSError, pa.ArrowException) as error:
        why = sanitize_line(error, limit=120)
        raise DataError(f"{sanitize_line(called, limit=200)} cannot be read: {why}") from error


def _draw(run: Run, folder: Path, pictures: Pictures, on_step: Callable[[str], None]) -> None:
    if pictures.account:
        on_step("drawing")
        draw_pictures(folder, run.curve, run.fills)
    if pictures.fills and len(run.fills):
        on_step("drawing fills")
        draw_fills(folder, run.fills, run.inputs.coins, Candles(run.inputs.hlcvs, run.inputs.columns))


def free_name(target: Path) -> Path:
    """Return a name that is not taken: two runs may end within one second."""
    names = (target, *(target.with_name(f"{target.name}_{n}") for n in range(2, 1000)))
    return next(name for name in names if not name.exists())


def sweep(parent: Path) -> None:
    """Remove the drafts of processes that are gone."""
    for draft in parent.glob(f"{DRAFT}*"):
        pid = draft.name.removeprefix(DRAFT).split("-", 1)[0]
        if pid.isdigit() and int(pid) != os.getpid() and not is_running(int(pid)):
            shutil.rmtree(draft, ignore_errors=True)
