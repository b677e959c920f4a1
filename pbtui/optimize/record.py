"""What is written of an evaluation: its configuration, metrics and objectives (optimizer.md 5, 12.2, 12.4)."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, cast

from pbtui.config.dump import WIDTH_PARETO, render, strip_metadata
from pbtui.core.types import PSIDES
from pbtui.optimize.evaluate import Evaluated
from pbtui.optimize.genes import GeneSpace
from pbtui.optimize.metrics import METRICS
from pbtui.optimize.scoring import Score

_NAMES = sorted(METRICS)
_UNKNOWN: dict[str, None] = dict.fromkeys(("mean", "min", "max", "std"))


class Records:
    """Makes records of one run; `coins` of each exchange and the run's folder go into those of `all_results.bin`."""

    def __init__(self, space: GeneSpace, *, folder: str = "", coins: Mapping[str, Sequence[str]] | None = None) -> None:
        self._space = space
        self._base = strip_metadata(space.base.data)
        self._base["live"]["base_config_path"] = ""  # whoever reads it elsewhere has no use for it
        self._stored = {**self._base, "results_dir": folder, "results_filename": f"{folder}/all_results.bin"}
        if coins is not None:
            listed = {name: list(names) for name, names in coins.items()}
            self._stored["backtest"] = {**self._base["backtest"], "coins": listed}

    def stored(self, found: Evaluated) -> dict[str, Any]:
        """Return the record of `all_results.bin`; it shares what never changes with those before."""
        return self._of(found, self._stored)

    def member(self, found: Evaluated) -> dict[str, Any]:
        """Return the content of a file in `pareto/`: a configuration that any command loads, and its results."""
        return self._of(found, self._base)

    def _of(self, found: Evaluated, base: Mapping[str, Any]) -> dict[str, Any]:
        bot = self._space.decode(found.genes).data["bot"]
        sides = {pside: {name: bot[pside][name] for name in base["bot"][pside]} for pside in PSIDES}
        metrics: dict[str, Any] = {
            "objectives": {f"w_{n}": value for n, value in enumerate(found.score.objectives)},
            "constraint_violation": found.score.violation,
        }
        record = {**base, "bot": {**base["bot"], **sides}}
        if found.suite is not None:
            return record | {"metrics": metrics, "suite_metrics": _every_suite(_finite(found.suite))}
        return record | {"metrics": {"stats": _every(found.stats), **metrics}}


def restored(record: Mapping[str, Any], genes: tuple[float, ...], score: Score) -> Evaluated:
    """Return the evaluation a record was made of."""
    suite = record.get("suite_metrics")
    if suite is None:
        return Evaluated(genes, score, _numbers(record["metrics"]["stats"]))
    stats = {name: {**told["stats"], "mean": told["aggregated"]} for name, told in suite["metrics"].items()}
    return Evaluated(genes, score, _numbers(stats), _numbers(suite))


def member_text(content: Mapping[str, Any]) -> str:
    """Return the text of a file in `pareto/`."""
    return render(content, WIDTH_PARETO)


def member_id(content: Mapping[str, Any]) -> str:
    """Return the name that a member's content alone decides: 64 hex digits."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _every(stats: Mapping[str, Mapping[str, float]]) -> dict[str, Any]:
    """Return statistics of every metric: changes between records cannot say that one is missing."""
    names = _NAMES if stats.keys() <= METRICS else sorted({*METRICS, *stats})
    return {name: _known(stats[name]) if name in stats else _UNKNOWN for name in names}


def _known(told: Mapping[str, float]) -> Mapping[str, Any]:
    return told if math.isfinite(sum(told.values())) else _finite(told)


def _every_suite(suite: dict[str, Any]) -> dict[str, Any]:
    metrics: dict[str, Any] = suite["metrics"]
    scenarios: dict[str, Any] = dict.fromkeys(suite["scenario_labels"])
    unknown = {"stats": _UNKNOWN, "aggregated": None, "scenarios": scenarios}
    return {**suite, "metrics": {name: metrics.get(name, unknown) for name in sorted({*METRICS, *metrics})}}


def _finite(value: Any) -> Any:
    """Return nested values with what is not finite as None: JSON has no other word for it."""
    if isinstance(value, Mapping):
        return {name: _finite(item) for name, item in cast("Mapping[str, Any]", value).items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _numbers(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _numbers(item) for name, item in cast("Mapping[str, Any]", value).items()}
    return math.nan if value is None else value
