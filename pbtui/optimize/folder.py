"""The folder of a run: its name, what it holds, and opening it again (optimizer.md 12.1)."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pbtui import __version__
from pbtui.backtest.result import DRAFT, free_name, sweep
from pbtui.backtest.run import run_name
from pbtui.config import Config, load
from pbtui.config.dates import parse_date
from pbtui.config.dump import dump
from pbtui.core.errors import ConfigError, DataError, StateError
from pbtui.core.files import replace_file
from pbtui.core.sanitize import sanitize_line
from pbtui.core.system import sync_folder
from pbtui.engine.build import build_hash
from pbtui.market.prepare import Dataset
from pbtui.market.sealed import digest_of
from pbtui.optimize.genes import SLOTS, Genes
from pbtui.optimize.scoring import Scoring

RESULTS = "optimize_results"
CONFIG, FACTS, SUMMARY = "config.json", "run.json", "summary.json"
_DAY_MS = 86_400_000
_NAMED = 6
_WRONG = "name the folder of a run that `pbtui optimize` began"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run is made of besides its configuration; with the same plan and data it ends the same."""

    seed: int
    fine_tune: tuple[str, ...] = ()
    starts: tuple[Genes, ...] = ()


def begin(
    config: Config, plan: Plan, scoring: Scoring, datasets: Mapping[str, Dataset], coins: Sequence[str], *,
    base_dir: Path, now_ms: int, suite: bool = False,
) -> Path:  # fmt: skip
    """Make the folder of a new run, whole or not at all, and return it; raises StateError.

    `coins` are those traded, of a suite those of its first scenario.
    """
    parent = base_dir / RESULTS
    stamp = datetime.fromtimestamp(now_ms / 1000, UTC).strftime("%Y-%m-%dT%H_%M_%S")
    draft = parent / f"{DRAFT}{os.getpid()}-{stamp}"
    name = (
        f"{stamp}_{_exchanges(config, datasets)}_{_days(config)}days_{_coins(coins, suite=suite)}_{_id(config, plan)}"
    )
    try:
        draft.mkdir(parents=True)
        sweep(parent)
        (draft / "pareto").mkdir()
        replace_file(draft / CONFIG, dump(config.data).encode())
        replace_file(draft / FACTS, _text(_facts(plan, scoring, datasets)))
        target = free_name(parent / name)
        draft.rename(target)
        sync_folder(parent)
    except OSError as error:
        shutil.rmtree(draft, ignore_errors=True)
        where, why = sanitize_line(parent, limit=200), sanitize_line(error.strerror or error, limit=120)
        raise StateError(f"the run cannot be written to {where}: {why}", hint="nothing was left there") from error
    return target


@dataclass(frozen=True, slots=True)
class Opened:
    """A run's folder: its configuration, plan, and the candles it was begun on."""

    folder: Path
    config: Config
    plan: Plan
    fingerprints: Mapping[str, str]
    engine: str

    def check(self, datasets: Mapping[str, Dataset]) -> None:
        """Raise DataError when the candles are others than the run was begun on."""
        now = {name: data.fingerprint for name, data in datasets.items()}
        for name in sorted({*now, *self.fingerprints}):
            if now.get(name) != self.fingerprints.get(name):
                raise DataError(
                    f"the candles of {sanitize_line(name)} have changed since the run began: it cannot be continued",
                    hint="begin a new one with --start and its pareto folder",
                )


def reopen(folder: Path, *, base_dir: Path) -> Opened:
    """Open the folder of a run to go on with it; raises ConfigError where it is none."""
    shown = sanitize_line(folder, limit=200)
    if not (folder / FACTS).is_file():
        why = "was not begun by this program" if any(folder.glob("pareto/*.json")) else "holds no run"
        hint = "begin a new one with --start and its pareto folder" if "begun" in why else _WRONG
        raise ConfigError(f"{shown} {why}", hint=hint)
    try:
        facts = json.loads((folder / FACTS).read_bytes())
        plan = Plan(
            seed=int(facts["seed"]),
            fine_tune=tuple(map(str, facts["fine_tune"])),
            starts=tuple(_genes(values) for values in facts["starts"]),
        )
        fingerprints = {str(name): str(told["fingerprint"]) for name, told in facts["datasets"].items()}
        engine = str(facts["program"]["engine"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ConfigError(f"{shown}/{FACTS} cannot be read: {sanitize_line(error, limit=120)}", hint=_WRONG) from error
    config = load(folder / CONFIG, command="optimize", base_dir=base_dir)
    return Opened(folder, config, plan, fingerprints, engine)


def write_summary(folder: Path, summary: Mapping[str, Any]) -> None:
    """Replace the run's summary; raises StateError."""
    try:
        replace_file(folder / SUMMARY, _text(summary))
    except OSError as error:
        why = sanitize_line(error.strerror or error, limit=120)
        raise StateError(f"{SUMMARY} cannot be written: {why}") from error


def _text(value: Mapping[str, Any]) -> bytes:
    return (json.dumps(value, indent=2, sort_keys=True, allow_nan=False) + "\n").encode()


def _facts(plan: Plan, scoring: Scoring, datasets: Mapping[str, Dataset]) -> dict[str, Any]:
    return {
        "program": {"version": __version__, "engine": build_hash()},
        "seed": plan.seed,
        "fine_tune": list(plan.fine_tune),
        "starts": [list(genes) for genes in plan.starts],
        "objectives": [
            {"name": item.name, "metric": item.metric, "weight": item.weight} for item in scoring.objectives
        ],
        "datasets": {name: data.describe() for name, data in datasets.items()},
    }


def _genes(values: Sequence[Any]) -> Genes:
    genes = tuple(float(value) for value in values)
    if len(genes) != len(SLOTS):
        raise ValueError(f"{len(genes)} genes instead of {len(SLOTS)}")
    return genes


def _exchanges(config: Config, datasets: Mapping[str, Dataset]) -> str:
    name = "combined" if len(datasets) > 1 else run_name(config)
    return "".join(char if char.isalnum() or char in "-." else "-" for char in name).strip(".") or "exchange"


def _days(config: Config) -> int:
    start, end = (parse_date(str(config.get(f"backtest.{name}_date"))) for name in ("start", "end"))
    return round((end - start) / _DAY_MS)


def _coins(coins: Sequence[str], *, suite: bool) -> str:
    if suite:
        return f"suite_{len(coins)}_coins"
    if len(coins) > _NAMED:
        return f"{len(coins)}_coins"
    return "_".join("".join(char for char in coin if char.isalnum()) or "coin" for coin in coins)


def _id(config: Config, plan: Plan) -> str:
    starts = [list(genes) for genes in plan.starts]
    whole = {"config": config.hash, "seed": plan.seed, "fine_tune": list(plan.fine_tune), "starts": starts}
    return digest_of(whole)[:8]
