"""Evaluating on many machines: hands candidates out to the nodes that are there, and again where one was lost.

What a node is, and how it is spoken to, is the fleet's business (`ray_fleet.py`); here is who gets what. An
evaluation depends on its genes alone, so the front is that of one machine, whichever node had which candidate.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from pbtui.core.clock import Clock
from pbtui.engine.progress import RunCancelled
from pbtui.optimize.cluster_address import ClusterError
from pbtui.optimize.evaluate import Evaluated, Evaluates, OnDone
from pbtui.optimize.genes import Genes

_AHEAD = 2  # evaluations a node has at a time, for each of its threads: one that runs, one that waits
_LARGEST = 8
_LOSSES = 3
_WAIT_S = 0.1
_LOOK_S = 3.0
_PATIENCE_S = 180.0


@dataclass(frozen=True, slots=True)
class Joined:
    """A node can evaluate from now on, on so many threads."""

    node: str
    threads: int


@dataclass(frozen=True, slots=True)
class Ended:
    """What a node was handed is evaluated, in the order it was handed out."""

    ticket: int
    results: Sequence[Evaluated]


@dataclass(frozen=True, slots=True)
class Lost:
    """A node is gone, and what ran there with it."""

    node: str


FleetEvent = Joined | Ended | Lost


class Fleet(Protocol):
    """The nodes of a cluster; all calls come from one thread."""

    def take(self, evaluate: Evaluates) -> None:
        """Evaluate with this from now on; every node joins anew once it has it."""
        ...

    def look(self) -> None:
        """Look for nodes that have come."""
        ...

    def begin(self, node: str, ticket: int, batch: Sequence[Genes]) -> None:
        """Hand a batch to a node that has joined."""
        ...

    def wait(self, timeout_s: float) -> Sequence[FleetEvent]:
        """Return what has happened, at the latest after the timeout; raises what an evaluation raised."""
        ...

    def drop(self) -> None:
        """Break off whatever runs; its end need not be told. Every node joins anew at the next `take`."""
        ...

    def close(self) -> None:
        """Leave the cluster."""
        ...


@dataclass
class Handout:
    """Who has which candidates of one batch; candidates that were lost with a node are handed out first."""

    size: int
    threads: dict[str, int] = field(default_factory=dict[str, int])
    _waiting: deque[int] = field(init=False)
    _given: dict[int, tuple[str, tuple[int, ...]]] = field(
        default_factory=dict[int, tuple[str, tuple[int, ...]]], init=False
    )
    _losses: dict[int, int] = field(default_factory=dict[int, int], init=False)
    _tickets: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self._waiting = deque(range(self.size))

    @property
    def running(self) -> int:
        """Return how many evaluations are handed out."""
        return sum(len(places) for _, places in self._given.values())

    def next(self, first_ticket: int = 0) -> tuple[str, int, tuple[int, ...]] | None:
        """Hand out: the node with the most room, a ticket above `first_ticket`, and places; None where none has room.

        A batch is small where little is left, so that all nodes end together.
        """
        rooms = {node: self._room(node) for node in self.threads}
        node = max(rooms, key=lambda name: (rooms[name] / self.threads[name], name), default=None)
        if node is None or rooms[node] <= 0 or not self._waiting:
            return None
        fair = len(self._waiting) // (4 * sum(self.threads.values()))
        count = min(max(1, min(fair, _LARGEST)), rooms[node], len(self._waiting))
        places = tuple(self._waiting.popleft() for _ in range(count))
        self._tickets += 1
        ticket = first_ticket + self._tickets
        self._given[ticket] = (node, places)
        return node, ticket, places

    def ended(self, ticket: int) -> tuple[int, ...]:
        """Take a batch back and return its places; empty where its node was taken for lost before."""
        return self._given.pop(ticket, ("", ()))[1]

    def lost(self, node: str) -> tuple[int, ...]:
        """Take a node's evaluations back, to be handed out first; return them.

        Raises ClusterError when one of them has now cost several nodes: it might cost all.
        """
        self.threads.pop(node, None)
        tickets = [ticket for ticket, (holder, _) in self._given.items() if holder == node]
        places = tuple(sorted(place for ticket in tickets for place in self._given.pop(ticket)[1]))
        self._waiting.extendleft(reversed(places))
        for place in places:
            self._losses[place] = self._losses.get(place, 0) + 1
            if self._losses[place] >= _LOSSES:
                raise ClusterError(
                    f"{_LOSSES} nodes were lost while they evaluated the same candidate",
                    hint="see whether they have memory enough; go on with --resume",
                )
        return places

    def _room(self, node: str) -> int:
        held = sum(len(places) for holder, places in self._given.values() if holder == node)
        return _AHEAD * self.threads[node] - held


class ClusterCrew:
    """Evaluates on a fleet with what `current` returns; to be used as a `Crew`."""

    def __init__(
        self, fleet: Fleet, current: Callable[[], Evaluates], clock: Clock, say: Callable[[str], None]
    ) -> None:
        self._fleet = fleet
        self._current = current
        self._clock = clock
        self._say = say
        self._loaded: Evaluates | None = None
        self._threads: dict[str, int] = {}
        self._tickets = 0
        self._going = True
        self._finishing = False
        self._stopped = False
        self._look_at_s = 0.0
        self._alone_since_s: float | None = None

    def run(self, batch: Sequence[Genes], on_done: OnDone) -> list[Evaluated]:
        """Evaluate a batch and return it in order; `on_done(place, result)` is called here as each one ends.

        Raises RunCancelled after `stop` or `finish`, ClusterError when nobody is left, and whatever an evaluation or
        `on_done` raises; the rest of the batch is then given up.
        """
        self._settle()
        handout = Handout(len(batch), self._threads)
        found: dict[int, Evaluated] = {}
        try:
            while len(found) < len(batch) and not self._stopped and (handout.running or not self._finishing):
                self._look()
                self._hand_out(handout, batch)
                for event in self._fleet.wait(_WAIT_S):
                    self._heed(event, handout, found, on_done)
            if len(found) < len(batch):
                raise RunCancelled("the optimisation was stopped")
        except BaseException:
            self._loaded = None
            self._fleet.drop()
            raise
        finally:
            self._tickets += handout.size * (_LOSSES + 1)
        return [found[place] for place in range(len(batch))]

    def pause(self) -> None:
        """Hand out nothing until `go`; what nodes have is evaluated. Callable from any thread, as all that follow."""
        self._going = False

    def go(self) -> None:
        """Go on after a pause."""
        self._going = True

    def finish(self) -> None:
        """Hand out nothing more; what nodes have is still evaluated and told."""
        self._finishing = True

    def stop(self) -> None:
        """Break off what runs and begin nothing more."""
        self._stopped = True

    def close(self) -> None:
        """Stop; the fleet stays, for the next crew."""
        self.stop()

    def _settle(self) -> None:
        """See to it that the nodes evaluate with what is wanted now."""
        wanted = self._current()
        if wanted is not self._loaded:
            self._threads = {}
            self._fleet.take(wanted)
            self._loaded = wanted

    def _look(self) -> None:
        now = self._clock.monotonic()
        if now >= self._look_at_s:
            self._look_at_s = now + _LOOK_S
            self._fleet.look()
        if self._threads:
            self._alone_since_s = None
        elif self._alone_since_s is None:
            self._alone_since_s = now
        elif now - self._alone_since_s > _PATIENCE_S:
            raise ClusterError(
                f"no node of the cluster could evaluate for {_PATIENCE_S:.0f} s",
                hint="see to its nodes, then go on with --resume",
            )

    def _hand_out(self, handout: Handout, batch: Sequence[Genes]) -> None:
        while self._going and not self._finishing and not self._stopped:
            given = handout.next(self._tickets)
            if given is None:
                return
            node, ticket, places = given
            self._fleet.begin(node, ticket, [batch[place] for place in places])

    def _heed(self, event: FleetEvent, handout: Handout, found: dict[int, Evaluated], on_done: OnDone) -> None:
        match event:
            case Joined(node, threads):
                self._threads[node] = threads
                self._say(f"node {node} evaluates on {threads} threads")
            case Ended(ticket, results):
                for place, result in zip(handout.ended(ticket), results, strict=False):
                    found[place] = result
                    on_done(place, result)
            case Lost(node):
                again = len(handout.lost(node))
                self._say(f"node {node} is lost; {again} evaluations are given to others")
