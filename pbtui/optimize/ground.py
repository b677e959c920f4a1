"""From a configuration to what evaluates candidates: candles, scenarios, objectives (optimizer.md 1, 5, 8)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from pbtui.backtest.reach import Reach
from pbtui.backtest.run import OFFLINE, check_settings, dataset_of, prepared, run_name
from pbtui.backtest.sourcing import Sourcing, supplies_for
from pbtui.backtest.suite_plan import is_suite, plan_suite
from pbtui.backtest.suite_window import grounds_of
from pbtui.core.errors import ExchangeError
from pbtui.jobs.events import Event, Note, Stage
from pbtui.market.prepare import Dataset, NoData
from pbtui.optimize.evaluate import Evaluates, Evaluator
from pbtui.optimize.genes import GeneSpace
from pbtui.optimize.scoring import Scoring
from pbtui.optimize.suite_evaluate import SuiteEvaluator


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """Evaluates candidates, on these datasets; `coins` are those traded, of a suite those of its first scenario.

    `reaches` tells when trading may begin on each of them.
    """

    evaluate: Evaluates
    datasets: Mapping[str, Dataset]
    coins: tuple[str, ...]
    suite: bool
    reaches: tuple[Reach, ...] = ()

    def require_trade(self) -> None:
        """Raise NoData where no candidate could ever trade: all of them would come out the same."""
        if self.reaches and all(reach.nothing for reach in self.reaches):
            raise NoData(str(self.reaches[0].line()), hint="fetch earlier candles, begin later, or lower the spans")

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
    evaluate = Evaluator(space, scoring, data)
    _tell(evaluate.reaches, on_event)
    return Ground(evaluate, {run_name(config): data}, coins, suite=False, reaches=evaluate.reaches)


def _tell(reaches: Iterable[Reach], on_event: Callable[[Event], None]) -> None:
    """Say where averages take a part of the days asked for."""
    for line in dict.fromkeys(reach.line() for reach in reaches):
        if line is not None:
            on_event(Note(line, "warning"))


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
    _tell(evaluate.reaches, on_event)
    return Ground(evaluate, datasets, tuple(sorted(first)), suite=True, reaches=evaluate.reaches)
