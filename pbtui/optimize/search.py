"""The evolutionary search behind ask and tell (optimizer.md 9 to 11)."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pbtui.config.schema_optimize import OptimizeSettings
from pbtui.core.errors import ConfigError
from pbtui.optimize.evaluate import Evaluated
from pbtui.optimize.genes import SLOTS, Genes, GeneSpace
from pbtui.optimize.perturb import unseen
from pbtui.optimize.scoring import Score
from pbtui.optimize.selection import survivors
from pbtui.optimize.variation import Variation


@dataclass(frozen=True, slots=True)
class Member:
    """One of the population: the genes that were evaluated, and their score."""

    genes: Genes
    score: Score


@dataclass(slots=True)
class Duplicates:
    """Candidates that had been evaluated before: all, and those replaced by a new neighbour."""

    total: int = 0
    resolved: int = 0


class Seen:
    """Which vectors were evaluated before; a digest of each is kept, since a run may have millions."""

    def __init__(self) -> None:
        self._digests: set[bytes] = set()

    def __contains__(self, genes: object) -> bool:
        return isinstance(genes, tuple) and _digest(genes) in self._digests

    def add(self, genes: Genes) -> None:
        """Remember a vector."""
        self._digests.add(_digest(genes))


def _digest(genes: Genes) -> bytes:
    # Adding 0 makes -0 and 0 the same, as they are when compared.
    return hashlib.blake2b(struct.pack(f"{len(genes)}d", *(gene + 0.0 for gene in genes)), digest_size=16).digest()


class Search:
    """A population that evolves: `ask` for a generation of genes, `tell` what came of it, until `done`.

    Everything random comes from the seed and the number of the generation, and results count in the order asked for:
    how many workers evaluate, and in which order they end, changes nothing. A child that would be a mere copy of its
    parent isn't made, since it couldn't tell anything new.
    """

    def __init__(
        self, space: GeneSpace, settings: OptimizeSettings, *, seed: int, starts: Sequence[Genes] = ()
    ) -> None:
        chances = settings.crossover_probability, settings.mutation_probability
        if sum(chances) > 1.0 + 1e-12:
            raise ConfigError(
                f"optimize.crossover_probability {chances[0]:g} and mutation_probability {chances[1]:g} exceed 1",
                hint="lower one of them",
            )
        self.space = space
        self.seed = seed
        self.size = settings.population_size
        self.children = max(1, round(self.size * settings.offspring_multiplier))
        self.generations = max(1, settings.iters // self.size) if self.size > 1 else 0
        self.generation = 0
        self.population: list[Member] = []
        self.duplicates = Duplicates()
        self._chances = chances
        self._starts = [space.enforce(genes) for genes in starts]
        self._seen = Seen()
        self._asked: list[Genes] = []
        share = settings.mutation_indpb
        indpb = min(1.0, share) if share > 0.0 else 1.0 / len(SLOTS)
        self._variation = Variation(settings.crossover_eta, settings.mutation_eta, indpb)

    @property
    def share(self) -> float:
        """Return which part of the children is evaluated; the others would be copies of their parents."""
        return min(1.0, sum(self._chances))

    @property
    def done(self) -> bool:
        """Whether the last generation was told."""
        return self.generation > self.generations

    def ask(self) -> list[Genes]:
        """Return the vectors to evaluate now, all new; empty when nothing new was found. The same until told."""
        if not self._asked and not self.done:
            random = self._random(0)
            wanted = self._first(random) if self.generation == 0 else self._offspring(random)
            self._asked = self._new(wanted, random)
        return list(self._asked)

    def tell(self, results: Sequence[Evaluated]) -> None:
        """Take the results of the vectors asked for, in that order; raises ValueError for any others."""
        if [result.genes for result in results] != self._asked:
            raise ValueError("results of other genes than were asked for")
        self._select([Member(result.genes, result.score) for result in results])

    def replay(self, told: Mapping[int, Sequence[Member]], duplicates: Duplicates) -> None:
        """Take up where an earlier search of the same space and seed stood: members of every generation told, in order.

        A generation that had none may be missing before the last one.
        """
        for generation in range(max(told, default=-1) + 1):
            members = list(told.get(generation, ()))
            for member in members:
                self._seen.add(member.genes)
            self._select(members)
        self.duplicates = duplicates

    def _select(self, members: Sequence[Member]) -> None:
        everybody = [*self.population, *members]
        kept = survivors([member.score for member in everybody], self.size, self._random(1))
        self.population = [everybody[place] for place in kept]
        self._asked = []
        self.generation += 1

    def _random(self, purpose: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, self.generation, purpose])

    def _first(self, random: np.random.Generator) -> list[Genes]:
        """Return the starting vectors, neighbours of them for half of what remains, and random ones (11)."""
        starts = list(dict.fromkeys(self._starts))
        rest = max(0, self.size - len(starts))
        copies = [starts[int(random.integers(len(starts)))] for _ in range(rest // 2)] if starts else []
        return starts + copies + [self.space.draw(random) for _ in range(rest - len(copies))]

    def _offspring(self, random: np.random.Generator) -> list[Genes]:
        cross, mutate = self._chances
        made: list[Genes] = []
        for _ in range(self.children):
            chance = random.random()
            if chance < cross and len(self.population) > 1:
                first, second = random.choice(len(self.population), size=2, replace=False).tolist()
                pair = self.population[first].genes, self.population[second].genes
                made.append(self.space.enforce(self._variation.cross(*pair, self.space.bounds, random)))
            elif chance < cross + mutate:
                parent = self.population[int(random.integers(len(self.population)))].genes
                made.append(self.space.enforce(self._variation.mutate(parent, self.space.bounds, random)))
        return made

    def _new(self, wanted: Sequence[Genes], random: np.random.Generator) -> list[Genes]:
        found: list[Genes] = []
        for genes in wanted:
            fresh = unseen(genes, self._seen, self.space, random)
            if fresh != genes:
                self.duplicates.total += 1
                self.duplicates.resolved += fresh is not None
            if fresh is not None:
                self._seen.add(fresh)
                found.append(fresh)
        return found
