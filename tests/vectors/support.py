"""Finding recorded rows, comparing numbers, and reporting what differs.

The folder is the one named by PBTUI_VECTORS, else `../shared/vectors` where that exists, else the set committed here.
"""

from __future__ import annotations

import gzip
import json
import math
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pbtui.engine import EngineError

HERE = Path(__file__).resolve().parent
RELATIVE = 1e-9
ABSOLUTE = 1e-12
SHOWN = 6

Row = dict[str, Any]


class NotUnderstood(Exception):
    """A recorded case is of a kind that no test knows; it counts as a failure."""


def vectors_dir() -> Path:
    """Return the folder of recorded results."""
    named = os.environ.get("PBTUI_VECTORS")
    if named:
        return Path(named)
    shared = HERE.parent.parent.parent / "shared" / "vectors"
    return shared if shared.is_dir() else HERE / "data"


def decision_files() -> list[Path]:
    """Return every file of decision rows that is present."""
    return sorted(vectors_dir().glob("*.jsonl.gz"))


def restore(value: Any) -> Any:
    """Turn the texts that stand for non-finite floats back into floats, all the way down."""
    if isinstance(value, str):
        return float(value) if value in ("NaN", "Infinity", "-Infinity") else value
    if isinstance(value, dict):
        return {key: restore(item) for key, item in value.items()}
    if isinstance(value, list):
        return [restore(item) for item in value]
    return value


def rows_of(path: Path) -> Iterator[Row]:
    """Yield the rows of a file as they were written (non-finite floats still as texts)."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def same_number(expected: float, actual: float) -> bool:
    """Compare floats within the tolerance; NaN equals NaN."""
    if math.isnan(expected) or math.isnan(actual):
        return math.isnan(expected) and math.isnan(actual)
    if math.isinf(expected) or math.isinf(actual):
        return expected == actual
    return abs(expected - actual) <= max(RELATIVE * abs(expected), ABSOLUTE)


def difference(expected: Any, actual: Any, where: str = "out") -> str | None:
    """Describe the first place where two results differ: floats within the tolerance, everything else exactly."""
    if isinstance(expected, dict) and isinstance(actual, Mapping):
        return _mapping_difference(expected, actual, where)
    if isinstance(expected, list) and isinstance(actual, (list, tuple)):
        if len(expected) != len(actual):
            return f"{where}: {len(expected)} items expected, got {len(actual)}: {expected} != {actual}"
        found = (difference(e, a, f"{where}[{i}]") for i, (e, a) in enumerate(zip(expected, actual, strict=True)))
        return next((text for text in found if text), None)
    numbers = (int, float)
    if isinstance(expected, float) or isinstance(actual, float):
        plain = isinstance(expected, numbers) and isinstance(actual, numbers)
        same = plain and not isinstance(expected, bool) and not isinstance(actual, bool)
        same = same and same_number(expected, actual)
    else:
        same = type(expected) is type(actual) and expected == actual
    return None if same else f"{where}: expected {expected!r}, got {actual!r}"


def _mapping_difference(expected: dict[str, Any], actual: Mapping[str, Any], where: str) -> str | None:
    if expected.keys() != actual.keys():
        return f"{where}: keys {sorted(expected)} expected, got {sorted(actual)}"
    found = (difference(value, actual[key], f"{where}.{key}") for key, value in expected.items())
    return next((text for text in found if text), None)


@dataclass
class Report:
    """What came of the rows of one file."""

    rows: int = 0
    knife_edge: int = 0
    failures: list[tuple[str, str, bool, str]] = field(default_factory=list)

    def add(self, row: Row, group: str, problem: str | None) -> None:
        edge = bool(row.get("knife_edge"))
        self.rows += 1
        self.knife_edge += edge
        if problem:
            self.failures.append((group, str(row.get("id")), edge, problem))

    def summary(self) -> str:
        """Return the failures by group, knife-edge rows apart, with the first few in full."""
        lines = [f"{len(self.failures)} of {self.rows} rows differ ({self.knife_edge} rows are knife-edge)"]
        for edge, title in ((False, "plain"), (True, "knife-edge")):
            mine = [failure for failure in self.failures if failure[2] is edge]
            counts = Counter(group for group, *_ in mine)
            lines.extend(f"  {title} {group}: {count}" for group, count in counts.most_common())
            lines.extend(f"    {row_id}: {problem[:600]}" for _, row_id, _, problem in mine[:SHOWN])
        return "\n".join(lines)


def check_file(path: Path, problem: Callable[[Row], str | None], group: Callable[[Row], str]) -> Report:
    """Put every row of a file to the test; `problem` says what is wrong with ours, None when nothing is."""
    report = Report()
    for row in rows_of(path):
        try:
            found = problem(row)
        except (NotUnderstood, EngineError, KeyError, TypeError, AttributeError) as error:
            found = f"{type(error).__name__}: {error}"
        report.add(row, group(row), found)
    return report
