"""The search: seeded, the same for any number of workers, and it finds what is good."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from search_home import SearchHome

from pbtui.core.errors import ConfigError
from pbtui.optimize.bounds import Bound
from pbtui.optimize.evaluate import Crew, Evaluated, Evaluator
from pbtui.optimize.genes import SLOTS, GeneSpace
from pbtui.optimize.scoring import Score, Scoring
from pbtui.optimize.search import Search
from pbtui.optimize.selection import survivors
from pbtui.optimize.variation import Variation

SPACING = SLOTS.index(("long", "entry_grid_spacing_pct"))
QTY = SLOTS.index(("long", "entry_initial_qty_pct"))


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> SearchHome:
    made = SearchHome(tmp_path_factory.mktemp("search"))
    made.keep()
    return made


def through(search: Search, evaluate) -> list[list[tuple[float, ...]]]:
    batches = []
    while not search.done:
        batches.append(search.ask())
        assert search.ask() == batches[-1]
        search.tell([evaluate(genes) for genes in batches[-1]])
    return batches


def valley(genes: tuple[float, ...]) -> Evaluated:
    """Score two genes that pull apart; what is too small breaks a limit."""
    x, y = genes[SPACING], genes[QTY]
    violation = max(0.0, 0.005 - x) * 1e6
    return Evaluated(genes, Score((violation or x + abs(y - 0.05), violation or (x - 0.02) ** 2), violation), {})


def test_the_same_seed_gives_the_same_front_on_one_and_two_workers(home):
    config = home.config(population_size=8, iters=24, limits=[])
    space = GeneSpace.of(config)
    evaluate = Evaluator(space, Scoring.of(config), home.data(space.base))
    ends = []
    for threads, seed in ((1, 5), (2, 5), (2, 6)):
        crew = Crew(evaluate, threads)
        search = Search(space, config.optimize, seed=seed)
        while not search.done:
            search.tell(crew.run(search.ask(), lambda place, found: None))
        crew.close()
        ends.append(search.population)
    assert ends[0] == ends[1] != ends[2]
    assert len(ends[0]) == 8


def test_a_search_finds_the_valley_and_repeats_nothing(home):
    config = home.config(population_size=20, iters=600)
    search = Search(GeneSpace.of(config), config.optimize, seed=1)
    batches = through(search, valley)
    asked = [genes for batch in batches for genes in batch]
    assert len(asked) == len(set(asked))
    assert len(batches) == search.generations + 1 == 31
    assert all(member.score.violation == 0 for member in search.population)
    first = [valley(genes).score.objectives for genes in batches[0]]
    assert np.mean([m.score.objectives[0] for m in search.population]) < np.mean([f[0] for f in first if f[0] < 1])
    assert min(abs(member.genes[QTY] - 0.05) for member in search.population) < 0.002


def test_starting_vectors_are_evaluated_and_keep_their_score(home):
    config = home.config(population_size=10, iters=10)
    space = GeneSpace.of(config)
    starts = [space.draw(np.random.default_rng(n)) for n in (1, 2)]
    search = Search(space, config.optimize, seed=1, starts=[*starts, starts[0]])
    batch = search.ask()
    assert batch[:2] == starts
    assert len(batch) == len(set(batch)) == 10
    assert search.duplicates.total == search.duplicates.resolved == 4
    for neighbour in batch[2:6]:
        # By one percent, and what the bound's step or the digits kept round away.
        assert any(
            all(
                abs(a - b) <= 0.011 * abs(b) + (bound.step or 0)
                for a, b, bound in zip(neighbour, start, space.bounds, strict=True)
            )
            for start in starts
        )
    search.tell([valley(genes) for genes in batch])
    assert {member.genes for member in search.population} == set(batch)


def test_a_space_of_few_points_is_exhausted_without_repetition(home):
    fixed = GeneSpace.of(home.config(), ["long_n_positions"])
    config = home.config(population_size=6, iters=60)
    search = Search(fixed, config.optimize, seed=3)
    asked = [genes for batch in through(search, valley) for genes in batch]
    assert len(asked) == len(set(asked)) == 2
    assert search.duplicates.total > search.duplicates.resolved


def test_probabilities_above_one_and_foreign_results_are_refused(home):
    config = home.config(crossover_probability=0.8, mutation_probability=0.3)
    with pytest.raises(ConfigError, match="exceed 1"):
        Search(GeneSpace.of(config), config.optimize, seed=1)
    config = home.config(population_size=4)
    search = Search(GeneSpace.of(config), config.optimize, seed=1)
    with pytest.raises(ValueError, match="other genes"):
        search.tell([valley(genes) for genes in search.ask()[1:]])


@pytest.mark.parametrize("count", [2, 5])
def test_the_feasible_and_undominated_survive(count):
    random = np.random.default_rng(2)
    front = [Score(tuple(map(float, np.eye(count)[n])), 0.0) for n in range(count)]
    worse = [Score(tuple(map(float, 1 + random.random(count))), 0.0) for _ in range(20)]
    broken = [Score((0.0,) * count, float(n)) for n in (3, 1, 2)]
    scores = [*broken, *worse, *front]
    assert set(survivors(scores, count, random)) == set(range(23, 23 + count))
    assert len(survivors(scores, 12, random)) == 12
    assert set(survivors([*broken, *front], count + 2, random)) == {1, 2, *range(3, 3 + count)}
    assert survivors(front, 99, random) == list(range(count))


@given(st.integers(0, 2**31), st.floats(0.1, 100))
def test_children_stay_within_their_bounds(seed, eta):
    random = np.random.default_rng(seed)
    bounds = [Bound(-1, 3), Bound(0, 1, 0.1), Bound(5, 5), Bound(2, 2, 1)]
    variation = Variation(eta, eta, 1.0)
    first, second = (tuple(bound.draw(random) for bound in bounds) for _ in range(2))
    for child in (variation.cross(first, second, bounds, random), variation.mutate(first, bounds, random)):
        assert all(b.low <= v <= b.high + 1e-9 for v, b in zip(child, bounds, strict=True))
        assert child[2:] == [5, 2]


def test_crossover_keeps_the_mean_and_mutation_its_place_on_average():
    random = np.random.default_rng(4)
    bounds, variation = [Bound(-100, 100)], Variation(20.0, 20.0, 1.0)
    crossed = [variation.cross((-1.0,), (1.0,), bounds, random)[0] for _ in range(4000)]
    assert np.mean(np.abs(crossed)) == pytest.approx(1.0, abs=0.05)
    mutated = [variation.mutate((0.0,), bounds, random)[0] for _ in range(4000)]
    assert np.mean(mutated) == pytest.approx(0.0, abs=0.5)
    assert 2 < np.std(mutated) < 20
    assert Variation(20.0, 20.0, 0.0).mutate((0.5,), bounds, random) == [0.5]


def test_the_algorithms_are_loaded_only_by_a_search():
    code = "import sys, pbtui.optimize.search; sys.exit('pymoo' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
