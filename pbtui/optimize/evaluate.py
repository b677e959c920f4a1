"""One candidate's evaluation: genes in, score and metrics out, by a metrics-only run (optimizer.md 5)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Any, Protocol

from pbtui.backtest.analysis import analysis_of
from pbtui.backtest.inputs import Window, bot_params, engine_inputs, whole
from pbtui.backtest.reach import Reach
from pbtui.config import Config
from pbtui.config.warmup import DEFAULT, warmup_minutes_by_coin
from pbtui.core.errors import ConfigError
from pbtui.engine.backtest import BacktestOutcome, Equity, run_backtest
from pbtui.engine.errors import InvalidInput
from pbtui.engine.progress import RunCancelled, RunProgress
from pbtui.market.prepare import Dataset
from pbtui.optimize.genes import Genes, GeneSpace
from pbtui.optimize.scoring import WORST, Score, Scoring, Stats, stats_of

ALONE = ""
"""The label of what is no suite."""


@dataclass(frozen=True, slots=True, eq=False)
class Evaluated:
    """A candidate with the genes that were run, and what came of it."""

    genes: Genes
    score: Score
    stats: Mapping[str, Stats]
    suite: Mapping[str, Any] | None = None
    """Of a suite: every metric by scenario, and what it is aggregated to (optimizer.md 8)."""
    refusal: str = ""
    """Why the engine could not run it; its score is then the worst there is."""


class Evaluates(Protocol):
    """Runs candidates, on one dataset or over a suite's."""

    space: GeneSpace
    scoring: Scoring
    labels: tuple[str, ...]
    """The scenarios; `ALONE` where there are none."""

    def __call__(self, genes: Genes, progress: RunProgress | None = None) -> Evaluated:
        """Run one."""
        ...

    def equities(self, genes: Genes) -> Mapping[str, Sequence[Equity]]:
        """Return the equity of one by scenario, for each of its datasets; nothing where the engine refuses."""
        ...


class Evaluator:
    """Evaluates genes on one dataset, which all threads read in place; nothing of it is changed or copied.

    Prepare the dataset for `space.base`: its warm-up is that of every candidate, so a stored candidate's own backtest
    begins at the same bar. Only the minutes before a coin may trade differ; they are counted for each candidate.
    `reaches` tells when candidates may trade.
    """

    def __init__(self, space: GeneSpace, scoring: Scoring, data: Dataset) -> None:
        self.space = space
        self.scoring = scoring
        self.labels: tuple[str, ...] = (ALONE,)
        self._window: Window = whole(data)
        self._inputs = engine_inputs(space.base, self._window)
        self.reaches: tuple[Reach, ...] = (Reach.of(self._inputs),)
        self._parameters = self._inputs.parameters

    def __call__(self, genes: Genes, progress: RunProgress | None = None) -> Evaluated:
        """Run one candidate; raises RunCancelled."""
        try:
            return self._run(genes, progress)
        except InvalidInput as error:
            return refused(genes, self.scoring, error)

    def equities(self, genes: Genes) -> Mapping[str, Sequence[Equity]]:
        """Return a candidate's equity over time under `ALONE`; nothing for genes that the engine refuses."""
        try:
            equity = self._outcome(self.space.decode(genes), None, metrics_only=False).equity
        except InvalidInput:
            return {}
        return {ALONE: [equity]} if equity is not None else {}

    def _run(self, genes: Genes, progress: RunProgress | None) -> Evaluated:
        config = self.space.decode(genes)
        stats = stats_of([analysis_of(config, self._outcome(config, progress))])
        return Evaluated(genes, self.scoring.score(stats), stats)

    def _outcome(self, config: Config, progress: RunProgress | None, *, metrics_only: bool = True) -> BacktestOutcome:
        coins = self._inputs.coins
        return run_backtest(
            self._inputs.hlcvs,
            self._inputs.btc_usd,
            bot_params(config, coins),
            self._inputs.markets,
            {**self._parameters, "warmup_minutes": coin_warmups(config, coins), "metrics_only": metrics_only},
            progress=progress,
        )


def refused(genes: Genes, scoring: Scoring, error: InvalidInput) -> Evaluated:
    """Return the evaluation of genes that the engine refuses to run."""
    score = Score((WORST,) * len(scoring.objectives), WORST)
    return Evaluated(genes, score, {}, refusal=error.line())


def coin_warmups(config: Config, coins: Sequence[str]) -> list[int]:
    """Return the minutes each coin waits before it may trade, with this configuration's spans (config.md 4.4)."""
    told = warmup_minutes_by_coin(config)
    return [told.get(coin, told[DEFAULT]) for coin in coins]


OnDone = Callable[[int, Evaluated], None]


class Workers(Protocol):
    """Evaluates batches, on this machine's threads (`Crew`) or on a cluster's nodes."""

    def run(self, batch: Sequence[Genes], on_done: OnDone) -> list[Evaluated]:
        """Evaluate a batch and return it in order; raises RunCancelled after `stop` or `finish`."""
        ...

    def pause(self) -> None:
        """Begin no further evaluation until `go`."""
        ...

    def go(self) -> None:
        """Go on after a pause."""
        ...

    def finish(self) -> None:
        """Begin nothing more; what runs is still brought to its end and told."""
        ...

    def stop(self) -> None:
        """Break off what runs and begin nothing more."""
        ...

    def close(self) -> None:
        """Stop; not to be used any more."""
        ...


class Crew:
    """Threads that evaluate; the engine holds no lock while it runs, so they share all cores."""

    def __init__(self, evaluate: Callable[[Genes, RunProgress], Evaluated], threads: int) -> None:
        if threads < 1:
            raise ConfigError(f"{threads} CPUs can't evaluate anything", hint="optimize.n_cpus must be at least 1")
        self._evaluate = evaluate
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="evaluate")
        self._running: set[RunProgress] = set()
        self._stopped = False
        self._finishing = False
        self._going = threading.Event()
        self._going.set()

    def run(self, batch: Sequence[Genes], on_done: OnDone) -> list[Evaluated]:
        """Evaluate a batch and return it in order; `on_done(place, result)` is called here as each one finishes.

        Raises RunCancelled after `stop` or `finish`, InvalidInput, and whatever `on_done` raises; the rest of the batch
        is then given up.
        """
        waiting = {self._pool.submit(self._one, genes): place for place, genes in enumerate(batch)}
        found: dict[int, Evaluated] = {}
        try:
            for future in as_completed(waiting):
                place = waiting[future]
                try:
                    found[place] = future.result()
                except RunCancelled:
                    if self._finishing and not self._stopped:
                        continue
                    raise
                on_done(place, found[place])
        except BaseException:
            self._give_up(waiting)
            raise
        if len(found) < len(batch):
            raise RunCancelled("the optimisation was stopped")
        return [found[place] for place in range(len(batch))]

    def pause(self) -> None:
        """Begin no further evaluation until `go`; those that run end. Callable from any thread, as all that follow."""
        self._going.clear()

    def go(self) -> None:
        """Go on after a pause."""
        self._going.set()

    def finish(self) -> None:
        """Begin nothing more; what runs is still brought to its end and told."""
        self._finishing = True
        self._going.set()

    def stop(self) -> None:
        """Break off what runs and begin nothing more."""
        self._stopped = True
        self._going.set()
        for progress in tuple(self._running):
            progress.cancel()

    def close(self) -> None:
        """Stop, and wait for the threads to end."""
        self.stop()
        self._pool.shutdown(cancel_futures=True)

    def _one(self, genes: Genes) -> Evaluated:
        self._going.wait()
        progress = RunProgress()
        self._running.add(progress)
        try:
            # After adding, so that `stop` either is seen here or sees this run.
            if self._stopped or self._finishing:
                raise RunCancelled("the optimisation was stopped")
            return self._evaluate(genes, progress)
        finally:
            self._running.discard(progress)

    def _give_up(self, waiting: Mapping[Future[Evaluated], int]) -> None:
        for future in waiting:
            future.cancel()
        for progress in tuple(self._running):
            progress.cancel()
