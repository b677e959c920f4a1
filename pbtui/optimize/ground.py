"""From a configuration to what evaluates candidates: candles, scenarios, objectives (optimizer.md 1, 5, 8)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pbtui.backtest.run import OFFLINE, check_settings, dataset_of, prepared, run_name
from pbtui.backtest.sourcing import Sourcing, supplies_for
from pbtui.backtest.suite_plan import is_suite, plan_suite
from pbtui.backtest.suite_window import grounds_of
from pbtui.core.errors import ExchangeError
from pbtui.jobs.events import Event, Note, Stage
from pbtui.market.prepare import Dataset
from pbtui.optimize.evaluate import Evaluates, Evaluator
from pbtui.optimize.genes import GeneSpace
from pbtui.optimize.scoring import Scoring
from pbtui.optimize.suite_evaluate import SuiteEvaluator


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """Evaluates candidates, on these datasets; `coins` are those traded, of a suite those of its first scenario."""

    evaluate: Evaluates
    datasets: Mapping[str, Dataset]
    coins: tuple[str, ...]
    suite: bool

    @property
    def listed(self) -> Mapping[str, tuple[str, ...]] | None:
        """Return the coins by exchange as records name them; None in a suite."""
        return None if self.suite else dict.fromkeys(self.datasets, self.coins)


async def ground_of(
    space: GeneSpace, scoring: Scoring, sourcing: Sourcing, on_event: Callable[[Event], None]
) -> Ground:
    """Prepare all candles, and what reads them; raises ConfigError, NoData, DataError, ExchangeError."""
    config = space.base
    if is_suite(config):
        return await _suite(space, scoring, sourcing, on_event)
    data = await dataset_of(config, sourcing, on_event)
    coins = tuple(item.coin for item in data.coins)
    return Ground(Evaluator(space, scoring, data), {run_name(config): data}, coins, suite=False)


async def _suite(space: GeneSpace, scoring: Scoring, sourcing: Sourcing, on_event: Callable[[Event], None]) -> Ground:
    check_settings(space.base)
    plan = plan_suite(space.base, base_dir=sourcing.base_dir)
    for note in plan.notes:
        on_event(Note(note, "warning"))
    datasets: dict[str, Dataset] = {}
    try:
        async with supplies_for(plan.requests.values(), sourcing) as supplies:
            for name, request in plan.requests.items():
                on_event(Stage(f"candles of {name}"))
                datasets[name] = await prepared(request, supplies, sourcing, on_event)
    except ExchangeError as error:
        error.hint = error.hint or OFFLINE
        raise
    first = {coin for ground in grounds_of(plan.scenarios[0], plan, datasets) for coin in ground.coins}
    evaluate = SuiteEvaluator(space, scoring, plan, datasets, sourcing.base_dir)
    return Ground(evaluate, datasets, tuple(sorted(first)), suite=True)
