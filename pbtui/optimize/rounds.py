"""One search after the other on its days, each front tested on days it has not seen (`optimize.validation`)."""

from __future__ import annotations

import asyncio
import copy
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from pbtui.backtest.sourcing import Sourcing
from pbtui.config import Config
from pbtui.core.clock import RealClock
from pbtui.core.errors import StateError
from pbtui.core.sanitize import sanitize_line
from pbtui.engine.backtest import Equity
from pbtui.engine.progress import RunCancelled, RunProgress
from pbtui.jobs.child import Context, stoppable
from pbtui.jobs.events import Note, Stage
from pbtui.optimize.campaign import Campaign, Outcome
from pbtui.optimize.cluster import ClusterCrew, Fleet
from pbtui.optimize.evaluate import Crew, Evaluated, Evaluates, Workers
from pbtui.optimize.folder import Plan
from pbtui.optimize.genes import Genes, GeneSpace
from pbtui.optimize.ground import Ground, ground_of
from pbtui.optimize.scoring import Scoring
from pbtui.optimize.search import Search
from pbtui.optimize.validation.judge import Batch, Bench, judge, trials_of
from pbtui.optimize.validation.split import WALK_FORWARD, Split, on_days, settled
from pbtui.optimize.validation.verdict import front_of, read_document, write_verdict

_LOOK_S = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class Round:
    """One search: its configuration on its days, its folder's name below the run's, and what it is tested on."""

    config: Config
    below: str = ""
    split: Split | None = None


def rounds_of(config: Config, splits: Sequence[Split], *, base_dir: Path) -> tuple[Round, ...]:
    """Return the searches of a run, in order; the last one is the run's own.

    The evaluations of a walk forward are shared out evenly. Raises ConfigError.
    """
    if not splits:
        return (Round(config),)
    found: list[Round] = []
    for n, split in enumerate(splits, 1):
        on_train = on_days(config, split.train, base_dir=base_dir)
        if config.validation.method == WALK_FORWARD:
            data: dict[str, Any] = copy.deepcopy(dict(on_train.data))
            data["optimize"]["iters"] = max(1, config.optimize.iters // len(splits))
            on_train = settled(on_train, data, base_dir=base_dir)
        found.append(Round(on_train, "" if n == len(splits) else f"fold_{n}", split))
    return tuple(found)


@dataclass
class _Switch:
    """What the crew evaluates with at the moment."""

    evaluate: Evaluates

    def __call__(self, genes: Genes, progress: RunProgress) -> Evaluated:
        return self.evaluate(genes, progress)


@dataclass
class Rounds:
    """Carries a run out in its folder; `config` is the whole run's, `last` the ground of its last round.

    It evaluates on this machine's threads, or on `fleet` where there is one.
    """

    config: Config
    rounds: Sequence[Round]
    plan: Plan
    folder: Path
    last: Ground
    sourcing: Sourcing
    threads: int
    context: Context
    fleet: Fleet | None = None
    _trials: int = field(default=0, init=False)
    _earlier: list[Mapping[str, Any]] = field(default_factory=list[Mapping[str, Any]], init=False)

    def run(self) -> Mapping[str, Any]:
        """Search, round after round, until all is done or the run is told to stop; return how it ended.

        Raises what `Campaign.run` and `ground_of` raise.
        """
        starts = self.plan.starts
        for n, each in enumerate(self.rounds):
            folder = self._folder(each)
            known = read_document(folder) if each.below else None
            if known is not None:
                starts = front_of(known)
                self._remember(known)
                continue
            if len(self.rounds) > 1:
                self.context.tell(Stage(f"fold {n + 1} of {len(self.rounds)}"))
            ground = self.last if not each.below else self._ground(each.config)
            outcome, verdict, generations = self._round(each, ground, folder, self.plan.seed + n, starts)
            if not outcome.finished or not each.below:
                told = {**asdict(outcome), "generations": generations, "seed": self.plan.seed}
                return told if verdict is None else {**told, "validation": verdict}
            document = read_document(folder) or {}
            starts = front_of(document)
            self._remember(document)
        raise StateError("the run has no round left", hint="begin a new one")

    @property
    def _base_dir(self) -> Path:
        return self.sourcing.base_dir

    def _remember(self, document: Mapping[str, Any]) -> None:
        self._trials = int(document["trials"])
        kept = (
            "train",
            "test",
            "trials",
            "members",
            "rank_correlation",
            "kept_limits",
            "robustness",
            "deflated_sharpe",
        )
        self._earlier.append({name: document.get(name) for name in kept})

    def _folder(self, each: Round) -> Path:
        folder = self.folder / each.below if each.below else self.folder
        try:
            (folder / "pareto").mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StateError(f"{each.below} cannot be made: {sanitize_line(error.strerror or error)}") from error
        return folder

    def _ground(self, config: Config) -> Ground:
        space, scoring = GeneSpace.of(config, self.plan.fine_tune), Scoring.of(config)
        return asyncio.run(stoppable(ground_of(space, scoring, self.sourcing, self.context.emit), self.context))

    def _crew(self, switch: _Switch) -> Workers:
        if self.fleet is None:
            return Crew(switch, self.threads)
        return ClusterCrew(self.fleet, lambda: switch.evaluate, RealClock(), lambda line: self.context.tell(Note(line)))

    def _round(
        self, each: Round, ground: Ground, folder: Path, seed: int, starts: Sequence[Genes]
    ) -> tuple[Outcome, Mapping[str, Any] | None, int]:
        context, switch = self.context, _Switch(ground.evaluate)
        search = Search(ground.evaluate.space, each.config.optimize, seed=seed, starts=starts)
        crew = self._crew(switch)
        campaign = Campaign(
            folder, ground.evaluate, search, crew,
            coins=ground.listed, clock=RealClock(), on_event=context.tell,
        )  # fmt: skip
        for note in campaign.notes:
            context.tell(Note(note, "warning"))
        with _obeying(context, crew, campaign):
            outcome = campaign.run()
            found: Mapping[str, Any] | None = None
            if outcome.finished and each.split is not None:
                try:
                    found = self._judged(each, ground, folder, campaign, crew, switch)
                except RunCancelled:
                    outcome = replace(outcome, finished=False)
        return outcome, found, search.generations

    def _judged(
        self, each: Round, ground: Ground, folder: Path, campaign: Campaign, crew: Workers, switch: _Switch
    ) -> Mapping[str, Any]:
        """Test the front on unseen days, write the verdict down and return its summary."""
        assert each.split is not None
        settings, split, evaluate = self.config.validation, each.split, ground.evaluate
        members = campaign.members()
        test = partial(self._batch, crew, switch)
        delays = range(1, min(settings.start_jitter_days, split.train.days - 1) + 1)
        later = (on_days(each.config, split.train, base_dir=self._base_dir, later_days=days) for days in delays)
        bench = Bench(
            unseen=test("testing on unseen days", on_days(self.config, split.test, base_dir=self._base_dir)),
            searched=test("nudging parameters", evaluate),
            later=tuple(test("beginning later", config) for config in later),
            equities=self._equities(evaluate, len(members)),
        )
        verdict = judge(
            members, bench, evaluate.space, evaluate.scoring,
            method=settings.method, split=split,
            trials=trials_of(folder, self._trials + campaign.reporter.evaluations, evaluate.labels),
            seed=self.plan.seed, jitter_pct=settings.jitter_pct, jitter_runs=settings.jitter_runs,
        )  # fmt: skip
        write_verdict(folder, replace(verdict, earlier=tuple(self._earlier)))
        return verdict.summary()

    def _equities(self, evaluate: Evaluates, members: int) -> Callable[[Genes], Mapping[str, Sequence[Equity]]]:
        """Return what runs one member after the other with its equity; raises RunCancelled where that is not wanted."""
        done = count(1)

        def run(genes: Genes) -> Mapping[str, Sequence[Equity]]:
            if self.context.stopping:
                raise RunCancelled("the optimisation was stopped")
            found = evaluate.equities(genes)
            self.context.tell(Stage("weighing the trials", next(done), members))
            return found

        return run

    def _batch(self, crew: Workers, switch: _Switch, stage: str, where: Config | Evaluates) -> Batch:
        """Return what evaluates genes by the crew on a configuration's days, whose candles are then prepared."""

        def run(batch: Sequence[Genes]) -> Sequence[Evaluated]:
            switch.evaluate = self._ground(where).evaluate if isinstance(where, Config) else where
            done = count(1)
            return crew.run(batch, lambda place, result: self.context.tell(Stage(stage, next(done), len(batch))))

        return run


@contextmanager
def _obeying(context: Context, crew: Workers, campaign: Campaign) -> Iterator[None]:
    """Pass the wishes of whoever started us on to the crew, until the round is over."""
    over = threading.Event()

    def obey() -> None:
        while not over.wait(_LOOK_S):
            if context.stopping:
                crew.finish()
                return
            if context.pausing != campaign.reporter.paused:
                campaign.reporter.paused = context.pausing
                if context.pausing:
                    crew.pause()
                else:
                    crew.go()
                campaign.reporter.tell(now=True)

    threading.Thread(target=obey, name="obey", daemon=True).start()
    try:
        yield
    finally:
        over.set()
        crew.close()
