"""Handing candidates out to nodes that come and go: each is told once, and in the order asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pbtui.core.clock import VirtualClock
from pbtui.engine.progress import RunCancelled
from pbtui.optimize.cluster import ClusterCrew, Ended, FleetEvent, Handout, Joined, Lost
from pbtui.optimize.cluster_address import ClusterError
from pbtui.optimize.evaluate import Evaluated, Evaluates
from pbtui.optimize.genes import Genes
from pbtui.optimize.scoring import Score


def evaluate(genes: Genes) -> Evaluated:
    return Evaluated(genes, Score((genes[0] ** 2,), 0.0), {})


FIRST = cast("Evaluates", evaluate)
SECOND = cast("Evaluates", lambda genes: Evaluated(genes, Score((-genes[0],), 0.0), {}))


class Ticking(VirtualClock):
    """Goes on only when it is told to."""

    passed_s = 0.0

    def monotonic(self) -> float:
        return self.passed_s


class PaperFleet:
    """Nodes on paper: each `wait` carries out the next step of a script; a script that is over ends batches."""

    def __init__(self, threads: dict[str, int], script: Sequence[tuple[str, str]] = ()) -> None:
        self.threads = threads
        self.script = list(script)
        self.held: dict[int, tuple[str, list[Genes]]] = {}
        self.told: list[FleetEvent] = []
        self.log: list[tuple[str, Any]] = []
        self.present: set[str] = set()
        self.on_wait: Callable[[], None] = lambda: None
        self.clock = Ticking()

    def take(self, evaluate: Evaluates) -> None:
        self.log.append(("take", evaluate))
        self.evaluate = cast("Callable[[Genes], Evaluated]", evaluate)
        self.told += [Joined(node, self.threads[node]) for node in sorted(self.present)]

    def look(self) -> None:
        self.log.append(("look", None))

    def begin(self, node: str, ticket: int, batch: Sequence[Genes]) -> None:
        assert node in self.present
        assert ticket not in self.held
        self.held[ticket] = (node, list(batch))
        running = sum(len(genes) for holder, genes in self.held.values() if holder == node)
        assert running <= 2 * self.threads[node]

    def wait(self, timeout_s: float) -> Sequence[FleetEvent]:
        self.on_wait()
        self.clock.passed_s += timeout_s
        if self.told:
            told, self.told = self.told, []
            return told
        what, node = self.script.pop(0) if self.script else ("end", "")
        if what == "join" and node not in self.present:
            self.present.add(node)
            return [Joined(node, self.threads[node])]
        if what == "lose" and node in self.present:
            self.present.discard(node)
            self.held = {ticket: held for ticket, held in self.held.items() if held[0] != node}
            return [Lost(node)]
        if what == "end":
            of_node = [ticket for ticket, (holder, _) in self.held.items() if node in ("", holder)]
            for ticket in of_node[-1:]:  # the latest first: order must not depend on who is quick
                return [Ended(ticket, [self.evaluate(genes) for genes in self.held.pop(ticket)[1]])]
        return []

    def drop(self) -> None:
        self.log.append(("drop", None))
        self.held = {}

    def close(self) -> None:
        self.log.append(("close", None))


def crew_of(fleet: PaperFleet, current: Callable[[], Evaluates] = lambda: FIRST) -> tuple[ClusterCrew, list[str]]:
    said: list[str] = []
    return ClusterCrew(fleet, current, fleet.clock, said.append), said


def batch_of(count: int) -> list[Genes]:
    return [(float(n),) for n in range(count)]


NODES = {"a": 1, "b": 4, "c": 3}
STEPS = st.lists(st.tuples(st.sampled_from(["join", "lose", "end", "end"]), st.sampled_from(["a", "b", "c"])))


@given(count=st.integers(0, 60), script=STEPS)
@settings(max_examples=80)
def test_whoever_comes_and_goes_all_is_evaluated_and_in_order(count, script):
    # A third loss of the same candidate would end the run.
    mild = [step for n, step in enumerate(script) if step[0] != "lose" or sum(s[0] == "lose" for s in script[:n]) < 2]
    fleet = PaperFleet(NODES, [*mild, ("join", "a"), ("join", "b")])
    crew, _ = crew_of(fleet)
    told: list[int] = []
    batch = batch_of(count)
    found = crew.run(batch, lambda place, result: told.append(place))
    assert [(item.genes, item.score) for item in found] == [(genes, evaluate(genes).score) for genes in batch]
    assert sorted(told) == list(range(count))
    assert fleet.held == {}


def test_a_lost_node_costs_what_it_held_and_a_new_one_is_given_work():
    fleet = PaperFleet(NODES, [("join", "a"), ("join", "b"), ("end", "a"), ("lose", "b"), ("end", "a"), ("join", "c")])
    crew, said = crew_of(fleet)
    assert len(crew.run(batch_of(40), lambda place, result: None)) == 40
    assert said == [
        "node a evaluates on 1 threads",
        "node b evaluates on 4 threads",
        "node b is lost; 8 evaluations are given to others",
        "node c evaluates on 3 threads",
    ]


def test_what_was_lost_goes_out_first_and_batches_shrink_to_the_end():
    handout = Handout(100, {"a": 4})
    node, ticket, places = handout.next() or ("", 0, ())
    assert (node, places) == ("a", (0, 1, 2, 3, 4, 5))
    assert handout.next() == ("a", ticket + 1, (6, 7))
    assert handout.next() is None
    assert handout.running == 8
    assert handout.lost("a") == tuple(range(8))
    assert handout.ended(ticket) == ()
    handout.threads["b"] = 8
    assert (handout.next(40) or ("", 0, ()))[1:] == (43, (0, 1, 2))
    small = Handout(7, {"b": 8})
    assert [len((small.next() or ("", 0, ()))[2]) for _ in range(7)] == [1] * 7


def test_a_candidate_that_costs_three_nodes_ends_the_run():
    fleet = PaperFleet(NODES, [step for node in "abc" for step in (("join", node), ("lose", node))])
    crew, _ = crew_of(fleet)
    with pytest.raises(ClusterError, match="3 nodes were lost while they evaluated the same candidate"):
        crew.run(batch_of(1), lambda place, result: None)
    assert fleet.log[-1] == ("drop", None)


def test_a_cluster_without_nodes_is_waited_for_and_then_given_up():
    fleet = PaperFleet(NODES)
    crew, _ = crew_of(fleet)
    with pytest.raises(ClusterError) as told:
        crew.run(batch_of(3), lambda place, result: None)
    said = "no node of the cluster could evaluate for 180 s; see to its nodes, then go on with --resume"
    assert (told.value.line(), told.value.exit_code) == (said, 3)
    assert sum(what == "look" for what, _ in fleet.log) == pytest.approx(180 / 3, abs=3)


def test_another_ground_is_taken_to_all_nodes_before_it_is_evaluated_on():
    fleet, present = PaperFleet(NODES, [("join", "a"), ("join", "b")]), [FIRST]
    crew, _ = crew_of(fleet, lambda: present[0])
    first = crew.run(batch_of(9), lambda place, result: None)
    again = crew.run(batch_of(9), lambda place, result: None)
    present[0] = SECOND
    second = crew.run(batch_of(9), lambda place, result: None)
    assert [item.score for item in first] == [item.score for item in again]
    assert [item.score.objectives[0] for item in second] == [-float(n) for n in range(9)]
    assert [told for what, told in fleet.log if what == "take"] == [FIRST, SECOND]


def test_finishing_brings_what_is_handed_out_to_its_end_and_stopping_does_not():
    for word in ("finish", "stop"):
        fleet = PaperFleet(NODES, [("join", "b"), ("end", "b")])
        crew, _ = crew_of(fleet)
        told: list[int] = []

        def took(place: int, result: Evaluated, crew=crew, told=told, word=word) -> None:
            told.append(place)
            getattr(crew, word)()

        with pytest.raises(RunCancelled):
            crew.run(batch_of(50), took)
        assert len(told) == (8 if word == "finish" else 1)
        assert fleet.held == {}


def test_a_pause_hands_out_nothing():
    fleet = PaperFleet(NODES, [("join", "b"), ("end", "b")])
    crew, _ = crew_of(fleet)
    rests: list[int] = []

    def look() -> None:
        if fleet.present and not fleet.held and not fleet.script:
            rests.append(1)
            if len(rests) == 20:
                crew.go()

    def took(place: int, result: Evaluated) -> None:
        if not rests:
            crew.pause()

    fleet.on_wait = look
    assert len(crew.run(batch_of(30), took)) == 30
    assert len(rests) >= 20


def test_what_an_evaluation_raises_ends_the_batch_and_the_crew_can_go_on():
    fleet = PaperFleet(NODES, [("join", "b")])
    crew, _ = crew_of(fleet)

    def full(place: int, result: Evaluated) -> None:
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="disk is full"):
        crew.run(batch_of(9), full)
    assert fleet.held == {}
    assert len(crew.run(batch_of(9), lambda place, result: None)) == 9
    assert sum(what == "take" for what, _ in fleet.log) == 2
