"""A run of the optimiser: evaluates generation after generation, writes all of it down, keeps the front."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pbtui.core.clock import Clock
from pbtui.core.errors import DataError
from pbtui.engine.progress import RunCancelled
from pbtui.jobs.events import Event
from pbtui.optimize.details import Details
from pbtui.optimize.evaluate import Evaluated, Evaluates, Workers
from pbtui.optimize.front import Candidate, Front
from pbtui.optimize.genes import Genes
from pbtui.optimize.journal import Entry, Shape
from pbtui.optimize.members import FOLDER, Members
from pbtui.optimize.recall import Recall
from pbtui.optimize.record import Records
from pbtui.optimize.reporting import Reporter
from pbtui.optimize.scoring import Score
from pbtui.optimize.search import Duplicates, Member, Search
from pbtui.optimize.store import Store
from pbtui.optimize.table import Row, Table

_SYNC_S = 5.0
_SYNC_SHARE = 30.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended; `finished` unless it was stopped before its last generation was done."""

    finished: bool
    evaluations: int
    generation: int
    members: int
    feasible: float
    hypervolume: float | None
    bests: Mapping[str, float | None]
    duplicates: Duplicates


class Campaign:
    """One run in its folder, new or continued; `notes` tell what had to be mended there.

    Evaluations count in the order they were asked for, whenever they end, so that the front does not depend on the
    number of workers or on where the run was broken off.
    """

    def __init__(
        self, folder: Path, evaluate: Evaluates, search: Search, crew: Workers, *,
        coins: Mapping[str, Sequence[str]] | None, clock: Clock, on_event: Callable[[Event], None],
    ) -> None:  # fmt: skip
        settings = evaluate.space.base.optimize
        self._search = search
        self._crew = crew
        self._clock = clock
        self._with_records = settings.write_all_results
        self._store = Store(
            folder, shape_of(evaluate), records=self._with_records, compress=settings.compress_results_file
        )
        self.notes = list(self._store.notes)
        self._records = Records(evaluate.space, folder=str(folder), coins=coins)
        self._details = Details(Recall(folder, self._store.entries, evaluate))
        self._table = Table(folder, evaluate.space, evaluate.scoring)
        self._front = Front(settings.pareto_max_size)
        self._members = Members(folder / FOLDER, lambda member: self._records.member(self._details.of(member.number)))
        self.reporter = Reporter(search, evaluate.scoring.objectives, self._front, self._members.id_of, clock, on_event)
        self._first = 0
        self._later: Callable[[], None] | None = None  # what the last generation left to be written
        self._refusals = 0
        self._sync_at_s = clock.monotonic() + _SYNC_S

    def run(self) -> Outcome:
        """Go on until the last generation is done or the crew is told to finish; return how it ended.

        Raises StateError when the disk refuses, InvalidInput when the engine does, DataError where the journal does not
        fit.
        """
        finished = True
        try:
            known = self._take_up()
            self.reporter.stage("searching")
            while not self._search.done:
                self._generation(known)
                known = {}
        except RunCancelled:
            finished = False
        finally:
            self._store.close()
        self._catch_up()
        self._members.finish(self._front.members)
        self.reporter.tell(front=True)
        return self._outcome(finished=finished)

    def members(self) -> dict[str, Candidate]:
        """Return the front by the names its files go by."""
        return {self._members.id_of(member): member for member in self._front.members}

    def _take_up(self) -> Mapping[int, Entry]:
        """Replay what the journal holds; return its last generation, which may be unfinished, by place."""
        told: dict[int, dict[int, int]] = {}
        entries = self._store.entries
        for line, entry in enumerate(entries):
            told.setdefault(entry.generation, {})[entry.place] = line
            self.reporter.count(entry.score, here=False)
        if not told:
            return {}
        self.reporter.stage("taking up the run")
        last = told.pop(max(told))
        ready = {number: [entries[lines[place]] for place in sorted(lines)] for number, lines in sorted(told.items())}
        members = {number: [Member(entry.genes, entry.score) for entry in found] for number, found in ready.items()}
        counted = max((entries[line].duplicates for lines in told.values() for line in lines.values()), default=(0, 0))
        self._search.replay(members, Duplicates(*counted))
        for number, found in ready.items():
            lines = told[number]
            for n, place in enumerate(sorted(lines)):
                self._details.lies_at(self._first + n, lines[place])
                self._offer(self._first + n, found[n].genes, found[n].score)
            self._settle(number, self._close([entry.score for entry in found]))
        self.reporter.measure()
        for place, line in last.items():
            self._details.lies_at(self._first + place, line)
        self._skip_empty(entries[next(iter(last.values()))].generation)
        return {place: entries[line] for place, line in last.items()}

    def _skip_empty(self, generation: int) -> None:
        """Pass generations that had nothing to evaluate, up to this one."""
        while self._search.generation < generation:
            if self._search.ask():
                raise _unfit()
            self._search.tell([])

    def _generation(self, known: Mapping[int, Entry]) -> None:
        """Evaluate one generation but for what is known of it, and write it down."""
        search = self._search
        batch = search.ask()
        if any(place >= len(batch) or batch[place] != entry.genes for place, entry in known.items()):
            raise _unfit()
        self.reporter.asked(self._first, len(batch))
        scores = {place: entry.score for place, entry in known.items()}
        offered = 0

        def offer_in_turn() -> None:
            nonlocal offered
            while offered in scores:
                self._offer(self._first + offered, batch[offered], scores[offered])
                offered += 1

        def took(n: int, found: Evaluated) -> None:
            self._catch_up()
            place = missing[n]
            self._keep(place, found)
            scores[place] = found.score
            offer_in_turn()
            self.reporter.tell()

        missing = [place for place in range(len(batch)) if place not in known]
        offer_in_turn()
        self._crew.run([batch[place] for place in missing], took)
        self._catch_up()
        self._store.sync()
        generation = search.generation
        search.tell([Evaluated(genes, scores[place], {}) for place, genes in enumerate(batch)])
        numbers = self._close([scores[place] for place in range(len(batch))])
        if 0 < self._refusals == self.reporter.evaluations:
            raise DataError("the engine refuses every candidate", hint="see the warning above, and the bounds")
        self._later = partial(self._write_down, generation, numbers)

    def _catch_up(self) -> None:
        """Write what the last generation left, while the crew evaluates the next: its threads need not wait for it."""
        later, self._later = self._later, None
        if later is not None:
            later()

    def _write_down(self, generation: int, numbers: range) -> None:
        self._settle(generation, numbers)
        self.reporter.measure()
        self._sync_members()

    def _keep(self, place: int, found: Evaluated) -> None:
        """Write an evaluation of the present generation down."""
        search = self._search
        duplicates = (search.duplicates.total, search.duplicates.resolved)
        entry = Entry(search.generation, place, found.genes, found.score, duplicates, None)
        self._store.add(entry, self._records.stored(found) if self._with_records else None)
        self._details.keep(self._first + place, found)
        self.reporter.count(found.score)
        if found.refusal:
            self._refusals += 1
            if self._refusals == 1:
                self.reporter.warn(f"the engine refuses a candidate, which then counts as worst: {found.refusal}")

    def _offer(self, number: int, genes: Genes, score: Score) -> None:
        self._front.offer(Candidate(number, genes, score))

    def _close(self, scores: Sequence[Score]) -> range:
        """End a generation; return the numbers of its evaluations."""
        self.reporter.closed(scores)
        numbers = range(self._first, self._first + len(scores))
        self._first = numbers.stop
        return numbers

    def _settle(self, generation: int, numbers: range) -> None:
        """Write the rows of a generation and forget what nobody asks for any more."""
        if self._with_records and not self._table.holds(generation):
            self._table.write(generation, [Row(number, self._details.of(number)) for number in numbers])
        self._details.only({member.number for member in self._front.members})

    def _sync_members(self) -> None:
        """Write the front down now and then; the more it takes, the less often."""
        began = self._clock.monotonic()
        if began >= self._sync_at_s:
            self._members.sync(self._front.members)
            self.reporter.tell(front=True)
            ended = self._clock.monotonic()
            self._sync_at_s = ended + max(_SYNC_S, _SYNC_SHARE * (ended - began))

    def _outcome(self, *, finished: bool) -> Outcome:
        reporter = self.reporter
        return Outcome(
            finished=finished,
            evaluations=reporter.evaluations,
            generation=min(self._search.generation, self._search.generations),
            members=len(self._front.members),
            feasible=reporter.feasible,
            hypervolume=reporter.hypervolume,
            bests=reporter.bests(),
            duplicates=self._search.duplicates,
        )


def shape_of(evaluate: Evaluates) -> Shape:
    """Return what the journal of a run holds of each evaluation."""
    bounds = evaluate.space.bounds
    return Shape(
        objectives=len(evaluate.scoring.objectives),
        open_genes=tuple(place for place, bound in enumerate(bounds) if not bound.fixed),
        fixed=evaluate.space.enforce([bound.low for bound in bounds]),
    )


def _unfit() -> DataError:
    return DataError(
        "the journal does not fit the search: the run was made by another version of the program",
        hint="begin a new one with --start and its pareto folder",
    )
