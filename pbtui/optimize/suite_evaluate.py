"""One candidate's evaluation over the scenarios of a suite: each one's numbers, and what they add up to (8)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pbtui.backtest.analysis import Metrics, analysis_of
from pbtui.backtest.inputs import EngineInputs, bot_params, engine_inputs
from pbtui.backtest.reach import Reach
from pbtui.backtest.suite_plan import Scenario, SuitePlan, scenario_config
from pbtui.backtest.suite_summary import aggregated, mode_of, stats_of
from pbtui.backtest.suite_window import grounds_of, window_on
from pbtui.config import Config
from pbtui.config.scenarios import apply_overrides
from pbtui.engine.backtest import BacktestOutcome, Equity, run_backtest
from pbtui.engine.errors import InvalidInput
from pbtui.engine.progress import RunProgress
from pbtui.market.prepare import Dataset
from pbtui.market.sealed import digest_of
from pbtui.optimize.evaluate import Evaluated, coin_warmups, refused
from pbtui.optimize.genes import Genes, GeneSpace
from pbtui.optimize.scoring import Scoring, Stats

_STATS = ("mean", "min", "max", "std")


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """A scenario on one dataset: its configuration but for the genes, and what its overrides say of the bot."""

    config: Config
    inputs: EngineInputs
    bot_overrides: Mapping[str, Any]
    same_as: str

    def config_of(self, candidate: Config) -> Config:
        """Return the scenario's configuration with a candidate's bot; overrides are written last."""
        bot = apply_overrides({"bot": candidate.data["bot"]}, self.bot_overrides)["bot"]
        return replace(self.config, data={**self.config.data, "bot": bot})


class SuiteEvaluator:
    """Evaluates genes on every scenario of a plan, in parts of the same datasets; nothing of them is copied.

    Make the plan and the datasets of `space.base`. A metric that is not finite in any scenario is not in the suite.
    `reaches` tells when candidates may trade, once for all scenarios in which that is the same.
    """

    def __init__(
        self, space: GeneSpace, scoring: Scoring, plan: SuitePlan, datasets: Mapping[str, Dataset], base_dir: Path
    ) -> None:
        self.space = space
        self.scoring = scoring
        self._aggregate = dict(space.base.backtest.aggregate)
        self._scenarios = {scenario.label: _parts(scenario, plan, datasets, base_dir) for scenario in plan.scenarios}
        self.labels = tuple(self._scenarios)
        parts = (part for parts in self._scenarios.values() for part in parts)
        self.reaches: tuple[Reach, ...] = tuple(dict.fromkeys(Reach.of(part.inputs) for part in parts))

    def __call__(self, genes: Genes, progress: RunProgress | None = None) -> Evaluated:
        """Run one candidate; raises RunCancelled."""
        try:
            return self._run(genes, progress)
        except InvalidInput as error:
            return refused(genes, self.scoring, error)

    def equities(self, genes: Genes) -> Mapping[str, Sequence[Equity]]:
        """Return a candidate's equity over time by scenario, for each of its datasets; nothing where one is refused."""
        candidate = self.space.decode(genes)
        done: dict[str, Equity | None] = {}
        try:
            for part in {part.same_as: part for parts in self._scenarios.values() for part in parts}.values():
                done[part.same_as] = _outcome(part, part.config_of(candidate), None, metrics_only=False).equity
        except InvalidInput:
            return {}
        return {
            label: [equity for part in parts if (equity := done[part.same_as]) is not None]
            for label, parts in self._scenarios.items()
        }

    def _run(self, genes: Genes, progress: RunProgress | None) -> Evaluated:
        candidate = self.space.decode(genes)
        done: dict[str, Metrics] = {}
        means: dict[str, dict[str, float]] = {}
        for label, parts in self._scenarios.items():
            for part in parts:
                if part.same_as not in done:
                    done[part.same_as] = _run(part, candidate, progress)
            means[label] = _means([done[part.same_as] for part in parts])
        suite = _summary(means, self._aggregate)
        stats: dict[str, Stats] = {
            name: {**told["stats"], "mean": told["aggregated"]} for name, told in suite["metrics"].items()
        }
        return Evaluated(genes, self.scoring.score(stats), stats, suite)


def _parts(scenario: Scenario, plan: SuitePlan, datasets: Mapping[str, Dataset], base_dir: Path) -> tuple[_Part, ...]:
    found: list[_Part] = []
    for ground in grounds_of(scenario, plan, datasets):
        config = scenario_config(plan, scenario, ground.coins, base_dir=base_dir)
        window = window_on(config, scenario, ground)
        inputs = engine_inputs(config, window)
        overrides = {name: value for name, value in scenario.overrides.items() if name.split(".")[0] == "bot"}
        facts = {**inputs.facts(), "ground": ground.name, "bars": len(window.hlcvs), "overrides": overrides}
        found.append(_Part(config, inputs, overrides, digest_of(facts)))
    return tuple(found)


def _run(part: _Part, candidate: Config, progress: RunProgress | None) -> Metrics:
    config = part.config_of(candidate)
    return analysis_of(config, _outcome(part, config, progress))


def _outcome(
    part: _Part, config: Config, progress: RunProgress | None, *, metrics_only: bool = True
) -> BacktestOutcome:
    inputs = part.inputs
    return run_backtest(
        inputs.hlcvs,
        inputs.btc_usd,
        bot_params(config, inputs.coins),
        inputs.markets,
        {**inputs.parameters, "metrics_only": metrics_only, "warmup_minutes": coin_warmups(config, inputs.coins)},
        progress=progress,
    )


def _means(analyses: list[Metrics]) -> dict[str, float]:
    """Return each metric's mean over a scenario's datasets; not finite where one is not."""
    names = {name for analysis in analyses for name in analysis}
    return {name: _over([analysis.get(name) for analysis in analyses], lambda told: stats_of(told)["mean"])
            for name in names}  # fmt: skip


def _summary(means: Mapping[str, Mapping[str, float]], aggregate: Mapping[str, str]) -> dict[str, Any]:
    metrics: dict[str, Any] = {}
    for name in sorted({name for told in means.values() for name in told}):
        by_label = {label: told.get(name, math.nan) for label, told in means.items()}
        values = list(by_label.values())
        mode = mode_of(name, aggregate)
        metrics[name] = {
            "stats": {stat: _over(values, lambda told, stat=stat: stats_of(told)[stat]) for stat in _STATS},
            "aggregated": _over(values, lambda told, mode=mode: aggregated(told, mode)),
            "scenarios": by_label,
        }
    return {"metrics": metrics, "scenario_labels": list(means)}


def _over(values: list[float | None] | list[float], reduce: Callable[[list[float]], float]) -> float:
    finite = [value for value in values if value is not None and math.isfinite(value)]
    return reduce(finite) if len(finite) == len(values) else math.nan
