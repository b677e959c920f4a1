"""Finding the folders of searches, and reading the front of one. Loads numpy: for threads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pbtui.config.bounds import BoundError, Range, read_bound
from pbtui.console.backtest.finding import moment_of
from pbtui.console.optimize.view import FrontRun
from pbtui.console.text import safe
from pbtui.core.types import PSIDES
from pbtui.optimize.exports import parameters_of
from pbtui.optimize.folder import FACTS, RESULTS, SUMMARY
from pbtui.optimize.members import FOLDER
from pbtui.optimize.picking import pick
from pbtui.optimize.results import Results, Stored, metric_names, open_results

_MOST = 2_000
_STAMP = 20  # letters of a folder's name that tell its time
_AT_END = 1e-9
_CEILINGS = ("n_positions", "total_wallet_exposure_limit")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a member within its bound; `share` is where it lies, 0 (low) to 1 (high)."""

    name: str
    value: float
    low: float
    high: float

    @property
    def fixed(self) -> bool:
        """Tell whether it was not searched."""
        return self.high <= self.low

    @property
    def share(self) -> float:
        """Return where the value lies in its bound."""
        return min(1.0, max(0.0, (self.value - self.low) / (self.high - self.low))) if not self.fixed else 0.0

    @property
    def at_end(self) -> bool:
        """Tell whether a wider bound might have given another value."""
        slack = (self.high - self.low) * _AT_END
        return not self.fixed and not self.low + slack < self.value < self.high - slack


@dataclass(frozen=True)
class Front:
    """The members of a run with their distances to the ideal; `picked` is the nearest."""

    folder: Path
    results: Results
    distances: Mapping[str, float]
    picked: str
    metrics: tuple[str, ...]
    tuned: frozenset[str] = frozenset()
    """The bounds that alone were searched; all where there is none."""

    @cached_property
    def by_id(self) -> dict[str, Stored]:
        """Return the members by their ids."""
        return {item.id: item for item in self.results.members}

    def told(self, item: Stored, name: str) -> float | None:
        """Return an objective or a metric as it is told, None where the member has none."""
        return self.results.told(item, name) if name in self.results.signs else item.value(name)

    def better(self, name: str) -> int:
        """Return -1 for an objective of which more is better, 1 for less, 0 for a metric that is none."""
        return self.results.signs.get(name, 0)


def find_fronts(base_dir: Path) -> dict[Path, FrontRun]:
    """Return the runs below a base folder that have members, newest first."""
    found: list[FrontRun] = []
    for folder in sorted((base_dir / RESULTS).glob(f"*/{FOLDER}"), reverse=True)[:_MOST]:
        run = folder.parent
        count = sum(1 for _ in folder.glob("*.json"))
        if run.name.startswith(".") or not count:
            continue
        stamp = moment_of(run.name)
        name = run.name[_STAMP:] if stamp is not None and len(run.name) > _STAMP else run.name
        ended = (run / SUMMARY).is_file() if (run / FACTS).is_file() else None
        when_ms = stamp or int(folder.stat().st_mtime * 1000)
        found.append(FrontRun(run, safe(name.replace("_", " "), 120), when_ms, count, ended))
    return {run.folder: run for run in sorted(found, key=lambda run: -run.when_ms)}


def read_front(folder: Path, base_dir: Path) -> Front:
    """Return the front of a run; raises ConfigError where it has no member."""
    results = open_results(folder, base_dir=base_dir)
    picked = pick(results.members, results.objectives)
    ids = [item.id for item in results.members]
    return Front(
        folder,
        results,
        dict(zip(ids, picked.distances, strict=True)),
        ids[picked.place],
        tuple(metric_names(results.members)),
        _tuned(folder),
    )


def parameters(member: Stored, tuned: frozenset[str] = frozenset()) -> list[Parameter]:
    """Return the parameters of a member that has bounds, those searched first; `tuned` alone were, where it has some.

    Those of a side that may hold nothing were not searched, whatever their bounds are (optimizer.md 2).
    """
    written: Any = (member.document.get("optimize") or {}).get("bounds")
    bounds = {str(key): _range(value) for key, value in written.items()} if isinstance(written, Mapping) else {}
    off = {pside for pside in PSIDES if any(_never(bounds.get(f"{pside}_{name}")) for name in _CEILINGS)}
    found: list[Parameter] = []
    for name, value in parameters_of(member).items():
        key = name.replace(".", "_", 1)
        told = bounds.get(key)
        if told is not None and isinstance(value, int | float):
            open_here = name.partition(".")[0] not in off and (not tuned or key in tuned)
            found.append(Parameter(name, float(value), told.low, told.high if open_here else told.low))
    return sorted(found, key=lambda each: each.fixed)


def _never(told: Range | None) -> bool:
    return told is not None and told.high <= 0.0


def _tuned(run: Path) -> frozenset[str]:
    """Return the bounds that a run was told to fine-tune; none where it searched all, or does not say."""
    try:
        facts = json.loads((run / FACTS).read_bytes())
        return frozenset(map(str, facts.get("fine_tune") or ()))
    except (OSError, ValueError, AttributeError, TypeError, RecursionError):
        return frozenset()


def _range(value: Any) -> Range | None:
    try:
        return read_bound(value)[0]
    except BoundError:
        return None
