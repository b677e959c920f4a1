"""What validation found of a front, and the file that keeps it beside the members."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from pbtui.core.errors import DataError, StateError
from pbtui.core.files import replace_file
from pbtui.core.sanitize import sanitize_line
from pbtui.optimize.genes import Genes
from pbtui.optimize.validation.split import Split

FILE = "validation.json"
SUMMARY = ("train", "test", "trials", "members", "rank_correlation", "kept_limits", "robustness", "deflated_sharpe")


@dataclass(frozen=True, slots=True)
class MemberVerdict:
    """A member on unseen days: objectives (less is better), means of metrics; how much of it a nudge leaves.

    `robustness` is 1 where nudged parameters and starts lose nothing, 0 where they lose the whole width of the front.
    `sharpe`, `expected_best` and `deflated_sharpe` are daily ratios and a probability; None where they are undefined.
    """

    objectives: tuple[float, ...]
    violation: float
    metrics: Mapping[str, float]
    robustness: float | None = None
    sharpe: float | None = None
    expected_best: float | None = None
    deflated_sharpe: float | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """A front on unseen days; `front` are its genes, `members` by the id in their files' names."""

    method: str
    split: Split
    trials: int
    rank_correlation: Mapping[str, float | None]
    members: Mapping[str, MemberVerdict]
    front: tuple[Genes, ...]
    earlier: tuple[Mapping[str, Any], ...] = field(default=())

    def summary(self) -> dict[str, Any]:
        """Return what is told of a run in a few values: days, trials, correlations, medians over its members."""
        robust = [item.robustness for item in self.members.values() if item.robustness is not None]
        real = [item.deflated_sharpe for item in self.members.values() if item.deflated_sharpe is not None]
        return {
            "method": self.method,
            "train": self.split.train.told(),
            "test": self.split.test.told(),
            "trials": self.trials,
            "members": len(self.members),
            "rank_correlation": dict(self.rank_correlation),
            "kept_limits": sum(1 for item in self.members.values() if item.violation == 0.0),
            "robustness": _median(robust),
            "deflated_sharpe": _median(real),
        }


def write_verdict(folder: Path, verdict: Verdict) -> None:
    """Write a verdict into a run's folder, whole or not at all; raises StateError."""
    document = {
        **verdict.summary(),
        "span_ms": [verdict.split.train.start_ms, verdict.split.train.end_ms,
                    verdict.split.test.start_ms, verdict.split.test.end_ms],
        "folds": list(verdict.earlier),
        "front": [list(genes) for genes in verdict.front],
        "found": {name: _plain(item) for name, item in sorted(verdict.members.items())},
    }  # fmt: skip
    try:
        replace_file(folder / FILE, (json.dumps(document, indent=1, allow_nan=False) + "\n").encode())
    except OSError as error:
        why = sanitize_line(error.strerror or error, limit=120)
        raise StateError(f"{FILE} cannot be written: {why}", hint="make room and go on with --resume") from error


def read_document(folder: Path) -> dict[str, Any] | None:
    """Return what a run's folder tells of its validation, None where there was none; raises DataError."""
    path = folder / FILE
    if not path.is_file():
        return None
    try:
        document = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"{FILE} cannot be read: {sanitize_line(error, limit=120)}") from error
    if not isinstance(document, dict):
        raise DataError(f"{FILE} is no verdict")
    return cast("dict[str, Any]", document)


def members_of(document: Mapping[str, Any]) -> dict[str, MemberVerdict]:
    """Return the members of a document by id; raises DataError for what is none."""
    try:
        return {str(name): _member(told) for name, told in document["found"].items()}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DataError(f"{FILE} is damaged: {sanitize_line(error, limit=120)}") from error


def front_of(document: Mapping[str, Any]) -> tuple[Genes, ...]:
    """Return the genes of a document's front; raises DataError."""
    try:
        return tuple(tuple(float(value) for value in genes) for genes in document["front"])
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"{FILE} is damaged: {sanitize_line(error, limit=120)}") from error


def _plain(item: MemberVerdict) -> dict[str, Any]:
    return {
        "objectives": list(item.objectives),
        "violation": item.violation,
        "metrics": {name: value for name, value in sorted(item.metrics.items()) if math.isfinite(value)},
        "robustness": item.robustness,
        "sharpe": item.sharpe,
        "expected_best": item.expected_best,
        "deflated_sharpe": item.deflated_sharpe,
    }


def _member(told: Mapping[str, Any]) -> MemberVerdict:
    return MemberVerdict(
        objectives=tuple(float(value) for value in told["objectives"]),
        violation=float(told["violation"]),
        metrics={str(name): float(value) for name, value in told["metrics"].items()},
        robustness=_number(told.get("robustness")),
        sharpe=_number(told.get("sharpe")),
        expected_best=_number(told.get("expected_best")),
        deflated_sharpe=_number(told.get("deflated_sharpe")),
    )


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _median(values: Sequence[float]) -> float | None:
    ordered = sorted(values)
    if not ordered:
        return None
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2.0
