"""Running a front on days that were kept from the search, and nudging it to see how much holds."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pbtui.core.clock import DAY_MS
from pbtui.engine.backtest import Equity
from pbtui.optimize.evaluate import Evaluated
from pbtui.optimize.front import Candidate
from pbtui.optimize.genes import Genes, GeneSpace
from pbtui.optimize.scoring import Scoring
from pbtui.optimize.table import FOLDER as TABLE
from pbtui.optimize.table import ratio_column
from pbtui.optimize.validation.split import Split
from pbtui.optimize.validation.statistics import Deflated, deflated_sharpe, rank_correlation
from pbtui.optimize.validation.verdict import MemberVerdict, Verdict

Batch = Callable[[Sequence[Genes]], Sequence[Evaluated]]


@dataclass(frozen=True, slots=True)
class Trials:
    """How many candidates a front is the best of, and the variance of their daily Sharpe ratios by scenario."""

    count: int
    variances: Mapping[str, float]
    """Without what is not known; under `ALONE` where there is no suite."""


@dataclass(frozen=True, slots=True, eq=False)
class Bench:
    """What evaluates: on the unseen days, on the searched ones, on those from later starts; equities are of one run."""

    unseen: Batch
    searched: Batch
    later: tuple[Batch, ...]
    equities: Callable[[Genes], Mapping[str, Sequence[Equity]]]


def judge(
    members: Mapping[str, Candidate], bench: Bench, space: GeneSpace, scoring: Scoring, *,
    method: str, split: Split, trials: Trials, seed: int, jitter_pct: float, jitter_runs: int,
) -> Verdict:  # fmt: skip
    """Return the verdict on a front, its members by id; the same seed gives the same. Raises what the batches raise."""
    names, found = list(members), list(members.values())
    genes = [member.genes for member in found]
    unseen = bench.unseen(genes)
    nudged = _nudged(genes, space, seed, jitter_pct, jitter_runs)
    moved = _grouped(bench.searched([each for group in nudged for each in group]), [len(group) for group in nudged])
    for run in bench.later:
        for group, result in zip(moved, run(genes), strict=True):
            group.append(result)
    robust = robustness([member.score.objectives for member in found], moved)
    verdicts = {
        name: _verdict(result, kept, bench.equities(member.genes), trials)
        for name, member, result, kept in zip(names, found, unseen, robust, strict=True)
    }
    correlation = {
        objective.name: rank_correlation(
            [member.score.objectives[n] for member in found], [result.score.objectives[n] for result in unseen]
        )
        for n, objective in enumerate(scoring.objectives)
    }
    return Verdict(method, split, trials.count, correlation, verdicts, tuple(genes))


def robustness(fronts: Sequence[Sequence[float]], moved: Sequence[Sequence[Evaluated]]) -> list[float | None]:
    """Return of each member the mean share that its nudged runs keep; None for one without such runs.

    What a nudge loses is counted in widths of the front, objective by objective, and never more than one; where all
    members are alike in an objective, in that value itself.
    """
    if not fronts:
        return []
    values = np.array(fronts, dtype=float)
    width = values.max(axis=0) - values.min(axis=0)
    unit = np.where(width > 0.0, width, np.where(values[0] == 0.0, 1.0, np.abs(values[0])))
    found: list[float | None] = []
    for own, group in zip(values, moved, strict=True):
        if not group:
            found.append(None)
            continue
        others = np.array([result.score.objectives for result in group], dtype=float)
        lost = np.clip((others - own) / unit, 0.0, 1.0)
        found.append(float(1.0 - lost.mean()))
    return found


def daily_returns(equity: Equity) -> list[float]:
    """Return the relative change of equity from the end of each UTC day to that of the next."""
    days = equity.timestamp_ms // DAY_MS
    last = np.flatnonzero(np.diff(days, append=days[-1:] + 1))
    ends = equity.usd[last]
    return (np.diff(ends) / ends[:-1]).tolist() if len(ends) > 1 and (ends[:-1] > 0.0).all() else []


def trials_of(folder: Path, count: int, labels: Sequence[str]) -> Trials:
    """Return what a run's table tells of all its evaluations in these scenarios; no variance without a table."""
    from pyarrow import parquet

    ratios: dict[str, list[float]] = {label: [] for label in labels}
    for path in sorted((folder / TABLE).glob("*.parquet")):
        file = parquet.ParquetFile(path)
        for label, known in ratios.items():
            column = ratio_column(label)
            if column in file.schema_arrow.names:
                told = file.read(columns=[column]).column(0).to_pylist()
                known += [value for value in told if value is not None and math.isfinite(value)]
    return Trials(count, {label: float(np.var(known)) for label, known in ratios.items() if len(known) > 1})


def weakest(equities: Mapping[str, Sequence[Equity]], trials: Trials) -> Deflated | None:
    """Return the least deflated ratio of all scenarios and datasets; None where one of them has none.

    Each scenario is held against the trials in that scenario: what holds in the best of several alone is luck again.
    """
    found = [
        deflated_sharpe(daily_returns(equity), trials.count, trials.variances.get(label, math.nan))
        for label, several in equities.items()
        for equity in several
    ]
    known = [each for each in found if each is not None]
    return min(known, key=lambda each: each.probability) if known and len(known) == len(found) else None


def _verdict(
    result: Evaluated, kept: float | None, equities: Mapping[str, Sequence[Equity]], trials: Trials
) -> MemberVerdict:
    ratio = weakest(equities, trials)
    return MemberVerdict(
        objectives=result.score.objectives,
        violation=result.score.violation,
        metrics={name: told["mean"] for name, told in result.stats.items()},
        robustness=kept,
        sharpe=ratio.sharpe if ratio is not None else None,
        expected_best=ratio.expected_best if ratio is not None else None,
        deflated_sharpe=ratio.probability if ratio is not None else None,
    )


def _nudged(genes: Sequence[Genes], space: GeneSpace, seed: int, pct: float, runs: int) -> list[list[Genes]]:
    """Return of each member so many neighbours: every open gene moved by up to `pct` of itself, within its bounds."""
    random = np.random.default_rng(seed)
    open_genes = np.array([not bound.fixed for bound in space.bounds])
    found: list[list[Genes]] = []
    for own in genes:
        factors = 1.0 + random.uniform(-pct, pct, size=(runs, len(own))) * open_genes
        found.append([space.enforce((np.array(own) * row).tolist()) for row in factors] if pct > 0.0 else [])
    return found


def _grouped(results: Sequence[Evaluated], sizes: Sequence[int]) -> list[list[Evaluated]]:
    found: list[list[Evaluated]] = []
    at = 0
    for size in sizes:
        found.append(list(results[at : at + size]))
        at += size
    return found
