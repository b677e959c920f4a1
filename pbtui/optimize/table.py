"""Every evaluation as a row of a table: parquet files, one for each generation, for those who analyse runs."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pbtui.core.errors import StateError
from pbtui.core.sanitize import sanitize_line
from pbtui.optimize.evaluate import ALONE, Evaluated
from pbtui.optimize.genes import SLOTS, GeneSpace
from pbtui.optimize.scoring import Scoring

FOLDER = "all_results"
RATIO = "sharpe_ratio_usd"
"""The metric of which a table tells every scenario of a suite: without it trials cannot be weighed."""


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One evaluation: its number in the run, and what came of it."""

    number: int
    found: Evaluated


class Table:
    """Writes `all_results/NNNNN.parquet`: number, generation, violation, objectives, open genes, means of metrics.

    Of a suite's metrics it is what they are aggregated to, and `RATIO` of each scenario besides.
    """

    def __init__(self, folder: Path, space: GeneSpace, scoring: Scoring) -> None:
        self._folder = folder / FOLDER
        self._space = space
        self._scoring = scoring

    def holds(self, generation: int) -> bool:
        """Tell whether a generation has been written."""
        return self._path(generation).is_file()

    def write(self, generation: int, rows: Sequence[Row]) -> None:
        """Write a generation, whole or not at all; raises StateError."""
        if not rows:
            return
        import pyarrow as pa
        from pyarrow import parquet

        path = self._path(generation)
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            self._folder.mkdir(exist_ok=True)
            parquet.write_table(pa.table(self._columns(generation, rows)), draft, compression="zstd")
            draft.replace(path)
        except OSError as error:
            draft.unlink(missing_ok=True)
            why = sanitize_line(error.strerror or error, limit=120)
            raise StateError(f"{FOLDER} cannot be written: {why}", hint="make room and go on with --resume") from error

    def _columns(self, generation: int, rows: Sequence[Row]) -> Mapping[str, list[float | int | None]]:
        columns: dict[str, list[float | int | None]] = {
            "number": [row.number for row in rows],
            "generation": [generation] * len(rows),
            "violation": [row.found.score.violation for row in rows],
        }
        for n, objective in enumerate(self._scoring.objectives):
            columns[f"objective.{objective.name}"] = [row.found.score.objectives[n] for row in rows]
        for n, ((pside, name), bound) in enumerate(zip(SLOTS, self._space.bounds, strict=True)):
            if not bound.fixed:
                columns[f"{pside}.{name}"] = [row.found.genes[n] for row in rows]
        for metric in sorted({metric for row in rows for metric in row.found.stats}):
            columns[f"metric.{metric}"] = [_mean(row.found, metric) for row in rows]
        suites = [row.found.suite for row in rows if row.found.suite is not None]
        for label in suites[0]["scenario_labels"] if suites else ():
            columns[ratio_column(label)] = [_of_scenario(row.found, label) for row in rows]
        return columns

    def _path(self, generation: int) -> Path:
        return self._folder / f"{generation:05d}.parquet"


def ratio_column(label: str) -> str:
    """Return the column of a scenario's Sharpe ratios, or where there is no suite of the run's."""
    return f"scenario.{label}.{RATIO}" if label != ALONE else f"metric.{RATIO}"


def _mean(found: Evaluated, metric: str) -> float | None:
    value = found.stats[metric]["mean"] if metric in found.stats else math.nan
    return value if math.isfinite(value) else None


def _of_scenario(found: Evaluated, label: str) -> float | None:
    metrics: Mapping[str, Any] = (found.suite or {}).get("metrics", {})
    value = metrics.get(RATIO, {}).get("scenarios", {}).get(label, math.nan)
    return value if math.isfinite(value) else None
