"""Reading the front of a finished or running search, ours or Passivbot's (optimizer.md 12.4; tools.md 2, 4)."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from pbtui.backtest.suite_summary import aggregated, mode_of
from pbtui.config.metric_names import canonical_scoring
from pbtui.core.errors import ConfigError, DataError
from pbtui.core.sanitize import sanitize_line
from pbtui.optimize.all_results import FILE as RECORDS
from pbtui.optimize.all_results import Reader
from pbtui.optimize.folder import RESULTS
from pbtui.optimize.members import FOLDER
from pbtui.optimize.metrics import candidates, weight
from pbtui.optimize.validation.verdict import SUMMARY, MemberVerdict, members_of, read_document

_STATS = ("mean", "min", "max", "std")
_CONFIG = ("bot", "live", "backtest", "optimize", "coin_overrides", "logging")
UNSEEN = "oos"
"""`metric.oos` is a metric out of sample: on days that the search has not seen."""
OWN_METRICS = ("robustness", "deflated_sharpe")
_TRIED = 200  # spellings of a metric's name


@dataclass(frozen=True)
class Stored:
    """A member as its file tells: configuration, objectives by name (less is better), statistics of metrics."""

    path: Path
    id: str
    document: Mapping[str, Any]
    objectives: Mapping[str, float]
    violation: float
    stats: Mapping[str, Mapping[str, float]]
    unseen: Mapping[str, float] | None = None
    """Objectives by name on days the search has not seen, where the run was validated."""

    @property
    def config(self) -> dict[str, Any]:
        """Return the configuration without its results."""
        return {name: self.document[name] for name in _CONFIG if name in self.document}

    def value(self, key: str) -> float | None:
        """Return an objective (`w_0`), a metric (its mean, of suites what it is aggregated to) or `metric.stat`."""
        if key.startswith("w_") and key[2:].isdigit():
            place = int(key[2:])
            return list(self.objectives.values())[place] if place < len(self.objectives) else None
        name, _, stat = key.partition(".")
        told = self.stats.get(self._metric(name), {}).get(stat or "value")
        return told if told is not None and math.isfinite(told) else None

    def knows(self, key: str) -> bool:
        """Tell whether there is such a key, even if it has no value here."""
        if key.startswith("w_") and key[2:].isdigit():
            return int(key[2:]) < len(self.objectives)
        name, _, stat = key.partition(".")
        found = self._metric(name)
        return bool(found) and ((stat or "mean") in _STATS or stat in self.stats[found])

    def _metric(self, name: str) -> str:
        if name in self.stats:
            return name
        tried = (item for _, item in zip(range(_TRIED), candidates(name), strict=False))
        return next((item for item in tried if item in self.stats), "")


@dataclass(frozen=True)
class Results:
    """The members of a folder, and one line for each file that is none."""

    folder: Path
    members: tuple[Stored, ...]
    odd: tuple[str, ...]
    validation: Mapping[str, Any] | None = None
    """What the run's validation found of the front as a whole."""

    @cached_property
    def objectives(self) -> tuple[str, ...]:
        """Return the names of the objectives, in order."""
        return tuple(self.members[0].objectives) if self.members else ()

    @cached_property
    def signs(self) -> dict[str, int]:
        """Return -1 for each objective of which more is better."""
        return {name: weight(name) for name in self.objectives}

    @cached_property
    def unseen_keys(self) -> tuple[str, ...]:
        """Return what to show of members besides their objectives where the run was validated."""
        if not self.validation:
            return ()
        keys = (*(f"{name}.{UNSEEN}" for name in self.objectives), *OWN_METRICS)
        return tuple(key for key in keys if any(item.value(key) is not None for item in self.members))

    def told(self, item: Stored, name: str) -> float:
        """Return the metric that is an objective, also where a penalty stands in its place."""
        value = item.value(name) if item.violation else None
        return item.objectives[name] * self.signs[name] if value is None else value

    def find(self, start: str) -> Stored:
        """Return the member whose id, or file name, begins so; raises ConfigError for none and for several."""
        found = [item for item in self.members if item.id.startswith(start) or item.path.name.startswith(start)]
        if len(found) != 1:
            shown = sanitize_line(start, limit=80)
            raise ConfigError(f"{'no member' if not found else 'more than one member'} begins with {shown}")
        return found[0]


def open_results(path: Path | None, *, base_dir: Path) -> Results:
    """Read a `pareto` folder or that of a run; None: of the latest run. Raises ConfigError where there is no member."""
    folder = _folder(path, base_dir)
    members: list[Stored] = []
    odd: list[str] = []
    for file in sorted(folder.glob("*.json")):
        try:
            members.append(read_member(file))
        except DataError as error:
            odd.append(error.line())
    if members:
        first = tuple(members[0].objectives)
        odd += [f"{item.path.name} has other objectives" for item in members if tuple(item.objectives) != first]
        members = [item for item in members if tuple(item.objectives) == first]
    if not members:
        raise ConfigError(
            f"{sanitize_line(folder, limit=200)} holds no member of a front{f' ({odd[0]})' if odd else ''}",
            hint="name the folder of an optimisation",
        )
    return _validated(Results(folder, tuple(members), tuple(odd)))


def open_everything(path: Path | None, *, base_dir: Path) -> Results:
    """Read every evaluation of a run from its `all_results.bin`; numbers are their ids. Raises as `open_results`."""
    folder = _folder(path, base_dir)
    file = (folder.parent if folder.name == FOLDER else folder) / RECORDS
    if not file.is_file():
        raise ConfigError(f"{sanitize_line(file, limit=200)} is not there", hint="see optimize.write_all_results")
    reader = Reader(file)
    members: list[Stored] = []
    odd: list[str] = []
    for n, record in enumerate(reader):
        try:
            members.append(_member(record, file, f"{n:06d}"))
        except DataError as error:
            odd.append(error.line())
    if reader.damage:
        odd.append(reader.damage)
    if not members:
        raise ConfigError(f"{sanitize_line(file, limit=200)} holds no evaluation")
    return Results(folder, tuple(members), tuple(odd))


def _validated(results: Results) -> Results:
    """Return results with what validation found of each member; as they are where there was none."""
    folder = results.folder.parent if results.folder.name == FOLDER else results.folder
    try:
        document = read_document(folder)
        found = members_of(document) if document is not None else {}
    except DataError as error:
        return replace(results, odd=(*results.odd, error.line()))
    if document is None:
        return results
    members = (_with_verdict(item, found.get(item.id)) for item in results.members)
    summary = {name: document.get(name) for name in ("method", *SUMMARY, "folds")}
    return replace(results, members=tuple(members), validation=summary)


def _with_verdict(item: Stored, verdict: MemberVerdict | None) -> Stored:
    if verdict is None:
        return item
    stats = {name: dict(told) for name, told in item.stats.items()}
    for name, value in verdict.metrics.items():
        stats.setdefault(name, {})[UNSEEN] = value
    for name in OWN_METRICS:
        value = getattr(verdict, name)
        if value is not None:
            stats[name] = {"value": value, "mean": value}
    unseen = dict(zip(item.objectives, verdict.objectives, strict=False))
    return replace(item, stats=stats, unseen=unseen)


def read_member(path: Path) -> Stored:
    """Read one file; raises DataError where it is no member."""
    try:
        document = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        shown = sanitize_line(path.name, limit=120)
        raise DataError(f"{shown} cannot be read: {sanitize_line(error, limit=120)}") from error
    return _member(document, path, path.stem.rpartition("_")[2])


def _member(document: Any, path: Path, name: str) -> Stored:
    shown = sanitize_line(path.name, limit=120)
    try:
        if not isinstance(document, dict) or not isinstance(document.get("bot"), dict):
            raise DataError(f"{shown} is no configuration with results")
        objectives, violation, stats = _results(cast("dict[str, Any]", document))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise DataError(f"{shown} cannot be read: {sanitize_line(error, limit=120)}") from error
    if not objectives:
        raise DataError(f"{shown} tells no objectives")
    return Stored(path, name, document, objectives, violation, stats)


def _folder(path: Path | None, base_dir: Path) -> Path:
    if path is None:
        runs = [item for item in (base_dir / RESULTS).glob(f"*/{FOLDER}") if any(item.glob("*.json"))]
        if not runs:
            where = sanitize_line(base_dir / RESULTS, limit=200)
            raise ConfigError(f"no results in {where}", hint="name a folder, or run pbtui optimize first")
        return max(runs, key=lambda item: (item.stat().st_mtime_ns, item.parent.name))
    if not path.is_dir():
        raise ConfigError(f"{sanitize_line(path, limit=200)}: no such folder")
    inside = path / FOLDER
    return inside if inside.is_dir() else path


def _results(document: Mapping[str, Any]) -> tuple[dict[str, float], float, dict[str, dict[str, float]]]:
    old = document.get("analyses_combined")
    metrics: Mapping[str, Any] = document.get("metrics") or {}
    suite: Mapping[str, Any] = (document.get("suite_metrics") or {}).get("metrics") or {}
    values = metrics.get("objectives") or document.get("objectives") or {}
    if isinstance(old, Mapping):
        values = values or {name: value for name, value in old.items() if name.startswith("w_")}
        stats = dict(_flat(cast("Mapping[str, Any]", old)))
    elif suite:
        aggregate = (document.get("backtest") or {}).get("aggregate") or {}
        stats = {name: _of_suite(name, told, aggregate) for name, told in suite.items()}
    else:
        stats = {name: _with_value(told, told.get("mean")) for name, told in (metrics.get("stats") or {}).items()}
    names = canonical_scoring([str(name) for name in (document.get("optimize") or {}).get("scoring") or []])
    told = [values[name] for name in sorted(values, key=_place)]
    names += [f"w_{n}" for n in range(len(names), len(told))]
    violation = float(metrics.get("constraint_violation") or 0.0)
    return dict(zip(names, map(float, told), strict=False)), violation, stats


def _place(name: str) -> int:
    return int(name.removeprefix("w_"))


def _with_value(told: Mapping[str, Any], value: Any) -> dict[str, float]:
    found = {**told, "value": value}
    return {name: float(item) for name, item in found.items() if isinstance(item, int | float)}


def _of_suite(name: str, told: Mapping[str, Any], aggregate: Mapping[str, str]) -> dict[str, float]:
    value = told.get("aggregated")
    if value is None:
        means = [item for item in (told.get("scenarios") or {}).values() if isinstance(item, int | float)]
        value = aggregated(means, mode_of(name, aggregate)) if means else None
    return _with_value(told.get("stats") or {}, value)


def _flat(old: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, float]]]:
    """Yield the statistics of a results file of before 7.5: one flat table of `metric_stat`."""
    for name in {key.rpartition("_")[0] for key in old if key.rpartition("_")[2] in _STATS}:
        told = {stat: old.get(f"{name}_{stat}") for stat in _STATS}
        yield name, _with_value(told, told["mean"])


def metric_names(members: Sequence[Stored]) -> list[str]:
    """Return every metric that any member tells."""
    return sorted({name for item in members for name in item.stats})
