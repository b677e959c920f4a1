"""A Ray cluster as a fleet: an actor on every node, which holds the node's CPUs while the search runs."""

from __future__ import annotations

import importlib
import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pbtui.core.clock import Clock
from pbtui.core.errors import PbtuiError
from pbtui.core.sanitize import sanitize_line
from pbtui.engine.progress import RunCancelled
from pbtui.optimize.cluster import Ended, FleetEvent, Joined, Lost
from pbtui.optimize.cluster_address import ClusterError, require_ray, see_it_answers
from pbtui.optimize.evaluate import Evaluates
from pbtui.optimize.genes import Genes
from pbtui.optimize.parcel import pack
from pbtui.optimize.ray_node import Node, differences, make

_FIRST_S = 60.0
_BUSY_S = 20.0
_SHORT_S = 0.2
_SILENT_S = 30.0  # Ray itself ends our process after a minute, without a word
_QUIET = {"RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0", "RAY_USAGE_STATS_ENABLED": "0", "RAY_DEDUP_LOGS": "0"}


@dataclass(slots=True, eq=False)
class _Member:
    """A node with our actor on it; `made` once it has said that it is built as we are."""

    name: str
    threads: int
    actor: Any
    asked_at_s: float
    made: bool = False
    slow: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class _Call:
    what: Literal["hello", "load", "batch"]
    key: str
    ticket: int = 0
    round: int = 0


class RayFleet:
    """Speaks to the cluster at an address; `say` is told of nodes that cannot be used.

    Raises ConfigError without Ray, ClusterError where no cluster answers or none of its nodes is built as we are.
    """

    def __init__(self, address: str, clock: Clock, say: Callable[[str], None], stopping: Callable[[], bool]) -> None:
        require_ray()
        see_it_answers(address)
        self._ray: Any = _joined(address, clock, stopping)
        self._clock = clock
        self._say = say
        self._here = make()
        self._members: dict[str, _Member] = {}
        self._refused: set[str] = set()
        self._calls: dict[Any, _Call] = {}
        self._parcel: tuple[Any, ...] | None = None
        self._round = 0
        self._names: dict[str, str] = {}
        self._head = str(self._ray.get_runtime_context().gcs_address)
        self._silent_since_s: float | None = None
        try:
            self._await_first(stopping)
        except BaseException:
            self.close()
            raise

    @property
    def threads(self) -> int:
        """Return the threads of all nodes that are known to be built as we are."""
        return sum(member.threads for member in self._members.values() if member.made)

    def take(self, evaluate: Evaluates) -> None:
        """Put the candles into the cluster's memory, once, and have every node read them."""
        parcel = pack(evaluate)
        self._round += 1
        self._parcel = (parcel.body, *(self._ray.put(array) for array in parcel.arrays))
        for key, member in self._members.items():
            if member.made:
                self._load(key, member)

    def look(self) -> None:
        """Put an actor on every node that has come; raises ClusterError when the head has not answered for long."""
        now = self._clock.monotonic()
        if not self._head_answers(now):
            return
        for member in self._members.values():
            if not member.made and not member.slow and now - member.asked_at_s > _BUSY_S:
                member.slow = True
                self._say(f"node {member.name} does not answer yet: its {member.threads} CPUs may be in use")
        for told in self._ray.nodes():
            key, threads = str(told["NodeID"]), int(told.get("Resources", {}).get("CPU", 0))
            if told["Alive"] and threads > 0 and key not in self._members and key not in self._refused:
                self._greet(key, str(told.get("NodeManagerAddress", "")), threads)

    def begin(self, node: str, ticket: int, batch: Sequence[Genes]) -> None:
        """Hand a batch to a node."""
        key = self._names[node]
        reference = self._members[key].actor.evaluate.remote(list(batch))
        self._calls[reference] = _Call("batch", key, ticket, self._round)

    def wait(self, timeout_s: float) -> Sequence[FleetEvent]:
        """Return what has happened; raises what an evaluation raised."""
        if not self._calls:
            threading.Event().wait(timeout_s)
            return ()
        ready, _ = self._ray.wait(list(self._calls), num_returns=1, timeout=timeout_s)
        if ready:
            ready, _ = self._ray.wait(list(self._calls), num_returns=len(self._calls), timeout=0)
        found: list[FleetEvent] = []
        for reference in ready:
            call = self._calls.pop(reference, None)
            if call is not None:  # its node was lost by another call
                found.extend(self._heed(call, reference))
        return found

    def drop(self) -> None:
        """Break off whatever runs."""
        for member in self._members.values():
            if member.made:
                member.actor.drop.remote(self._round)
        self._calls = {reference: call for reference, call in self._calls.items() if call.what == "hello"}

    def close(self) -> None:
        """Leave the cluster; the actors end with us."""
        if self._silent_since_s is None:  # without a head there is nobody to take leave of, and Ray would wait
            self._ray.shutdown()

    def _head_answers(self, now: float) -> bool:
        try:
            see_it_answers(self._head)
        except ClusterError as error:
            if self._silent_since_s is None:
                self._silent_since_s = now
            elif now - self._silent_since_s > _SILENT_S:
                raise ClusterError(
                    f"the head of the cluster has not answered for {_SILENT_S:.0f} s", hint="go on with --resume"
                ) from error
            return False
        self._silent_since_s = None
        return True

    def _await_first(self, stopping: Callable[[], bool]) -> None:
        until = self._clock.monotonic() + _FIRST_S
        while not any(member.made for member in self._members.values()):
            self.look()
            self.wait(_SHORT_S)
            if stopping():
                raise RunCancelled("the optimisation was stopped")
            waiting = [member for member in self._members.values() if not member.made]
            if self._refused and not waiting:
                raise ClusterError("no node of the cluster can be used", hint="see the warnings above")
            if self._clock.monotonic() > until:
                raise ClusterError(
                    f"no node of the cluster was free within {_FIRST_S:.0f} s", hint="see what `ray status` says there"
                )

    def _greet(self, key: str, address: str, threads: int) -> None:
        strategy = importlib.import_module("ray.util.scheduling_strategies").NodeAffinitySchedulingStrategy
        actor = (
            self._ray.remote(Node)
            .options(
                num_cpus=threads,
                max_concurrency=2 * threads + 4,  # what a node may hold, and room to load and to drop
                scheduling_strategy=strategy(node_id=key, soft=False),
            )
            .remote(threads)
        )
        name = sanitize_line(f"{address} ({key[:6]})", limit=80)
        self._members[key] = _Member(name, threads, actor, self._clock.monotonic())
        self._names[name] = key
        self._calls[actor.hello.remote()] = _Call("hello", key)

    def _load(self, key: str, member: _Member) -> None:
        assert self._parcel is not None
        self._calls[member.actor.load.remote(self._round, *self._parcel)] = _Call("load", key, round=self._round)

    def _heed(self, call: _Call, reference: Any) -> Sequence[FleetEvent]:
        member = self._members[call.key]
        try:
            answer = self._ray.get(reference)
        except self._ray.exceptions.RayTaskError as error:
            return self._failed(call, member, error)
        except self._ray.exceptions.RayError as error:
            return self._gone(call, member, error)
        if call.what == "hello":
            self._met(call.key, member, answer)
        elif call.round != self._round:
            return ()
        elif call.what == "load":
            return (Joined(member.name, member.threads),)
        else:
            return (Ended(call.ticket, answer),)
        return ()

    def _met(self, key: str, member: _Member, answer: dict[str, str]) -> None:
        other = differences(self._here, answer)
        if other:
            self._refuse(key, f"node {member.name} is built otherwise and is not used: {other}")
            return
        member.made = True
        if self._parcel is not None:
            self._load(key, member)

    def _failed(self, call: _Call, member: _Member, error: Any) -> Sequence[FleetEvent]:
        """Take note of what a call raised over there."""
        if call.what == "hello":
            self._refuse(call.key, f"node {member.name} is not used: {_words(error.cause)}")
            return ()
        if call.what == "batch" and call.round != self._round:
            return ()
        if isinstance(error.cause, PbtuiError):
            raise error.cause
        raise ClusterError(f"an evaluation failed on node {member.name}: {_words(error.cause)}") from error

    def _gone(self, call: _Call, member: _Member, error: Exception) -> Sequence[FleetEvent]:
        """Forget a node that does not answer any more; should it live, `look` finds it again."""
        if call.what == "hello":
            alive = {str(told["NodeID"]) for told in self._ray.nodes() if told["Alive"]}
            if call.key in alive:
                self._refuse(call.key, f"node {member.name} is not used; has it this pbtui? {_words(error)}")
                return ()
        self._forget(call.key)
        return (Lost(member.name),) if member.made else ()

    def _refuse(self, key: str, why: str) -> None:
        self._refused.add(key)
        self._forget(key)
        self._say(why)

    def _forget(self, key: str) -> None:
        member = self._members.pop(key)
        self._calls = {reference: call for reference, call in self._calls.items() if call.key != key}
        self._ray.kill(member.actor)


def _joined(address: str, clock: Clock, stopping: Callable[[], bool]) -> Any:
    """Return Ray, connected; raises ClusterError, RunCancelled.

    In a thread, since Ray tries without end where the port answers but is no head's; that thread ends with the process.
    """
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    ray = importlib.import_module("ray")
    ends: list[Exception | None] = []

    def join() -> None:
        try:
            ray.init(address=address, log_to_driver=False, configure_logging=False, logging_level="ERROR")
        except Exception as error:  # noqa: BLE001 Ray raises whatever comes; all of it means that there is no way in
            ends.append(error)
        else:
            ends.append(None)

    joining = threading.Thread(target=join, name="join", daemon=True)
    joining.start()
    until = clock.monotonic() + _FIRST_S
    while joining.is_alive() and clock.monotonic() < until:
        joining.join(_SHORT_S)
        if stopping():
            raise RunCancelled("the optimisation was stopped")
    error = ends[0] if ends else TimeoutError(f"no answer within {_FIRST_S:.0f} s")
    if error is not None:
        found = f"the cluster {address} cannot be joined: {_words(error)}"
        raise ClusterError(found, hint="this machine must be a node of it: ray start --address=HOST:PORT") from error
    return ray


def _words(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return sanitize_line(f"{type(error).__name__}: {lines[-1] if lines else 'no reason given'}", limit=300)
