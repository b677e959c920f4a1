"""Evaluations: equal to the backtest of the stored configuration, on any number of threads."""

from __future__ import annotations

import numpy as np
import pytest
from search_home import SearchHome

from pbtui.backtest.run import simulate
from pbtui.config.dump import write_config
from pbtui.core.clock import RealClock
from pbtui.core.errors import ConfigError
from pbtui.engine.progress import RunCancelled
from pbtui.optimize.evaluate import Crew, Evaluated, Evaluator
from pbtui.optimize.genes import SLOTS, GeneSpace
from pbtui.optimize.metrics import METRICS
from pbtui.optimize.scoring import Scoring, stats_of

LIMITS = [{"metric": "drawdown_worst", "penalize_if": ">", "value": 0.01}]
SCORING = ["adg", "sharpe_ratio", "total_wallet_exposure_mean"]


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> SearchHome:
    made = SearchHome(tmp_path_factory.mktemp("evaluate"))
    made.keep()
    return made


@pytest.fixture(scope="module")
def evaluate(home) -> Evaluator:
    space = GeneSpace.of(home.config(scoring=SCORING, limits=LIMITS))
    return Evaluator(space, Scoring.of(space.base), home.data(space.base))


def drawn(evaluate: Evaluator, count: int) -> list[tuple[float, ...]]:
    random = np.random.default_rng(7)
    return [evaluate.space.draw(random) for _ in range(count)]


def test_the_stored_configuration_gives_the_same_numbers(home, evaluate):
    batch = drawn(evaluate, 6)
    told: set[str] = set()
    for genes in batch:
        found = evaluate(genes)
        path = home.base / "stored.json"
        write_config(path, evaluate.space.decode(genes).data)
        stored = home.load(path)
        run = simulate(stored, home.data(stored), clock=RealClock(), on_event=lambda _: None)
        stats = stats_of([run.analysis])
        # Plain equality: every bit.
        assert {name: stats[name] for name in found.stats} == found.stats
        assert evaluate.scoring.score(stats) == found.score
        assert len(run.fills) > 0
        told |= set(found.stats)
    # What is finite in at least one run; none tells more than is listed.
    assert told == METRICS
    spans = {genes[SLOTS.index(("long", "ema_span_1"))] for genes in batch}
    assert len(spans) > 1


def test_threads_change_nothing_and_results_keep_their_order(evaluate):
    batch = drawn(evaluate, 8)
    told: list[tuple[int, Evaluated]] = []
    one, two = Crew(evaluate, 1), Crew(evaluate, 2)
    first = one.run(batch, lambda place, found: told.append((place, found)))
    second = two.run(batch, lambda place, found: None)
    one.close()
    two.close()
    assert [found.genes for found in first] == batch
    assert [(found.genes, found.score, found.stats) for found in first] == [
        (found.genes, found.score, found.stats) for found in second
    ]
    assert sorted(place for place, _ in told) == list(range(8))
    assert all(first[place] is found for place, found in told)


def test_a_running_engine_is_broken_off(evaluate):
    crew = Crew(evaluate, 1)
    batch = drawn(evaluate, 3)
    seen: list[int] = []

    def stop(place: int, found: Evaluated) -> None:
        seen.append(place)
        crew.stop()

    with pytest.raises(RunCancelled):
        crew.run(batch, stop)
    assert len(seen) < len(batch)
    with pytest.raises(RunCancelled):
        crew.run(batch, stop)
    crew.close()


def test_no_cpus_are_refused(evaluate):
    with pytest.raises(ConfigError, match="0 CPUs"):
        Crew(evaluate, 0)
